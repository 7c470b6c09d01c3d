"""Holding all barriers open, and whose vehicles drove out meanwhile, over the loopback API."""

from fastapi import APIRouter

from lot_server.domain.clock import to_text
from lot_server.domain.emergency import Emergency
from lot_server.domain.stay import Passage
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.schemas import Done, Message, Order, ResolveOrder
from lot_server.store.unit_of_work import SqliteWork


class UnmatchedView(Message):
    """A vehicle that drove out through a held barrier and belongs to no stay yet."""

    passage_id: str
    lane_id: str
    exited_at: str
    plate: str | None
    photos: tuple[str, ...]


class EmergencyView(Message):
    """Whether the barriers are held; since when, by whom and why once that is on disk; and who left unknown."""

    held: bool
    since: str | None
    source: str | None
    actor: str | None
    reason: str | None
    unmatched: tuple[UnmatchedView, ...]


def emergency_routes(lot: RunningLot) -> APIRouter:
    """The routes; barriers open before anything is written."""
    router = APIRouter(prefix="/emergency")

    @router.get("")
    async def show() -> EmergencyView:
        def read(work: SqliteWork) -> tuple[Emergency | None, list[Passage]]:
            return work.emergency(), work.unmatched_exits()

        known, unmatched = await lot.writer.transact(read)
        return EmergencyView(
            held=lot.emergency.held,
            since=None if known is None else to_text(known.began_at),
            source=None if known is None else known.source,
            actor=None if known is None else known.actor,
            reason=None if known is None else known.reason,
            unmatched=tuple(
                UnmatchedView(
                    passage_id=each.passage_id,
                    lane_id=each.lane_id,
                    exited_at=to_text(each.decided_at),
                    plate=each.plate,
                    photos=each.photos,
                )
                for each in unmatched
            ),
        )

    @router.post("/hold")
    async def hold(order: Order) -> Done:
        # Who did so is written once the barriers move: a full disk must keep nobody inside.
        await lot.emergency.hold("operator", order.operator, order.reason)
        await lot.note(order.operator, "hold_barriers", None, order.reason)
        return Done()

    @router.post("/release")
    async def release(order: Order) -> Done:
        await lot.note(order.operator, "release_barriers", None, order.reason)
        await lot.emergency.release(order.operator, order.reason)
        return Done()

    @router.post("/unmatched/{passage_id}")
    async def reconcile(passage_id: str, order: ResolveOrder) -> Done:
        await lot.note(order.operator, "reconcile_exit", f"{passage_id} {order.stay_id}", order.reason)
        await lot.writer.transact(
            lambda work: lot.handlers.held.reconcile(work, passage_id, order.stay_id, order.operator, order.reason)
        )
        return Done()

    return router
