"""What a camera sees of a lane's two zones becomes what two loops would feel, one vehicle at a time."""

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from vision.lane_traffic import Change, Scene, SeenPlate, Traffic, TrafficPace, ZoneName

PACE = TrafficPace(clear_s=1.0, leave_s=0.5, unread_s=2.0)
STEP = 0.1
A, B = "苏E05EV8", "浙A93KQ1"
CAME, PASSING, LEFT, PASSED = ("arrival", True), ("passing", True), ("arrival", False), ("passing", False)
THROUGH = [CAME, PASSING, LEFT, PASSED]


def plate(
    text: str, zone: ZoneName | None, number: int = 1, *, sure: float = 0.9, moved: bool = True, since: float = 0.0
) -> SeenPlate:
    ahead = {None: -1.0, "arrival": 0.0, "passing": 1.0}[zone]
    return SeenPlate(number, text, sure, moved, since, zone, ahead)


class Film:
    """A lane seen ten times a second; `changes` is what was told."""

    def __init__(self) -> None:
        self.traffic = Traffic(PACE)
        self.changes: list[Change] = []
        self.at = 0.0

    def shows(self, seconds: float, *plates: SeenPlate, arrival: bool = False, passing: bool = False) -> "Film":
        for _ in range(round(seconds / STEP)):
            self.changes += self.traffic.see(Scene(self.at, arrival, passing, tuple(plates)))
            self.at += STEP
        return self


def test_a_vehicle_that_drives_through_is_felt_once_by_each_zone() -> None:
    """It comes, is on both zones, leaves the first, leaves the second."""
    film = Film().shows(1).shows(1, plate(A, None)).shows(2, plate(A, "arrival"), arrival=True)
    film.shows(1, plate(A, "passing"), arrival=True, passing=True).shows(1, passing=True).shows(3)
    assert film.changes == THROUGH


def test_the_passing_zone_is_held_until_it_was_empty_for_a_while() -> None:
    """A smooth flank that looks like the road for a moment frees nothing."""
    film = Film().shows(2, plate(A, "arrival"), arrival=True).shows(1, plate(A, "passing"), passing=True)
    for _ in range(4):
        film.shows(0.8).shows(0.2, passing=True)
    assert film.changes == [CAME, PASSING, LEFT]
    assert film.shows(1.2).changes == THROUGH


def test_a_parked_car_never_comes() -> None:
    """A plate that never moved is nobody's who came, though others cover its place."""
    parked = plate(B, "arrival", 9, moved=False)
    film = Film().shows(60, parked)
    assert film.changes == []
    film.shows(1, parked, arrival=True).shows(1, parked)
    assert film.changes == []
    film.shows(2, parked, plate(A, "arrival", since=film.at), arrival=True)
    assert film.traffic.plates == {1}
    film.shows(1, parked, plate(A, "passing"), passing=True).shows(3, parked)
    assert film.changes == THROUGH


def test_a_plate_that_is_seen_far_off_has_not_come() -> None:
    """In the picture it lies in the zone, and its vehicle covers nothing of it yet."""
    film = Film().shows(5, plate(A, "arrival"))
    assert film.changes == []
    assert film.shows(0.2, plate(A, "arrival"), arrival=True).changes == [CAME]


def test_a_car_that_creeps_comes_once() -> None:
    """Its plate may be lost, misread and tracked anew as it creeps up; it is the one that came."""
    film = Film().shows(2, plate(A, "arrival"), arrival=True).shows(2, arrival=True)
    film.shows(2, plate("苏E05EVB", "arrival", 2), arrival=True).shows(3, arrival=True)
    film.shows(2, plate("E5V", "arrival", 3, sure=0.2), arrival=True).shows(2, plate(A, "arrival", 4), arrival=True)
    assert film.changes == [CAME]
    film.shows(1, plate(A, "passing", 4), arrival=True, passing=True).shows(1, passing=True).shows(3)
    assert film.changes == THROUGH


def test_the_plate_of_the_car_behind_is_not_the_waiting_ones() -> None:
    """While one waits, the plate behind it in the same zone is no part of it, even where its own cannot be read."""
    behind = SeenPlate(2, B, 0.95, True, 0.0, "arrival", -0.5)
    film = Film().shows(1, plate("", "arrival", sure=0.0), arrival=True)
    film.shows(5, plate("", "arrival", sure=0.0), behind, arrival=True)
    assert film.changes == [CAME]
    assert film.traffic.plates == {1}


def test_two_nose_to_tail_are_two() -> None:
    """The zone is never empty between them; the second comes as soon as the first has gone on and its plate is seen."""
    film = Film().shows(2, plate(A, "arrival"), arrival=True)
    film.shows(1, plate(A, "passing"), plate(B, None, 2), arrival=True, passing=True)
    film.shows(0.3, plate(A, "passing"), plate(B, "arrival", 2), arrival=True, passing=True)
    assert film.changes == [CAME, PASSING, LEFT, CAME]
    assert film.traffic.plates == {2}
    film.shows(1, plate(B, "arrival", 2), arrival=True, passing=True)
    film.shows(2, plate(B, "arrival", 2), arrival=True)
    assert film.changes == [CAME, PASSING, LEFT, CAME, PASSED]
    film.shows(1, plate(B, "passing", 2), passing=True).shows(2)
    assert film.changes == [CAME, PASSING, LEFT, CAME, PASSED, PASSING, LEFT, PASSED]


