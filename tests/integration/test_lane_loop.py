"""A lane driven from its loops to its barrier, on the real store, with hardware that the test works by hand."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from hand_lane import MORNING, PASS, HandArchive, HandClock, HandLane, open_lot, sighting

from lot_server import lane_world
from lot_server.domain.evidence import ReadEvidence
from lot_server.domain.money import Money
from lot_server.domain.stay import Direction, Settlement, Stay
from lot_server.errors import NothingWaits, StoreError, UnknownStay
from lot_server.handlers import Handlers
from lot_server.lane_loop import LaneLoop
from lot_server.lane_setup import LaneHardware, LaneTiming
from lot_server.store.unit_of_work import SqliteWork
from lot_server.store.writer import Writer

T = TypeVar("T")
LONG = timedelta(hours=1)
PATIENT = LaneTiming(read=LONG, barrier=LONG, passage=LONG, payment=LONG, operator=LONG, refused=LONG)
SOON = timedelta(milliseconds=20)
PLATE = "京A12345"
TWIN = "京A12346"


@dataclass
class Lot:
    """One lot with the lanes that a test runs."""

    writer: Writer
    clock: HandClock
    handlers: Handlers
    archive: HandArchive

    @asynccontextmanager
    async def lane(self, direction: Direction, hand: HandLane, timing: LaneTiming = PATIENT) -> AsyncIterator[LaneLoop]:
        loop = LaneLoop(
            f"{direction}-1", direction, LaneHardware(hand, hand, hand, hand), hand, self.archive, self.writer,
            self.handlers, self.clock, timing, 3, 0.5, "https://pay.example/pay?lot=test",
        )  # fmt: skip
        task = asyncio.create_task(loop.run())
        try:
            yield loop
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def ask(self, query: Callable[[SqliteWork], T]) -> T:
        return await self.writer.transact(query)

    async def kinds(self) -> list[str]:
        return [envelope.kind for envelope in await self.ask(lambda work: list(work.envelopes()))][3:]

    async def alerts(self) -> list[str]:
        return [alert.raised.code for alert in await self.ask(lambda work: work.open_alerts())]

    async def stays(self) -> list[Stay]:
        return await self.ask(lambda work: work.open_stays())

    async def park(self, plate: str | None, seen: str | None = None) -> Stay:
        """Bring a vehicle in through an entry lane of its own."""
        hand = HandLane(seen=sighting(seen or plate) if seen or plate else None)
        async with self.lane("entry", hand) as lane:
            before = {stay.stay_id for stay in await self.stays()}
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        return next(stay for stay in await self.stays() if stay.stay_id not in before)


@asynccontextmanager
async def lot_at(folder: Path, spaces: int = 3, blocked: frozenset[str] = frozenset()) -> AsyncIterator[Lot]:
    writer = Writer(folder / "lot.db", "test")
    clock = HandClock()
    try:
        await writer.transact(lambda work: open_lot(work, spaces))
        yield Lot(writer, clock, Handlers(clock, blocked), HandArchive())
    finally:
        writer.close()


async def until(reached: Callable[[], bool]) -> None:
    """Wait for the lane to get there; a lane that never does is cut off."""
    async with asyncio.timeout(20):
        while not reached():  # noqa: ASYNC110 - a snapshot tells nobody that it changed
            await asyncio.sleep(0.002)


async def until_told(lot: Lot, codes: list[str]) -> None:
    """Wait for exactly these alerts to be open."""
    async with asyncio.timeout(20):
        while await lot.alerts() != codes:  # noqa: ASYNC110 - the store tells nobody that it changed
            await asyncio.sleep(0.002)


def lane_test(story: Callable[[Lot], object], folder: Path, **lot: object) -> None:
    async def tell() -> None:
        async with lot_at(folder, **lot) as opened:  # type: ignore[arg-type]
            await story(opened)  # type: ignore[misc]

    asyncio.run(tell())


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


def test_the_barrier_opens_the_moment_a_settlement_arrives(tmp_path: Path) -> None:
    """A vehicle that owes sees amount and QR, waits, and leaves when the money is there."""

    async def story(lot: Lot) -> None:
        stay = await lot.park(PLATE)
        lot.clock.forward(minutes=61)
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_payment")
            shown = lane.snapshot()
            assert (shown.due, shown.qr) == (Money(1000, "CNY"), "https://pay.example/pay?lot=test")
            paid = Settlement("s1", stay.stay_id, Money(1000, "CNY"), "sandbox", "o1", lot.clock.now(), lot.clock.now())
            outcomes = [await lot.ask(lambda work: lot.handlers.apply_settlement(work, paid)) for _ in range(2)]
            assert outcomes == ["applied", "already_applied"]
            lane.settlement_arrived("another stay")
            lane.settlement_arrived(stay.stay_id)
            await until(lambda: lane.snapshot().state == "open")
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        assert (await lot.kinds())[-3:] == ["settlement_applied", "exit_admitted", "exit_confirmed"]
        assert await lot.stays() == []
        assert await lot.ask(lambda work: work.free_spaces()) == 3

    lane_test(story, tmp_path)


def test_paying_less_than_is_due_by_now_asks_for_the_rest(tmp_path: Path) -> None:
    """A payment for an older, lower price brings the price down to the rest and opens nothing yet."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        lot.clock.forward(minutes=59)
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_payment")
            assert await lane.take_payment(Money(300, "CNY"), "terminal", "t1") == "applied"
            await until(lambda: lane.snapshot().due == Money(200, "CNY"))
            assert await lane.take_payment(Money(300, "CNY"), "terminal", "t1") == "already_applied"
            await lane.take_payment(Money(200, "CNY"), "terminal", "t2")
            await until(lambda: hand.commands == ["open"])

    lane_test(story, tmp_path)


