"""A sighting as the rules keep it: integers that add up, and nothing that no plate can have."""

from dataclasses import replace

import pytest
from hand_lane import MORNING, sighting
from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.errors import BadPlate
from lot_server.domain.evidence import PPM
from lot_server.lane_read import TOP, from_sighting, to_evidence

BAR = 0.5

shares = st.lists(st.floats(0, 1), min_size=1, max_size=8).map(
    lambda each: tuple(zip("ABCDEFGH", (share / max(1.0, sum(each)) for share in each), strict=False))
)


def test_a_sure_read_is_a_plate() -> None:
    """The plate is normalised, the printed form kept, the evidence of every position taken over."""
    read = from_sighting(sighting("苏E05EV8"), ("f" * 64,), MORNING, BAR)
    assert (read.plate, read.printed, read.photos) == ("苏E05EV8", "苏E05EV8", ("f" * 64,))
    assert read.evidence is not None
    assert [position.characters[0][0] for position in read.evidence.positions] == list("苏E05EV8")
    assert len(read.evidence.insertions) == 8


def test_an_unsure_read_leaves_evidence_but_no_plate() -> None:
    """A plate that was seen but not read well is not turned into a text."""
    read = from_sighting(sighting("苏E05EV8", sure=False), (), MORNING, BAR)
    assert (read.plate, read.printed) == (None, None)
    assert read.evidence is not None


@pytest.mark.parametrize(("confidence", "plate"), [(0.49, None), (0.5, "苏E05EV8")])
def test_a_text_under_the_bar_is_no_plate_but_evidence(confidence: float, plate: str | None) -> None:
    """A text less sure than the lot asks for names no stay, and matching hears of it all the same."""
    seen = replace(sighting("苏E05EV8"), confidence=confidence)
    read = from_sighting(seen, (), MORNING, BAR)
    assert (read.plate, read.printed) == (plate, plate)
    assert read.evidence == to_evidence(seen)


def test_no_plate_leaves_nothing() -> None:
    """A vehicle without a plate has neither text nor evidence."""
    read = from_sighting(None, ("f" * 64,), MORNING, BAR)
    assert (read.plate, read.evidence, read.photos) == (None, None, ("f" * 64,))


def test_a_text_no_plate_can_have_is_an_error() -> None:
    """A reader that returns nonsense is told apart from a vehicle without a plate."""
    with pytest.raises(BadPlate):
        from_sighting(sighting("A" * 13), (), MORNING, BAR)


@given(shares)
def test_parts_per_million_add_up(characters: tuple[tuple[str, float], ...]) -> None:
    """Whatever the probabilities, a position's integers are never negative and make exactly the whole."""
    evidence = to_evidence(sighting("AB", {0: tuple(sorted(characters, key=lambda each: -each[1]))}))
    position = evidence.positions[0]
    parts = [ppm for _, ppm in position.characters]
    assert len(parts) <= TOP
    assert min(parts) >= 0
    assert sum(parts) + position.rest == PPM
