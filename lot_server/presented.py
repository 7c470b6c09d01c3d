"""What becomes of a code that a driver shows at an exit, or an operator types there: a ticket or a receipt.

Each outcome is typed. What a person should know of is an alert, recorded in the same transaction; docs/vehicles.md has
the table.
"""

from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from lot_server import alerts
from lot_server.decisions import Approach
from lot_server.domain import receipt as receipts
from lot_server.domain import receipt_code
from lot_server.domain import ticket as tickets
from lot_server.domain.clock import Clock
from lot_server.domain.errors import (
    BadReceipt,
    CurrencyMismatch,
    ForgedReceipt,
    ReceiptOfAnotherLot,
    ReceiptOfAnotherStay,
    ReceiptOutOfTime,
)
from lot_server.domain.money import Money
from lot_server.domain.receipt import Receipt
from lot_server.domain.stay import Stay
from lot_server.domain.ticket import Ticket
from lot_server.errors import NotDescribed, SettlementConflict
from lot_server.handlers import Handlers
from lot_server.ports import CodeProblem, CodeReader, NoticeCode, TicketSlip, Work


class ReceiptReader(Protocol):
    """Knows the cloud's signature."""

    def __bool__(self) -> bool:
        """Whether it has a key at all."""
        ...

    def read(self, code: str) -> Receipt:
        """The receipt of a QR code. Raises BadReceipt, and ForgedReceipt where no key signed it."""
        ...


@dataclass(frozen=True, slots=True)
class TicketFits:
    """The ticket's stay may leave here."""

    stay_id: str
    ticket_id: str


@dataclass(frozen=True, slots=True)
class ReceiptCounted:
    """The receipt's money counts for the stay that waits here; `due` is what it owes beyond."""

    stay_id: str
    due: Money
    known: bool

    @property
    def notice(self) -> NoticeCode:
        if self.due.minor > 0:
            return "receipt_short"
        return "receipt_known" if self.known else "receipt_counted"


@dataclass(frozen=True, slots=True)
class CodeRefused:
    """The code changes nothing; `problem` says why."""

    problem: CodeProblem


Presented = TicketFits | ReceiptCounted | CodeRefused


