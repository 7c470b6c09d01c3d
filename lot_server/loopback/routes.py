"""The loopback API of a lot: all that changes it from outside its lanes comes in here."""

import logging
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query, Response

from lot_server.domain.clock import to_text
from lot_server.domain.codec import Json, from_body
from lot_server.domain.money import Money
from lot_server.domain.stay import Settlement
from lot_server.errors import NotDescribed
from lot_server.loopback.lot import RunningLot
from lot_server.loopback.schemas import (
    AckAnswer,
    Alerts,
    AlertView,
    CloudAck,
    CodeOrder,
    CorrectedReads,
    CorrectedReadView,
    Done,
    LaneView,
    Ledger,
    LotState,
    NoteOrder,
    Order,
    PlateOrder,
    ResolveOrder,
    SettlementAnswer,
    Stays,
    StayView,
    TerminalPayment,
    VehicleOrder,
)
from lot_server.store.unit_of_work import SqliteWork

log = logging.getLogger(__name__)


def lot_routes(lot: RunningLot) -> APIRouter:
    """The routes that every lot has."""
    router = APIRouter()

    @router.get("/state")
    async def state() -> LotState:
        def read(work: SqliteWork) -> tuple[int, int, Ledger]:
            facts = work.lot()
            if facts is None:
                raise NotDescribed("the lot's facts are not recorded yet: start the server with its configuration")
            seq, head = work.head()
            return facts.spaces, facts.free_spaces, Ledger(seq=seq, head=head, acked_seq=work.acked_seq)

        spaces, free_spaces, ledger = await lot.writer.transact(read)
        return LotState(
            lot_id=lot.lot_id,
            now=to_text(lot.clock.now()),
            simulated=lot.clock.simulated,
            spaces=spaces,
            free_spaces=free_spaces,
            ledger=ledger,
            lanes=tuple(LaneView.of(lane.snapshot(), lot.displays[id_].lines) for id_, lane in lot.lanes.items()),
        )

    @router.get("/stays")
    async def stays(state: Literal["open", "intended"] = "open") -> Stays:
        found = await lot.writer.transact(lambda work: work.open_stays() if state == "open" else work.intended_stays())
        return Stays(stays=tuple(StayView.of(stay) for stay in found))

    @router.get("/alerts")
    async def alerts() -> Alerts:
        found = await lot.writer.transact(lambda work: work.open_alerts())
        return Alerts(alerts=tuple(AlertView.of(alert) for alert in found))

    @router.get("/photos/{name}")
    async def photo(name: str, operator: Annotated[str, Query(min_length=1, max_length=100)]) -> Response:
        lot.photos.path(name)
        await lot.note(operator, "view_photo", name, None)
        return Response(lot.photos.read(name), media_type="image/jpeg")

    @router.post("/settlements")
    async def settle(body: Annotated[Json, Body()]) -> SettlementAnswer:
        settlement = from_body(Settlement, body)
        outcome = await lot.writer.transact(lambda work: lot.handlers.apply_settlement(work, settlement))
        lot.price_again(settlement.stay_id)
        return SettlementAnswer(outcome=outcome)

    @router.post("/acks")
    async def acknowledge(ack: CloudAck) -> AckAnswer:
        acked_seq = await lot.writer.transact(lambda work: work.acknowledge(ack.applied_seq, ack.head))
        return AckAnswer(acked_seq=acked_seq)

    @router.post("/lanes/{lane_id}/resolve")
    async def resolve(lane_id: str, order: ResolveOrder) -> Done:
        lane = lot.lane(lane_id)
        await lot.note(order.operator, "resolve_stay", f"{lane_id} {order.stay_id}", order.reason)
        await lane.resolve(order.stay_id, order.operator, order.reason)
        return Done()

    @router.post("/lanes/{lane_id}/open")
    async def open_lane(lane_id: str, order: Order) -> Done:
        lane = lot.lane(lane_id)
        await lot.note(order.operator, "open_lane", lane_id, order.reason)
        await lane.open(order.operator, order.reason)
        return Done()

    @router.post("/lanes/{lane_id}/code")
    async def type_code(lane_id: str, order: CodeOrder) -> Done:
        lane = lot.lane(lane_id)
        await lot.note(order.operator, "type_code", lane_id, order.reason)
        await lane.type_code(order.code, order.operator, order.reason)
        return Done()

    @router.post("/lanes/{lane_id}/payment")
    async def pay(lane_id: str, payment: TerminalPayment) -> SettlementAnswer:
        amount, lane = Money(payment.amount_minor, payment.currency), lot.lane(lane_id)
        paid = f"{amount}, {payment.provider} {payment.provider_reference}"
        await lot.note(payment.operator or payment.provider, "take_payment", lane_id, paid)
        outcome = await lane.take_payment(
            amount, payment.provider, payment.provider_reference, payment.operator, payment.tendered_minor
        )
        return SettlementAnswer(outcome=outcome)

    @router.post("/stays/{stay_id}/plate")
    async def correct_plate(stay_id: str, order: PlateOrder) -> Done:
        await lot.note(order.operator, "correct_plate", stay_id, order.reason)
        await lot.writer.transact(
            lambda work: lot.handlers.correct_plate(
                work, stay_id, order.plate, order.operator, order.reason, order.color
            )
        )
        lot.price_again(stay_id)
        return Done()

    @router.post("/stays/{stay_id}/vehicle")
    async def class_vehicle(stay_id: str, order: VehicleOrder) -> Done:
        await lot.note(order.operator, "class_vehicle", stay_id, order.reason)
        await lot.writer.transact(
            lambda work: lot.handlers.class_vehicle(work, stay_id, order.vehicle, order.operator, order.reason)
        )
        for lane in lot.lanes.values():
            lane.settlement_arrived(stay_id)
        return Done()

    @router.post("/exports/corrected-reads")
    async def export_corrected_reads(order: Order) -> CorrectedReads:
        await lot.note(order.operator, "export_reads", "corrected reads", order.reason)
        found = await lot.writer.transact(lambda work: work.corrected_reads())
        log.info("%s was given %d corrected reads with their photos", order.operator, len(found))
        return CorrectedReads(reads=tuple(CorrectedReadView.of(read) for read in found))

    @router.post("/audit")
    async def note(order: NoteOrder) -> Done:
        await lot.note(order.operator, order.action, order.subject, order.reason)
        return Done()

    return router