def test_the_price_on_the_display_rises_while_the_vehicle_waits(tmp_path: Path) -> None:
    """A vehicle that waits without paying is priced again, so that it never sees an old amount for long."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        lot.clock.forward(minutes=59)
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", hand, replace(PATIENT, payment=SOON)) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().due == Money(500, "CNY"))
            lot.clock.forward(minutes=10)
            await until(lambda: lane.snapshot().due == Money(1000, "CNY"))

    lane_test(story, tmp_path)


def test_near_twins_wait_for_the_operator_who_picks_one(tmp_path: Path) -> None:
    """Two stays that differ in the smudged character are shown to the operator; a wrong stay id is refused."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        other = await lot.park(TWIN)
        hand = HandLane(seen=sighting(PLATE, {6: (("5", 0.5), ("6", 0.45))}, sure=False))
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_operator")
            assert {each.stay.plate for each in lane.snapshot().candidates} == {PLATE, TWIN}
            assert await lot.alerts() == ["ambiguous_exit"]
            with pytest.raises(UnknownStay):
                await lane.resolve("nobody", "Li", "a slip")
            await lane.resolve(other.stay_id, "Li", "saw the 6 on the photo")
            await until(lambda: hand.commands == ["open"])
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        assert [stay.plate for stay in await lot.stays()] == [PLATE]
        assert await lot.alerts() == []
        (resolved,) = [
            each for each in await lot.ask(lambda work: list(work.envelopes())) if each.kind == "alert_resolved"
        ]
        assert (resolved.body["operator"], resolved.body["reason"]) == ("Li", "saw the 6 on the photo")

    lane_test(story, tmp_path)


