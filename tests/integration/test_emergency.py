"""An emergency at lanes that the test works by hand, on the real store."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hand_lane import HandArchive, HandClock, HandLane, open_lot, sighting

from lot_server.domain.stay import Direction
from lot_server.emergency import Emergency
from lot_server.emergency_input import EmergencyInput
from lot_server.errors import BarrierFault, DeviceAway, DiskFull, EmergencyInputOn, NoEmergency, NothingWaits
from lot_server.handlers import Handlers
from lot_server.held_barrier import HoldableBarrier
from lot_server.lane_loop import LaneLoop
from lot_server.lane_setup import LaneHardware, LaneTiming
from lot_server.store.writer import Writer

LONG = timedelta(hours=1)
PATIENT = LaneTiming(read=timedelta(seconds=5), barrier=LONG, passage=LONG, payment=LONG, operator=LONG, refused=LONG)
PLATE = "京A12345"


class Button:
    """An input that a test presses."""

    pressed = False
    away = False

    def on(self) -> bool:
        if self.away:
            raise DeviceAway("the box does not answer: check its power")
        return self.pressed


@dataclass
class Site:
    """One entry and one exit of a lot whose emergency the test works."""

    entry: HandLane
    exit: HandLane
    lanes: dict[str, LaneLoop]
    emergency: Emergency
    writer: Writer
    clock: HandClock
    handlers: Handlers
    button: Button

    async def kinds(self) -> list[str]:
        return [each.kind for each in await self.writer.transact(lambda work: list(work.envelopes()))][3:]

    async def codes(self) -> list[str]:
        return [each.raised.code for each in await self.writer.transact(lambda work: work.open_alerts())]

    async def through(self, direction: str, plate: str | None, more: int) -> None:
        """A vehicle drives through without stopping, and `more` facts are recorded of it."""
        hand = self.entry if direction == "entry" else self.exit
        hand.seen = sighting(plate) if plate else None
        before = len(await self.kinds())
        hand.roll("arming", True)
        hand.drive_through()
        await eventually(lambda: self._recorded(before + more))

    async def _recorded(self, count: int) -> bool:
        return len(await self.kinds()) >= count


@asynccontextmanager
async def site_at(folder: Path) -> AsyncIterator[Site]:
    writer, clock = Writer(folder / "lot.db", "test"), HandClock()
    handlers = Handlers(clock)
    entry, leave, button = HandLane(), HandLane(), Button()
    barriers = {
        "entry-1": HoldableBarrier("entry-1", entry, 0.01),
        "exit-1": HoldableBarrier("exit-1", leave, 0.01),
    }
    try:
        if await writer.transact(lambda work: work.lot()) is None:
            await writer.transact(lambda work: open_lot(work, 3))
        hands: tuple[tuple[Direction, HandLane], ...] = (("entry", entry), ("exit", leave))
        lanes = {
            f"{direction}-1": LaneLoop(
                f"{direction}-1", direction, LaneHardware(hand, hand, barriers[f"{direction}-1"], hand), hand,
                HandArchive(), writer, handlers, clock, PATIENT, 2, 0.5, "https://pay.example/pay",
            )
            for direction, hand in hands
        }  # fmt: skip
        emergency = Emergency(lanes, barriers, writer, handlers, EmergencyInput("panel.fire", button, 0.0))
        await emergency.resume()
        tasks = [asyncio.create_task(each) for each in (*(lane.run() for lane in lanes.values()), emergency.run())]
        yield Site(entry, leave, lanes, emergency, writer, clock, handlers, button)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await emergency.end()
    finally:
        writer.close()


async def eventually(reached: Callable[[], Awaitable[bool] | bool]) -> None:
    async with asyncio.timeout(20):
        while True:
            found = reached()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.002)


def tell(folder: Path, story: Callable[[Site], Awaitable[None]]) -> None:
    async def run() -> None:
        async with site_at(folder) as site:
            await story(site)

    asyncio.run(run())


def test_vehicles_drive_through_and_are_counted(tmp_path: Path) -> None:
    """Held barriers open at once; who enters gets a stay, who leaves ends the stay that fits, and nobody is asked."""

    async def story(site: Site) -> None:
        await site.emergency.hold("operator", "ann", "fire")
        await eventually(lambda: (site.entry.barrier, site.exit.barrier) == ("open", "open"))
        await eventually(lambda: all(lane.snapshot().held for lane in site.lanes.values()))
        assert {lane.snapshot().message for lane in site.lanes.values()} == {"drive_on"}
        await site.through("entry", PLATE, 2)
        await site.through("entry", None, 2)
        stays = await site.writer.transact(lambda work: work.open_stays())
        assert [(stay.plate, len(stay.photos)) for stay in stays] == [(PLATE, 1), (None, 1)]
        assert stays[1].ticket_id is not None
        site.clock.forward(hours=3)
        await site.through("exit", PLATE, 2)
        assert [stay.plate for stay in await site.writer.transact(lambda work: work.open_stays())] == [None]
        left = (await site.writer.transact(lambda work: work.passages(stays[0].stay_id)))[-1]
        assert (left.direction, left.state) == ("exit", "confirmed")
        assert await site.kinds() == [
            "emergency_began", "alert_raised", "entry_admitted", "entry_confirmed", "entry_admitted",
            "entry_confirmed", "exit_admitted", "exit_confirmed",
        ]  # fmt: skip
        assert (site.entry.barrier, site.exit.barrier) == ("open", "open")
        with pytest.raises(NothingWaits, match="held open"):
            await site.lanes["exit-1"].open("ann", "why not")

    tell(tmp_path, story)


def test_an_exit_that_fits_nobody_is_listed_and_reconciled(tmp_path: Path) -> None:
    """It ends no stay, stays on the list with its photo, and ends the one that a person names, at the time it left."""

    async def story(site: Site) -> None:
        await site.emergency.hold("operator", "ann", "fire")
        await site.through("entry", PLATE, 2)
        site.clock.forward(hours=1)
        await site.through("exit", "沪Z99999", 2)
        (exit_,) = await site.writer.transact(lambda work: work.unmatched_exits())
        assert (exit_.stay_id, exit_.plate, len(exit_.photos)) == (None, "沪Z99999", 1)
        assert await site.codes() == ["barriers_held", "emergency_exit"]
        (stay,) = await site.writer.transact(lambda work: work.open_stays())
        held, moment = site.handlers.held, site.clock.now()
        site.clock.forward(hours=5)
        await site.writer.transact(
            lambda work: held.reconcile(work, exit_.passage_id, stay.stay_id, "ann", "the photos")
        )  # fmt: skip
        ended = await site.writer.transact(lambda work: work.stay(stay.stay_id))
        assert ended is not None
        assert (ended.state, ended.exited_at) == ("closed", moment)
        assert await site.writer.transact(lambda work: work.unmatched_exits()) == []
        assert await site.codes() == ["barriers_held"]
        with pytest.raises(NoEmergency):
            await site.writer.transact(lambda work: held.reconcile(work, exit_.passage_id, stay.stay_id, "ann", "?"))

    tell(tmp_path, story)


def test_a_released_barrier_closes_only_once_nobody_is_under_it(tmp_path: Path) -> None:
    """With a vehicle on the closing loop the arm stays up; it falls when that has left, and the next one is asked."""

    async def story(site: Site) -> None:
        await site.emergency.hold("operator", "ann", "fire")
        site.entry.seen = sighting(PLATE)
        site.entry.roll("arming", True)
        site.entry.roll("closing", True)
        await eventually(lambda: site.exit.barrier == "open")
        await site.emergency.release("ann", "over")
        await eventually(lambda: site.exit.barrier == "closed")
        assert site.entry.barrier == "open"
        assert "close" not in site.entry.commands
        site.entry.roll("arming", False)
        site.entry.roll("closing", False)
        await eventually(lambda: site.entry.barrier == "closed")
        await eventually(lambda: site.lanes["entry-1"].snapshot().state == "idle")
        kinds = await site.kinds()
        assert kinds[-1] == "entry_confirmed" or "entry_confirmed" in kinds
        assert not site.lanes["entry-1"].snapshot().held
        with pytest.raises(NoEmergency):
            await site.emergency.release("ann", "again")

    tell(tmp_path, story)


def test_an_admitted_vehicle_is_confirmed_though_the_emergency_came_between(tmp_path: Path) -> None:
    """Who was let in a moment before drives on as that stay; it is counted once."""

    async def story(site: Site) -> None:
        site.entry.seen = sighting(PLATE)
        site.entry.roll("arming", True)
        await eventually(lambda: site.lanes["entry-1"].snapshot().state == "open")
        await site.emergency.hold("operator", "ann", "fire")
        await eventually(lambda: site.lanes["entry-1"].snapshot().held)
        site.entry.drive_through()
        await eventually(lambda: _has(site, "entry_confirmed"))
        assert (await site.kinds()).count("entry_admitted") == 1
        assert len(await site.writer.transact(lambda work: work.open_stays())) == 1

    tell(tmp_path, story)


def test_a_driver_who_was_asked_to_pay_leaves_as_that_stay(tmp_path: Path) -> None:
    """The stay that an exit had found before the emergency ends when its vehicle drives out, owing what it owed."""

    async def story(site: Site) -> None:
        await site.emergency.hold("operator", "ann", "drill")
        await site.through("entry", PLATE, 2)
        await site.emergency.release("ann", "over")
        await eventually(lambda: site.exit.barrier == "closed")
        site.clock.forward(hours=3)
        site.exit.seen = sighting(PLATE)
        site.exit.roll("arming", True)
        await eventually(lambda: site.lanes["exit-1"].snapshot().state == "waiting_for_payment")
        await site.emergency.hold("operator", "ann", "fire")
        site.exit.drive_through()
        await eventually(lambda: _has(site, "exit_confirmed"))
        admitted = next(
            each
            for each in await site.writer.transact(lambda work: list(work.envelopes()))
            if each.kind == "exit_admitted"
        )
        assert (admitted.body["decision"], admitted.body["paid"]["minor"]) == ("emergency", 0)
        assert admitted.body["gross"]["minor"] > 0

    tell(tmp_path, story)


def test_it_goes_on_after_a_restart(tmp_path: Path) -> None:
    """A server that ends and starts again holds the barriers from its first moment, until an operator ends it."""

    async def begun(site: Site) -> None:
        site.button.pressed = True
        await eventually(lambda: _has(site, "emergency_began"))

    async def gone_on(site: Site) -> None:
        assert site.emergency.held
        await eventually(lambda: (site.entry.barrier, site.exit.barrier) == ("open", "open"))
        await eventually(lambda: site.lanes["exit-1"].snapshot().held)
        await site.emergency.release("ann", "over")
        assert (await site.kinds()).count("emergency_began") == 1

    tell(tmp_path, begun)
    tell(tmp_path, gone_on)


def test_the_input_rules_over_the_operator(tmp_path: Path) -> None:
    """While the input is on nobody can end the emergency; once it is off the barriers are held until somebody does."""

    async def story(site: Site) -> None:
        site.button.pressed = True
        await eventually(lambda: site.entry.barrier == "open")
        with pytest.raises(EmergencyInputOn):
            await site.emergency.release("ann", "over")
        site.button.pressed = False
        await eventually(lambda: _has(site, "emergency_began"))
        await asyncio.sleep(0.25)
        assert site.emergency.held
        await site.emergency.release("ann", "over")
        await eventually(lambda: site.entry.barrier == "closed")

    tell(tmp_path, story)


def test_a_full_disk_keeps_nobody_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The barriers open although nothing can be recorded; what happened is on disk once it can be."""
    monkeypatch.setattr("lot_server.emergency.RETRY_SECONDS", 0.01)

    async def story(site: Site) -> None:
        begin = site.handlers.held.begin

        def refuse(*_: object) -> None:
            raise DiskFull("the disk is full: free some space")

        monkeypatch.setattr(site.handlers.held, "begin", refuse)
        await site.emergency.hold("operator", "ann", "fire")
        await eventually(lambda: (site.entry.barrier, site.exit.barrier) == ("open", "open"))
        assert await site.kinds() == []
        monkeypatch.setattr(site.handlers.held, "begin", begin)
        await eventually(lambda: _has(site, "emergency_began"))

    tell(tmp_path, story)


