"""What goes in and out of the loopback API, as JSON. Unknown fields are refused; times are ISO 8601 in UTC."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from lot_server.domain.alert import OpenAlert
from lot_server.domain.clock import to_text
from lot_server.domain.corrected_read import CorrectedRead
from lot_server.domain.money import Money
from lot_server.domain.plate import PlateColor
from lot_server.domain.stay import Stay
from lot_server.domain.vehicle import VehicleClass
from lot_server.lane_view import LaneSnapshot


class Message(BaseModel):
    """Base of everything here."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Amount(Message):
    """`minor` units of `currency`, an ISO 4217 code."""

    minor: int
    currency: str

    @classmethod
    def of(cls, money: Money) -> "Amount":
        return cls(minor=money.minor, currency=money.currency)


class Order(Message):
    """What an operator's every order carries: who gives it, and why."""

    operator: str = Field(min_length=1, max_length=100)
    reason: str = Field(min_length=1, max_length=500)


class ResolveOrder(Order):
    stay_id: str


class PlateOrder(Order):
    """`color` is changed only where it is given."""

    plate: str
    color: PlateColor | None = None


class VehicleOrder(Order):
    vehicle: VehicleClass


class TerminalPayment(Message):
    """Money taken at the barrier, with the terminal's own name and reference for it.

    `operator` is who took it, None at a terminal that nobody attends. `tendered_minor` is the cash handed over.
    """

    amount_minor: int = Field(gt=0)
    currency: str
    provider: str = Field(min_length=1, max_length=100)
    provider_reference: str = Field(min_length=1, max_length=200)
    operator: str | None = Field(default=None, min_length=1, max_length=100)
    tendered_minor: int | None = Field(default=None, ge=0)


class CloudAck(Message):
    applied_seq: int = Field(ge=0)
    head: str = Field(pattern="^[0-9a-f]{64}$")


class NoteOrder(Order):
    """What a command is about to do on files, for the audit trail."""

    action: Literal["make_backup"]
    subject: str = Field(min_length=1, max_length=500)


class VehicleArrival(Message):
    """A simulated vehicle: paths of pictures of it, and what it does once the barrier is up."""

    frames: list[str]
    behaviour: Literal["cross", "back_out"] = "cross"


class PicturesShown(Message):
    """Paths of pictures of what the driver at a simulated lane holds up."""

    frames: list[str] = Field(min_length=1)


class CodeOrder(Order):
    """A ticket's number, or the text of a ticket's or receipt's QR code."""

    code: str = Field(min_length=1, max_length=1000)


class CameraOrder(Message):
    working: bool


class ContactOrder(Message):
    on: bool


class Ledger(Message):
    seq: int
    head: str
    acked_seq: int


class CandidateView(Message):
    """A stay that may be the vehicle's, with its photos to compare and how likely it is."""

    stay_id: str
    plate: str | None
    ticket_id: str | None
    photos: tuple[str, ...]
    probability: float


class LaneView(Message):
    """A lane; `display` are the lines its display shows, `fault` the code of what does not work at it."""

    lane_id: str
    direction: Literal["entry", "exit"]
    state: str
    message: str
    display: tuple[str, ...]
    plate: str | None
    due: Amount | None
    stay_id: str | None
    passage_id: str | None
    qr: str | None
    notice: str | None
    fault: str | None
    photos: tuple[str, ...]
    candidates: tuple[CandidateView, ...]
    held: bool

    @classmethod
    def of(cls, lane: LaneSnapshot, display: tuple[str, ...]) -> "LaneView":
        return cls(
            lane_id=lane.lane_id,
            direction=lane.direction,
            state=lane.state.value,
            message=lane.message,
            display=display,
            plate=lane.plate,
            due=None if lane.due is None else Amount.of(lane.due),
            stay_id=lane.stay_id,
            passage_id=lane.passage_id,
            qr=lane.qr,
            notice=lane.notice,
            fault=lane.fault,
            photos=lane.photos,
            candidates=tuple(
                CandidateView(
                    stay_id=each.stay.stay_id,
                    plate=each.stay.plate,
                    ticket_id=each.stay.ticket_id,
                    photos=each.stay.photos,
                    probability=each.probability,
                )
                for each in lane.candidates
            ),
            held=lane.held,
        )


class LotState(Message):
    """The lot now; `simulated` says that `now` is not the world's time."""

    lot_id: str
    now: str
    simulated: bool
    spaces: int
    free_spaces: int
    ledger: Ledger
    lanes: tuple[LaneView, ...]


class StayView(Message):
    """A stay without what only matching needs of it."""

    stay_id: str
    state: str
    plate: str | None
    printed: str | None
    ticket_id: str | None
    entry_lane_id: str
    read_at: str
    entered_at: str | None
    photos: tuple[str, ...]
    pass_id: str | None
    tariff_version: int
    plate_color: PlateColor | None
    ticket_lost: bool
    time_unsure: bool
    vehicle: VehicleClass | None

    @classmethod
    def of(cls, stay: Stay) -> "StayView":
        return cls(
            stay_id=stay.stay_id,
            state=stay.state,
            plate=stay.plate,
            printed=stay.printed,
            ticket_id=stay.ticket_id,
            entry_lane_id=stay.entry_lane_id,
            read_at=to_text(stay.read_at),
            entered_at=None if stay.entered_at is None else to_text(stay.entered_at),
            photos=stay.photos,
            pass_id=stay.pass_id,
            tariff_version=stay.tariff_version,
            plate_color=stay.plate_color,
            ticket_lost=stay.ticket_lost,
            time_unsure=stay.time_unsure,
            vehicle=stay.vehicle,
        )


class Stays(Message):
    stays: tuple[StayView, ...]


class AlertView(Message):
    alert_id: str
    code: str
    lane_id: str | None
    stay_id: str | None
    passage_id: str | None
    text: str
    raised_at: str

    @classmethod
    def of(cls, alert: OpenAlert) -> "AlertView":
        raised = alert.raised
        return cls(
            alert_id=raised.alert_id,
            code=raised.code,
            lane_id=raised.lane_id,
            stay_id=raised.stay_id,
            passage_id=raised.passage_id,
            text=raised.text,
            raised_at=to_text(alert.raised_at),
        )


class Alerts(Message):
    alerts: tuple[AlertView, ...]


class CorrectedReadView(Message):
    """A read that an operator looked at: the photo's name, what was read and what the plate says."""

    photo: str
    read: str | None
    text: str
    time: str
    lane: str

    @classmethod
    def of(cls, read: CorrectedRead) -> "CorrectedReadView":
        return cls(photo=read.photo, read=read.read, text=read.text, time=to_text(read.taken_at), lane=read.lane_id)


class CorrectedReads(Message):
    reads: tuple[CorrectedReadView, ...]


class SettlementAnswer(Message):
    outcome: Literal["applied", "already_applied"]


class AckAnswer(Message):
    acked_seq: int


class Done(Message):
    """The order was carried out."""

    done: Literal[True] = True


class VehicleView(Message):
    vehicle_id: str
    lane_id: str
    state: Literal["waiting", "crossed", "backed_out", "refused"]
