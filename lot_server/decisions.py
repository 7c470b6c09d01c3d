"""What stands at a lane, what an operator orders for it, and what is decided."""

from dataclasses import dataclass

from lot_server.domain.events import EntryRefusal
from lot_server.domain.matching import Candidate
from lot_server.domain.quote import Quote
from lot_server.domain.stay import Direction
from lot_server.lane_read import LaneRead


@dataclass(frozen=True, slots=True)
class Resolve:
    """An operator says which stay the vehicle at an exit belongs to."""

    stay_id: str
    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class OpenLane:
    """An operator lets the vehicle at a lane through, whatever the rules say."""

    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class HeldOpen(OpenLane):
    """The barrier is held open in an emergency: whoever drives through was let through by it, and by nobody else."""


@dataclass(frozen=True, slots=True)
class Tailgated(OpenLane):
    """Nobody let the vehicle through: it followed another one, and is counted all the same."""


@dataclass(frozen=True, slots=True)
class ShowTicket:
    """The vehicle at an exit belongs to a ticket's stay. `operator` typed it, or is the lot whose camera read it."""

    stay_id: str
    operator: str
    reason: str


Order = Resolve | OpenLane | ShowTicket


@dataclass(frozen=True, slots=True)
class Approach:
    """A vehicle at a lane, as far as it is known.

    `read` is None where camera or reader failed. `stay_id` is the stay it was found to belong to and `chosen` the order
    by which it was, None where it was matched (exit only); `refused` is why it was not let in so far (entry only).
    """

    passage_id: str
    lane_id: str
    direction: Direction
    read: LaneRead | None = None
    stay_id: str | None = None
    refused: EntryRefusal | None = None
    order: Order | None = None
    chosen: Order | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """On disk; the barrier may open. `stay_id` is None where an operator opened an exit for no known stay."""

    stay_id: str | None
    plate: str | None
    ticket_id: str | None = None


@dataclass(frozen=True, slots=True)
class NotAdmitted:
    """The vehicle may not enter, for now or at all."""

    plate: str | None
    reason: EntryRefusal


@dataclass(frozen=True, slots=True)
class PaymentDue:
    """The stay owes `quote.due` and leaves once it is settled."""

    stay_id: str
    plate: str | None
    quote: Quote


@dataclass(frozen=True, slots=True)
class OperatorNeeded:
    """Nobody but an operator can say whose vehicle this is; `code` is that of the alert."""

    plate: str | None
    code: str
    candidates: tuple[Candidate, ...] = ()


Decision = Admitted | NotAdmitted | PaymentDue | OperatorNeeded