def test_an_unmatched_exit_is_read_again_until_it_matches(tmp_path: Path) -> None:
    """A vehicle that waits for an operator is read again by itself, and leaves if that read fits."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        hand = HandLane(seen=None)
        async with lot.lane("exit", hand, replace(PATIENT, operator=SOON)) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_operator")
            assert await lot.alerts() == ["unreadable_exit"]
            hand.seen = sighting(PLATE)
            await until(lambda: hand.commands == ["open"])
        assert await lot.alerts() == []

    lane_test(story, tmp_path)


def test_an_operator_opens_an_exit_for_a_vehicle_of_no_stay(tmp_path: Path) -> None:
    """An unknown vehicle is let out by the operator; no stay ends for it and the order is kept."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        hand = HandLane(seen=sighting("粤Z99999"))
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_operator")
            await lane.open("Li", "delivery that came in on foot")
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "idle")
        assert [stay.plate for stay in await lot.stays()] == [PLATE]
        assert await lot.alerts() == []
        assert "alert_resolved" in await lot.kinds()

    lane_test(story, tmp_path)


def test_a_dead_camera_at_an_exit_calls_the_operator(tmp_path: Path) -> None:
    """Without a camera the exit waits for an operator, loudly, who finds the stay by hand."""

    async def story(lot: Lot) -> None:
        stay = await lot.park(PLATE)
        hand = HandLane(camera_works=False)
        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_operator")
            assert lane.snapshot().fault == "source_unavailable"
            assert sorted(await lot.alerts()) == ["source_unavailable", "unreadable_exit"]
            await lane.resolve(stay.stay_id, "Li", "asked for the plate")
            await until(lambda: hand.commands == ["open"])

    lane_test(story, tmp_path)


def test_orders_are_refused_where_nothing_waits(tmp_path: Path) -> None:
    """Resolving or paying at an empty lane is an error that says so, not a silent success."""

    async def story(lot: Lot) -> None:
        hand = HandLane()
        async with lot.lane("exit", hand) as lane:
            with pytest.raises(NothingWaits):
                await lane.resolve("any", "Li", "why not")
            with pytest.raises(NothingWaits):
                await lane.take_payment(Money(1, "CNY"), "terminal", "t")

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


def test_a_barrier_found_open_is_closed_but_not_on_a_vehicle(tmp_path: Path) -> None:
    """A server that starts under an open barrier waits for the closing loop to be free before it closes."""

    async def story(lot: Lot) -> None:
        hand = HandLane(barrier="open", standing={"closing"})
        async with lot.lane("entry", hand) as lane:
            await until(lambda: lane.snapshot().state == "blocked")
            assert hand.commands == []
            hand.roll("closing", False)
            await until(lambda: lane.snapshot().state == "idle")
            assert hand.commands == ["close"]

    lane_test(story, tmp_path)


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


@pytest.mark.parametrize("seen_at", ["entry", "exit"])
def test_what_a_crash_left_open_is_settled_by_the_next_read(tmp_path: Path, seen_at: Direction) -> None:
    """A vehicle admitted before a crash is abandoned when it stands at an entry again, confirmed when at an exit."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        async with lot.lane("entry", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
        lot.handlers = Handlers(lot.clock)
        await lot.ask(lot.handlers.recover)
        await lot.ask(lot.handlers.recover)
        assert await lot.alerts() == ["unfinished_passage"]
        again = HandLane(seen=sighting(PLATE))
        async with lot.lane(seen_at, again) as lane:
            again.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
        kinds = await lot.kinds()
        assert kinds.count("entry_abandoned") == (1 if seen_at == "entry" else 0)
        assert kinds.count("entry_confirmed") == (1 if seen_at == "exit" else 0)
        assert await lot.alerts() == []

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


def test_a_vehicle_close_behind_is_reported(tmp_path: Path) -> None:
    """A vehicle that comes under the closing barrier has it opened again, and a person is told."""

    async def story(lot: Lot) -> None:
        hand = HandLane(seen=sighting(PLATE))
        hand.closing_takes = asyncio.Event()
        async with lot.lane("entry", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "open")
            hand.drive_through()
            await until(lambda: lane.snapshot().state == "closing")
            hand.roll("closing", True)
            await until(lambda: hand.commands == ["open", "open"])
            hand.closing_takes.set()
            hand.roll("closing", False)
            await until(lambda: lane.snapshot().state == "idle")
        assert await lot.alerts() == ["unread_passage"]
        assert len(await lot.stays()) == 1

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


def test_a_lane_that_stops_tells_who_waits_for_it(tmp_path: Path) -> None:
    """An order that the ending server can no longer follow is refused, not left hanging."""

    async def story(lot: Lot) -> None:
        stay = await lot.park(PLATE)
        hand = HandLane(seen=None)
        hold = asyncio.Event()
        works = lot.writer.transact

        async def slow(job: Callable[[SqliteWork], T]) -> T:
            await hold.wait()
            return await works(job)

        async with lot.lane("exit", hand) as lane:
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "waiting_for_operator")
            lot.writer.transact = slow  # type: ignore[method-assign]
            order = asyncio.create_task(lane.resolve(stay.stay_id, "Li", "in vain"))
            await until(lambda: lane.snapshot().state == "deciding")
        with pytest.raises(NothingWaits, match="stops"):
            await order
        hold.set()

    lane_test(story, tmp_path)


def test_a_barrier_is_not_closed_while_the_loops_cannot_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that starts under an open barrier with dead loops waits for the loops before it closes."""
    monkeypatch.setattr(lane_world, "RETRY_SECONDS", SOON.total_seconds())

    async def story(lot: Lot) -> None:
        hand = HandLane(barrier="open", broken={"loops"})
        async with lot.lane("entry", hand) as lane:
            await until(lambda: lane.snapshot().state == "blocked")
            await asyncio.sleep(SOON.total_seconds() * 3)
            assert hand.commands == []
            hand.broken.clear()
            await until(lambda: hand.commands == ["close"])

    lane_test(story, tmp_path)