class Desk:
    """Takes the codes of one lot; its jobs are of the store's transactions, as those of `Handlers` are."""

    def __init__(
        self, lot_id: str, reader: CodeReader, receipts: ReceiptReader, handlers: Handlers, clock: Clock
    ) -> None:
        self.lot_id = lot_id
        self.reader = reader
        self._receipts = receipts
        self._handlers = handlers
        self._clock = clock

    def slip(self, work: Work, ticket_id: str, page: str) -> TicketSlip:
        """What is printed on a ticket. Raises NotDescribed."""
        lot = work.lot()
        if lot is None:
            raise NotDescribed("the lot's facts are not recorded yet: start the server with its configuration")
        code = tickets.to_code(self.lot_id, ticket_id)
        return TicketSlip(lot.name, ticket_id, code, self._clock.now().astimezone(ZoneInfo(lot.time_zone)), page)

    def take(self, work: Work, approach: Approach, text: str, typed: bool) -> Presented | None:
        """What becomes of a code for the vehicle that waits at an exit; None for what is no code of ours.

        `typed`: an operator typed it, who has seen vehicle and ticket. Raises NoTariff, TimeBeforeEntry.
        """
        ticket = tickets.from_text(text)
        if ticket is not None:
            return self._ticket(work, approach, ticket, typed)
        if text.startswith(tickets.FORM):
            return CodeRefused("unknown_ticket")
        return self._receipt(work, approach, text) if text.startswith(receipt_code.FORM) else None

    def _ticket(self, work: Work, approach: Approach, ticket: Ticket, typed: bool) -> Presented:
        if not ticket.is_of(self.lot_id):
            return CodeRefused("ticket_of_another_lot")
        number, stay = ticket.ticket_id, work.stay_with_ticket(ticket.ticket_id)
        if stay is None:
            return self._refuse(work, approach, "unknown_ticket", f"ticket {number} was never given out here")
        if stay.state in ("closed", "abandoned"):
            text = f"ticket {number} has been used: its stay {stay.stay_id} has left; somebody may have a copy of it"
            return self._refuse(work, approach, "ticket_used", text, stay.stay_id)
        if stay.stay_id in self._handlers.leftovers.taken(work, approach.passage_id):
            text = f"ticket {number} is shown while the vehicle of its stay {stay.stay_id} is at another lane"
            return self._refuse(work, approach, "ticket_used", text, stay.stay_id)
        if approach.stay_id not in (None, stay.stay_id):
            text = (
                f"the vehicle at {approach.lane_id} is asked to pay for stay {approach.stay_id}, and shows ticket "
                f"{number} of stay {stay.stay_id}: compare the photos, resolve the lane"
            )
            return self._refuse(work, approach, "ticket_of_another_stay", text, stay.stay_id)
        if not typed and self._handlers.is_another(approach, stay):
            text = (
                f"ticket {number} is of stay {stay.stay_id}, whose vehicle had another plate as it came in: compare "
                "the photos, resolve the lane"
            )
            return self._refuse(work, approach, "ticket_contradicted", text, stay.stay_id)
        return TicketFits(stay.stay_id, number)

    def _receipt(self, work: Work, approach: Approach, code: str) -> Presented:
        if not self._receipts:
            text = "a receipt is shown, and this lot has no key to check it by: set [payment] receipt_keys"
            return self._refuse(work, approach, "no_receipt_key", text)
        try:
            receipt = self._receipts.read(code)
        except ForgedReceipt as error:
            return self._refuse(work, approach, "forged_receipt", str(error))
        except BadReceipt:
            return CodeRefused("bad_receipt")
        paid = receipt.settlement
        stay = work.stay(approach.stay_id) if approach.stay_id is not None else None
        if stay is None:
            if receipt.lot_id != self.lot_id:
                return CodeRefused("receipt_of_another_lot")
            known = work.stay(paid.stay_id)
            text = f"a receipt of {paid.amount} for stay {paid.stay_id} is shown: compare the photos, resolve the lane"
            return self._refuse(work, approach, "receipt_before_stay", text, known.stay_id if known else None)
        try:
            receipts.check(receipt, self.lot_id, stay, self._clock.now())
        except ReceiptOfAnotherLot:
            return CodeRefused("receipt_of_another_lot")
        except ReceiptOfAnotherStay as error:
            return self._refuse(work, approach, "receipt_of_another_stay", str(error), paid.stay_id)
        except ReceiptOutOfTime as error:
            return self._refuse(work, approach, "receipt_out_of_time", str(error), stay.stay_id)
        return self._count(work, approach, stay, receipt)

    def _count(self, work: Work, approach: Approach, stay: Stay, receipt: Receipt) -> Presented:
        try:
            outcome = self._handlers.apply_settlement(work, receipt.settlement)
        except (SettlementConflict, CurrencyMismatch) as error:
            return self._refuse(work, approach, "receipt_conflict", str(error), stay.stay_id)
        due = self._handlers.fee_of(work, stay.stay_id).due
        return ReceiptCounted(stay.stay_id, due, outcome == "already_applied")

    def _refuse(
        self, work: Work, approach: Approach, problem: CodeProblem, text: str, stay_id: str | None = None
    ) -> CodeRefused:
        """Say no. A stay that this lot does not know cannot be named in an alert, its text does."""
        known = stay_id if stay_id is not None and work.stay(stay_id) is not None else None
        alerts.raise_once(
            work,
            self._clock.now(),
            problem,
            text,
            lane_id=approach.lane_id,
            passage_id=approach.passage_id,
            stay_id=known,
        )
        return CodeRefused(problem)
