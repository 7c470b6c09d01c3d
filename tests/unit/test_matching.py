"""Finding the stay at the exit: a smudged character traps nobody, and near twins are never guessed between."""

import random
import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lot_server.domain.evidence import PPM, PositionEvidence, ReadEvidence
from lot_server.domain.look_alikes import LOOK_ALIKES
from lot_server.domain.matching import Ambiguous, Matched, MatchingPolicy, Unmatched, match
from lot_server.domain.stay import Stay

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
ENTERED = NOW - timedelta(hours=3)
SURE = 985_000

plates = st.builds(
    "".join,
    st.tuples(
        st.sampled_from("京沪粤苏浙"),
        st.sampled_from("ABCDEF"),
        *[st.sampled_from("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")] * 5,
    ),
)


def position(*characters: tuple[str, int], deletion: int = 1_000) -> PositionEvidence:
    return PositionEvidence(characters, PPM - sum(ppm for _, ppm in characters), deletion)


def read(text: str, smudged: dict[int, PositionEvidence] | None = None, missed: int = 1_000) -> ReadEvidence:
    """A sure read of `text` with some positions replaced."""
    places = {i: position((character, SURE)) for i, character in enumerate(text)} | (smudged or {})
    return ReadEvidence(tuple(places[i] for i in range(len(text))), (missed,) * (len(text) + 1), "cn", "blue")


def stay(
    plate: str | None, evidence: ReadEvidence | None = None, entered: datetime = ENTERED, ticket: str | None = None
) -> Stay:
    return Stay(
        f"stay of {plate or ticket}", "open", plate, plate, ticket, "in", entered, entered, None, evidence, (), None, 1
    )  # fmt: skip


def differing(first: str, second: str) -> int:
    return sum(a != b for a, b in zip(first, second, strict=True))


@given(st.sets(plates, min_size=1, max_size=30).map(sorted), st.randoms(use_true_random=False))
def test_an_exact_read_of_a_unique_plate_matches(inside: list[str], chance: random.Random) -> None:
    """A clear read finds its stay among any others that are not its look-alike twins."""
    plate = chance.choice(inside)
    assume(all(other == plate or differing(plate, other) > 1 for other in inside))
    found = match(read(plate), [stay(each, read(each)) for each in inside], NOW)
    assert isinstance(found, Matched)
    assert found.stay.plate == plate


@given(
    st.sets(plates, min_size=1, max_size=30).map(sorted),
    st.integers(0, 6),
    st.sampled_from("0123456789ABCDEFGHJK"),
    st.integers(60_000, 500_000),
    st.randoms(use_true_random=False),
)
def test_one_smudged_character_still_matches(
    inside: list[str], at: int, wrong: str, right_ppm: int, chance: random.Random
) -> None:
    """A character that is read wrong but leaves the right one some probability does not trap the driver."""
    plate = chance.choice(inside)
    assume(wrong != plate[at])
    assume(all(other == plate or differing(plate, other) > 2 for other in inside))
    smudge = (
        position((wrong, 500_000), (plate[at], right_ppm)) if right_ppm < 500_000 else position((plate[at], right_ppm))
    )
    found = match(read(plate, {at: smudge}), [stay(each) for each in inside], NOW)
    assert isinstance(found, Matched)
    assert found.stay.plate == plate


@given(plates, st.integers(2, 6), st.integers(0, 32), st.integers(300_000, 600_000))
def test_near_twins_with_the_difference_smudged_are_never_guessed(plate: str, at: int, other: int, ppm: int) -> None:
    """Two stays that differ only in a smudged character are both shown to the operator, the likelier first."""
    twin = plate[:at] + "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"[other] + plate[at + 1 :]
    assume(twin != plate)
    smudge = position(*sorted(((plate[at], ppm), (twin[at], 900_000 - ppm)), key=lambda each: -each[1]))
    found = match(read(plate, {at: smudge}), [stay(plate), stay(twin)], NOW)
    assert isinstance(found, Ambiguous)
    assert {candidate.stay.plate for candidate in found.candidates} == {plate, twin}
    assert found.candidates[0].stay.plate == (plate if ppm >= 450_000 else twin)


def test_near_twins_are_told_apart_by_a_clear_read() -> None:
    """Where the differing character is clear, its stay is taken although the twin is inside."""
    inside = [stay("京A12345"), stay("京A12346")]
    found = match(read("京A12346"), inside, NOW)
    assert isinstance(found, Matched)
    assert found.stay.plate == "京A12346"


@given(plates, plates)
def test_a_vehicle_that_is_not_inside_is_matched_to_nobody(plate: str, other: str) -> None:
    """A clear read of a plate that differs clearly from every plate inside never opens on another's account."""
    assume(sum(a != b and b not in LOOK_ALIKES.get(a, "") for a, b in zip(plate, other, strict=True)) >= 1)
    assert not isinstance(match(read(plate), [stay(other)], NOW), Matched)


@pytest.mark.parametrize(("seen", "plate"), [("京A1234B", "京A12348"), ("粤D0O123", "粤DQ0123")])
def test_a_clear_look_alike_of_the_only_one_inside_goes_to_the_operator(seen: str, plate: str) -> None:
    """A read that is sure of a look-alike is shown as a candidate, but not taken."""
    found = match(read(seen), [stay(plate)], NOW)
    assert not isinstance(found, Matched)


