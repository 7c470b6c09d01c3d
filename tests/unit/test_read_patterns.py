"""Recorded failures of reads: laid over other plates, told without plates, counted fairly."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from benchmarks.matching import reads, recording
from benchmarks.matching.errors import BadReads
from benchmarks.matching.figures import figures, missed_bars
from benchmarks.matching.fit import DOUBTS, most_doubt
from benchmarks.matching.patterns import GHOST, alignment, kinds_of, order_of, pattern_of, replay, taken_for
from benchmarks.matching.plates import Plates, within_one
from benchmarks.matching.reads import PlateReading
from benchmarks.matching.simulation import Exit, Simulation, Traffic
from lot_server.domain.evidence import PPM, PositionEvidence, ReadEvidence
from vision.alphabet import DIGITS, LETTERS, PROVINCES

ORDER = order_of({"8": {"B": 3.0, "3": 1.0}, "苏": {"浙": 2.0}})
serials = st.text(DIGITS + LETTERS, min_size=5, max_size=5)
plates = st.builds(lambda province, serial: province + "E" + serial, st.sampled_from(PROVINCES), serials)


@st.composite
def readings(draw: st.DrawFn) -> PlateReading:
    """A read of a plate with one character changed, one added or one lost, or none of these."""
    true = draw(plates)
    guess = list(true)
    at = draw(st.integers(0, len(true) - 1))
    match draw(st.sampled_from(["right", "changed", "added", "lost"])):
        case "changed":
            guess[at] = draw(st.sampled_from(DIGITS))
        case "added":
            guess.insert(at, draw(st.sampled_from(DIGITS)))
        case "lost":
            del guess[at]
    positions = tuple(
        PositionEvidence(((each, 900_000), ("川" if each != "川" else "云", 50_000)), 50_000, 10) for each in guess
    )
    evidence = ReadEvidence(positions, (200,) * (len(guess) + 1), "cn", "blue")
    return PlateReading("drawn", "drawn", true, "".join(guess), 800_000, evidence)


def a_reading(true: str, guess: str) -> PlateReading:
    positions = tuple(PositionEvidence(((each, PPM),), 0, 0) for each in guess)
    return PlateReading("s", "drawn", true, guess, PPM, ReadEvidence(positions, (0,) * (len(guess) + 1), "cn", "blue"))


@given(readings())
def test_a_pattern_over_its_own_plate_gives_the_read_again(reading: PlateReading) -> None:
    """What a pattern keeps is the whole failure: only what stands where the plate has nothing is drawn anew."""
    pattern = pattern_of(reading, ORDER)
    again = replay(pattern, reading.true, ORDER, random.Random(1))
    assert reading.evidence is not None
    assert again.evidence is not None
    assert again.guess is not None
    assert reading.guess is not None
    for place, old, new in zip(pattern.places, reading.evidence.positions, again.evidence.positions, strict=True):
        if place.stands != GHOST:
            assert old == new
        else:
            assert [ppm for _, ppm in old.characters] == [ppm for _, ppm in new.characters]
    assert (again.confidence, again.evidence.insertions) == (0.8, reading.evidence.insertions)
    assert pattern.is_right == (reading.guess == reading.true)


@given(readings(), plates)
def test_a_pattern_fails_alike_on_every_plate(reading: PlateReading, other: str) -> None:
    """Over another plate as many characters are right, in the same places."""
    pattern = pattern_of(reading, ORDER)
    again = replay(pattern, other, ORDER, random.Random(1))
    assert again.guess is not None
    assert reading.guess is not None
    for place, old, new in zip(pattern.places, reading.guess, again.guess, strict=True):
        if place.stands != GHOST:
            assert (old == reading.true[place.stands]) == (new == other[place.stands])


def test_a_look_alike_becomes_a_look_alike() -> None:
    """B read for 8 becomes, on a plate with 0 in its place, what 0 is most often taken for."""
    order = order_of({"8": {"B": 3.0}, "0": {"Q": 2.0, "D": 1.0}})
    pattern = pattern_of(a_reading("苏E12348", "苏E1234B"), order)
    assert replay(pattern, "浙A99990", order, random.Random(1)).guess == "浙A9999Q"


def test_alignment_finds_the_character_that_was_added() -> None:
    """The position that is none of the plate's characters is the ghost."""
    evidence = a_reading("苏E12345", "苏E912345").evidence
    assert evidence is not None
    assert alignment("苏E12345", evidence) == [0, 1, GHOST, 2, 3, 4, 5, 6]


def test_what_characters_are_taken_for_is_counted_by_probability() -> None:
    """A doubt counts as much as a mistake of its size, a ghost not at all."""
    positions = (PositionEvidence((("8", 750_000), ("B", 250_000)), 0, 0),)
    doubted = PlateReading("s", "drawn", "8", "8", PPM, ReadEvidence(positions, (0, 0), "cn", "blue"))
    assert taken_for([doubted, a_reading("8", "3")]) == {"8": {"B": 0.25, "3": 1.0}}


