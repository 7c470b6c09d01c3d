"""A clock that is not trusted: the gate goes on, it is said, and stays are re-timed once the time is known."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hand_lane import MORNING, HandClock, open_lot, sighting

from lot_server.clock_watch import ClockWatch, begin_clock
from lot_server.decisions import Admitted, Approach, PaymentDue
from lot_server.domain.money import Money
from lot_server.domain.stay import Settlement, Stay
from lot_server.errors import ClockNotDoubted
from lot_server.handlers import Handlers
from lot_server.lane_read import from_sighting
from lot_server.steady_clock import SteadyClock
from lot_server.store.writer import Writer

PLATE, OTHER = "京A12345", "沪B67890"
HOUR = timedelta(hours=1)


@dataclass
class Box:
    """What a machine says of its clock."""

    set_by_service: bool | None = None
    service: bool = False
    boot: str = "boot-1"

    def synchronised(self) -> bool | None:
        return self.set_by_service

    def has_service(self) -> bool:
        return self.service

    def boot_id(self) -> str:
        return self.boot


class Lot:
    """A lot's store and clock, started as often as a test wants; `truth` is what time it really is."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.box, self.machine = folder, Box(), HandClock()
        self.truth, self.elapsed = MORNING, 100.0

    async def start(self) -> None:
        self.writer = Writer(self.folder / "lot.db", "test")
        self.clock = SteadyClock(self.machine, lambda: self.elapsed)
        if await self.writer.transact(lambda work: work.lot()) is None:
            await self.writer.transact(open_lot)
        await self.writer.transact(lambda work: begin_clock(work, self.clock, self.box))
        self.handlers = Handlers(self.clock)
        self.watch = ClockWatch(self.clock, self.writer, self.box)
        await self.watch.look()

    def stop(self) -> None:
        self.writer.close()

    def go_on(self, span: timedelta) -> None:
        self.truth += span
        self.elapsed += span.total_seconds()
        self.machine.time += span

    async def enter(self, number: int, plate: str) -> Stay:
        read = from_sighting(sighting(plate), (), self.clock.now(), 0.5)
        here = Approach(f"in-{number}", "entry-1", "entry", read)
        admitted = await self.writer.transact(lambda work: self.handlers.decide(work, here))
        assert isinstance(admitted, Admitted)
        stay_id = admitted.stay_id
        assert stay_id is not None
        at = self.clock.now()
        await self.writer.transact(lambda work: self.handlers.confirm(work, here, stay_id, at))
        return await self.stay(stay_id)

    async def ask_to_leave(self, number: int, plate: str) -> object:
        read = from_sighting(sighting(plate), (), self.clock.now(), 0.5)
        here = Approach(f"out-{number}", "exit-1", "exit", read)
        return await self.writer.transact(lambda work: self.handlers.decide(work, here))

    async def stay(self, stay_id: str) -> Stay:
        found = await self.writer.transact(lambda work: work.stay(stay_id))
        assert found is not None
        return found

    async def kinds(self) -> list[str]:
        return [each.kind for each in await self.writer.transact(lambda work: list(work.envelopes()))][3:]

    async def codes(self) -> list[str]:
        return [each.raised.code for each in await self.writer.transact(lambda work: work.open_alerts())]


def tell(folder: Path, story: Callable[[Lot], Awaitable[None]]) -> None:
    async def run() -> None:
        lot = Lot(folder)
        await lot.start()
        try:
            await story(lot)
        finally:
            lot.stop()

    asyncio.run(run())


async def start_again(lot: Lot, boot: str, wrong_by: timedelta) -> None:
    """The machine starts anew with a clock that is wrong."""
    lot.stop()
    lot.box.boot, lot.elapsed = boot, 20.0
    lot.machine.time = lot.truth + wrong_by
    await lot.start()