def test_the_entry_misread_is_found_by_its_own_evidence() -> None:
    """A stay whose plate was misread at the entry is found because its entry read leaves room for the right text."""
    entered = read("京A12345", {6: position(("5", 700_000), ("6", 200_000))})
    found = match(read("京A12346"), [stay("京A12345", entered), stay("沪B99999", read("沪B99999"))], NOW)
    assert isinstance(found, Matched)
    assert found.stay.plate == "京A12345"


def test_a_ticket_stay_is_found_by_its_evidence_alone() -> None:
    """A vehicle that got a ticket for a smudged plate leaves by its read when that fits what the entry saw."""
    smudged = read(
        "京A12345", {2: position(("1", 400_000), ("7", 300_000)), 6: position(("6", 500_000), ("5", 400_000))}
    )
    by_evidence, without = stay(None, smudged, ticket="T1"), stay(None, None, ticket="T2")
    found = match(read("京A12345"), [by_evidence, without], NOW)
    assert isinstance(found, Matched)
    assert found.stay.ticket_id == "T1"


@pytest.mark.parametrize("text", ["", "9", "28", "9I3"])
def test_two_reads_of_nothing_are_no_match(text: str) -> None:
    """Where entry and exit camera saw a character or two on a bumper, nobody is charged for the other's stay."""
    seen = read(text, missed=PPM // 2)
    assert isinstance(match(seen, [stay(None, seen, ticket="T1"), stay("苏E05EV8", read("苏E05EV8"))], NOW), Unmatched)


def test_a_ticket_stay_without_evidence_is_never_matched() -> None:
    """A vehicle whose entry showed nothing cannot be found by a read."""
    assert match(read("京A12345"), [stay(None, None, ticket="T2")], NOW) == Unmatched()


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(
            read("京A123451", {7: position(("1", 900_000), deletion=800_000)}), id="an edge read as a character"
        ),
        pytest.param(read("挂京A12345", {0: position(("挂", 500_000), deletion=700_000)}), id="a ghost in front"),
    ],
)
def test_an_extra_character_that_may_be_none_does_not_matter(seen: ReadEvidence) -> None:
    """A character that the reader itself doubts is dropped in the alignment."""
    found = match(seen, [stay("京A12345"), stay("沪B99999")], NOW)
    assert isinstance(found, Matched)
    assert found.stay.plate == "京A12345"


def test_a_missed_character_names_the_candidate() -> None:
    """A read that lost a character, and says that it may have, leaves the right stay as the candidate."""
    found = match(read("京A1234", missed=300_000), [stay("京A12345"), stay("沪B99999")], NOW)
    assert isinstance(found, Ambiguous)
    assert [candidate.stay.plate for candidate in found.candidates] == ["京A12345"]


def test_a_poor_read_fits_nobody() -> None:
    """A read that is thin at every position is not taken for a plate that happens to lie within it."""
    thin = {i: position((character, 250_000)) for i, character in enumerate("京A12345")}
    assert not isinstance(match(read("京A12345", thin), [stay("京A12345")], NOW), Matched)


def test_a_vehicle_inside_for_a_month_is_the_less_likely_twin() -> None:
    """Of two stays that fit equally, the one that has been inside far longer than usual comes second."""
    old = stay("京A12345", entered=NOW - timedelta(days=70))
    new = stay("京A12346")
    smudge = position(("5", 450_000), ("6", 450_000))
    found = match(read("京A12345", {6: smudge}), [old, new], NOW)
    assert isinstance(found, Ambiguous)
    assert [candidate.stay.plate for candidate in found.candidates] == ["京A12346", "京A12345"]
    assert found.candidates[0].probability > 0.85


@given(st.lists(plates, min_size=1, max_size=10, unique=True), plates)
def test_probabilities_are_a_distribution(inside: list[str], plate: str) -> None:
    """Candidates come best first and never add up to more than everything."""
    smudged = {i: position((plate[i], 500_000), ("0", 200_000)) for i in (2, 4)}
    found = match(read(plate, smudged), [stay(each) for each in [*inside, plate]], NOW, MatchingPolicy(threshold=1.1))
    assert isinstance(found, Ambiguous)
    chances = [candidate.probability for candidate in found.candidates]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) <= 1 + 1e-9


def test_a_full_car_park_gives_the_same_answers() -> None:
    """Among two thousand random stays the shortcuts for hopeless ones lose nobody."""
    chance = random.Random(7)
    alphabet = string.digits + "ABCDEFGHJKLMNPQRSTUVWXYZ"
    inside = [
        stay(plate, read(plate))
        for plate in {"京A" + "".join(chance.choices(alphabet, k=5)) for _ in range(2000)} | {"京A00X00"}
    ]
    smudged = read(
        "京A00X00", {4: position(("K", 400_000), ("X", 300_000)), 6: position(("O", 500_000), ("0", 400_000))}
    )
    found = match(smudged, inside, NOW)
    assert isinstance(found, Matched)
    assert found.stay.plate == "京A00X00"
