"""What describes a candidate is checked whole before anything runs."""

from pathlib import Path

import pytest

from benchmarks.candidates.spec import USUAL, expanded, load_specs, settings
from benchmarks.errors import BadCandidate
from models.card import load_card

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
PEERS = sorted(path for path in (EXAMPLES / "peers").glob("*.toml") if path.name != "six.toml")


def written(folder: Path, text: str) -> Path:
    file = folder / "candidates.toml"
    file.write_text(text, encoding="utf-8")
    return file


def one(kind: str, rest: str = "") -> str:
    return f'[[candidate]]\nname = "x"\nkind = "{kind}"\n{rest}\n'


def test_the_example_names_every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/examples/bench.toml is valid as it stands and shows each kind of candidate."""
    monkeypatch.setenv("OPENLOT_DATA", "/photos")
    specs = [expanded(spec) for spec in load_specs([EXAMPLES / "bench.toml"])]
    assert {spec.kind for spec in specs} == {"openlot", "ultralytics", "easyocr", "rapidocr", "command", "http"}


@pytest.mark.parametrize("card", PEERS, ids=lambda path: path.stem)
def test_the_cards_of_the_peers_are_whole(card: Path) -> None:
    """Every card says how its network is used, and the comparison names each of them."""
    found = load_card(card)
    assert found.decoding is not None
    named = {value for spec in load_specs([EXAMPLES / "peers" / "six.toml"]) for value in settings(spec).values()}
    assert str(card) in named


def test_without_a_file_the_shipped_models_are_measured() -> None:
    """No file means the usual candidate."""
    assert load_specs([]) == USUAL


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (one("openlot", "batch = 4"), "batch: this kind has no such setting"),
        (one("http", 'url = "http://localhost/"\nthreads = 2'), "threads: this kind has no such setting"),
        (one("command", 'command = ["x"]\nprovider = "cuda"'), "provider: this kind has no such setting"),
        (one("easyocr", 'provider = "tensorrt"'), "provider"),
        (one("openlot", 'provider = "gpu"'), "provider"),
        (one("openlot", 'precision = "int4"'), "precision"),
        (one("openlot", "threads = 2"), "needs `precision`"),
        (one("openlot", "size = 0"), "size"),
        (one("ultralytics"), "weights"),
        (one("ultralytics", 'weights = "x.onnx"'), "weights"),
        (one("http", 'url = "ftp://localhost/"'), "url"),
        (one("http", 'url = "http://me:secret@localhost/"'), "token_env"),
        (one("http", 'url = "http://localhost/?token=secret"'), "token_env"),
        (one("command", "command = []"), "command"),
        (one("psychic"), "there is no kind 'psychic'; the kinds are 'openlot', 'ultralytics'"),
        ('[[candidate]]\nname = "x"\n', "`kind` is missing"),
        ('[[candidate]]\nname = "../x"\nkind = "openlot"\n', "name"),
        (one("openlot") + one("rapidocr"), "two candidates are called x"),
        ('[candidate]\nname = "x"\n', r"one \[\[candidate\]\]"),
        ("threads = 2\n", r"one \[\[candidate\]\]"),
        ("[[candidate]\n", "no TOML file"),
    ],
)
def test_what_cannot_be_honoured_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """A wrong setting, or one that the kind has not, is an error that names it; none is ignored."""
    with pytest.raises(BadCandidate, match=says):
        load_specs([written(tmp_path, text)])


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(BadCandidate, match=r"none\.toml"):
        load_specs([tmp_path / "none.toml"])


def test_paths_start_from_the_file_and_names_stay_names(tmp_path: Path) -> None:
    """A card is found beside the file that names it; a model's name is no path."""
    (spec,) = load_specs([written(tmp_path, one("openlot", 'detector = "cards/d.toml"\nreader = "reader"'))])
    assert settings(spec)["detector"] == str(tmp_path / "cards" / "d.toml")
    assert settings(spec)["reader"] == "reader"


def test_variables_stand_in_the_settings_and_are_replaced_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept with the results names the variable; what runs has its value, and lacks none."""
    monkeypatch.setenv("OPENLOT_DATA", "/photos")
    (spec,) = load_specs([written(tmp_path, one("openlot", 'detector = "$OPENLOT_DATA/d.toml"'))])
    assert settings(spec)["detector"] == "$OPENLOT_DATA/d.toml"
    assert settings(expanded(spec))["detector"] == "/photos/d.toml"
    monkeypatch.delenv("OPENLOT_DATA")
    with pytest.raises(BadCandidate, match="OPENLOT_DATA"):
        expanded(spec)
