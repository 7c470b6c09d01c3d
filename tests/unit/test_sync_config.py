"""sync.toml."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloud_sync.backoff import Backoff
from cloud_sync.config import load_config
from cloud_sync.errors import BadConfig

GOOD = """
[lot]
id = "demo"
database = "store/lot.db"
loopback_url = "http://127.0.0.1:8100"
token_file = "/run/openlot/loopback.token"

[cloud]
url = "https://cloud.example"

[key]
file = "lot.key"

[worker]
watermark = "watermark.db"
"""


def load(folder, content):
    file = folder / "sync.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_config(file)


def test_a_configuration_is_read(tmp_path):
    """Every section becomes a value, paths start at the file's folder, and what is left out has its default."""
    config = load(tmp_path, GOOD)
    assert config.lot.id == "demo"
    assert config.lot.database == tmp_path / "store/lot.db"
    assert str(config.lot.token_file) == "/run/openlot/loopback.token"
    assert config.worker.batch_envelopes == 500
    assert config.backoff == Backoff()
    assert not config.clock.simulated


def test_a_simulated_clock_is_read(tmp_path):
    """The `[clock]` section is the one of every service."""
    clock = '[clock]\nsimulated = true\norigin = 2026-01-31T08:00:00Z\nspeed = 60\nstarted_at = "2026-01-31T00:00:00Z"'
    config = load(tmp_path, GOOD + clock)
    assert config.clock.simulated
    assert config.clock.now() > datetime(2026, 1, 31, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("[cloud]", "[clouds]"), r":8: there is no section 'clouds'"),
        (('url = "https', 'uri = "https'), r":9: \[cloud\] has no key 'uri'"),
        (('id = "demo"', ""), r"\[lot\] id is missing"),
        (('id = "demo"', "id = 1"), r"\[lot\] id must be a text"),
        (('id = "demo"', 'id = "a/b"'), r"\[lot\] id must be"),
        (('"watermark.db"', '"w.db"\nbatch_envelopes = 0'), "batch_envelopes"),
        (('"watermark.db"', '"w.db"\nbatch_envelopes = 501'), "batch_envelopes"),
        (('"watermark.db"', '"w.db"\nbatch_envelopes = true'), "batch_envelopes must be a whole number"),
        (('"https://cloud.example"', '"cloud.example"'), r"\[cloud\] url must be an address"),
        (('"https://cloud.example"', '"ftp://cloud.example"'), r"\[cloud\] url must be an address"),
        (("[key]", "[backoff]\nbase_s = -1\n[key]"), "base_s"),
        (("[key]", "[backoff]\ncap_s = 'long'\n[key]"), r"\[backoff\] cap_s must be a number"),
        (("[key]", "[clock]\nspeed = 60\n[key]"), "simulated = true"),
        (("[key]", "key = 3\n[key]"), ":11: .*no key 'key'"),
        (("[lot]", "cloud = 3\n[lot]"), "TOML"),
        (("[lot]", "lot = 3\n[lots]"), "no section"),
        (("[lot]", "worker = 3\n[lot]"), "TOML"),
        (("[worker]\nwatermark", "[[worker]]\nwatermark"), r"\[worker\] must be a table"),
        (("[key]", "[[clock]]\n[key]"), r"\[clock\] must be a table"),
        (("[lot]", "[lot"), "TOML"),
    ],
)
def test_a_wrong_configuration_names_file_and_key(tmp_path, change, says):
    """What is unknown, missing or of a wrong kind is refused with the file's name, the line's and the key's."""
    with pytest.raises(BadConfig, match=says) as caught:
        load(tmp_path, GOOD.replace(*change))
    assert str(tmp_path / "sync.toml") in str(caught.value)


def test_the_example_is_a_configuration():
    """The example in the documentation is read as it stands."""
    example = Path(__file__).resolve().parents[2] / "docs/examples/sync.toml"
    config = load_config(example)
    assert config.lot.id
    assert config.backoff == Backoff()
    assert config.worker.batch_envelopes == 500


def test_a_file_that_is_no_text_is_refused(tmp_path):
    """Bytes that are no UTF-8 are no configuration."""
    with pytest.raises(BadConfig, match="TOML"):
        load(tmp_path, b"\xff\xfe")


def test_a_missing_file_is_named(tmp_path):
    """A path to nothing says so."""
    with pytest.raises(BadConfig, match="cannot be read"):
        load_config(tmp_path / "nowhere.toml")
