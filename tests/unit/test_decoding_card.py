"""A card of another maker's network says how it takes pictures and what its output means; every key is checked."""

import re
from pathlib import Path

import pytest
from described_cards import DETECTOR, MAP_DETECTOR, READER, write_card

from models.card import load_card
from models.decoding import Candidates, Characters, Pixels, TextMap
from models.errors import BadCard


def test_a_foreign_readers_card_reads_back_as_written(tmp_path: Path) -> None:
    """Channel order, mean, deviation, form, blank and the network's own list come back as they stand."""
    card = load_card(write_card(tmp_path, READER, b"x"))
    assert card.pixels == Pixels("bgr", (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), 320)
    assert card.decoding == Characters("ctc", "probabilities", "first", "character")


def test_foreign_detectors_cards_read_back_as_written(tmp_path: Path) -> None:
    """Candidates keep the places of their values; a text map keeps how far its regions grow."""
    card = load_card(write_card(tmp_path, DETECTOR, b"x"))
    assert card.decoding == Candidates("row", (13, 15), 4, 5, 2)
    assert load_card(write_card(tmp_path, MAP_DETECTOR, b"x")).decoding == TextMap(1.6)


@pytest.mark.parametrize(
    ("text", "before", "after", "says"),
    [
        (READER, 'form = "ctc"', 'form = "attention"', "must be one of ctc, slots"),
        (READER, 'blank = "first"', "", "`blank` is missing"),
        (READER, 'channels = "bgr"', 'channels = "grey"', "must be one of rgb, bgr"),
        (READER, "mean = [1, 2, 3]", "mean = [1, 2]", "list of 3 numbers"),
        (READER, "mean = [1, 2, 3]", 'mean = [1, 2, "3"]', "must be a number"),
        (READER, "deviation = [4, 5, 6]", "deviation = [4, 0, 6]", "must be above 0"),
        (READER, "[decode]", "[decode]\nbeam = 3", "unknown key beam"),
        (DETECTOR, "scores = [13, 15]", "scores = [3, 15]", "after the box's four"),
        (DETECTOR, "scores = [13, 15]", "scores = [13, 13]", "after the box's four"),
        (DETECTOR, "corners = 5", "corners = 5\ncorner_values = 4", "must be 2, or 3"),
        (DETECTOR, 'form = "candidates"', 'form = "ctc"', "must be one of candidates, map"),
        (MAP_DETECTOR, "grow = 1.6", 'grow = "much"', "must be a number"),
    ],
)
def test_what_is_wrong_is_refused_by_its_key(tmp_path: Path, text: str, before: str, after: str, says: str) -> None:
    """A form that does not exist, a value of the wrong kind or an unknown key is a BadCard that names it."""
    assert before in text
    with pytest.raises(BadCard, match=says):
        load_card(write_card(tmp_path, text.replace(before, after, 1), b"x"))


@pytest.mark.parametrize("missing", ["pixels", "decode"])
def test_pixels_and_decode_come_together(tmp_path: Path, missing: str) -> None:
    """Half a description is refused: the other half would have to be guessed."""
    start = READER.index(f"[{missing}]")
    end = READER.find("\n[", start)
    with pytest.raises(BadCard, match="both, or neither"):
        load_card(write_card(tmp_path, READER[:start] + (READER[end:] if end > 0 else ""), b"x"))


def test_the_documented_cards_are_cards(tmp_path: Path) -> None:
    """Each card of the page about other networks is one that loads, a detector and a reader."""
    page = Path(__file__).parents[2] / "docs" / "models" / "other-networks.md"
    blocks = re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    cards = [load_card(write_card(tmp_path / str(number), text, b"x")) for number, text in enumerate(blocks)]
    assert [card.kind for card in cards] == ["detector", "reader"]
    assert all(card.decoding is not None for card in cards)