def test_a_clock_behind_the_last_fact_is_said_and_stays_are_retimed(tmp_path: Path) -> None:
    """The gate goes on after the last fact; stays of the doubt are marked, and right once an operator gave the time."""

    async def story(lot: Lot) -> None:
        parked = await lot.enter(1, PLATE)
        lot.go_on(HOUR)
        await start_again(lot, "boot-2", -timedelta(days=400))
        assert await lot.codes() == ["clock_doubted"]
        assert lot.clock.now() == MORNING
        lot.go_on(timedelta(minutes=10))
        came, entered = await lot.enter(2, OTHER), lot.truth
        assert (came.time_unsure, (await lot.stay(parked.stay_id)).time_unsure) == (True, False)
        owed = await lot.ask_to_leave(3, PLATE)
        assert isinstance(owed, Admitted), "ten minutes are free, and none is negative"
        lot.go_on(timedelta(minutes=30))
        moved = await lot.watch.confirm("ann", "my watch", lot.truth)
        assert moved == HOUR
        assert lot.clock.now() == lot.truth
        fixed = await lot.stay(came.stay_id)
        assert (fixed.entered_at, fixed.read_at, fixed.time_unsure) == (entered, entered, False)
        assert (await lot.stay(parked.stay_id)).entered_at == MORNING
        (passage,) = await lot.writer.transact(lambda work: work.passages(came.stay_id))
        assert passage.decided_at == entered
        assert await lot.codes() == []
        assert {"clock_doubted", "clock_doubt_ended", "stay_retimed", "passage_retimed"} <= set(await lot.kinds())
        lot.go_on(HOUR)
        due = await lot.ask_to_leave(4, OTHER)
        assert isinstance(due, PaymentDue)
        assert due.quote.entered_at == entered
        await lot.watch.look()
        assert await lot.codes() == [], "the machine's clock is as wrong as it was, and the lot's is right"

    tell(tmp_path, story)


def test_a_time_service_ends_the_doubt(tmp_path: Path) -> None:
    """Once the machine's service has set its clock, the lot's follows, with all that came meanwhile."""

    async def story(lot: Lot) -> None:
        await start_again(lot, "boot-2", timedelta(hours=5))
        assert await lot.codes() == []
        lot.box.service, lot.box.set_by_service = True, False
        await start_again(lot, "boot-3", timedelta(hours=5))
        assert await lot.codes() == ["clock_doubted"]
        came, entered = await lot.enter(1, PLATE), lot.truth
        assert came.entered_at == entered + timedelta(hours=5)
        lot.go_on(timedelta(minutes=2))
        await lot.watch.look()
        assert (await lot.stay(came.stay_id)).time_unsure
        lot.machine.time, lot.box.set_by_service = lot.truth, True
        await lot.watch.look()
        assert (await lot.stay(came.stay_id)).entered_at == entered
        assert lot.clock.now() == lot.truth
        assert await lot.codes() == []

    tell(tmp_path, story)


@pytest.mark.parametrize("hours", [-1, 3])
def test_a_clock_that_is_set_while_the_lot_runs(tmp_path: Path, hours: int) -> None:
    """It makes no stay negative and loses no row: the lot's time goes on, it is said, and over when it is set back."""

    async def story(lot: Lot) -> None:
        came = await lot.enter(1, PLATE)
        lot.go_on(timedelta(minutes=5))
        lot.machine.time += timedelta(hours=hours)
        await lot.watch.look()
        assert await lot.codes() == ["clock_doubted"]
        left = await lot.ask_to_leave(2, PLATE)
        assert isinstance(left, Admitted)
        stay_id, at = came.stay_id, lot.clock.now()
        here = Approach("out-2", "exit-1", "exit")
        await lot.writer.transact(lambda work: lot.handlers.confirm(work, here, stay_id, at))
        gone = await lot.stay(stay_id)
        assert gone.exited_at is not None
        assert gone.entered_at is not None
        assert gone.exited_at - gone.entered_at == timedelta(minutes=5)
        lot.machine.time = lot.truth
        await lot.watch.look()
        assert await lot.codes() == []
        assert (await lot.stay(stay_id)).exited_at == gone.exited_at

    tell(tmp_path, story)


