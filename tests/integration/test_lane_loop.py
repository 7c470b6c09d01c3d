"""A lane driven from its loops to its barrier, on the real store, with hardware that the test works by hand."""

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hand_lane import MORNING, PASS, HandLane, sighting
from lane_lot import PATIENT, PLATE, SOON, TWIN, Lot, lane_test, until

from lot_server.domain.evidence import ReadEvidence
from lot_server.errors import NothingWaits


def test_a_vehicle_enters_and_is_counted_once_it_has_crossed(tmp_path: Path) -> None:
    """An entry is on disk before the barrier opens, and takes a space when the closing loop is left, not before."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: hand.commands == ["open"])
            assert await lot.kinds() == ["entry_admitted"]
            assert await lot.ask(lambda work: work.free_spaces()) == 3
            await until(lambda: lane.snapshot().message == "please_enter")
            assert lane.snapshot().plate == PLATE
            lot.clock.forward(seconds=5)
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        assert hand.commands == ["open", "close"]
        assert await lot.kinds() == ["entry_admitted", "entry_confirmed"]
        (stay,) = await lot.stays()
        assert (stay.plate, stay.entered_at, len(stay.photos)) == (PLATE, MORNING + timedelta(seconds=5), 1)
        assert isinstance(stay.evidence, ReadEvidence)
        assert await lot.ask(lambda work: work.free_spaces()) == 2

    lane_test(story, tmp_path)


def test_a_vehicle_that_backs_out_never_counts(tmp_path: Path) -> None:
    """A vehicle that leaves the arming loop backwards is abandoned when the time for its passage is over."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand, replace(PATIENT, passage=SOON)) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            hand.roll("arming", False)
            await until(lambda: lane.snapshot().state == "idle")
        assert hand.commands == ["open", "close"]
        assert (await lot.kinds())[-1] == "entry_abandoned"
        assert await lot.stays() == []
        assert await lot.ask(lambda work: work.intended_stays()) == []

    lane_test(story, tmp_path)


def test_a_vehicle_that_leaves_during_the_read_leaves_nothing(tmp_path: Path) -> None:
    """A read that comes after its vehicle has gone is dropped, and the next vehicle gets its own."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        hand.reading.clear()
        async with lot.lane("entry", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "reading")
            hand.roll("arming", False)
            await until(lambda: lane.snapshot().state == "idle")
            hand.reading.set()
            hand.seen = sighting(TWIN)
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            assert lane.snapshot().plate == TWIN
        assert await lot.kinds() == ["entry_admitted"]

    lane_test(story, tmp_path)


@pytest.mark.parametrize("unsure", [True, False], ids=["plate too smudged", "no plate at all"])
def test_a_vehicle_without_a_readable_plate_gets_a_ticket(tmp_path: Path, unsure: bool) -> None:
    """No plate is no dead end: the display shows a ticket and the barrier opens."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE, sure=False) if unsure else None)
        async with lot.lane("entry", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            shown = lane.snapshot()
            assert shown.message == "take_ticket"
            assert shown.qr
            assert shown.fault is None
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        (stay,) = await lot.stays()
        assert (stay.plate, stay.ticket_id) == (None, shown.qr)
        assert (stay.evidence is not None) == unsure
        assert len(stay.photos) == 1

    lane_test(story, tmp_path)


def test_a_full_lot_refuses_until_a_space_is_free(tmp_path: Path) -> None:
    """A refused vehicle is looked at again and driven in when somebody left; the refusal is recorded once."""

    async def story(lot: Lot) -> None:
        first = await lot.park(PLATE)
        hand = HandLane(seen=sighting(TWIN))
        async with lot.lane("entry", hand, replace(PATIENT, refused=SOON)) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().message == "lot_full")
            await asyncio.sleep(SOON.total_seconds() * 5)
            assert hand.commands == []
            assert (await lot.kinds()).count("entry_refused") == 1
            leaving = HandLane(seen=sighting(PLATE))
            async with lot.lane("exit", leaving) as out:
                leaving.roll("arming", True)
                await until(lambda: out.snapshot().state == "open")
                assert out.snapshot().stay_id == first.stay_id
                leaving.drive_through()
                await until(lambda: out.snapshot().state == "idle")
            await until(lambda: hand.commands == ["open"])

    lane_test(story, tmp_path, spaces=1)


