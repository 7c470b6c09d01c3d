"""One lane for both directions: the two take turns, and neither takes the other's vehicles for its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hand_lane import HandLane, sighting
from lane_lot import PLATE, Lot, lane_test, until

from lot_server.emergency import Emergency
from lot_server.errors import BarrierFault
from lot_server.held_barrier import HoldableBarrier
from lot_server.lane_loop import LaneLoop
from lot_server.lane_setup import LaneHardware
from lot_server.ports import LoopName
from lot_server.shared_lane import SharedSide, share

OUTSIDER = "粤Z98765"


@dataclass
class Gate:
    """A barrier between an outer and an inner loop, and the lanes of both directions through it."""

    outside: HandLane = field(default_factory=lambda: HandLane(seen=sighting(OUTSIDER)))
    inside: HandLane = field(default_factory=lambda: HandLane(seen=sighting(PLATE)))

    def __post_init__(self) -> None:
        self.inside.commands = self.outside.commands

    def hardware(self) -> tuple[LaneHardware, LaneHardware]:
        entry, out = (LaneHardware(hand, hand, self.outside, hand) for hand in (self.outside, self.inside))
        return share(entry, out)

    def roll(self, loop: str, on: bool) -> None:
        seen_from_outside: LoopName = "arming" if loop == "outer" else "closing"
        seen_from_inside: LoopName = "closing" if loop == "outer" else "arming"
        self.outside.roll(seen_from_outside, on)
        self.inside.roll(seen_from_inside, on)


@asynccontextmanager
async def both(lot: Lot, gate: Gate) -> AsyncIterator[tuple[LaneLoop, LaneLoop]]:
    entry, out = gate.hardware()
    async with lot.lane_of("entry", entry, gate.outside) as way_in, lot.lane_of("exit", out, gate.inside) as way_out:
        yield way_in, way_out


def test_a_vehicle_that_drives_in_is_nobody_at_the_exit(tmp_path: Path) -> None:
    """One vehicle over both loops is one entry; the exit, whose arming loop it crosses, sees nothing of it."""

    async def story(lot: Lot) -> None:
        gate = Gate()
        async with both(lot, gate) as (way_in, way_out):
            gate.roll("outer", True)
            await until(lambda: way_in.snapshot().state == "open")
            gate.roll("inner", True)
            gate.roll("outer", False)
            await until(lambda: way_in.snapshot().state == "passing")
            assert way_out.snapshot().state == "idle"
            gate.roll("inner", False)
            await until(lambda: way_in.snapshot().state == "idle")
            assert way_out.snapshot().state == "idle"
        assert [stay.plate for stay in await lot.stays()] == [OUTSIDER]
        assert (gate.outside.commands, await lot.alerts()) == (["open", "close"], [])

    lane_test(story, tmp_path)


def test_who_wants_out_goes_first_and_the_other_after_it(tmp_path: Path) -> None:
    """A vehicle refused at a full lot gives way to one that leaves, and drives in once the barrier was down."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        gate = Gate()
        async with both(lot, gate) as (way_in, way_out):
            gate.roll("outer", True)
            await until(lambda: way_in.snapshot().message == "lot_full")
            gate.roll("inner", True)
            await until(lambda: way_out.snapshot().state == "open")
            await until(lambda: way_in.snapshot().state == "idle")
            gate.roll("outer", False)
            gate.roll("outer", True)
            gate.roll("inner", False)
            await until(lambda: way_out.snapshot().state == "passing")
            gate.roll("outer", False)
            await until(lambda: way_out.snapshot().state == "idle")
            gate.roll("outer", True)
            await until(lambda: way_in.snapshot().state == "open")
            gate.roll("inner", True)
            gate.roll("outer", False)
            gate.roll("inner", False)
            await until(lambda: way_in.snapshot().state == "idle")
        assert gate.outside.commands == ["open", "close", "open", "close"]
        assert [stay.plate for stay in await lot.stays()] == [OUTSIDER]

    lane_test(story, tmp_path, spaces=1)


def test_an_operator_who_opens_the_other_way_waits_for_the_barrier(tmp_path: Path) -> None:
    """While one direction has the barrier up, an order to open for the other waits until it is down again."""

    async def story(lot: Lot) -> None:
        gate = Gate()
        async with both(lot, gate) as (way_in, way_out):
            gate.roll("outer", True)
            await until(lambda: way_in.snapshot().state == "open")
            await way_out.open("Li", "fire brigade")
            await until(lambda: way_out.snapshot().state == "opening")
            assert gate.outside.commands == ["open"]
            gate.roll("inner", True)
            gate.roll("outer", False)
            gate.roll("inner", False)
            await until(lambda: way_out.snapshot().state == "between")
            assert gate.outside.commands == ["open", "close", "open"]

    lane_test(story, tmp_path)


