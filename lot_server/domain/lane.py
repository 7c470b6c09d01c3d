"""One lane as a state machine: a pure table of rules, no input or output, no clock.

`step` takes a lane and an event and returns the lane afterwards with the actions that `lot_server.lane_loop` carries
out. The machine knows the two loops; everything else about the vehicle stays outside. docs/lane.md draws the table.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from lot_server.domain.errors import IllegalTransition
from lot_server.domain.stay import Direction


class LaneState(StrEnum):
    """Where a lane stands. From `opening` to `passing`, and `stuck_closed`, an admitted vehicle is on its way."""

    IDLE = "idle"
    READING = "reading"
    DECIDING = "deciding"
    ABANDONING = "abandoning"
    """The vehicle drove off during the decision, which must still come back and be undone."""
    WAITING_FOR_PAYMENT = "waiting_for_payment"
    WAITING_FOR_OPERATOR = "waiting_for_operator"
    REFUSED = "refused"
    OPENING = "opening"
    OPEN = "open"
    """The vehicle stands on the arming loop before an open barrier."""
    BETWEEN = "between"
    """The vehicle left the arming loop: it goes on, or backs out. Which, the closing loop or the time will tell."""
    STRADDLING = "straddling"
    """The vehicle stands on both loops and may still roll back."""
    PASSING = "passing"
    """The vehicle is on the closing loop and off the arming loop: leaving this one ends its passage."""
    CLOSING = "closing"
    BLOCKED = "blocked"
    """A vehicle came under the barrier as it closed, and it was told to open again."""
    STUCK_CLOSED = "stuck_closed"
    """The barrier would not open for an admitted vehicle; it is told again and again, or opened by hand."""
    STUCK_OPEN = "stuck_open"
    """The barrier would not close; it is told again and again."""


class LaneEvent(StrEnum):
    """What a lane can be told."""

    ARMING_ON = "arming_on"
    ARMING_OFF = "arming_off"
    CLOSING_ON = "closing_on"
    CLOSING_OFF = "closing_off"
    READ_DONE = "read_done"
    READ_FAILED = "read_failed"
    ADMITTED = "admitted"
    PAYMENT_DUE = "payment_due"
    OPERATOR_NEEDED = "operator_needed"
    NOT_ADMITTED = "not_admitted"
    DECISION_FAILED = "decision_failed"
    SETTLEMENT_ARRIVED = "settlement_arrived"
    OPERATOR_DECIDED = "operator_decided"
    BARRIER_OPENED = "barrier_opened"
    BARRIER_CLOSED = "barrier_closed"
    BARRIER_FAILED = "barrier_failed"
    BARRIER_FOUND_OPEN = "barrier_found_open"
    TIMED_OUT = "timed_out"


class LaneAction(StrEnum):
    """What a lane wants done, in this order."""

    BEGIN_PASSAGE = "begin_passage"
    START_READ = "start_read"
    CANCEL_READ = "cancel_read"
    ASK_DECISION = "ask_decision"
    OPEN_BARRIER = "open_barrier"
    CLOSE_BARRIER = "close_barrier"
    RECORD_CONFIRMED = "record_confirmed"
    RECORD_ABANDONED = "record_abandoned"
    REPORT_READ_FAULT = "report_read_fault"
    REPORT_BARRIER_FAULT = "report_barrier_fault"
    REPORT_UNREAD_PASSAGE = "report_unread_passage"
    REPORT_STANDING_VEHICLE = "report_standing_vehicle"


class Timer(StrEnum):
    """The spans a lane waits for something outside it; the configuration says how long each is."""

    READ = "read"
    BARRIER = "barrier"
    PASSAGE = "passage"
    PAYMENT = "payment"
    OPERATOR = "operator"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane's state and what its loops feel."""

    direction: Direction
    state: LaneState = LaneState.IDLE
    arming: bool = False
    closing: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """In `source`, `event` leads to `target` with `actions`.

    `arming`, `closing` (the loops as the event leaves them) and `direction` narrow where the rule holds; None is any.
    """

    source: LaneState
    event: LaneEvent
    target: LaneState
    actions: tuple[LaneAction, ...] = ()
    arming: bool | None = None
    closing: bool | None = None
    direction: Direction | None = None

    def holds(self, lane: Lane, event: LaneEvent) -> bool:
        return (
            (self.source, self.event) == (lane.state, event)
            and self.arming in (None, lane.arming)
            and self.closing in (None, lane.closing)
            and self.direction in (None, lane.direction)
        )