def test_a_held_barrier_that_falls_is_opened_again_and_one_that_cannot_is_told(tmp_path: Path) -> None:
    """Whatever shuts a held barrier, it is told to open again; where it does not, a person is called."""

    async def story(site: Site) -> None:
        await site.emergency.hold("operator", "ann", "fire")
        await eventually(lambda: site.exit.barrier == "open")
        site.exit.barrier = "closed"
        await eventually(lambda: site.exit.barrier == "open")
        site.exit.barrier_works, site.exit.barrier = False, "closed"
        await eventually(lambda: _alert(site, "held_barrier_fault"))
        site.exit.barrier_works = True
        await eventually(lambda: _no_alert(site, "held_barrier_fault"))

    tell(tmp_path, story)


def test_an_input_that_is_not_known_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A box that does not answer calls for nothing, and a person is told that it cannot."""
    monkeypatch.setattr("lot_server.emergency_input.UNKNOWN_AFTER_SECONDS", 0.0)

    async def story(site: Site) -> None:
        site.button.away = True
        await eventually(lambda: _alert(site, "emergency_input_unknown"))
        assert not site.emergency.held
        site.button.away = False
        await eventually(lambda: _no_alert(site, "emergency_input_unknown"))

    tell(tmp_path, story)


def test_a_held_barrier_closes_for_nobody() -> None:
    """`close` is refused while it is held, and passed on afterwards."""

    async def story() -> None:
        hand = HandLane(barrier="open")
        barrier = HoldableBarrier("exit-1", hand)
        barrier.hold()
        with pytest.raises(BarrierFault, match="held open"):
            await barrier.close()
        await barrier.let_go()
        await barrier.close()
        assert hand.commands[-1] == "close"

    asyncio.run(story())


async def _has(site: Site, kind: str) -> bool:
    return kind in await site.kinds()


async def _alert(site: Site, code: str) -> bool:
    return code in await site.codes()


async def _no_alert(site: Site, code: str) -> bool:
    return code not in await site.codes()