def test_a_settlement_that_crosses_the_decision_is_not_missed(tmp_path: Path) -> None:
    """Money that arrives between the pricing of a stay and its display opens the barrier all the same."""

    async def story(lot: Lot) -> None:
        stay = await lot.park(PLATE)
        lot.clock.forward(minutes=30)
        hand, hold, works = HandLane(seen=sighting(PLATE)), asyncio.Event(), lot.writer.transact

        async def late(job: Callable[[SqliteWork], T]) -> T:
            answer = await works(job)
            await hold.wait()
            return answer

        async with lot.lane("exit", hand) as lane:
            lot.writer.transact = late  # type: ignore[method-assign]
            hand.roll("arming", True)
            await until(lambda: lane.snapshot().state == "deciding")
            assert "settlement_applied" not in [each.kind for each in await works(lambda work: list(work.envelopes()))]
            now = lot.clock.now()
            paid = Settlement("s1", stay.stay_id, Money(500, "CNY"), "sandbox", "o1", now, now)
            await works(lambda work: lot.handlers.apply_settlement(work, paid))
            lane.settlement_arrived(stay.stay_id)
            hold.set()
            await until(lambda: hand.commands == ["open"])

    lane_test(story, tmp_path)


def test_a_vehicle_whose_stay_left_elsewhere_is_looked_at_anew(tmp_path: Path) -> None:
    """When the stay a waiting vehicle was taken for ends at another lane, the vehicle is read and matched again."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        lot.clock.forward(minutes=30)
        waiting, leaving = HandLane(seen=sighting(PLATE)), HandLane(seen=sighting(PLATE))
        async with lot.lane("exit", waiting, replace(PATIENT, payment=SOON, operator=SOON)) as one:
            waiting.roll("arming", True)
            await until(lambda: one.snapshot().message == "please_pay")
            async with lot.lane("exit", leaving) as other:
                leaving.roll("arming", True)
                await until(lambda: other.snapshot().message == "please_pay")
                await other.open("Li", "paid in cash")
                await until(lambda: leaving.commands == ["open"])
                leaving.drive_through()
                await until(lambda: other.snapshot().state == "idle")
            async with asyncio.timeout(20):
                while "unmatched_exit" not in await lot.alerts():  # noqa: ASYNC110 - the store tells nobody
                    await asyncio.sleep(0.002)
            assert waiting.commands == []

    lane_test(story, tmp_path)
