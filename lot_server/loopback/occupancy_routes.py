"""The count of vehicles over the loopback API: how sure it is, a recount, and stays whose vehicle is believed gone."""

from fastapi import APIRouter
from pydantic import Field

from lot_server.domain.clock import to_text
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.schemas import Done, Message, Order
from lot_server.spaces.recount import recount
from lot_server.spaces.write_off import find_orphan, write_off
from lot_server.store.unit_of_work import SqliteWork


class RecountOrder(Order):
    """How many vehicles stand inside."""

    inside: int = Field(ge=0, le=1_000_000)


class OrphanView(Message):
    stay_id: str
    plate: str | None
    ticket_id: str | None
    cause: str
    since: str


class StrayView(Message):
    passage_id: str
    lane_id: str
    direction: str
    cause: str
    passed_at: str


class OccupancyView(Message):
    """The count and its bounds; `kept` spaces wait for pass holders, `arriving` vehicles are driving in."""

    spaces: int
    free: int
    least: int
    most: int
    kept: int
    arriving: int
    full: bool
    orphans: tuple[OrphanView, ...]
    strays: tuple[StrayView, ...]

    @classmethod
    def of(cls, work: SqliteWork) -> "OccupancyView":
        """Raises NotDescribed."""
        now = work.counting.occupancy()
        return cls(
            spaces=now.spaces,
            free=now.free,
            least=now.spaces - now.most_inside,
            most=now.spaces - now.least_inside,
            kept=now.kept,
            arriving=now.arriving,
            full=now.full,
            orphans=tuple(
                OrphanView(
                    stay_id=each.stay_id,
                    plate=each.plate,
                    ticket_id=each.ticket_id,
                    cause=each.orphaned,
                    since=to_text(each.orphaned_at),
                )
                for each in work.open_stays()
                if each.orphaned is not None and each.orphaned_at is not None
            ),
            strays=tuple(
                StrayView(
                    passage_id=each.passage_id,
                    lane_id=each.lane_id,
                    direction=each.direction,
                    cause=each.cause,
                    passed_at=to_text(each.passed_at),
                )
                for each in work.counting.strays()
            ),
        )


class WriteOffAnswer(Message):
    """What the stay had not paid: minor units of the lot's currency."""

    lost_minor: int
    currency: str


def occupancy_routes(lot: RunningLot) -> APIRouter:
    """The routes for the count."""
    router = APIRouter()

    @router.get("/occupancy")
    async def occupancy() -> OccupancyView:
        return await lot.writer.transact(OccupancyView.of)

    @router.post("/recount")
    async def count(order: RecountOrder) -> OccupancyView:
        def job(work: SqliteWork) -> OccupancyView:
            now = lot.clock.now()
            work.trail.add(now, order.operator, "recount", str(order.inside), order.reason)
            recount(work, order.inside, order.operator, order.reason, now)
            return OccupancyView.of(work)

        return await lot.writer.transact(job)

    @router.post("/stays/{stay_id}/found")
    async def found(stay_id: str, order: Order) -> Done:
        def job(work: SqliteWork) -> None:
            now = lot.clock.now()
            work.trail.add(now, order.operator, "find_orphan", stay_id, order.reason)
            find_orphan(work, stay_id, order.operator, order.reason, now)

        await lot.writer.transact(job)
        return Done()

    @router.post("/stays/{stay_id}/write-off")
    async def end(stay_id: str, order: Order) -> WriteOffAnswer:
        def job(work: SqliteWork) -> WriteOffAnswer:
            now, who, why = lot.clock.now(), order.operator, order.reason
            work.trail.add(now, who, "write_off_stay", stay_id, why)
            lost = write_off(work, stay_id, "operator", why, now, who)
            return WriteOffAnswer(lost_minor=lost.minor, currency=lost.currency)

        return await lot.writer.transact(job)

    return router
