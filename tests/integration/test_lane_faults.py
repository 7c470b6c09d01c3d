"""A lane whose camera, reader, barrier, loops, display, archive or store fails: loud, and no dead end."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hand_lane import HandLane, sighting
from lane_lot import PATIENT, PLATE, SOON, Lot, lane_test, until, until_told

from lot_server import lane_world
from lot_server.errors import StoreError


def test_a_dead_camera_is_loud_at_an_entry_and_no_dead_end(tmp_path: Path) -> None:
    """A camera that gives nothing is a fault and one alert until it works again, and vehicles enter by ticket."""

    async def story(lot: Lot) -> None:
        hand = HandLane(camera_works=False)
        async with lot.lane("entry", hand) as lane:
            for _ in range(2):
                hand.roll("arming", True)
                await until(lambda: lane.snapshot().message == "take_ticket")
                assert lane.snapshot().fault == "source_unavailable"
                hand.drive_through()
                await until(lambda: lane.snapshot().state == "idle")
            assert await lot.alerts() == ["source_unavailable"]
            hand.camera_works, hand.seen = True, sighting(PLATE)
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            assert lane.snapshot().fault is None
        assert await lot.alerts() == []

    lane_test(story, tmp_path)


@pytest.mark.parametrize("slow", [True, False], ids=["answers never", "raises"])
def test_a_reader_that_fails_is_an_alert_and_a_ticket(tmp_path: Path, slow: bool) -> None:
    """A reader that raises or never answers is told apart from a vehicle without a plate."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=RuntimeError("a fault of ours"))
        if slow:
            hand.reading.clear()
        async with lot.lane("entry", hand, replace(PATIENT, read=SOON)) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().message == "take_ticket")
            assert await lot.alerts() == ["read_timed_out" if slow else "reader_failed"]

    lane_test(story, tmp_path)


def test_a_photo_that_cannot_be_kept_stops_nobody(tmp_path: Path) -> None:
    """A full photo disk is a fault that a person hears of, while the read goes on being used."""

    async def story(lot: Lot) -> None:
        lot.archive.broken = StoreError("the disk is full: free some space")
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().message == "please_enter")
            assert lane.snapshot().fault == "store_error"
        assert await lot.alerts() == ["store_error"]

    lane_test(story, tmp_path)


def test_a_barrier_that_does_not_move_is_told_again(tmp_path: Path) -> None:
    """A barrier fault is shown and alerted, and the admitted vehicle leaves as soon as the barrier moves."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE), barrier_works=False)
        async with lot.lane("entry", hand, replace(PATIENT, barrier=SOON)) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "stuck_closed")
            await until(lambda: lane.snapshot().message == "out_of_order")
            assert lane.snapshot().fault == "barrier_fault"
            hand.barrier_works = True
            await until(lambda: lane.snapshot().state == "open")
            assert lane.snapshot().fault is None
        assert (await lot.kinds()).count("entry_admitted") == 1

    lane_test(story, tmp_path)


def test_a_store_that_fails_is_loud_and_tried_again(tmp_path: Path) -> None:
    """A decision that cannot be recorded opens nothing, shows a fault, and is made anew after a while."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        works, lot.writer.transact = lot.writer.transact, broken  # type: ignore[method-assign]
        async with lot.lane("entry", hand, replace(PATIENT, operator=SOON)) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_operator")
            assert lane.snapshot().fault == "store_error"
            assert hand.commands == []
            lot.writer.transact = works  # type: ignore[method-assign]
            await until(lambda: hand.commands == ["open"])
            await until(lambda: lane.snapshot().fault is None)

    async def broken(job: object) -> None:
        raise StoreError("the disk is gone: look at it")

    lane_test(story, tmp_path)


def test_a_vehicle_that_does_not_move_is_reported_once(tmp_path: Path) -> None:
    """A vehicle that stands in the open barrier is an alert, not a closed barrier."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand, replace(PATIENT, passage=SOON)) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            hand.roll("closing", True)
            await asyncio.sleep(SOON.total_seconds() * 5)
            assert hand.commands == ["open"]
            assert await lot.alerts() == ["standing_vehicle"]

    lane_test(story, tmp_path)


@pytest.mark.parametrize(("part", "code"), [("loops", "loops_failed"), ("display", "display_failed")])
def test_loops_and_displays_that_fail_are_loud_and_come_back(
    tmp_path: Path, part: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part that fails is a fault and an alert until it works again; meanwhile the lane lives on."""
    monkeypatch.setattr(lane_world, "RETRY_SECONDS", SOON.total_seconds())

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE), broken={part})
        async with lot.lane("entry", hand) as lane:
            await until(lambda: lane.snapshot().fault == code)
            await until_told(lot, [code])
            hand.broken.clear()
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            await until(lambda: lane.snapshot().fault is None)
            await until_told(lot, [])

    lane_test(story, tmp_path)