def test_the_cloud_ends_a_doubt_and_raises_one(tmp_path: Path) -> None:
    """Its time is taken where the clock is in doubt, or differs and no service keeps it; else a person is told."""

    async def story(lot: Lot) -> None:
        came = await lot.enter(1, PLATE)
        await lot.watch.hear_cloud(lot.truth + timedelta(seconds=20), 0.5)
        assert "clock_doubted" not in await lot.kinds()
        await lot.watch.hear_cloud(lot.truth + HOUR, 0.5)
        assert lot.clock.now() == lot.truth + HOUR
        assert (await lot.stay(came.stay_id)).entered_at == MORNING + HOUR, "it came while the clock was wrong, too"
        lot.box.set_by_service = True
        await lot.watch.hear_cloud(lot.truth + 3 * HOUR, 0.5)
        assert await lot.codes() == ["clock_differs"]
        assert lot.clock.now() == lot.truth + HOUR

    tell(tmp_path, story)


def test_a_restart_of_the_server_alone_keeps_the_time(tmp_path: Path) -> None:
    """The same start of the machine: the lot's clock goes on where it was, in doubt or set by an operator."""

    async def story(lot: Lot) -> None:
        await start_again(lot, "boot-2", -timedelta(days=3))
        shown = lot.clock.now()
        lot.go_on(timedelta(minutes=7))
        lot.stop()
        await lot.start()
        assert lot.clock.now() == shown + timedelta(minutes=7)
        assert await lot.codes() == ["clock_doubted"]
        await lot.watch.confirm("ann", "my watch", lot.truth)
        lot.go_on(timedelta(minutes=7))
        lot.stop()
        await lot.start()
        assert lot.clock.now() == lot.truth
        assert await lot.codes() == []

    tell(tmp_path, story)


def test_a_doubt_that_a_restart_of_the_machine_ended_stays_on_the_stays(tmp_path: Path) -> None:
    """How far off the clock was will never be known then: the stays stay marked, and a person is told."""

    async def story(lot: Lot) -> None:
        lot.go_on(HOUR)
        await lot.enter(1, PLATE)
        await start_again(lot, "boot-2", -timedelta(days=3))
        came = await lot.enter(2, OTHER)
        await start_again(lot, "boot-3", timedelta())
        assert (await lot.stay(came.stay_id)).time_unsure
        assert await lot.codes() == ["clock_never_known"]

    tell(tmp_path, story)


def test_money_taken_at_the_gate_is_retimed_and_the_clouds_is_not(tmp_path: Path) -> None:
    """Cash bears the lot's time, a payment from a phone the cloud's."""

    async def story(lot: Lot) -> None:
        await start_again(lot, "boot-2", -timedelta(days=3))
        came = await lot.enter(1, PLATE)
        at = lot.clock.now()
        for reference, settled in (("cash", at), ("phone", lot.truth + HOUR)):
            money = Settlement(reference, came.stay_id, Money(500, "CNY"), reference, "1", settled, settled)
            await lot.writer.transact(lambda work, money=money: lot.handlers.apply_settlement(work, money))  # type: ignore[misc]
        moved = await lot.watch.confirm("ann", "my watch", lot.truth + 5 * HOUR)
        taken = await lot.writer.transact(lambda work: work.settlements(came.stay_id))
        assert {each.provider: each.settled_at for each in taken} == {"cash": at + moved, "phone": lot.truth + HOUR}

    tell(tmp_path, story)


def test_a_clock_that_is_not_doubted_needs_no_word(tmp_path: Path) -> None:
    """Confirming it is refused; giving another time is an order, recorded as one."""

    async def story(lot: Lot) -> None:
        with pytest.raises(ClockNotDoubted):
            await lot.watch.confirm("ann", "my watch", None)
        assert await lot.watch.confirm("ann", "my watch", lot.truth + HOUR) == HOUR
        assert (await lot.kinds())[-2:] == ["clock_doubted", "clock_doubt_ended"]

    tell(tmp_path, story)
