"""One lane as a state machine: a pure table of rules, no input or output, no clock.

`step` takes a lane and an event and returns the lane afterwards with the actions that `lot_server.lane_loop` carries
out. The machine knows the two loops; everything else about the vehicle stays outside. docs/lane.md draws the table.
"""

from dataclasses import dataclass, replace

from lot_server.domain.errors import IllegalTransition
from lot_server.domain.lane_states import LaneAction, LaneEvent, LaneState, Timer
from lot_server.domain.stay import Direction

__all__ = ["RULES", "TIMERS", "WORLD", "Lane", "LaneAction", "LaneEvent", "LaneState", "Rule", "Timer", "step"]


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane's state and what its loops feel; `blind` where the closing loop is not to be trusted."""

    direction: Direction
    state: LaneState = LaneState.IDLE
    arming: bool = False
    closing: bool = False
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """In `source`, `event` leads to `target` with `actions`.

    `arming`, `closing`, `blind` (as the event leaves them) and `direction` narrow where the rule holds; None is any.
    """

    source: LaneState
    event: LaneEvent
    target: LaneState
    actions: tuple[LaneAction, ...] = ()
    arming: bool | None = None
    closing: bool | None = None
    direction: Direction | None = None
    blind: bool | None = None

    def holds(self, lane: Lane, event: LaneEvent) -> bool:
        return (
            (self.source, self.event) == (lane.state, event)
            and self.arming in (None, lane.arming)
            and self.closing in (None, lane.closing)
            and self.direction in (None, lane.direction)
            and self.blind in (None, lane.blind)
        )


_S, _E, _A = LaneState, LaneEvent, LaneAction
_NEXT_VEHICLE = (_A.BEGIN_PASSAGE, _A.START_READ)
_ABANDON = (_A.CLOSE_BARRIER, _A.RECORD_ABANDONED)
_CONFIRM = (_A.CLOSE_BARRIER, _A.RECORD_CONFIRMED)
_COUNT = (_A.CLOSE_BARRIER, _A.RECORD_FOLLOWER)

TIMERS: dict[LaneState, Timer] = {
    _S.READING: Timer.READ,
    _S.WAITING_FOR_PAYMENT: Timer.PAYMENT,
    _S.WAITING_FOR_OPERATOR: Timer.OPERATOR,
    _S.REFUSED: Timer.REFUSED,
    _S.OPENING: Timer.BARRIER,
    _S.OPEN: Timer.PASSAGE,
    _S.BETWEEN: Timer.PASSAGE,
    _S.STRADDLING: Timer.PASSAGE,
    _S.UNSURE: Timer.READ,
    _S.PASSING: Timer.PASSAGE,
    _S.CLOSING: Timer.BARRIER,
    _S.FOLLOWED: Timer.PASSAGE,
    _S.BLOCKED: Timer.PASSAGE,
    _S.STUCK_CLOSED: Timer.BARRIER,
    _S.STUCK_OPEN: Timer.BARRIER,
}
"""The timer that starts when a state is entered, again by every rule that leads back to it, and stops when it is left.

`deciding` and `abandoning` have none: they wait for this server's own disk, and nothing may open before that answers.
"""

