"""A lane as people see it: what its display shows, and what the loopback API tells."""

from dataclasses import dataclass

from lot_server.decisions import Admitted, Decision, NotAdmitted, PaymentDue
from lot_server.domain.fee_step import QuoteStep
from lot_server.domain.lane import Lane, LaneState
from lot_server.domain.matching import Candidate
from lot_server.domain.money import Money
from lot_server.domain.stay import Direction
from lot_server.domain.ticket import to_code
from lot_server.ports import LaneMessage, MessageCode, NoticeCode


@dataclass(frozen=True, slots=True)
class LaneSnapshot:
    """One lane at one instant.

    `steps` lead to what is `due`. `fault` is the code of what does not work at it, None where all does. `candidates`
    and `photos` (of the vehicle at the lane) are what an operator compares. `held`: an emergency keeps it open.
    `notice` is what became of a code that the driver showed.
    """

    lane_id: str
    direction: Direction
    state: LaneState
    message: MessageCode
    plate: str | None
    due: Money | None
    steps: tuple[QuoteStep, ...]
    stay_id: str | None
    passage_id: str | None
    qr: str | None
    fault: str | None
    candidates: tuple[Candidate, ...]
    photos: tuple[str, ...]
    held: bool = False
    notice: NoticeCode | None = None


_ADMITTED = {
    LaneState.OPENING,
    LaneState.OPEN,
    LaneState.BETWEEN,
    LaneState.STRADDLING,
    LaneState.UNSURE,
    LaneState.PASSING,
}
_PLAIN: dict[LaneState, MessageCode] = {
    LaneState.IDLE: "welcome",
    LaneState.READING: "reading",
    LaneState.WAITING_FOR_OPERATOR: "see_operator",
    LaneState.CLOSING: "one_moment",
    LaneState.FOLLOWED: "drive_on",
    LaneState.BLOCKED: "drive_on",
    LaneState.STUCK_CLOSED: "out_of_order",
    LaneState.STUCK_OPEN: "out_of_order",
}


_ASKS_FOR_CODES = {LaneState.WAITING_FOR_PAYMENT, LaneState.WAITING_FOR_OPERATOR}


def takes_codes(lane: Lane) -> bool:
    """Whether the vehicle at a lane waits for what a ticket or a receipt can bring."""
    return lane.direction == "exit" and lane.state in _ASKS_FOR_CODES


def message_for(
    state: LaneState,
    direction: Direction,
    decision: Decision | None,
    driver_page: str,
    lot_id: str | None,
    shown: LaneMessage,
) -> LaneMessage:
    """What the display shows in a state; while a decision is made, what it showed before.

    `lot_id` is the lot of a ticket's code, None where nobody reads codes: then the code is the number alone.
    """
    if state in _PLAIN:
        return LaneMessage(_PLAIN[state])
    if isinstance(decision, PaymentDue) and state is LaneState.WAITING_FOR_PAYMENT:
        owed = decision.quote
        asks: MessageCode = "please_top_up" if owed.paid.minor else "please_pay"
        return LaneMessage(asks, decision.plate, owed.due, driver_page, steps=owed.steps)
    if isinstance(decision, NotAdmitted) and state is LaneState.REFUSED:
        return LaneMessage("lot_full" if decision.reason == "full" else "no_admission", decision.plate)
    if isinstance(decision, Admitted) and state in _ADMITTED:
        if direction == "exit":
            return LaneMessage("goodbye", decision.plate)
        if decision.ticket_id is not None:
            code = decision.ticket_id if lot_id is None else to_code(lot_id, decision.ticket_id)
            return LaneMessage("take_ticket", qr=code, ticket=decision.ticket_id)
        return LaneMessage("please_enter", decision.plate)
    return shown
