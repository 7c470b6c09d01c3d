"""Finding the stay at the exit: a smudged character traps nobody, and near twins are never guessed between."""

import random
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lot_server.domain.evidence import PPM, PositionEvidence, ReadEvidence
from lot_server.domain.look_alikes import Fitted, Misreading
from lot_server.domain.matching import Ambiguous, Match, Matched, Matcher, MatchingPolicy, Unmatched
from lot_server.domain.stay import Stay

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
ENTERED = NOW - timedelta(hours=3)
SURE = 985_000

LOOK_ALIKES = {"8": (("B", 0.7),), "B": (("8", 0.7),), "0": (("D", 0.4), ("Q", 0.4)), "5": (("S", 0.6),)}
READER = Fitted(Misreading(0.004, 0.001, 0.002, 0.002, LOOK_ALIKES), limit=1e-4, most_doubt=0.01)

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


def match(seen: ReadEvidence, inside: list[Stay], at: datetime = NOW, policy: MatchingPolicy | None = None) -> Match:
    """By figures of a reader that this page states, so that another fit changes none of these claims."""
    return Matcher(policy, READER).match(seen, inside, at)


CHANCE = random.Random(3)
OTHERS = [stay(each) for each in ("琼F" + "".join(CHANCE.choices("GHJKLMNPTUVWXYZ", k=5)) for _ in range(300))]


def full(inside: list[Stay]) -> list[Stay]:
    """The same with 300 more inside, of another town."""
    return inside + OTHERS


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
    """A clear read that differs in two characters from every plate inside never opens on another's account."""
    assume(differing(plate, other) > 1)
    assert not isinstance(match(read(plate), full([stay(other)])), Matched)


@pytest.mark.parametrize(("seen", "plate"), [("京A12345", "京A12348"), ("京A12345", "京B12345")])
def test_a_clear_read_that_is_no_look_alike_goes_to_the_operator(seen: str, plate: str) -> None:
    """One clear character that is no usual mistake of the plate's is not overlooked, though no other stay fits."""
    assert not isinstance(match(read(seen), full([stay(plate)])), Matched)


def test_a_clear_look_alike_is_likelier_than_another_character() -> None:
    """A stay whose plate has a look-alike of the character read comes before one that has any other."""
    found = match(read("京A1234B"), full([stay("京A1234K"), stay("京A12348")]))
    assert not isinstance(found, Unmatched)
    best = found.stay if isinstance(found, Matched) else found.candidates[0].stay
    assert best.plate == "京A12348"


def test_a_plate_that_somebody_corrected_counts_and_not_the_read_of_the_entry() -> None:
    """Once an operator has corrected a stay's plate, the misread entry finds it no longer and the new plate does."""
    corrected = stay("京A12346", read("京A12345"))
    found = match(read("京A12346"), full([corrected]))
    assert isinstance(found, Matched)
    assert found.stay is corrected
    assert not isinstance(match(read("京A12345"), full([corrected])), Matched)


def test_a_twin_inside_makes_matching_more_careful() -> None:
    """A smudge that would be overlooked goes to the operator where a vehicle with a near plate is inside too."""
    smudged = read("京A12345", {6: position(("5", 700_000), ("6", 280_000))})
    assert isinstance(match(smudged, full([stay("京A12345")])), Matched)
    assert isinstance(match(smudged, full([stay("京A12345"), stay("京A12346")])), Ambiguous)


def test_who_has_just_come_in_is_the_less_likely_twin() -> None:
    """Of two stays that fit equally, the one that began seconds ago comes second."""
    smudge = position(("5", 450_000), ("6", 450_000))
    new, old = stay("京A12345", entered=NOW - timedelta(seconds=20)), stay("京A12346")
    found = match(read("京A12345", {6: smudge}), [new, old])
    assert isinstance(found, Ambiguous)
    assert [candidate.stay for candidate in found.candidates] == [old, new]


def test_lanes_that_vehicles_seldom_take_weigh_less() -> None:
    """Of two stays that fit equally, the one from the entry that leads to this exit comes first."""
    smudge = position(("5", 450_000), ("6", 450_000))
    near, far = stay("京A12345"), replace(stay("京A12346"), entry_lane_id="far")
    found = Matcher(None, READER).match(read("京A12345", {6: smudge}), [far, near], NOW, {"in": 1.9, "far": 0.1})
    assert isinstance(found, Ambiguous)
    assert [candidate.stay for candidate in found.candidates] == [near, far]


def test_the_doubt_is_what_the_others_leave() -> None:
    """The doubt of a match and the probabilities shown to an operator are of one calculation."""
    smudged, inside = read("京A12345", {6: position(("5", 700_000), ("6", 280_000))}), full([stay("京A12345")])
    asked = match(smudged, inside, NOW, MatchingPolicy(most_doubt=-1.0))
    taken = match(smudged, inside, NOW, MatchingPolicy(most_doubt=1.0))
    assert isinstance(asked, Ambiguous)
    assert isinstance(taken, Matched)
    assert taken.doubt == pytest.approx(1 - asked.candidates[0].probability)


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


def test_a_missed_character_is_made_up_for_where_no_other_stay_fits() -> None:
    """A read that lost a character, and says that it may have, finds the stay unless another would fit as well."""
    lost = read("京A1234", missed=300_000)
    found = match(lost, full([stay("京A12345")]))
    assert isinstance(found, Matched)
    assert found.stay.plate == "京A12345"
    assert isinstance(match(lost, full([stay("京A12345"), stay("京A12346")])), Ambiguous)


def test_a_poor_read_fits_nobody() -> None:
    """A read that is thin at every position is not taken for a plate that happens to lie within it."""
    thin = {i: position((character, 250_000)) for i, character in enumerate("京A12345")}
    assert not isinstance(match(read("京A12345", thin), full([stay("京A12345")])), Matched)


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
    found = match(read(plate, smudged), [stay(each) for each in [*inside, plate]], NOW, MatchingPolicy(most_doubt=-1.0))
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