RULES: tuple[Rule, ...] = (
    Rule(_S.IDLE, _E.ARMING_ON, _S.READING, _NEXT_VEHICLE),
    Rule(_S.IDLE, _E.VEHICLE_SEEN, _S.READING, _NEXT_VEHICLE),
    Rule(_S.IDLE, _E.OPERATOR_DECIDED, _S.DECIDING, (_A.BEGIN_PASSAGE, _A.ASK_DECISION)),
    Rule(_S.IDLE, _E.PASSAGE_FOUND, _S.STRADDLING, arming=True, closing=True),
    Rule(_S.IDLE, _E.PASSAGE_FOUND, _S.PASSING, arming=False, closing=True),
    Rule(_S.IDLE, _E.BARRIER_FOUND_OPEN, _S.CLOSING, (_A.CLOSE_BARRIER,), closing=False, blind=False),
    Rule(_S.IDLE, _E.BARRIER_FOUND_OPEN, _S.BLOCKED, closing=True, blind=False),
    Rule(_S.IDLE, _E.BARRIER_FOUND_OPEN, _S.IDLE, blind=True),
    Rule(_S.IDLE, _E.CLOSING_FOUND, _S.CLOSING, (_A.CLOSE_BARRIER,), closing=False, blind=True),
    Rule(_S.IDLE, _E.CLOSING_FOUND, _S.FOLLOWED, closing=True, blind=True),
    Rule(_S.IDLE, _E.CLOSING_ON, _S.IDLE, (_A.WATCH_FOLLOWER,)),
    Rule(_S.IDLE, _E.CLOSING_OFF, _S.IDLE, (_A.RECORD_FOLLOWER,)),
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
    Rule(_S.WAITING_FOR_PAYMENT, _E.TIMED_OUT, _S.DECIDING, (_A.ASK_DECISION,), arming=True),
    Rule(_S.WAITING_FOR_PAYMENT, _E.TIMED_OUT, _S.IDLE, arming=False),
    Rule(_S.WAITING_FOR_PAYMENT, _E.ARMING_OFF, _S.IDLE),
    Rule(_S.WAITING_FOR_PAYMENT, _E.CLOSING_ON, _S.WAITING_FOR_PAYMENT, (_A.WATCH_FOLLOWER,)),
    Rule(_S.WAITING_FOR_PAYMENT, _E.CLOSING_OFF, _S.WAITING_FOR_PAYMENT, (_A.RECORD_FOLLOWER,)),
    #
    Rule(_S.WAITING_FOR_OPERATOR, _E.OPERATOR_DECIDED, _S.DECIDING, (_A.ASK_DECISION,)),
    Rule(_S.WAITING_FOR_OPERATOR, _E.TIMED_OUT, _S.READING, (_A.START_READ,), arming=True),
    Rule(_S.WAITING_FOR_OPERATOR, _E.TIMED_OUT, _S.IDLE, arming=False),
    Rule(_S.WAITING_FOR_OPERATOR, _E.ARMING_OFF, _S.IDLE),
    Rule(_S.WAITING_FOR_OPERATOR, _E.CLOSING_ON, _S.WAITING_FOR_OPERATOR, (_A.WATCH_FOLLOWER,)),
    Rule(_S.WAITING_FOR_OPERATOR, _E.CLOSING_OFF, _S.WAITING_FOR_OPERATOR, (_A.RECORD_FOLLOWER,)),
    #
    Rule(_S.REFUSED, _E.OPERATOR_DECIDED, _S.DECIDING, (_A.ASK_DECISION,)),
    Rule(_S.REFUSED, _E.TIMED_OUT, _S.DECIDING, (_A.ASK_DECISION,), arming=True),
    Rule(_S.REFUSED, _E.TIMED_OUT, _S.IDLE, arming=False),
    Rule(_S.REFUSED, _E.ARMING_OFF, _S.IDLE),
    Rule(_S.REFUSED, _E.CLOSING_ON, _S.REFUSED, (_A.WATCH_FOLLOWER,)),
    Rule(_S.REFUSED, _E.CLOSING_OFF, _S.REFUSED, (_A.RECORD_FOLLOWER,)),
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
    Rule(_S.BETWEEN, _E.ARMING_ON, _S.CLOSING, _ABANDON, blind=False),
    Rule(_S.BETWEEN, _E.ARMING_ON, _S.READING, (_A.RECORD_CONFIRMED, *_NEXT_VEHICLE), blind=True),
    Rule(_S.BETWEEN, _E.TIMED_OUT, _S.CLOSING, _ABANDON, blind=False),
    Rule(_S.BETWEEN, _E.TIMED_OUT, _S.IDLE, (_A.RECORD_CONFIRMED,), blind=True),
    Rule(_S.BETWEEN, _E.BARRIER_OPENED, _S.BETWEEN),
    Rule(_S.BETWEEN, _E.BARRIER_FAILED, _S.BETWEEN, (_A.REPORT_BARRIER_FAULT,)),
    #
    Rule(_S.STRADDLING, _E.ARMING_OFF, _S.PASSING),
    Rule(_S.STRADDLING, _E.CLOSING_OFF, _S.UNSURE, (_A.LOOK_AGAIN,)),
    Rule(_S.STRADDLING, _E.CLOSING_LOST, _S.OPEN),
    Rule(_S.STRADDLING, _E.BARRIER_OPENED, _S.STRADDLING),
    Rule(_S.STRADDLING, _E.BARRIER_FAILED, _S.STRADDLING, (_A.REPORT_BARRIER_FAULT,)),
    Rule(_S.STRADDLING, _E.TIMED_OUT, _S.STRADDLING, (_A.REPORT_STANDING_VEHICLE,)),
    #
    Rule(_S.UNSURE, _E.SAME_VEHICLE, _S.OPEN),
    Rule(_S.UNSURE, _E.OTHER_VEHICLE, _S.CLOSING, _CONFIRM, blind=False),
    Rule(_S.UNSURE, _E.OTHER_VEHICLE, _S.READING, (_A.RECORD_CONFIRMED, *_NEXT_VEHICLE), blind=True),
    Rule(_S.UNSURE, _E.TIMED_OUT, _S.CLOSING, _CONFIRM, blind=False),
    Rule(_S.UNSURE, _E.TIMED_OUT, _S.READING, (_A.RECORD_CONFIRMED, *_NEXT_VEHICLE), blind=True),
    Rule(_S.UNSURE, _E.CLOSING_ON, _S.FOLLOWED, (_A.RECORD_CONFIRMED, _A.WATCH_FOLLOWER)),
    Rule(_S.UNSURE, _E.ARMING_OFF, _S.BETWEEN, (_A.CANCEL_READ,)),
    #
    Rule(_S.PASSING, _E.CLOSING_OFF, _S.CLOSING, _CONFIRM, blind=False),
    Rule(_S.PASSING, _E.CLOSING_OFF, _S.READING, (_A.RECORD_CONFIRMED, *_NEXT_VEHICLE), blind=True, arming=True),
    Rule(_S.PASSING, _E.CLOSING_OFF, _S.IDLE, (_A.RECORD_CONFIRMED,), blind=True, arming=False),
    Rule(_S.PASSING, _E.CLOSING_LOST, _S.READING, (_A.RECORD_CONFIRMED, *_NEXT_VEHICLE), arming=True),
    Rule(_S.PASSING, _E.CLOSING_LOST, _S.IDLE, (_A.RECORD_CONFIRMED,), arming=False),
    Rule(_S.PASSING, _E.ARMING_OFF, _S.PASSING, (_A.REPORT_POSSIBLE_FOLLOWER,)),
    Rule(_S.PASSING, _E.BARRIER_OPENED, _S.PASSING),
    Rule(_S.PASSING, _E.BARRIER_FAILED, _S.PASSING, (_A.REPORT_BARRIER_FAULT,)),
    Rule(_S.PASSING, _E.TIMED_OUT, _S.PASSING, (_A.REPORT_STANDING_VEHICLE,)),
    #
    Rule(_S.CLOSING, _E.BARRIER_CLOSED, _S.READING, _NEXT_VEHICLE, arming=True),
    Rule(_S.CLOSING, _E.BARRIER_CLOSED, _S.IDLE, arming=False),
    Rule(_S.CLOSING, _E.CLOSING_ON, _S.FOLLOWED, (_A.OPEN_BARRIER, _A.WATCH_FOLLOWER)),
    Rule(_S.CLOSING, _E.BARRIER_FAILED, _S.STUCK_OPEN, (_A.REPORT_BARRIER_FAULT,)),
    Rule(_S.CLOSING, _E.TIMED_OUT, _S.STUCK_OPEN, (_A.REPORT_BARRIER_FAULT,)),
    #
    Rule(_S.FOLLOWED, _E.CLOSING_OFF, _S.CLOSING, _COUNT, blind=False),
    Rule(_S.FOLLOWED, _E.CLOSING_OFF, _S.READING, (_A.RECORD_FOLLOWER, *_NEXT_VEHICLE), blind=True, arming=True),
    Rule(_S.FOLLOWED, _E.CLOSING_OFF, _S.IDLE, (_A.RECORD_FOLLOWER,), blind=True, arming=False),
    Rule(_S.FOLLOWED, _E.CLOSING_LOST, _S.READING, (_A.RECORD_FOLLOWER, *_NEXT_VEHICLE), arming=True),
    Rule(_S.FOLLOWED, _E.CLOSING_LOST, _S.IDLE, (_A.RECORD_FOLLOWER,), arming=False),
    Rule(_S.FOLLOWED, _E.BARRIER_OPENED, _S.FOLLOWED),
    Rule(_S.FOLLOWED, _E.BARRIER_FAILED, _S.FOLLOWED, (_A.REPORT_BARRIER_FAULT,)),
    Rule(_S.FOLLOWED, _E.TIMED_OUT, _S.FOLLOWED, (_A.REPORT_STANDING_VEHICLE,)),
    #
    Rule(_S.BLOCKED, _E.CLOSING_OFF, _S.CLOSING, (_A.CLOSE_BARRIER,), blind=False),
    Rule(_S.BLOCKED, _E.CLOSING_LOST, _S.READING, _NEXT_VEHICLE, arming=True),
    Rule(_S.BLOCKED, _E.CLOSING_LOST, _S.IDLE, arming=False),
    Rule(_S.BLOCKED, _E.TIMED_OUT, _S.BLOCKED, (_A.REPORT_STANDING_VEHICLE,)),
    #
    Rule(_S.STUCK_CLOSED, _E.TIMED_OUT, _S.OPENING, (_A.OPEN_BARRIER,)),
    Rule(_S.STUCK_CLOSED, _E.CLOSING_ON, _S.STRADDLING, arming=True),
    Rule(_S.STUCK_CLOSED, _E.CLOSING_ON, _S.PASSING, arming=False),
    Rule(_S.STUCK_CLOSED, _E.ARMING_OFF, _S.PASSING, closing=True),
    Rule(_S.STUCK_CLOSED, _E.ARMING_OFF, _S.BETWEEN, closing=False),
    #
    Rule(_S.STUCK_OPEN, _E.TIMED_OUT, _S.CLOSING, (_A.CLOSE_BARRIER,), closing=False, blind=False),
    Rule(_S.STUCK_OPEN, _E.TIMED_OUT, _S.STUCK_OPEN, closing=True, blind=False),
    Rule(_S.STUCK_OPEN, _E.TIMED_OUT, _S.READING, _NEXT_VEHICLE, blind=True, arming=True),
    Rule(_S.STUCK_OPEN, _E.TIMED_OUT, _S.IDLE, blind=True, arming=False),
    Rule(_S.STUCK_OPEN, _E.CLOSING_ON, _S.STUCK_OPEN, (_A.WATCH_FOLLOWER,)),
    Rule(_S.STUCK_OPEN, _E.CLOSING_OFF, _S.STUCK_OPEN, (_A.RECORD_FOLLOWER,)),
)
"""The whole machine. At most one rule holds for a lane and an event."""

