"""Passes and lists over the loopback API. What is ordered is audited, and done or refused in the same transaction."""

from fastapi import APIRouter

from lot_server.domain.listing import ListedPlate
from lot_server.domain.plate import normalise
from lot_server.domain.stay import Pass
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.rights_schemas import (
    ExportAnswer,
    ImportAnswer,
    ImportOrder,
    Listings,
    ListingView,
    ListOrder,
    PassEndOrder,
    Passes,
    PassOrder,
    PassView,
    UnlistOrder,
)
from lot_server.loopback.schemas import Done, Order
from lot_server.rights.csv_files import Imported, import_lists, import_passes, lists_csv, passes_csv
from lot_server.rights.instants import begins, ends
from lot_server.rights.lists import enlist, unlist
from lot_server.rights.passes import extend, grant, revoke
from lot_server.store.unit_of_work import SqliteWork


def rights_routes(lot: RunningLot) -> APIRouter:
    """The routes for passes and lists."""
    router = APIRouter()

    @router.get("/passes")
    async def passes() -> Passes:
        def read(work: SqliteWork) -> tuple[PassView, ...]:
            taken = work.rights.taken_of_each()
            return tuple(PassView.of(held, taken.get(held.pass_id, 0)) for held in work.rights.passes())

        return Passes(passes=await lot.writer.transact(read))

    @router.post("/passes")
    async def grant_pass(order: PassOrder) -> Done:
        def job(work: SqliteWork) -> None:
            zone, now = work.time_zone(), lot.clock.now()
            plates = [normalise(plate) for plate in order.plates]
            held = Pass(
                order.pass_id,
                plates[0],
                order.kind,
                begins(order.valid_from, zone),
                ends(order.valid_until, zone),
                tuple(plates[1:]),
                order.spaces,
                tuple(order.lanes),
                order.holder,
            )
            work.trail.add(now, order.operator, "grant_pass", order.pass_id, order.reason)
            grant(work, held, order.operator, order.reason, now)

        await lot.writer.transact(job)
        return Done()

    @router.post("/passes/end")
    async def end_pass(order: PassEndOrder) -> Done:
        def job(work: SqliteWork) -> None:
            now = lot.clock.now()
            who, why = order.operator, order.reason
            if order.valid_until is None:
                work.trail.add(now, who, "revoke_pass", order.pass_id, why)
                revoke(work, order.pass_id, who, why, now)
            else:
                work.trail.add(now, who, "grant_pass", order.pass_id, why)
                extend(work, order.pass_id, ends(order.valid_until, work.time_zone()), who, why, now)

        await lot.writer.transact(job)
        return Done()

    @router.post("/passes/import")
    async def take_in_passes(order: ImportOrder) -> ImportAnswer:
        def job(work: SqliteWork) -> Imported:
            now, who, why = lot.clock.now(), order.operator, order.reason
            if not order.dry_run:
                work.trail.add(now, who, "import_rights", "passes", why)
            return import_passes(work, order.csv, work.time_zone(), who, why, now, order.dry_run)

        return ImportAnswer.of(await lot.writer.transact(job))

    @router.post("/passes/export")
    async def give_out_passes(order: Order) -> ExportAnswer:
        await lot.note(order.operator, "export_rights", "passes", order.reason)
        return ExportAnswer(csv=passes_csv(await lot.writer.transact(lambda work: work.rights.passes())))

    @router.get("/lists")
    async def lists() -> Listings:
        found = await lot.writer.transact(lambda work: work.rights.listings())
        own = tuple(ListingView.configured(plate) for plate in sorted(lot.handlers.blocked))
        return Listings(listings=(*own, *(ListingView.of(each) for each in found)))

    @router.post("/lists")
    async def list_plate(order: ListOrder) -> Done:
        def job(work: SqliteWork) -> None:
            now, plate = lot.clock.now(), normalise(order.plate)
            until = None if order.valid_until is None else ends(order.valid_until, work.time_zone())
            listed = ListedPlate(order.kind, plate, order.reason, until, order.free, order.when_full)
            work.trail.add(now, order.operator, "list_plate", f"{order.kind} {plate}", order.reason)
            enlist(work, listed, order.operator, now)

        await lot.writer.transact(job)
        return Done()

    @router.post("/lists/remove")
    async def unlist_plate(order: UnlistOrder) -> Done:
        def job(work: SqliteWork) -> None:
            now, plate = lot.clock.now(), normalise(order.plate)
            work.trail.add(now, order.operator, "unlist_plate", f"{order.kind} {plate}", order.reason)
            unlist(work, order.kind, plate, order.operator, order.reason, now)

        await lot.writer.transact(job)
        return Done()

    @router.post("/lists/import")
    async def take_in_lists(order: ImportOrder) -> ImportAnswer:
        def job(work: SqliteWork) -> Imported:
            now, who = lot.clock.now(), order.operator
            if not order.dry_run:
                work.trail.add(now, who, "import_rights", "lists", order.reason)
            return import_lists(work, order.csv, work.time_zone(), who, now, order.dry_run)

        return ImportAnswer.of(await lot.writer.transact(job))

    @router.post("/lists/export")
    async def give_out_lists(order: Order) -> ExportAnswer:
        await lot.note(order.operator, "export_rights", "lists", order.reason)
        found = await lot.writer.transact(lambda work: work.rights.listings())
        return ExportAnswer(csv=lists_csv(each.listed for each in found))

    return router