def test_one_behind_whose_plate_cannot_be_read_is_another_one_all_the_same() -> None:
    """The first one's plate went on: what still covers the arrival zone when it has passed is the next vehicle."""
    film = Film().shows(2, plate(A, "arrival"), arrival=True)
    film.shows(1, plate(A, "passing"), arrival=True, passing=True).shows(1, arrival=True, passing=True)
    film.shows(1.2, arrival=True)
    assert film.changes == THROUGH
    assert film.shows(2.2, arrival=True).changes == [*THROUGH, CAME]
    assert film.traffic.plates == frozenset()


def test_one_that_rolls_back_has_not_passed() -> None:
    """It reaches the passing zone, comes back and still waits; then backs out."""
    film = Film().shows(2, plate(A, "arrival"), arrival=True)
    film.shows(1, plate(A, "passing"), arrival=True, passing=True).shows(3, plate(A, "arrival"), arrival=True)
    assert film.changes == [CAME, PASSING, PASSED]
    assert film.shows(1, plate(A, None)).changes == [CAME, PASSING, PASSED, LEFT]


def test_one_that_comes_from_beyond_does_not_arrive() -> None:
    """Who drives against the lane's direction is under the barrier, and never at it."""
    wrong = plate(B, "passing", 5)
    film = Film().shows(1, wrong, passing=True).shows(1, plate(B, "arrival", 5), arrival=True, passing=True)
    film.shows(4, plate(B, "arrival", 5), arrival=True)
    assert film.changes == [PASSING, PASSED]
    film.shows(1).shows(1, plate(A, "arrival", 6), arrival=True)
    assert film.changes == [PASSING, PASSED, CAME]


def test_one_without_a_plate_comes_after_a_while() -> None:
    """What walks through the zone does not; what stands there does, and passes."""
    film = Film().shows(1.5, arrival=True).shows(2)
    assert film.changes == []
    film.shows(2.5, arrival=True)
    assert film.changes == [CAME]
    film.shows(2, arrival=True, passing=True).shows(1, passing=True).shows(2)
    assert film.changes == THROUGH


def test_who_stands_before_a_waiting_car_makes_it_no_other_one() -> None:
    """Somebody hides its plate and stands under the barrier; the car is the one that waited."""
    film = Film().shows(2, plate(A, "arrival"), arrival=True).shows(5, arrival=True, passing=True)
    film.shows(0.5, plate(A, "arrival"), arrival=True, passing=True).shows(3, plate(A, "arrival"), arrival=True)
    assert film.changes == [CAME, PASSING, PASSED]


NUMBERS = st.integers(1, 3)
PLATES = st.builds(
    SeenPlate,
    NUMBERS,
    st.sampled_from([A, B, ""]),
    st.sampled_from([0.1, 0.6, 0.99]),
    st.booleans(),
    st.just(0.0),
    st.sampled_from(["arrival", "passing", None]),
    st.floats(-1, 1),
)
SIGHTS = st.tuples(st.booleans(), st.booleans(), st.lists(PLATES, max_size=3, unique_by=lambda each: each.number))


def seen(sights: Sequence[tuple[bool, bool, list[SeenPlate]]]) -> Iterator[tuple[Scene, tuple[Change, ...], Traffic]]:
    traffic = Traffic(PACE)
    for index, (arrival, passing, plates) in enumerate(sights):
        scene = Scene(index * 0.25, arrival, passing, tuple(plates))
        yield scene, traffic.see(scene), traffic


@given(st.lists(SIGHTS, max_size=60))
def test_zones_are_told_like_loops(sights: list[tuple[bool, bool, list[SeenPlate]]]) -> None:
    """Whatever is seen, each zone becomes occupied and free by turns, and what is told is what `arrival` and `passing`
    say afterwards."""
    told = {"arrival": False, "passing": False}
    for _, changes, traffic in seen(sights):
        for zone, occupied in changes:
            assert told[zone] != occupied
            told[zone] = occupied
        assert told == {"arrival": traffic.arrival, "passing": traffic.passing}


@given(st.lists(SIGHTS, max_size=60))
def test_the_passing_zone_is_never_free_while_something_is_seen_there(
    sights: list[tuple[bool, bool, list[SeenPlate]]],
) -> None:
    """Nor is it until nothing has covered it for the whole time that it must look empty."""
    covered_at = -10.0
    for scene, _, traffic in seen(sights):
        if scene.covers_passing:
            covered_at = scene.at
        if scene.at - covered_at < PACE.clear_s:
            assert traffic.passing
