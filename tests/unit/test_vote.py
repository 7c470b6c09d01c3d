"""Many reads of one vehicle become one, by position, without growing surer than they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seen_plates import evidence, plate_read

from vision.grammar import Grammar
from vision.types import PlateRead, PositionDistribution, Sighting
from vision.vote import fuse, text_probability

SEEN = ("沪JZU571", "JZU571", "沪JZU57", "苏JZU571", "沪JZU5T1", "4")
"""One plate as frames show it: whole, cut off, and with a character mistaken."""


def _fuse(*reads: PlateRead) -> Sighting:
    return fuse(evidence(*reads), len(reads), Grammar())


def test_one_read_stays_what_it_was() -> None:
    """A single frame's sighting says what that frame's read said, as surely."""
    read = plate_read("苏E05EV8", 0.93)
    sighting = _fuse(read)
    assert (sighting.text, sighting.guess, sighting.printed) == ("苏E05EV8", "苏E05EV8", "苏E·05EV8")
    assert sighting.confidence == pytest.approx(0.93)
    assert sighting.positions[1].characters[0][0] == "E"
    assert len(sighting.insertions) == len(sighting.positions) + 1


def test_different_errors_cancel_out() -> None:
    """Three reads, each wrong at another place and in doubt there, give the text that none of them gave."""
    reads = [
        plate_read("苏E0SEV8", 0.4, doubts={3: ("5", 0.4)}),
        plate_read("苏E05EVB", 0.4, doubts={6: ("8", 0.4)}),
        plate_read("苏F05EV8", 0.4, doubts={1: ("E", 0.4)}),
    ]
    sighting = _fuse(*reads)
    assert sighting.guess == "苏E05EV8"
    assert "苏E0SEV8" in {text for text, _ in sighting.alternatives}


def test_a_lost_character_does_not_shift_the_rest() -> None:
    """A read that missed a character votes for the places it did see."""
    sighting = _fuse(plate_read("苏E05EV8", 0.6), plate_read("苏E5EV8", 0.5), plate_read("苏E05EV8", 0.5))
    assert sighting.guess == "苏E05EV8"
    assert sighting.positions[2].deletion > sighting.positions[1].deletion


def test_a_ghost_character_is_outvoted() -> None:
    """A character that one read of three saw at the edge does not enter the text."""
    sighting = _fuse(plate_read("苏E05EV81", 0.5), plate_read("苏E05EV8", 0.6), plate_read("苏E05EV8", 0.5))
    assert sighting.guess == "苏E05EV8"


def test_one_clear_frame_beats_many_blurred_ones() -> None:
    """Weights are squared confidences: four poor reads that agree do not outvote a sure one."""
    poor = [plate_read("苏F05EV8", 0.25) for _ in range(4)]
    assert _fuse(plate_read("苏E05EV8", 0.97), *poor).guess == "苏E05EV8"


@given(st.lists(st.floats(0.05, 0.95), min_size=1, max_size=12))
def test_agreement_never_makes_surer_than_the_surest_read(confidences: list[float]) -> None:
    """Any number of frames that say the same leave the confidence between the least and the greatest of theirs."""
    sighting = _fuse(*(plate_read("苏E05EV8", confidence) for confidence in confidences))
    assert min(confidences) - 1e-9 <= sighting.confidence <= max(confidences) + 1e-9


@given(st.lists(st.tuples(st.text("AB18", max_size=7), st.floats(0.01, 0.99)), min_size=1, max_size=6))
def test_whatever_is_fused_holds_together(reads: list[tuple[str, float]]) -> None:
    """Texts, positions and probabilities of a sighting agree with each other for any reads, empty ones included."""
    sighting = _fuse(*(plate_read(text, confidence) for text, confidence in reads))
    assert len(sighting.positions) == len(sighting.guess) == len(sighting.char_confidences)
    assert len(sighting.insertions) == len(sighting.positions) + 1
    assert all(0 <= p <= 1 + 1e-9 for p in (sighting.confidence, *sighting.char_confidences, *sighting.insertions))
    assert sighting.guess not in {text for text, _ in sighting.alternatives}
    assert sighting.confidence + sum(p for _, p in sighting.alternatives) <= 1 + 1e-6
    for position in sighting.positions:
        assert sum(p for _, p in position.characters) + position.rest == pytest.approx(1)
        assert 0 <= position.deletion <= 1


@given(st.lists(st.tuples(st.sampled_from(SEEN), st.floats(0.01, 0.99)), min_size=1, max_size=6))
def test_no_alternative_is_likelier_than_the_guess(reads: list[tuple[str, float]]) -> None:
    """The guess is at least as probable as the first alternative that is reported with it."""
    sighting = _fuse(*(plate_read(text, confidence) for text, confidence in reads))
    assert all(p <= sighting.confidence + 1e-9 for _, p in sighting.alternatives)


def test_a_hopeless_read_is_only_a_guess() -> None:
    """A sighting under the bar has no text, but its guess is kept for matching."""
    sighting = _fuse(plate_read("苏E05EV8", 0.1, given=False))
    assert sighting.text is None
    assert sighting.guess == "苏E05EV8"


def test_the_evidence_is_a_frame_that_was_read_as_the_text() -> None:
    """The first evidence frame is one whose own read is the fused text, even if another read was surer."""
    sighting = _fuse(plate_read("苏F05EV8", 0.55), plate_read("苏E05EV8", 0.5), plate_read("苏E05EV8", 0.5))
    assert sighting.evidence[0].read.guess == sighting.guess == "苏E05EV8"
    assert sighting.evidence[0].frame.index in (1, 2)


def test_no_evidence_is_an_error() -> None:
    """A sighting of nothing cannot be made."""
    with pytest.raises(ValueError, match="at least one frame"):
        fuse([], 0, Grammar())


def test_text_probability_sums_to_one_over_all_texts() -> None:
    """With the alphabet named in full, the probabilities of every possible text sum to 1."""
    positions = [
        PositionDistribution((("A", 0.7), ("B", 0.3)), 0.0, 0.2),
        PositionDistribution((("A", 1.0),), 0.0, 0.1),
    ]
    texts = ["", "A", "B", "AA", "BA"]
    assert sum(text_probability(text, positions, [0, 0, 0]) for text in texts) == pytest.approx(1)


def test_look_and_layout_go_by_weight() -> None:
    """Colour, layout and region are the weighted majority's."""
    sighting = _fuse(plate_read("苏E05EV8", 0.9), plate_read("苏E05EV8", 0.3))
    assert (sighting.region, sighting.color, sighting.layout, sighting.frames_read) == ("cn", "blue", "single", 2)
