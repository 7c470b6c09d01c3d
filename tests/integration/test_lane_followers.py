"""Vehicles that drive through on nobody's account: counted, photographed, and a person is told."""

import asyncio
from pathlib import Path

import pytest
from hand_lane import HandLane, sighting
from lane_lot import PLATE, TWIN, Lot, lane_test, until, until_told

from lot_server.domain.events import AlertRaised
from lot_server.domain.stay import Direction
from lot_server.lane_loop import LaneLoop
from vision.types import Sighting

OTHER = "粤Z99999"


async def let_through(lane: LaneLoop, hand: HandLane) -> None:
    """A vehicle is let through and crosses, and the barrier begins to close."""
    hand.closing_takes = asyncio.Event()
    hand.roll("arming", True)
    await until(lambda: lane.snapshot().state == "open")
    hand.drive_through()
    await until(lambda: lane.snapshot().state == "closing")


async def tailgate(lane: LaneLoop, hand: HandLane, seen: Sighting | None) -> None:
    """Another one drives under the closing barrier, and on."""
    hand.seen = seen
    hand.roll("closing", True)
    await until(lambda: hand.commands == ["open", "open"])
    await until(lambda: lane.snapshot().state == "followed")
    assert hand.closing_takes is not None
    hand.closing_takes.set()
    hand.roll("closing", False)
    await until(lambda: lane.snapshot().state == "idle")


async def told(lot: Lot) -> AlertRaised:
    """The one alert that is open."""
    (alert,) = await lot.ask(lambda work: work.open_alerts())
    return alert.raised


def test_a_tailgater_at_an_entry_gets_a_stay_of_its_own(tmp_path: Path) -> None:
    """A second vehicle on one opening has the barrier opened again, is photographed, counted, and told of."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand) as lane:
            await let_through(lane, hand)
            await tailgate(lane, hand, sighting(OTHER))
            await until_told(lot, ["tailgating"])
        assert [stay.plate for stay in await lot.stays()] == [PLATE, OTHER]
        assert await lot.ask(lambda work: work.free_spaces()) == 1
        alert = await told(lot)
        assert alert.stay_id == (await lot.stays())[1].stay_id
        assert len(alert.photos) == 1

    lane_test(story, tmp_path)


def test_a_tailgater_without_a_plate_is_counted_by_a_ticket_that_nobody_has(tmp_path: Path) -> None:
    """Occupancy stays right although nobody knows who came in; the person who is told sees the photo."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand) as lane:
            await let_through(lane, hand)
            await tailgate(lane, hand, None)
            await until_told(lot, ["tailgating"])
        stay = (await lot.stays())[1]
        assert (stay.plate, bool(stay.ticket_id), len((await told(lot)).photos)) == (None, True, 1)
        assert await lot.ask(lambda work: work.free_spaces()) == 1

    lane_test(story, tmp_path)


def test_a_vehicle_that_rocks_on_the_closing_loop_is_no_second_one(tmp_path: Path) -> None:
    """What comes under the closing barrier again with the plate that just passed is the same vehicle."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand) as lane:
            await let_through(lane, hand)
            await tailgate(lane, hand, sighting(PLATE))
            await until(lambda: not lane._followers._recording)
        assert [stay.plate for stay in await lot.stays()] == [PLATE]
        assert await lot.alerts() == []

    lane_test(story, tmp_path)


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_a_tailgater_at_an_exit_ends_the_stay_that_fits_for_sure(tmp_path: Path, known: bool) -> None:
    """A stay ends for a follower only where its plate is read and inside; what it owes is kept and told of."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        await lot.park(OTHER)
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", hand) as lane:
            await let_through(lane, hand)
            lot.clock.forward(minutes=61)
            await tailgate(lane, hand, sighting(OTHER if known else "苏E55555"))
            await until_told(lot, ["tailgating"])
        assert [stay.plate for stay in await lot.stays()] == ([] if known else [OTHER])
        alert = await told(lot)
        assert ("10.00 CNY unpaid" in alert.text, len(alert.photos)) == (known, 1)
        envelopes = await lot.ask(lambda work: list(work.envelopes()))
        ended = [each.body for each in envelopes if each.kind == "exit_admitted"]
        assert [each["decision"] for each in ended] == ["free", "follower"][: 1 + known]

    lane_test(story, tmp_path)


@pytest.mark.parametrize("direction", ["entry", "exit"])
def test_two_nose_to_tail_at_the_arming_loop_are_two_passages(tmp_path: Path, direction: Direction) -> None:
    """When the closing loop is free while the arming loop is not, the camera tells the next vehicle from this one."""

    async def story(lot: Lot) -> None:
        if direction == "exit":
            await lot.park(PLATE)
            await lot.park(OTHER)
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane(direction, hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            hand.roll("closing", True)
            await until(lambda: lane.snapshot().state == "straddling")
            hand.seen = sighting(OTHER)
            hand.roll("closing", False)
            await until(lambda: lane.snapshot().plate == OTHER and lane.snapshot().state == "open")
            assert hand.commands == ["open", "close", "open"]
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        inside = [stay.plate for stay in await lot.stays()]
        assert (inside, await lot.alerts()) == ([PLATE, OTHER] if direction == "entry" else [], [])

    lane_test(story, tmp_path)


def test_a_vehicle_that_rolls_back_keeps_its_own_account(tmp_path: Path) -> None:
    """One that touched the closing loop and rolled back finds the barrier open still, and counts once."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            hand.roll("closing", True)
            await until(lambda: lane.snapshot().state == "straddling")
            hand.roll("closing", False)
            await until(lambda: lane.snapshot().state == "open")
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        assert hand.commands == ["open", "close"]
        assert [stay.plate for stay in await lot.stays()] == [PLATE]

    lane_test(story, tmp_path)


def test_a_trailer_or_a_follower_is_shown_to_a_person(tmp_path: Path) -> None:
    """Something that leaves the arming loop while another one is under the barrier is an alert with a photo."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            for loop, on in (("closing", True), ("arming", False), ("arming", True), ("arming", False)):
                hand.roll("closing" if loop == "closing" else "arming", on)
            await until_told(lot, ["possible_tailgating"])
            hand.roll("closing", False)
            await until(lambda: lane.snapshot().state == "idle")
        assert len((await told(lot)).photos) == 1
        assert [stay.plate for stay in await lot.stays()] == [PLATE]

    lane_test(story, tmp_path)


@pytest.mark.parametrize("lifted", [True, False], ids=["lifted by hand", "down"])
def test_who_drives_through_a_barrier_lifted_by_hand_is_counted(tmp_path: Path, lifted: bool) -> None:
    """A closing loop that feels somebody counts a passage where the barrier is not down, and nothing where it is."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(TWIN))
        async with lot.lane("entry", hand) as lane:
            await until(lambda: hand.messages != [])
            hand.barrier = "open" if lifted else "closed"
            hand.roll("closing", True)
            await until(lambda: lane._followers._watched is not None)
            hand.roll("closing", False)
            await until(lambda: lane._followers._watched is None and not lane._followers._recording)
            await until_told(lot, ["unread_passage"] if lifted else [])
        assert [stay.plate for stay in await lot.stays()] == ([TWIN] if lifted else [])

    lane_test(story, tmp_path)