@given(readings())
def test_a_recording_gives_back_what_was_recorded(reading: PlateReading) -> None:
    """Writing patterns and reading them changes nothing."""
    pattern = pattern_of(reading, ORDER)
    found = recording._from_line(recording._to_line(pattern))
    assert found == pattern


def test_the_shipped_recording_names_no_plate() -> None:
    """Its lines hold numbers, the kinds of places and where the read came from; no digit, letter or province of a
    plate."""
    recorded = recording.load()
    assert len(recorded.fitted_to()) > 300
    assert len(recorded.held_back(chinese=False)) > 800
    for line in recording.SHIPPED.read_text(encoding="utf-8").splitlines()[1:]:
        assert not set(line) & set(PROVINCES)
    assert all(set(pattern.kinds) <= set("PSM") for pattern in recorded.patterns)


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    """A missing file, another format and a broken line each say what to do."""
    with pytest.raises(BadReads, match="record it first"):
        recording.load(tmp_path / "none.jsonl")
    (tmp_path / "other.jsonl").write_text('{"format": 9}\n', encoding="utf-8")
    with pytest.raises(BadReads, match="format 9"):
        recording.load(tmp_path / "other.jsonl")
    (tmp_path / "reads.jsonl").write_text('{"true": 1}\n', encoding="utf-8")
    with pytest.raises(BadReads, match="record it again"):
        reads.load(tmp_path / "reads.jsonl")


def test_reads_come_back_as_they_were_saved(tmp_path: Path) -> None:
    """A file of reads holds all that was read."""
    found = [a_reading("苏E12345", "苏E12345"), replace(a_reading("8", "8"), guess=None, evidence=None)]
    assert reads.save(found, tmp_path / "reads.jsonl") == 2
    assert reads.load(tmp_path / "reads.jsonl") == found


@given(serials, serials)
def test_within_one_is_the_edit_distance(text: str, other: str) -> None:
    """Two texts of one length are within one edit if they differ in one place at most."""
    assert within_one(text, other) == (sum(a != b for a, b in zip(text, other, strict=True)) <= 1)


@given(serials, st.integers(0, 4))
def test_within_one_knows_lost_characters(text: str, at: int) -> None:
    """A text less one character is within one edit, less two of five it is not."""
    shorter = text[:at] + text[at + 1 :]
    assert within_one(text, shorter)
    assert within_one(shorter, text)
    assert not within_one(text, shorter[1:])


@given(st.integers(0, 1000))
def test_twins_differ_in_one_character(seed: int) -> None:
    """A drawn plate has the kinds that were asked for, its twin the same and one other character."""
    drawn = Plates(random.Random(seed))
    plate = drawn.draw("PSSSSSS")
    twin = drawn.twin(plate, ORDER)
    assert kinds_of(plate) == kinds_of(twin) == "PSSSSSS"
    assert sum(a != b for a, b in zip(plate, twin, strict=True)) == 1


def an_exit(choices: tuple[bool | None, ...], doubts: tuple[float, ...] = (0.0, 0.0, 0.0)) -> Exit:
    return Exit(0, 1, True, False, choices, doubts)


def test_the_bars_are_told_by_name() -> None:
    """Matching that traps too many, opens wrongly too often or is no better than edit distance misses each bar."""
    good = [an_exit((None, False, True))] * 10 + [an_exit((None, None, True))] * 10 + [an_exit((True, True, True))] * 80
    assert missed_bars(figures(("exact", "edits", "own"), good, 2, 1)) == []
    bad = [an_exit((None, None, False))] * 10 + [an_exit((None, None, None))] * 10 + [an_exit((True, True, True))] * 80
    assert len(missed_bars(figures(("exact", "edits", "own"), bad, 2, 1))) == 3


@given(st.integers(1, 300), st.integers(0, 10))
def test_rates_lie_within_their_intervals(count: int, trapped: int) -> None:
    """The interval of a rate holds it, however few reads there were."""
    assume(trapped <= count)
    exits = [an_exit((None,), (0.0,))] * trapped + [an_exit((True,), (0.0,))] * (count - trapped)
    (found,) = figures(("own",), exits, 3, 1)
    assert found.trapped.count == trapped
    assert found.trapped.low <= found.trapped.value <= found.trapped.high


def test_the_allowed_doubt_holds_the_limit() -> None:
    """Doubts that hid wrong opens are not allowed, nor are more doubts than the limit; else the greatest is."""
    clear = [an_exit((True,), (1e-7,))] * 100_000
    assert most_doubt(clear, 1e-4) == DOUBTS[0]
    assert most_doubt(clear + [an_exit((False,), (0.004,))] * 10, 1e-4) == 0.003
    assert most_doubt(clear + [an_exit((True,), (0.02,))] * 1000, 1e-4) == 0.01
    assert most_doubt(clear[:1000], 1e-4) == DOUBTS[-1]


def test_a_lot_without_reads_is_refused() -> None:
    """Simulating from a handful of reads would read entry and exit by the same failure."""
    pattern = pattern_of(a_reading("苏E12345", "苏E12345"), ORDER)
    with pytest.raises(BadReads, match="record more photos"):
        Simulation([pattern] * 5, ORDER, Traffic(), 1)
