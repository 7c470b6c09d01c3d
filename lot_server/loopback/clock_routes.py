"""The lot's clock over the loopback API: what it shows, whether it is in doubt, and what ends that."""

from fastapi import APIRouter
from pydantic import Field

from lot_server.domain.clock import from_text, to_text
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.schemas import Done, Message, Order
from lot_server.store.unit_of_work import SqliteWork


class ClockView(Message):
    """`doubt` is the reason and `since` what the clock showed then; None where it is believed.

    `machine` is what the machine's own clock shows, `synchronised` whether a time service keeps that.
    """

    now: str
    simulated: bool
    machine: str | None
    synchronised: bool | None
    doubt: str | None
    since: str | None
    unsure_stays: int


class ClockOrder(Order):
    """`time` is what time it is, as ISO 8601 with a zone; without it the machine's clock is right."""

    time: str | None = None


class CloudTimeOrder(Message):
    """What the cloud's clock showed, within so many real milliseconds."""

    at: str
    round_trip_ms: int = Field(ge=0)


class Moved(Message):
    """By how many seconds the clock and what was recorded in doubt were moved."""

    moved_s: float


def clock_routes(lot: RunningLot) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/clock")

    @router.get("")
    async def show() -> ClockView:
        def read(work: SqliteWork) -> tuple[str | None, str | None, int]:
            doubt, unsure = work.clock_doubt(), sum(stay.time_unsure for stay in work.open_stays())
            return (None, None, unsure) if doubt is None else (doubt.reason, to_text(doubt.doubted_at), unsure)

        doubt, since, unsure = await lot.writer.transact(read)
        watch = lot.clock_watch
        return ClockView(
            now=to_text(lot.clock.now()),
            simulated=lot.clock.simulated,
            machine=None if watch is None else to_text(watch.machine),
            synchronised=None if watch is None else watch.synchronised,
            doubt=doubt,
            since=since,
            unsure_stays=unsure,
        )

    @router.post("/confirm")
    async def confirm(order: ClockOrder) -> Moved:
        instant = None if order.time is None else from_text(order.time)
        await lot.note(order.operator, "confirm_clock", order.time, order.reason)
        moved = await lot.watch().confirm(order.operator, order.reason, instant)
        return Moved(moved_s=moved.total_seconds())

    @router.post("/cloud")
    async def hear(told: CloudTimeOrder) -> Done:
        if lot.clock_watch is not None:
            await lot.clock_watch.hear_cloud(from_text(told.at), told.round_trip_ms / 1000)
        return Done()

    return router