def test_who_comes_to_the_far_loop_as_the_arm_falls_is_no_follower(tmp_path: Path) -> None:
    """A vehicle that wants out and rolls up behind one that drove in is served in its own turn, and counts once."""

    async def story(lot: Lot) -> None:
        await lot.park(PLATE)
        gate = Gate()
        gate.outside.closing_takes = asyncio.Event()
        async with both(lot, gate) as (way_in, way_out):
            gate.roll("outer", True)
            await until(lambda: way_in.snapshot().state == "open")
            gate.roll("inner", True)
            gate.roll("outer", False)
            gate.roll("inner", False)
            await until(lambda: way_in.snapshot().state == "closing")
            gate.roll("inner", True)
            await asyncio.sleep(0.02)
            assert way_in.snapshot().state == "closing"
            gate.outside.closing_takes.set()
            await until(lambda: way_out.snapshot().state == "open")
            assert way_in.snapshot().state == "idle"
        assert [stay.plate for stay in await lot.stays()] == [PLATE, OUTSIDER]
        assert await lot.alerts() == []

    lane_test(story, tmp_path)


def test_a_shared_barrier_found_open_waits_for_both_loops(tmp_path: Path) -> None:
    """Nobody knows which way a vehicle under a barrier found open was going, so it closes once both loops are free."""

    async def story(lot: Lot) -> None:
        gate = Gate()
        gate.outside.barrier = "open"
        gate.roll("outer", True)
        entry, _ = gate.hardware()
        with pytest.raises(BarrierFault, match="stands"):
            await entry.barrier.close()
        gate.roll("outer", False)
        await entry.barrier.close()
        assert gate.outside.commands == ["close"]
        await asyncio.sleep(0)

    lane_test(story, tmp_path)


def test_a_shared_barrier_that_is_held_serves_both_directions(tmp_path: Path) -> None:
    """In an emergency a vehicle counts once, for the way it drove; afterwards the barrier closes once, on nobody."""

    async def story(lot: Lot) -> None:
        gate = Gate()
        hardware = gate.hardware()
        barriers = {}
        for lane_id, each in zip(("entry-1", "exit-1"), hardware, strict=True):
            assert isinstance(each.barrier, SharedSide)
            barriers[lane_id] = HoldableBarrier(lane_id, each.barrier, 0.01, each.barrier.hold)
        entry, out = (replace(each, barrier=barrier) for each, barrier in zip(hardware, barriers.values(), strict=True))
        felt = [(each.barrier, hand) for each, hand in zip(hardware, (gate.outside, gate.inside), strict=True)]
        inner = lot.lane_of("exit", out, gate.inside)
        async with lot.lane_of("entry", entry, gate.outside) as way_in, inner as way_out:
            lanes = {"entry-1": way_in, "exit-1": way_out}
            emergency = Emergency(lanes, barriers, lot.writer, lot.handlers, None)
            await emergency.hold("operator", "ann", "fire")
            await until(lambda: gate.outside.barrier == "open" and way_out.snapshot().held)
            for first, second in (("outer", "inner"), ("inner", "outer")):
                gate.inside.seen = sighting(OUTSIDER)
                for loop, on in ((first, True), (second, True), (first, False), (second, False)):
                    gate.roll(loop, on)
                    await until(lambda: all(side.felt == hand.standing for side, hand in felt))
                await until_recorded(lot, "entry_confirmed" if first == "outer" else "exit_confirmed")
            assert await lot.stays() == []
            await emergency.release("ann", "over")
            await until(lambda: gate.outside.barrier == "closed")
            await until(lambda: {way_in.snapshot().state, way_out.snapshot().state} == {"idle"})
            await emergency.end()
        kinds = await lot.kinds()
        assert [kind for kind in kinds if kind.startswith(("entry", "exit"))] == [
            "entry_admitted", "entry_confirmed", "exit_admitted", "exit_confirmed",
        ]  # fmt: skip
        assert "unmatched_exit" not in kinds

    lane_test(story, tmp_path)


async def until_recorded(lot: Lot, kind: str) -> None:
    async with asyncio.timeout(20):
        while kind not in await lot.kinds():  # noqa: ASYNC110 - the store tells nobody that it changed
            await asyncio.sleep(0.002)
