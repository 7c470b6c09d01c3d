"""What becomes of each photo: which plates count as found, read, false."""

from pathlib import Path

import pytest
from run_folders import BOX, failed, held_back, prediction, read_plate, true_plate

from benchmarks.judging.confusion import confusion
from benchmarks.judging.outcomes import PlateOutcome, judge_photo, without_province
from benchmarks.run_folder import ReadPlate
from benchmarks.types import Sample, TruePlate
from vision.types import Box

AWAY = Box(400, 300, 500, 330)
SHIFTED = Box(60, 60, 160, 90)
"""Meets BOX at an IoU of two thirds."""
GRAZING = Box(110, 60, 210, 90)
"""Meets BOX at an IoU of under a fifth."""


def photo(*plates: TruePlate) -> Sample:
    return Sample("p", Path("p.jpg"), plates)


@pytest.mark.parametrize(
    ("read", "exact", "folded", "no_province", "within_one"),
    [
        ("苏E05EV8", True, True, True, True),
        ("京E05EV8", False, False, True, True),
        ("E05EV8", False, False, True, True),
        ("苏EO5EV8", False, False, False, True),
        ("京E05EVB", False, False, False, False),
    ],
)
def test_a_chinese_plate_is_read_in_four_ways(
    read: str, exact: bool, folded: bool, no_province: bool, within_one: bool
) -> None:
    """Strictly, folded (nothing is, on Chinese plates), without its province, and within one edit."""
    plate = PlateOutcome("苏E05EV8", read, read)
    assert (plate.is_exact, plate.is_read, plate.is_read_without_province, plate.is_within_one) == (
        exact, folded, no_province, within_one,
    )  # fmt: skip


def test_o_and_0_are_one_on_latin_plates_unless_strict() -> None:
    """ABO1 read as AB0I is read, not exact, and has no wrong character."""
    plate = PlateOutcome("ABO1", "AB0I", "AB0I")
    assert (plate.is_read, plate.is_exact, plate.best_edits) == (True, False, 0)


def test_a_province_is_a_leading_chinese_character() -> None:
    """Only the first character is left out, and only a Chinese one."""
    assert [without_province(text) for text in ("苏E05警", "AB12", "")] == ["E05警", "AB12", ""]


def test_the_surest_text_decides_over_a_photo() -> None:
    """A photo counts as read by its surest text alone; the plate counts as read by any."""
    outcome = judge_photo(photo(true_plate("AB12")), prediction("p", read_plate("AB12", 0.6), read_plate("CD34", 0.9)))
    assert not outcome.is_top1
    assert outcome.plates[0].is_read
    assert outcome.false_texts == 1


def test_a_photo_without_plates_is_right_if_nothing_is_told() -> None:
    """What is held back does no harm there; a text does."""
    assert judge_photo(photo(), prediction("p", held_back("AB12"))).is_top1
    told = judge_photo(photo(), prediction("p", read_plate("AB12")))
    assert (told.is_top1, told.false_texts) == (False, 1)


def test_a_candidate_that_fails_is_wrong_even_where_there_is_no_plate() -> None:
    """An error is never an empty photo: nothing is read or found, and the code is kept."""
    assert not judge_photo(photo(), failed("p")).is_top1
    outcome = judge_photo(photo(true_plate("AB12")), failed("p"))
    assert (outcome.is_top1, outcome.found, outcome.error) == (False, 0, "unreadable_image")
    assert outcome.plates[0].best_edits == 4


@pytest.mark.parametrize(("box", "found"), [(BOX, 1), (SHIFTED, 1), (GRAZING, 0), (AWAY, 0)])
def test_a_plate_is_found_from_half_an_overlap(box: Box, found: int) -> None:
    """Recall and precision look at boxes alone, whatever was read."""
    outcome = judge_photo(photo(true_plate("AB12")), prediction("p", read_plate("XXXXX", box=box)))
    assert (outcome.boxed, outcome.found, outcome.detected) == (1, found, 1)


def test_two_boxes_on_one_plate_find_it_once() -> None:
    """Each true plate is met by one box and each box meets one plate."""
    reads = (read_plate("AB12"), read_plate("AB12", box=SHIFTED))
    outcome = judge_photo(photo(true_plate("AB12")), prediction("p", *reads))
    assert (outcome.found, outcome.detected) == (1, 2)


def test_boxes_say_nothing_where_a_true_plate_has_none() -> None:
    """A photo with a plate of unknown place counts its other plates for recall, and nothing for precision."""
    sample = photo(true_plate("AB12"), TruePlate("CD34"))
    outcome = judge_photo(sample, prediction("p", read_plate("AB12"), read_plate("CD34", box=AWAY)))
    assert (outcome.boxed, outcome.found, outcome.detected) == (1, 1, 0)
    assert all(plate.is_read for plate in outcome.plates)


def test_reads_are_paired_with_the_plates_they_lie_on() -> None:
    """A wrong text belongs to the plate that it lies on, however like another plate it is."""
    sample = photo(true_plate("AB1234"), TruePlate("CD5678", AWAY))
    outcome = judge_photo(sample, prediction("p", read_plate("AB1235", box=AWAY), read_plate("AB1284")))
    assert [plate.best for plate in outcome.plates] == ["AB1284", "AB1235"]


def test_reads_without_boxes_are_paired_by_their_text() -> None:
    """Without a box the nearest text is of a plate, one that shares less than half with it is of none."""
    sample = photo(true_plate("AB1234"), true_plate("CD5678"))
    reads = (read_plate("CD5679", box=None), read_plate("ZZ9999", box=None))
    outcome = judge_photo(sample, prediction("p", *reads))
    assert [plate.best for plate in outcome.plates] == ["", "CD5679"]


def test_what_is_held_back_counts_for_characters_only() -> None:
    """A right guess that was held back is no read, but has no wrong character."""
    outcome = judge_photo(photo(true_plate("AB12")), prediction("p", held_back("AB12")))
    plate = outcome.plates[0]
    assert (plate.text, plate.is_read, plate.is_within_one, plate.best_edits) == (None, False, False, 0)
    assert outcome.reported == ()
    assert outcome.answer is not None
    assert outcome.answer.is_right


def test_a_plate_without_even_a_guess_is_no_answer() -> None:
    """A box without any string answers nothing."""
    outcome = judge_photo(photo(true_plate("AB12")), prediction("p", ReadPlate(None, "", 0.1, BOX)))
    assert outcome.answer is None
    assert outcome.found == 1


def test_confusions_are_counted_along_the_alignment() -> None:
    """Characters changed, lost and added are told; another text altogether is left out, with its characters."""
    plates = [
        PlateOutcome("AB8012", "ABB012", "ABB012"),
        PlateOutcome("AB8013", None, "ABB013"),
        PlateOutcome("CD1234", "CD123", "CD123"),
        PlateOutcome("EF1234", "EF12354", "EF12354"),
        PlateOutcome("GH1234", "ZZ9876", "ZZ9876"),
        PlateOutcome("JK1234", None, ""),
    ]
    found = confusion(plates)
    assert found.mistakes == {("8", "B"): 2, ("4", ""): 1, ("", "5"): 1}
    assert found.characters["8"] == 2
    assert "G" not in found.characters
