"""Loops that are stuck or feel nothing: a person is told, vehicles are served and counted all the same."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hand_lane import HandLane, sighting
from lane_lot import PATIENT, PLATE, SOON, TWIN, Lot, lane_test, until, until_told

from lot_server import lane_trust
from lot_server.lane_loop import LaneLoop


def hours_pass(lane: LaneLoop) -> None:
    """Nothing has changed at the loops for hours."""
    lane._trust._trust.pass_time(asyncio.get_running_loop().time() + 7200)


async def wait_in_vain(lane: LaneLoop) -> None:
    """A vehicle that left the arming loop does not come to the closing loop."""
    await until(lambda: lane.snapshot().state == "between")
    lane._inbox._time_out(lane._inbox._timer_token)
    await until(lambda: lane.snapshot().state == "idle")


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lane that looks at its loops often."""
    monkeypatch.setattr(lane_trust, "LOOK_SECONDS", 0.01)


def test_a_stuck_arming_loop_is_replaced_by_the_camera(tmp_path: Path) -> None:
    """After a while without a vehicle in sight the camera finds the vehicles, and a loop that changes is believed."""

    async def story(lot: Lot) -> None:
        hand = HandLane(camera_works=False)
        async with lot.lane("entry", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            hours_pass(lane)
            await wait_in_vain(lane)
            assert hand.commands == ["open", "close"]
            assert "loop_stuck:arming" in await lot.alerts()
            hand.camera_works, hand.seen = True, sighting(PLATE)
            await until(lambda: lane.snapshot().state == "between" and lane.snapshot().plate == PLATE)
            hand.roll("closing", True)
            hand.seen = None
            hand.roll("closing", False)
            await until(lambda: lane.snapshot().state == "idle")
            assert [stay.plate for stay in await lot.stays()] == [PLATE]
            hand.roll("arming", False)
            await until_told(lot, [])

    lane_test(story, tmp_path)


def test_an_arming_loop_that_feels_nothing_is_replaced_by_the_camera(tmp_path: Path) -> None:
    """Once an operator had to open for a vehicle it did not feel, the next one is served without an operator."""

    async def story(lot: Lot) -> None:
        hand = HandLane()
        async with lot.lane("entry", hand) as lane:
            await lane.open("Li", "nothing happens at the lane")
            await until(lambda: lane.snapshot().state == "between")
            hand.roll("closing", True)
            hand.roll("closing", False)
            await until_told(lot, ["loop_silent:arming"])
            hand.seen = sighting(PLATE)
            await until(lambda: lane.snapshot().state == "between")
            hand.seen = None
            hand.roll("closing", True)
            hand.roll("closing", False)
            await until(lambda: lane.snapshot().state == "idle")
            assert [stay.plate for stay in await lot.stays()] == [None, PLATE]
            hand.roll("arming", True)
            await until_told(lot, [])

    lane_test(story, tmp_path)


def test_a_vehicle_in_sight_of_a_lost_loop_waits_for_its_money(tmp_path: Path) -> None:
    """An exit without its arming loop asks for the fee, and looks anew now and then whether anybody is there still."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        lot.clock.forward(minutes=30)
        hand = HandLane()
        async with lot.lane("exit", hand, replace(PATIENT, payment=SOON)) as lane:
            lane._trust._trust.crossed()
            hand.seen = sighting(PLATE)
            await until(lambda: lane.snapshot().message == "please_pay")
            hand.seen = None
            await until(lambda: lane.snapshot().state == "idle")
            assert hand.commands == []

    lane_test(story, tmp_path)


def test_under_a_stuck_closing_loop_the_barrier_stays_up_and_vehicles_count(tmp_path: Path) -> None:
    """Nothing says that the way is free, so it never closes; each vehicle is read, and counts as it drives off."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            hand.roll("closing", True)
            hand.roll("arming", False)
            await until(lambda: lane.snapshot().state == "passing")
            hours_pass(lane)
            await until(lambda: lane.snapshot().state == "idle")
            await until(lambda: lane.snapshot().fault == "loop_stuck:closing")
            assert "loop_stuck:closing" in await lot.alerts()
            hand.seen = sighting(TWIN)
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            hand.roll("arming", False)
            await wait_in_vain(lane)
            assert [stay.plate for stay in await lot.stays()] == [PLATE, TWIN]
            assert "close" not in hand.commands
            hand.roll("closing", False)
            await until(lambda: hand.commands[-1] == "close")
            await until(lambda: lane.snapshot().state == "idle" and lane.snapshot().fault is None)

    lane_test(story, tmp_path)


def test_a_closing_loop_that_feels_nothing_is_told_of_and_done_without(tmp_path: Path) -> None:
    """When nobody ever comes to the closing loop, drivers have not all changed their mind: they are counted."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand) as lane:
            for _ in range(3):
                assert await lot.stays() == []
                hand.roll("arming", True)
                await until(lambda: lane.snapshot().state == "open")
                hand.roll("arming", False)
                await wait_in_vain(lane)
            await until_told(lot, ["loop_silent:closing"])
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            hand.roll("arming", False)
            await wait_in_vain(lane)
            assert [stay.plate for stay in await lot.stays()] == [PLATE]
            closed = hand.commands.count("close")
            hand.roll("closing", True)
            hand.roll("closing", False)
            await until(lambda: hand.commands.count("close") > closed)
            await until(lambda: lane.snapshot().fault is None)

    lane_test(story, tmp_path)
