"""A model's card: every key is checked, nothing is guessed."""

from pathlib import Path

import pytest
from tiny_models import write_detector, write_reader

from models.card import load_card
from models.errors import BadCard, UnsafeModel
from vision.alphabet import ALPHABET


def _changed(card: Path, before: str, after: str) -> Path:
    text = card.read_text(encoding="utf-8")
    assert before in text
    card.write_text(text.replace(before, after, 1), encoding="utf-8")
    return card


def test_a_detector_card_reads_back_as_written(tmp_path: Path) -> None:
    """What stands in a detector's card is what the card value says."""
    card = load_card(write_detector(tmp_path, [(32, 18, 20, 8, 0.9)]))
    assert (card.name, card.kind, card.long_side) == ("tiny-detector", "detector", 64)
    assert card.input.shape == ("batch", 3, "height", "width")
    assert card.outputs[0].name == "predictions"
    assert card.threshold("score") == 0.25
    assert card.files["fp32"].path == (tmp_path / "tiny-detector.onnx").resolve()
    assert card.alphabet == ()


def test_a_reader_card_carries_its_alphabet(tmp_path: Path) -> None:
    """A reader's card names every character in the order of the network's classes."""
    card = load_card(write_reader(tmp_path, "苏E05EV8"))
    assert card.alphabet == ALPHABET
    assert card.long_side is None
    assert card.calibration["temperature"] == 1.0


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('version = "1"\n', "", "`version` is missing"),
        ('version = "1"', 'version = "1"\nauthour = "x"', "unknown key authour"),
        ('kind = "detector"', 'kind = "finder"', "must be one of detector, reader"),
        ('name = "tiny-detector"', 'name = "../x"', "`name` must be text like"),
        ("long_side = 64", "long_side = -1", "whole number above 0"),
        ("long_side = 64", "long_side = true", "whole number above 0"),
        ('shape = ["batch", 3, "height", "width"]', 'shape = ["batch", 0]', "use a size above 0"),
        ('shape = ["batch", 3, "height", "width"]', "shape = []", "must be a list"),
        ("score = 0.25", 'score = "high"', "`score` must be a number"),
        ("[thresholds]", '[files.int4]\npath = "x"\n[thresholds]', "unknown key int4"),
        ("[outputs.predictions]", "[outputs]\n[other]", "name at least one output"),
        ('licence = "AGPL-3.0-or-later"', "licence = 3", "`licence` must be text"),
        ('kind = "detector"', "kind = ", "not a TOML file"),
    ],
)
def test_a_card_that_breaks_the_schema_is_refused_with_the_key(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    """A missing, unknown or mistyped key is a BadCard whose message names it."""
    card = _changed(write_detector(tmp_path, []), before, after)
    with pytest.raises(BadCard, match=says):
        load_card(card)


def test_a_threshold_the_pipeline_needs_is_asked_for_by_name(tmp_path: Path) -> None:
    """A card without a threshold is refused when that threshold is asked for."""
    card = load_card(_changed(write_detector(tmp_path, []), "score = 0.25\n", ""))
    with pytest.raises(BadCard, match="add `score`"):
        card.threshold("score")


@pytest.mark.parametrize("stated", ["../outside.onnx", "/etc/passwd", "a/../../outside.onnx"])
def test_a_weight_path_out_of_the_folder_is_unsafe(tmp_path: Path, stated: str) -> None:
    """A card cannot make the runtime open a file outside its own folder."""
    card = _changed(write_detector(tmp_path / "models", []), 'path = "tiny-detector.onnx"', f'path = "{stated}"')
    with pytest.raises(UnsafeModel, match="leaves"):
        load_card(card)


def test_a_link_out_of_the_folder_is_unsafe(tmp_path: Path) -> None:
    """A symbolic link inside the folder that leads out of it is refused as a path that leads out is."""
    card = write_detector(tmp_path / "models", [])
    weights = tmp_path / "models" / "tiny-detector.onnx"
    weights.rename(tmp_path / "outside.onnx")
    weights.symlink_to(tmp_path / "outside.onnx")
    with pytest.raises(UnsafeModel, match="leaves"):
        load_card(card)


def test_cards_in_a_folder_of_that_name_belong_to_the_folder_above(tmp_path: Path) -> None:
    """The shipped layout, cards/ beside weights/, needs no path that climbs."""
    written = write_detector(tmp_path / "weights", [])
    (tmp_path / "cards").mkdir()
    card = written.rename(tmp_path / "cards" / written.name)
    loaded = load_card(_changed(card, 'path = "tiny', 'path = "weights/tiny'))
    assert loaded.files["fp32"].path == (tmp_path / "weights" / "tiny-detector.onnx").resolve()


def test_free_tables_hold_anything_toml_can_say_but_dates(tmp_path: Path) -> None:
    """Training and metrics may be nested; a date, which no reader of a card expects, is refused."""
    path = write_detector(tmp_path, [])
    with path.open("a", encoding="utf-8") as file:
        file.write("\n[metrics.fp32]\nrecall = 0.9\nsets = ['a', 'b']\n")
    assert load_card(path).metrics == {"fp32": {"recall": 0.9, "sets": ("a", "b")}}
    with path.open("a", encoding="utf-8") as file:
        file.write("day = 2026-01-01\n")
    with pytest.raises(BadCard, match="day"):
        load_card(path)