def test_a_pass_enters_a_full_lot_and_leaves_free(tmp_path: Path) -> None:
    """A pass holder is let in although the lot is full, and owes nothing however long the stay."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        stay = await lot.park(PASS.plate)
        assert stay.pass_id == PASS.pass_id
        lot.clock.forward(days=2)
        hand = HandLane(seen=sighting(PASS.plate))
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            assert lane.snapshot().message == "goodbye"

    lane_test(story, tmp_path, spaces=1)


def test_a_blocked_plate_is_refused_and_the_operator_overrules(tmp_path: Path) -> None:
    """A blocked plate waits in vain until an operator opens, which is recorded with name and reason."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().message == "no_admission")
            await lane.open("Li", "paid the old bill")
            await until(lambda: hand.commands == ["open"])
        envelopes = await lot.ask(lambda work: list(work.envelopes()))
        admitted = next(each for each in envelopes if each.kind == "entry_admitted")
        resolved = next(each for each in envelopes if each.kind == "alert_resolved")
        assert admitted.body["decision"] == "operator"
        assert (resolved.body["operator"], resolved.body["reason"]) == ("Li", "paid the old bill")

    lane_test(story, tmp_path, blocked=frozenset({PLATE}))


def test_a_second_vehicle_before_an_open_barrier_is_read_itself(tmp_path: Path) -> None:
    """When one vehicle backs out and another rolls up, the barrier closes and the other gets its own stay."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            hand.seen = sighting("粤Z99999")
            hand.roll("arming", False)
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().plate == "粤Z99999" and lane.snapshot().state == "open")
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        assert [stay.plate for stay in await lot.stays()] == ["粤Z99999"]
        assert "entry_abandoned" in await lot.kinds()

    lane_test(story, tmp_path)


def test_a_plate_already_inside_enters_by_ticket(tmp_path: Path) -> None:
    """The same plate a second time is let in by ticket with an alert, so that no two stays share a plate."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        second = await lot.park(None, seen=PLATE)
        assert (second.plate, bool(second.ticket_id)) == (None, True)
        assert await lot.alerts() == ["already_inside"]

    lane_test(story, tmp_path)


def test_lanes_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """While one lane's reader hangs, another lane lets its vehicle through."""

    async def story(lot: Lot) -> None:
        stuck, free = HandLane(), HandLane(seen=sighting(PLATE))
        stuck.reading.clear()
        async with lot.lane("entry", stuck) as one, lot.lane("entry", free):
            stuck.roll("arming", True)
            await until(lambda: one.snapshot().state == "reading")
            free.roll("arming", True)
            await until(lambda: free.commands == ["open"])
            assert one.snapshot().state == "reading"

    lane_test(story, tmp_path)


def test_an_operator_opens_an_empty_lane(tmp_path: Path) -> None:
    """A vehicle that no loop feels is let in by the operator and counts when it crosses."""

    async def story(lot: Lot) -> None:
        hand = HandLane()
        async with lot.lane("entry", hand) as lane:
            await lane.open("Li", "a motorcycle that the loop does not feel")
            await until(lambda: lane.snapshot().state == "between")
            hand.roll("closing", True)
            hand.roll("closing", False)
            await until(lambda: lane.snapshot().state == "idle")
        (stay,) = await lot.stays()
        assert (stay.plate, bool(stay.ticket_id)) == (None, True)

    lane_test(story, tmp_path)


def test_an_order_given_during_a_decision_is_followed_after_it(tmp_path: Path) -> None:
    """Pressing the button while a refused vehicle is judged once more lets it in; no press is lost to a moment."""

    async def story(lot: Lot) -> None:
        hand, blocking = HandLane(seen=sighting(PLATE)), threading.Event()
        async with lot.lane("entry", hand) as lane:
            busy = asyncio.create_task(lot.ask(lambda _: blocking.wait(20)))
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "deciding")
            order = asyncio.create_task(lane.open("Li", "delivery of bread"))
            await asyncio.sleep(0)
            blocking.set()
            await asyncio.gather(busy, order)
            await until(lambda: hand.commands == ["open"])
        (stay,) = await lot.ask(lambda work: work.intended_stays())
        assert (stay.plate, hand.commands) == (PLATE, ["open"])

    lane_test(story, tmp_path, blocked=frozenset({PLATE}))


def test_an_order_that_a_decision_made_needless_says_so(tmp_path: Path) -> None:
    """Who presses the button while a vehicle is being admitted is told that nothing waits, and it opens once."""

    async def story(lot: Lot) -> None:
        hand, blocking = HandLane(seen=sighting(PLATE)), threading.Event()
        async with lot.lane("entry", hand) as lane:
            busy = asyncio.create_task(lot.ask(lambda _: blocking.wait(20)))
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "deciding")
            order = asyncio.create_task(lane.open("Li", "delivery of bread"))
            await asyncio.sleep(0)
            blocking.set()
            await busy
            with pytest.raises(NothingWaits, match="opening"):
                await order
            await until(lambda: lane.snapshot().state == "open")
            assert hand.commands == ["open"]

    lane_test(story, tmp_path)
