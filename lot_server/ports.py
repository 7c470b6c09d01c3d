"""What a lane needs of the world: hardware, a reader of plates, an archive of photos and a store, as protocols.

Adapters raise only the errors named here; whatever else they raise is treated by the lane as that part's failure.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from lot_server.domain.alert import OpenAlert
from lot_server.domain.clock_trust import ClockDoubt
from lot_server.domain.coupon import Coupon
from lot_server.domain.dispute import Dispute
from lot_server.domain.emergency import Emergency
from lot_server.domain.events import Event, LotDescribed
from lot_server.domain.evidence import ReadEvidence
from lot_server.domain.false_opens import EndedStay, LanePair, MatchingRecord
from lot_server.domain.fee_step import QuoteStep
from lot_server.domain.ledger import Envelope
from lot_server.domain.money import Money
from lot_server.domain.stay import Pass, Passage, Settlement, Stay
from lot_server.domain.tariff import Tariff
from lot_server.money_ports import MoneyWork
from lot_server.store.counting import Counting
from lot_server.store.rights import Rights
from vision.types import Frame, PlateRead, Sighting

T = TypeVar("T")
LoopName = Literal["arming", "closing"]
BarrierState = Literal["closed", "opening", "open", "closing"]
MessageCode = Literal[
    "welcome",
    "reading",
    "one_moment",
    "please_enter",
    "take_ticket",
    "lot_full",
    "no_admission",
    "please_pay",
    "please_top_up",
    "see_operator",
    "goodbye",
    "drive_on",
    "out_of_order",
]
CodeProblem = Literal[
    "unknown_ticket",
    "ticket_of_another_lot",
    "ticket_used",
    "ticket_of_another_stay",
    "ticket_contradicted",
    "no_receipt_key",
    "bad_receipt",
    "forged_receipt",
    "receipt_before_stay",
    "receipt_of_another_lot",
    "receipt_of_another_stay",
    "receipt_out_of_time",
    "receipt_conflict",
]
NoticeCode = Literal[CodeProblem, "show_ticket", "receipt_counted", "receipt_known", "receipt_short"]
"""What a lane's display says of tickets and receipts, beside its message."""


@dataclass(frozen=True, slots=True)
class LoopChange:
    """A vehicle rolled onto a loop or off it, debounced by the adapter.

    The arming loop lies before the barrier, the closing loop under and behind it. They lie less than a vehicle's
    length apart: one that drives through is on the closing loop before it leaves the arming loop, or soon after.
    """

    loop: LoopName
    occupied: bool


@dataclass(frozen=True, slots=True)
class LaneMessage:
    """What a lane's display shows; its adapter chooses the words and the language.

    `qr` is the text of a QR code: the driver page with `please_pay` and `please_top_up`, which is for one that has
    paid before, the ticket's code with `take_ticket`, whose number `ticket` is. `notice` is what became of a code that
    the driver showed. `steps` lead to what is due.
    """

    code: MessageCode
    plate: str | None = None
    due: Money | None = None
    qr: str | None = None
    ticket: str | None = None
    notice: NoticeCode | None = None
    steps: tuple[QuoteStep, ...] = ()


class LoopInputs(Protocol):
    """The two induction loops of one lane."""

    async def occupied(self) -> frozenset[LoopName]:
        """The loops on which something stands now."""
        ...

    def changes(self) -> AsyncIterator[LoopChange]:
        """First one change for each loop that is occupied now, then each change as it happens, for ever."""
        ...


class Camera(Protocol):
    """The camera of one lane."""

    def burst(self, count: int) -> AsyncIterator[Frame]:
        """`count` frames of what stands at the lane now, at least one, each as soon as it is there.

        Raises vision.errors.SourceUnavailable from a camera that gives none.
        """
        ...


class PlateReader(Protocol):
    """Pixels in, one fused read out."""

    async def sight(self, frames: AsyncIterator[Frame]) -> Sighting | None:
        """The fused read of the vehicle on these frames; None where no frame shows a plate.

        Raises VisionError, and what `frames` raises.
        """
        ...


class CodeReader(Protocol):
    """Pixels in, the texts of the QR codes out."""

    async def codes(self, frame: Frame) -> tuple[str, ...]:
        """The texts of the codes that can be read on a frame. Raises VisionError and what a reader raises."""
        ...


class FrameReader(Protocol):
    """Reads single frames of lanes that are watched all the time; lanes take turns."""

    async def look(self, newest: Callable[[], Frame], lane_id: str) -> tuple[Frame, tuple[PlateRead, ...]]:
        """The frame that is the lane's newest when its turn comes, and what is read on it.

        Raises LotError, VisionError.
        """
        ...


class Barrier(Protocol):
    """The barrier of one lane. A call that is cancelled leaves the command standing."""

    async def open(self) -> None:
        """Returns once the barrier is up. Raises BarrierFault."""
        ...

    async def close(self) -> None:
        """Returns once the barrier is down. Raises BarrierFault."""
        ...

    async def state(self) -> BarrierState:
        """Where the barrier is now. Raises BarrierFault."""
        ...