_S, _E, _A = LaneState, LaneEvent, LaneAction
_NEXT_VEHICLE = (_A.BEGIN_PASSAGE, _A.START_READ)
_ABANDON = (_A.CLOSE_BARRIER, _A.RECORD_ABANDONED)

TIMERS: dict[LaneState, Timer] = {
    _S.READING: Timer.READ,
    _S.WAITING_FOR_PAYMENT: Timer.PAYMENT,
    _S.WAITING_FOR_OPERATOR: Timer.OPERATOR,
    _S.REFUSED: Timer.REFUSED,
    _S.OPENING: Timer.BARRIER,
    _S.OPEN: Timer.PASSAGE,
    _S.BETWEEN: Timer.PASSAGE,
    _S.STRADDLING: Timer.PASSAGE,
    _S.PASSING: Timer.PASSAGE,
    _S.CLOSING: Timer.BARRIER,
    _S.BLOCKED: Timer.PASSAGE,
    _S.STUCK_CLOSED: Timer.BARRIER,
    _S.STUCK_OPEN: Timer.BARRIER,
}
"""The timer that starts when a state is entered, again by every rule that leads back to it, and stops when it is left.

`deciding` and `abandoning` have none: they wait for this server's own disk, and nothing may open before that answers.
"""

RULES: tuple[Rule, ...] = (
    Rule(_S.IDLE, _E.ARMING_ON, _S.READING, _NEXT_VEHICLE),
    Rule(_S.IDLE, _E.OPERATOR_DECIDED, _S.DECIDING, (_A.BEGIN_PASSAGE, _A.ASK_DECISION)),
    Rule(_S.IDLE, _E.BARRIER_FOUND_OPEN, _S.CLOSING, (_A.CLOSE_BARRIER,), closing=False),
    Rule(_S.IDLE, _E.BARRIER_FOUND_OPEN, _S.BLOCKED, closing=True),
    #
    Rule(_S.READING, _E.READ_DONE, _S.DECIDING, (_A.ASK_DECISION,)),
    Rule(_S.READING, _E.READ_FAILED, _S.DECIDING, (_A.REPORT_READ_FAULT, _A.ASK_DECISION)),
    Rule(_S.READING, _E.TIMED_OUT, _S.DECIDING, (_A.REPORT_READ_FAULT, _A.ASK_DECISION)),
    Rule(_S.READING, _E.OPERATOR_DECIDED, _S.DECIDING, (_A.CANCEL_READ, _A.ASK_DECISION)),
    Rule(_S.READING, _E.ARMING_OFF, _S.IDLE, (_A.CANCEL_READ,)),
    #
    Rule(_S.DECIDING, _E.ADMITTED, _S.OPENING, (_A.OPEN_BARRIER,)),
    Rule(_S.DECIDING, _E.NOT_ADMITTED, _S.REFUSED, direction="entry"),
    Rule(_S.DECIDING, _E.PAYMENT_DUE, _S.WAITING_FOR_PAYMENT, direction="exit"),
    Rule(_S.DECIDING, _E.OPERATOR_NEEDED, _S.WAITING_FOR_OPERATOR, direction="exit"),
    Rule(_S.DECIDING, _E.DECISION_FAILED, _S.WAITING_FOR_OPERATOR),
    Rule(_S.DECIDING, _E.ARMING_OFF, _S.ABANDONING),
    #
    Rule(_S.ABANDONING, _E.ADMITTED, _S.READING, (_A.RECORD_ABANDONED, *_NEXT_VEHICLE), arming=True),
    Rule(_S.ABANDONING, _E.ADMITTED, _S.IDLE, (_A.RECORD_ABANDONED,), arming=False),
    Rule(_S.ABANDONING, _E.NOT_ADMITTED, _S.READING, _NEXT_VEHICLE, arming=True, direction="entry"),
    Rule(_S.ABANDONING, _E.NOT_ADMITTED, _S.IDLE, arming=False, direction="entry"),
    Rule(_S.ABANDONING, _E.PAYMENT_DUE, _S.READING, _NEXT_VEHICLE, arming=True, direction="exit"),
    Rule(_S.ABANDONING, _E.PAYMENT_DUE, _S.IDLE, arming=False, direction="exit"),
    Rule(_S.ABANDONING, _E.OPERATOR_NEEDED, _S.READING, _NEXT_VEHICLE, arming=True, direction="exit"),
    Rule(_S.ABANDONING, _E.OPERATOR_NEEDED, _S.IDLE, arming=False, direction="exit"),
    Rule(_S.ABANDONING, _E.DECISION_FAILED, _S.READING, _NEXT_VEHICLE, arming=True),
    Rule(_S.ABANDONING, _E.DECISION_FAILED, _S.IDLE, arming=False),
    #
    Rule(_S.WAITING_FOR_PAYMENT, _E.SETTLEMENT_ARRIVED, _S.DECIDING, (_A.ASK_DECISION,)),
    Rule(_S.WAITING_FOR_PAYMENT, _E.OPERATOR_DECIDED, _S.DECIDING, (_A.ASK_DECISION,)),
    Rule(_S.WAITING_FOR_PAYMENT, _E.TIMED_OUT, _S.DECIDING, (_A.ASK_DECISION,)),
    Rule(_S.WAITING_FOR_PAYMENT, _E.ARMING_OFF, _S.IDLE),
    #
    Rule(_S.WAITING_FOR_OPERATOR, _E.OPERATOR_DECIDED, _S.DECIDING, (_A.ASK_DECISION,)),
    Rule(_S.WAITING_FOR_OPERATOR, _E.TIMED_OUT, _S.READING, (_A.START_READ,), arming=True),
    Rule(_S.WAITING_FOR_OPERATOR, _E.TIMED_OUT, _S.IDLE, arming=False),
    Rule(_S.WAITING_FOR_OPERATOR, _E.ARMING_OFF, _S.IDLE),
    #
    Rule(_S.REFUSED, _E.OPERATOR_DECIDED, _S.DECIDING, (_A.ASK_DECISION,)),
    Rule(_S.REFUSED, _E.TIMED_OUT, _S.DECIDING, (_A.ASK_DECISION,)),
    Rule(_S.REFUSED, _E.ARMING_OFF, _S.IDLE),
    #
    Rule(_S.OPENING, _E.BARRIER_OPENED, _S.OPEN, arming=True),
    Rule(_S.OPENING, _E.BARRIER_OPENED, _S.PASSING, arming=False, closing=True),
    Rule(_S.OPENING, _E.BARRIER_OPENED, _S.BETWEEN, arming=False, closing=False),
    Rule(_S.OPENING, _E.BARRIER_FAILED, _S.STUCK_CLOSED, (_A.REPORT_BARRIER_FAULT,)),
    Rule(_S.OPENING, _E.TIMED_OUT, _S.STUCK_CLOSED, (_A.REPORT_BARRIER_FAULT,)),
    Rule(_S.OPENING, _E.CLOSING_ON, _S.STRADDLING, arming=True),
    Rule(_S.OPENING, _E.CLOSING_ON, _S.PASSING, arming=False),
    Rule(_S.OPENING, _E.ARMING_OFF, _S.PASSING, closing=True),
    Rule(_S.OPENING, _E.ARMING_OFF, _S.BETWEEN, closing=False),
    #
    Rule(_S.OPEN, _E.CLOSING_ON, _S.STRADDLING),
    Rule(_S.OPEN, _E.ARMING_OFF, _S.PASSING, closing=True),
    Rule(_S.OPEN, _E.ARMING_OFF, _S.BETWEEN, closing=False),
    Rule(_S.OPEN, _E.BARRIER_OPENED, _S.OPEN),
    Rule(_S.OPEN, _E.BARRIER_FAILED, _S.STUCK_CLOSED, (_A.REPORT_BARRIER_FAULT,)),
    Rule(_S.OPEN, _E.TIMED_OUT, _S.OPEN, (_A.REPORT_STANDING_VEHICLE,)),
    #
    Rule(_S.BETWEEN, _E.CLOSING_ON, _S.PASSING),
    Rule(_S.BETWEEN, _E.ARMING_ON, _S.CLOSING, _ABANDON),
    Rule(_S.BETWEEN, _E.TIMED_OUT, _S.CLOSING, _ABANDON),
    Rule(_S.BETWEEN, _E.BARRIER_OPENED, _S.BETWEEN),
    Rule(_S.BETWEEN, _E.BARRIER_FAILED, _S.BETWEEN, (_A.REPORT_BARRIER_FAULT,)),
    #
    Rule(_S.STRADDLING, _E.ARMING_OFF, _S.PASSING),
    Rule(_S.STRADDLING, _E.CLOSING_OFF, _S.OPEN),
    Rule(_S.STRADDLING, _E.BARRIER_OPENED, _S.STRADDLING),
    Rule(_S.STRADDLING, _E.BARRIER_FAILED, _S.STRADDLING, (_A.REPORT_BARRIER_FAULT,)),
    Rule(_S.STRADDLING, _E.TIMED_OUT, _S.STRADDLING, (_A.REPORT_STANDING_VEHICLE,)),
    #
    Rule(_S.PASSING, _E.CLOSING_OFF, _S.CLOSING, (_A.CLOSE_BARRIER, _A.RECORD_CONFIRMED)),
    Rule(_S.PASSING, _E.BARRIER_OPENED, _S.PASSING),
    Rule(_S.PASSING, _E.BARRIER_FAILED, _S.PASSING, (_A.REPORT_BARRIER_FAULT,)),
    Rule(_S.PASSING, _E.TIMED_OUT, _S.PASSING, (_A.REPORT_STANDING_VEHICLE,)),
    #
    Rule(_S.CLOSING, _E.BARRIER_CLOSED, _S.READING, _NEXT_VEHICLE, arming=True),
    Rule(_S.CLOSING, _E.BARRIER_CLOSED, _S.IDLE, arming=False),
    Rule(_S.CLOSING, _E.CLOSING_ON, _S.BLOCKED, (_A.OPEN_BARRIER, _A.REPORT_UNREAD_PASSAGE)),
    Rule(_S.CLOSING, _E.BARRIER_FAILED, _S.STUCK_OPEN, (_A.REPORT_BARRIER_FAULT,)),
    Rule(_S.CLOSING, _E.TIMED_OUT, _S.STUCK_OPEN, (_A.REPORT_BARRIER_FAULT,)),
    #
    Rule(_S.BLOCKED, _E.CLOSING_OFF, _S.CLOSING, (_A.CLOSE_BARRIER,)),
    Rule(_S.BLOCKED, _E.BARRIER_OPENED, _S.BLOCKED),
    Rule(_S.BLOCKED, _E.BARRIER_FAILED, _S.BLOCKED, (_A.REPORT_BARRIER_FAULT,)),
    Rule(_S.BLOCKED, _E.TIMED_OUT, _S.BLOCKED, (_A.REPORT_STANDING_VEHICLE,)),
    #
    Rule(_S.STUCK_CLOSED, _E.TIMED_OUT, _S.OPENING, (_A.OPEN_BARRIER,)),
    Rule(_S.STUCK_CLOSED, _E.CLOSING_ON, _S.STRADDLING, arming=True),
    Rule(_S.STUCK_CLOSED, _E.CLOSING_ON, _S.PASSING, arming=False),
    Rule(_S.STUCK_CLOSED, _E.ARMING_OFF, _S.PASSING, closing=True),
    Rule(_S.STUCK_CLOSED, _E.ARMING_OFF, _S.BETWEEN, closing=False),
    #
    Rule(_S.STUCK_OPEN, _E.TIMED_OUT, _S.CLOSING, (_A.CLOSE_BARRIER,), closing=False),
    Rule(_S.STUCK_OPEN, _E.TIMED_OUT, _S.STUCK_OPEN, closing=True),
    Rule(_S.STUCK_OPEN, _E.CLOSING_ON, _S.STUCK_OPEN, (_A.REPORT_UNREAD_PASSAGE,)),
)
"""The whole machine. At most one rule holds for a lane and an event."""

_LOOPS: dict[LaneEvent, tuple[str, bool]] = {
    _E.ARMING_ON: ("arming", True),
    _E.ARMING_OFF: ("arming", False),
    _E.CLOSING_ON: ("closing", True),
    _E.CLOSING_OFF: ("closing", False),
}


def step(lane: Lane, event: LaneEvent) -> tuple[Lane, Rule | None]:
    """The lane after `event`, and the rule that led there.

    The world may do anything: a loop's change is legal in every state, and where no rule names it only the loop is
    remembered (rule None); a change that is none is ignored. Anything else without a rule raises IllegalTransition
    and changes nothing.
    """
    if event in _LOOPS:
        loop, occupied = _LOOPS[event]
        if getattr(lane, loop) == occupied:
            return lane, None
        lane = replace(lane, arming=occupied) if loop == "arming" else replace(lane, closing=occupied)
    for rule in RULES:
        if rule.holds(lane, event):
            return replace(lane, state=rule.target), rule
    if event in _LOOPS:
        return lane, None
    raise IllegalTransition(f"an {lane.direction} lane that is {lane.state} cannot take {event}: it stays as it is")
