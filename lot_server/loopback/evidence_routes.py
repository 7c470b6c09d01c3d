"""Disputes and the erasure of plates, over the loopback API."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from lot_server import disputes
from lot_server.domain.plate import normalise
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.schemas import Done, Message, Order
from lot_server.photos_config import PhotosSection
from lot_server.plate_erasure import erase_plate
from lot_server.store.erasure import PlateTraces
from lot_server.store.look import ReadStore


class ErasureOrder(Order):
    """A plate to forget; `mirrored` False says that the lot has no cloud."""

    plate: str
    mirrored: bool = True


class ErasureAnswer(Message):
    """What was erased, and the stays that were not."""

    pseudonym: str
    stays: int
    facts: int
    kept: tuple[str, ...]


def evidence_routes(lot: RunningLot, store: ReadStore, photos: PhotosSection) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.post("/stays/{stay_id}/dispute")
    async def dispute(stay_id: str, order: Order) -> Done:
        await lot.note(order.operator, "dispute_stay", stay_id, order.reason)
        now = lot.clock.now()
        await lot.writer.transact(lambda work: disputes.dispute(work, stay_id, order.operator, order.reason, now))
        return Done()

    @router.post("/stays/{stay_id}/dispute/end")
    async def end(stay_id: str, order: Order) -> Done:
        await lot.note(order.operator, "end_dispute", stay_id, order.reason)
        now = lot.clock.now()
        await lot.writer.transact(lambda work: disputes.end_dispute(work, stay_id, order.operator, order.reason, now))
        return Done()

    @router.post("/erasures")
    async def erase(order: ErasureOrder) -> ErasureAnswer:
        plate, now = normalise(order.plate), lot.clock.now()
        limits = photos.limits(now)

        def find() -> PlateTraces:
            with store.look() as look:
                return look.traces(plate, limits)

        # Looking reads the whole ledger: beside the writer, so that no gate waits for it.
        found = await run_in_threadpool(find)
        erased = await lot.writer.transact(
            lambda work: erase_plate(work, plate, found, limits, order.operator, order.reason, now, order.mirrored)
        )
        return ErasureAnswer(pseudonym=erased.pseudonym, stays=erased.stays, facts=erased.facts, kept=erased.kept)

    return router