class Display(Protocol):
    """The display of one lane."""

    async def show(self, message: LaneMessage) -> None:
        """Replaces what is shown."""
        ...


@dataclass(frozen=True, slots=True)
class TicketSlip:
    """What is printed on a ticket; `code` is the text of its QR code, `page` where its driver pays."""

    lot_name: str
    ticket_id: str
    code: str
    given_at: datetime
    page: str


class TicketPrinter(Protocol):
    """The ticket printer of one lane."""

    async def print(self, slip: TicketSlip) -> None:
        """Returns once the slip is out. Raises PrinterFault."""
        ...


class PhotoArchive(Protocol):
    """Keeps photos by their content; called from worker threads, several at once."""

    def keep(self, frame: Frame) -> str:
        """Stores a frame as JPEG on disk durably; returns the SHA-256 of the stored bytes as 64 hex digits."""
        ...


class Work(Protocol):
    """One transaction of the lot's store: what it records and what it reads are of one piece."""

    def record(self, event: Event, occurred_at: datetime) -> Envelope:
        """Appends the fact to the outbox and applies it to the tables: the only way to change anything."""
        ...

    def head(self) -> tuple[int, str]:
        """The last sequence number and its hash."""
        ...

    def envelopes(self, after: int = 0) -> Iterator[Envelope]:
        """The ledger's facts behind a seq, in order."""
        ...

    @property
    def rights(self) -> Rights:
        """Passes and lists."""
        ...

    @property
    def counting(self) -> Counting:
        """How many vehicles are inside, and how sure that is."""
        ...

    def lot(self) -> LotDescribed | None: ...

    def configured_lot(self) -> LotDescribed | None:
        """What the configuration file said when it last described the lot."""
        ...

    def free_spaces(self) -> int:
        """Spaces without a vehicle."""
        ...

    def stay(self, stay_id: str) -> Stay | None: ...

    def open_stays(self) -> list[Stay]: ...

    def intended_stays(self) -> list[Stay]: ...

    def stays_with_plate(self, plate: str) -> list[Stay]:
        """The open and the intended stays of exactly this plate."""
        ...

    def stay_with_ticket(self, ticket_id: str) -> Stay | None:
        """The stay that a ticket was given for, whatever became of it."""
        ...

    def unfinished_passages(self) -> list[Passage]:
        """Passages in state intended, of entries and exits, oldest first."""
        ...

    def passages(self, stay_id: str) -> list[Passage]: ...

    def matching_record(self, at: datetime) -> MatchingRecord:
        """What became of matching's choices in the months that count at an instant."""
        ...

    def lane_pairs(self, at: datetime) -> tuple[LanePair, ...]:
        """By which lanes vehicles came and left in the months that count at an instant."""
        ...

    def left_unaided(self, since: datetime) -> list[EndedStay]:
        """The stays that ended since an instant by a read and without a person, the latest first."""
        ...

    def settlements(self, stay_id: str) -> list[Settlement]: ...

    def settlement_by_reference(self, provider: str, provider_reference: str) -> Settlement | None: ...

    @property
    def money(self) -> MoneyWork:
        """Refunds, cash drawers, merchants and their coupons."""
        ...

    def coupons(self, stay_id: str) -> list[Coupon]: ...

    def coupon(self, coupon_id: str) -> Coupon | None: ...

    def disputes(self, stay_id: str) -> list[Dispute]: ...

    def tariff(self, version: int) -> Tariff: ...

    def tariff_at(self, instant: datetime) -> Tariff: ...

    def pass_by_id(self, pass_id: str) -> Pass | None: ...

    def open_alerts(self) -> list[OpenAlert]: ...

    def clock_doubt(self) -> ClockDoubt | None:
        """The doubt about the clock, None where it is believed."""
        ...

    def last_clock_doubt(self) -> ClockDoubt | None:
        """The latest doubt, ended or not."""
        ...

    def last_recorded(self) -> datetime | None:
        """The instant that the ledger's last fact bears."""
        ...

    def passage_times(self, passage_id: str) -> tuple[datetime, datetime | None]:
        """When a passage was decided and when it ended."""
        ...

    def emergency(self) -> Emergency | None:
        """The emergency that goes on."""
        ...

    def unmatched_exits(self) -> list[Passage]:
        """The vehicles that drove out through a held barrier and belong to no stay yet, oldest first."""
        ...

    def unmatched_evidence(self, passage_id: str) -> ReadEvidence | None:
        """What was read of one of them."""
        ...


class Transactions(Protocol):
    """The lot's store, its single writer."""

    async def transact(self, job: Callable[[Work], T]) -> T:
        """What `job` returns, once all that it recorded is on disk; where it raises, nothing is recorded.

        Jobs run one after another, outside the event loop. One that began is finished even if its caller is gone.
        """
        ...