_LOOPS: dict[LaneEvent, tuple[str, bool]] = {
    _E.ARMING_ON: ("arming", True),
    _E.ARMING_OFF: ("arming", False),
    _E.CLOSING_ON: ("closing", True),
    _E.CLOSING_OFF: ("closing", False),
}
WORLD = {*_LOOPS, _E.VEHICLE_SEEN, _E.CLOSING_LOST, _E.CLOSING_FOUND}
"""What may be heard at any time."""


def step(lane: Lane, event: LaneEvent) -> tuple[Lane, Rule | None]:
    """The lane after `event`, and the rule that led there.

    The world may do anything: what the loops and the camera say (`WORLD`) is legal in every state, and where no rule
    names it only the loop is remembered (rule None); a change that is none is ignored. Anything else without a rule
    raises IllegalTransition and changes nothing.
    """
    if event in _LOOPS:
        loop, occupied = _LOOPS[event]
        if getattr(lane, loop) == occupied:
            return lane, None
        lane = replace(lane, arming=occupied) if loop == "arming" else replace(lane, closing=occupied)
    elif event is LaneEvent.CLOSING_LOST:
        lane = replace(lane, closing=False, blind=True)
    for rule in RULES:
        if rule.holds(lane, event):
            return replace(lane, state=rule.target, blind=lane.blind and event is not _E.CLOSING_FOUND), rule
    if event in WORLD:
        return lane, None
    raise IllegalTransition(f"an {lane.direction} lane that is {lane.state} cannot take {event}: it stays as it is")
