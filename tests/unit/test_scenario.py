"""The simulated day's plan."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.errors import NoTruth
from benchmarks.simulation.bursts import drawn_cars, with_drawn_cars
from benchmarks.simulation.errors import TooFewCars
from benchmarks.simulation.photos import cars_of
from benchmarks.simulation.scenario import (
    CHAPTERS,
    DEAD_LINE,
    LEAST_CARS,
    TURNED_AWAY,
    Car,
    Scenario,
    plan_day,
)

DAYS = st.builds(
    lambda count, seed: plan_day([Car((f"A{number:05}",)) for number in range(count)], seed),
    st.integers(LEAST_CARS, 130),
    st.integers(0, 2**32 - 1),
)


def inside_after_each_chapter(day: Scenario) -> list[tuple[int, int]]:
    """(Most vehicles that may be inside at once during a chapter, vehicles inside at its end), by chapter."""
    inside, counts = 0, []
    for number in range(len(CHAPTERS)):
        entering = sum(each.comes_in and each.entry_chapter == number for each in day.vehicles)
        leaving = sum(each.exit_chapter == number for each in day.vehicles)
        counts.append((inside + entering, inside + entering - leaving))
        inside += entering - leaving
    return counts


@given(DAYS)
def test_the_lot_is_full_when_one_is_turned_away_and_never_over_full(day: Scenario) -> None:
    """Whoever is to be turned away finds every space taken, and nobody else ever can, in whatever order lanes work."""
    counts = inside_after_each_chapter(day)
    assert counts[TURNED_AWAY] == (day.spaces, day.spaces)
    assert all(most <= day.spaces for most, _ in counts)
    # The one that backs out is promised a space for a while, in the first chapter.
    assert counts[0][0] + 1 <= day.spaces


@given(DAYS)
def test_everybody_who_comes_in_leaves_after_coming_in(day: Scenario) -> None:
    """Each vehicle that enters has an exit, in no earlier chapter and later, and the lot is empty at night."""
    for each in day.vehicles:
        assert each.comes_in == (each.exit_chapter is not None and each.leaves_at is not None)
        if each.exit_chapter is not None and each.leaves_at is not None:
            assert each.exit_chapter >= each.entry_chapter
            assert each.leaves_at > each.arrives_at
    assert inside_after_each_chapter(day)[-1][1] == 0


@given(DAYS)
def test_every_role_is_played(day: Scenario) -> None:
    """Even the smallest day has a pass holder, a backed-out car, a smudged exit, a ticket, a full lot and an outage."""
    roles = {each.role for each in day.vehicles}
    wanted = {"pass_holder", "short_stay", "backs_out", "smudged_exit", "no_plate", "turned_away", "outage"}
    assert wanted <= roles
    assert {"phone", "barrier"} <= {each.pays for each in day.vehicles}


@given(DAYS)
def test_nobody_pays_by_phone_at_the_exit_while_the_line_is_dead(day: Scenario) -> None:
    """Only the one vehicle whose wait brings the line back pays by phone during the outage, so no lane is blocked."""
    assert all(each.pays != "phone" for each in day.vehicles if each.exit_chapter == DEAD_LINE)


def test_a_day_is_a_function_of_its_seed() -> None:
    """The same seed gives the same day, another seed another one."""
    cars = drawn_cars(12, 3)
    assert plan_day(cars, 5) == plan_day(cars, 5)
    assert plan_day(cars, 5) != plan_day(cars, 6)
    assert len({car.plates for car in cars}) == 12


def test_too_few_cars_are_refused() -> None:
    """A day with fewer cars than roles is refused with the number that is needed."""
    with pytest.raises(TooFewCars, match=str(LEAST_CARS)):
        plan_day(drawn_cars(LEAST_CARS - 1, 1), 1)


def test_each_photo_plays_once_and_cars_without_plates_are_drawn() -> None:
    """All photographed cars take part, and what no photo can show, a vehicle without a plate, is drawn."""
    photographed = [
        Car((f"B{number:05}",), entry_photo=Path("a.jpg"), exit_photo=Path("a.jpg")) for number in range(20)
    ]
    day = plan_day(with_drawn_cars(photographed, 2), 2)
    shown = [each for each in day.vehicles if each.car.entry_photo is not None]
    assert [each.car for each in shown] == photographed
    assert {each.role for each in day.vehicles if each.car.entry_photo is None} == {"no_plate", "unreadable"}


def test_two_photos_of_a_plate_are_one_car(tmp_path: Path) -> None:
    """A plate on two photos makes one car that enters on the first and leaves on the second; no plate, no car."""
    for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "truth.json").write_text(
        '{"a.jpg": [{"text": "苏E·05EV8", "box": null}], "b.jpg": [{"text": "苏E05EV8", "box": null}], "c.jpg": [],'
        ' "d.jpg": [{"text": "京A88731", "box": null}, {"text": "京A88732", "box": null}]}',
        encoding="utf-8",
    )
    first, second = cars_of(tmp_path)
    assert (first.entry_photo, first.exit_photo) == (tmp_path / "a.jpg", tmp_path / "b.jpg")
    assert first.plates == ("苏E05EV8",)
    assert second.plates == ("京A88731", "京A88732")
    assert second.entry_photo == second.exit_photo == tmp_path / "d.jpg"


@pytest.mark.parametrize("truth", [None, "[]", "{", '{"a.jpg": [{"plate": "X"}]}', '{"gone.jpg": [{"text": "AB1"}]}'])
def test_a_folder_without_a_usable_truth_is_refused(tmp_path: Path, truth: str | None) -> None:
    """Without truth.json, or with one that does not fit its photos, there is no judge and so no day."""
    if truth is not None:
        (tmp_path / "truth.json").write_text(truth)
    with pytest.raises(NoTruth, match=r"truth\.json"):
        cars_of(tmp_path)
