"""A lane without loops in lot.toml: the example means what it says, and what does not fit is refused."""

from pathlib import Path

import pytest

from lot_server.config import load_config
from lot_server.errors import BadConfig

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "lot-watched.toml"
WATCH = "[lanes.watch]"


def changed(folder: Path, old: str, new: str) -> Path:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    file = folder / "lot.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def test_the_example_is_valid() -> None:
    """docs/examples/lot-watched.toml has a lane with loops and one that is watched."""
    entry, exit_ = load_config(EXAMPLE).lanes
    assert entry.watch is None
    assert exit_.watch is not None
    assert exit_.wiring is not None
    assert (exit_.wiring.arming, exit_.wiring.closing) == (None, None)
    assert exit_.watch.zones.arrival.holds((0.4, 0.5))
    assert exit_.watch.zones.passing.holds((0.4, 0.9))
    assert exit_.watch.pace.clear_s == 2.0


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        pytest.param("arrival = [[0.15, 0.35], ", "arrival = [[15, 35], ", "shares of the picture", id="pixels"),
        pytest.param("arrival = [[0.15, 0.35], [0.65, 0.35], ", "arrival = [", "three or more corners", id="a-line"),
        pytest.param("arrival = [[0.15, 0.35], ", "arrival = [[0.15], ", "three or more corners", id="half-a-corner"),
        pytest.param("[0.05, 1.00]]", '"left"]', r"passing\[3\] must be a list", id="text"),
        pytest.param("passing = [[0.05, 0.80], [0.70, 0.80], [0.70, 1.00], [0.05, 1.00]]",
                     "passing = [[0.1, 0.3], [0.7, 0.3], [0.7, 0.8], [0.1, 0.8]]", "on one another", id="overlap"),
        pytest.param("passing = [[0.05, 0.80], [0.70, 0.80], [0.70, 1.00], [0.05, 1.00]]",
                     "passing = [[0.1, 0.9], [0.7, 0.9], [0.7, 0.91]]", "too narrow", id="narrow"),
        pytest.param("covered_share = 0.15", "covered_share = 1.5", "below 1", id="share"),
        pytest.param("clear_s = 2.0", "clear_s = 0", "clear_s must be above 0", id="no-time"),
        pytest.param("clear_s = 2.0", "clears_s = 2.0", "no key 'clears_s'", id="unknown-key"),
        pytest.param('open = "cabinet.exit_open"', 'open = "cabinet.exit_open"\nclosing = "cabinet.closing"',
                     "closing and watch are both given", id="both"),
        pytest.param('closing = "cabinet.closing"', "", "closing is missing.*or give the lane a watch", id="neither"),
        pytest.param('"rtsp://10.0.0.32/stream1"', '"video:clip.mp4"', "must be a live one", id="played"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    """Each fault raises BadConfig that says what is wrong."""
    with pytest.raises(BadConfig, match=complaint):
        load_config(changed(tmp_path, old, new))


def test_only_lanes_of_hardware_are_watched(tmp_path: Path) -> None:
    """A simulated site has loops of its own."""
    text = EXAMPLE.read_text(encoding="utf-8")
    start, end = text.index("[[devices]]"), text.index("[lanes.watch]")
    lane = '[[lanes]]\nid = "in-1"\ndirection = "entry"\n\n'
    file = tmp_path / "lot.toml"
    file.write_text((text[:start] + lane + text[end:]).replace('kind = "hardware"', 'kind = "simulated"'))
    with pytest.raises(BadConfig, match="watch is for hardware"):
        load_config(file)
