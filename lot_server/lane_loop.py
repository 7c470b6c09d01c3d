"""Drives one lane: carries out what the machine in `domain.lane` wants, and tells it what happened.

Everything a lane learns goes through one inbox, one entry after another. Reading, deciding and moving the barrier run
beside it as the lane's one call; the state's timer bounds it, and an answer that comes too late is dropped. Lanes
share nothing but the store, whose jobs are short.
"""

import asyncio
from dataclasses import replace
from functools import partial

from lot_server.decisions import (
    Admitted,
    Approach,
    Decision,
    HeldOpen,
    NotAdmitted,
    OpenLane,
    OperatorNeeded,
    Order,
    PaymentDue,
    Resolve,
    ShowTicket,
)
from lot_server.domain.clock import Clock
from lot_server.domain.lane import RULES, TIMERS, Lane, LaneAction, LaneEvent, LaneState, Rule, Timer, step
from lot_server.domain.money import Money
from lot_server.domain.stay import Direction, Settlement
from lot_server.errors import NothingWaits
from lot_server.handlers import Handlers, SettlementOutcome
from lot_server.held_lane_loop import HeldLaneLoop
from lot_server.identifiers import new_id
from lot_server.lane_calls import Failure, LaneCalls, Outcome, failure_of
from lot_server.lane_codes import LaneCodes
from lot_server.lane_followers import LaneFollowers
from lot_server.lane_inbox import Heard, LaneInbox, OrderedBy
from lot_server.lane_journal import LaneJournal
from lot_server.lane_passages import LanePassages, admitted_stay
from lot_server.lane_setup import LaneHardware, LaneTiming
from lot_server.lane_trust import LaneTrust
from lot_server.lane_view import LaneSnapshot, message_for, takes_codes
from lot_server.lane_world import LaneWorld
from lot_server.ports import LaneMessage, LoopName, PhotoArchive, PlateReader, Transactions
from lot_server.presented import Desk

_TAKES_ORDERS = {rule.source for rule in RULES if rule.event is LaneEvent.OPERATOR_DECIDED}
_TAKES_STAYS = _TAKES_ORDERS - {LaneState.IDLE}
_ON_DISK_FIRST = {LaneState.DECIDING, LaneState.ABANDONING}
_TAKES_MONEY = {LaneState.WAITING_FOR_PAYMENT, LaneState.DECIDING}


class LaneLoop:
    """One lane. `driver_page` is the address that the QR code for paying leads to; `desk` takes tickets and receipts
    at exits, None where nobody reads codes.

    Everything is called on the event loop that runs `run`.
    """

    def __init__(
        self,
        lane_id: str,
        direction: Direction,
        hardware: LaneHardware,
        reader: PlateReader,
        archive: PhotoArchive,
        store: Transactions,
        handlers: Handlers,
        clock: Clock,
        timing: LaneTiming,
        burst_frames: int,
        least_confidence: float,
        driver_page: str,
        desk: Desk | None = None,
    ) -> None:
        self._lane_id = lane_id
        self._store = store
        self._handlers = handlers
        self._clock = clock
        self._timing = timing
        self._driver_page = driver_page
        self._calls = LaneCalls(hardware, reader, archive, store, handlers, clock, burst_frames, least_confidence)
        self._journal = LaneJournal(lane_id, store, handlers)
        self._inbox = LaneInbox(clock)
        self._lane = Lane(direction)
        self._trust = LaneTrust(
            lane_id, clock.real(timing.stuck), self._inbox, self._journal, self._calls,
            lambda: self._lane.state is LaneState.IDLE and not self._held.active,
        )  # fmt: skip
        self._world = LaneWorld(hardware, timing, self._inbox, self._journal, self._trust, store)
        self._followers = LaneFollowers(self._calls, self._journal, timing.read.total_seconds())
        self._passages = LanePassages(lane_id, direction, self._journal, self._followers)
        self._approach: Approach | None = None
        self._decision: Decision | None = None
        self._ordered: OrderedBy | None = None
        self._postponed: OrderedBy | None = None
        self._settled_meanwhile = False
        self._hold: HeldOpen | None = None
        self._held = HeldLaneLoop(
            lane_id, self._calls, self._journal, handlers.leftovers, timing.seconds(Timer.READ, clock)
        )
        self._desk = desk
        self._codes = None if desk is None else LaneCodes(desk, hardware.camera, store, self._journal, self)

    @property
    def lane_id(self) -> str:
        return self._lane_id

    async def run(self) -> None:
        """Live until cancelled."""
        try:
            occupied = await self._world.find_out()
            if occupied:
                await self._resume(occupied)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._world.watch_loops())
                tasks.create_task(self._trust.run())
                tasks.create_task(self._world.show_messages())
                tasks.create_task(self._world.print_slips())
                tasks.create_task(self._listen())
                if self._codes is not None:
                    tasks.create_task(self._codes.watch())
        finally:
            self._inbox.drop_call()
            self._inbox.set_timer(None)
            self._held.cancel()
            self._followers.cancel()
            stops = NothingWaits(f"{self._lane_id} stops: start the lot server again")
            self._answer(stops)
            if self._postponed is not None:
                self._postponed.refuse(stops)

    def snapshot(self) -> LaneSnapshot:
        """The lane now."""
        approach, decision = self._approach, self._decision
        read = approach.read if approach else None
        found = decision.stay_id if isinstance(decision, Admitted | PaymentDue) else None
        return LaneSnapshot(
            lane_id=self._lane_id,
            direction=self._lane.direction,
            state=self._lane.state,
            message=self._world.message.code,
            plate=(decision.plate if decision else None) or (read.plate if read else None),
            due=self._world.message.due,
            steps=self._world.message.steps,
            stay_id=found or (approach.stay_id if approach else None),
            passage_id=approach.passage_id if approach else None,
            qr=self._world.message.qr,
            fault=self._journal.fault,
            candidates=decision.candidates if isinstance(decision, OperatorNeeded) else (),
            photos=read.photos if read else (),
            held=self._hold is not None,
            notice=self._world.message.notice,
        )

    def hold(self, order: HeldOpen) -> None:
        """An emergency holds the barrier open from now on."""
        self._inbox.post_hold(order)

    def let_go(self) -> None:
        """The barrier, open as it is, is the lane's again as soon as nobody is under it."""
        self._inbox.post_hold(None)

    async def resolve(self, stay_id: str, operator: str, reason: str) -> None:
        """An operator says whose vehicle stands at this exit. Raises NothingWaits, UnknownStay."""
        await self.follow(Resolve(stay_id, operator, reason))

    async def open(self, operator: str, reason: str) -> None:
        """An operator lets the vehicle at this lane through. Raises NothingWaits and what a decision raises."""
        await self.follow(OpenLane(operator, reason))

    async def type_code(self, text: str, operator: str, reason: str) -> None:
        """An operator types the ticket or receipt of the vehicle here. Raises NothingWaits, CodeNotTaken."""
        if self._codes is None:
            raise NothingWaits(f"{self.lane_id} takes no codes: nobody reads them here")
        await self._codes.type_in(text, operator, reason)

    def waiting(self) -> Approach | None:
        """The vehicle that waits here for what a ticket or a receipt can bring."""
        return self._approach if takes_codes(self._lane) else None

    async def take_payment(
        self,
        amount: Money,
        provider: str,
        provider_reference: str,
        taken_by: str | None = None,
        tendered_minor: int | None = None,
    ) -> SettlementOutcome:
        """Money taken at the barrier for the stay that waits there; the rest as in `Handlers.apply_settlement`.

        Raises NothingWaits, SettlementConflict, CurrencyMismatch, BadPayment.
        """
        decision = self._decision
        # Priced again in this moment is still asked to pay: money that was taken must be counted.
        if self._lane.state not in _TAKES_MONEY or not isinstance(decision, PaymentDue):
            raise NothingWaits(f"nobody at {self._lane_id} is asked to pay now: look at the lane's state")
        settlement = Settlement(
            settlement_id=new_id(),
            stay_id=decision.stay_id,
            amount=amount,
            provider=provider,
            provider_reference=provider_reference,
            quoted_at=decision.quote.at,
            settled_at=self._clock.now(),
        )
        outcome = await self._store.transact(
            lambda work: self._handlers.apply_settlement(work, settlement, taken_by, tendered_minor)
        )
        self.settlement_arrived(settlement.stay_id)
        return outcome

    def settlement_arrived(self, stay_id: str) -> None:
        """A settlement for a stay is on disk; where it waits here, it is priced again."""
        if self._lane.state is LaneState.DECIDING:
            # The decision under way may have missed it; a vehicle that is then told to pay is priced again at once.
            self._settled_meanwhile = True
        elif self._lane.state is LaneState.WAITING_FOR_PAYMENT and self.snapshot().stay_id == stay_id:
            self._inbox.post_while_here(LaneEvent.SETTLEMENT_ARRIVED)

    # Hearing

    async def _resume(self, occupied: frozenset[LoopName]) -> None:
        """A vehicle stands under the barrier as the server starts: its passage goes on."""
        self._lane = replace(self._lane, arming="arming" in occupied, closing="closing" in occupied)
        resumed = await self._passages.resume()
        if resumed is not None:
            self._approach, self._decision = resumed
            self._handlers.leftovers.begin(self._approach.passage_id)

    async def _listen(self) -> None:
        while True:
            heard = await self._inbox.next()
            try:
                await self._hear(heard)
            except Exception as error:
                await self._journal.failed(failure_of("lane", error))
                if heard.ordered is not None:
                    heard.ordered.refuse(error)

    async def _hear(self, heard: Heard) -> None:
        if heard.hold is not None:
            self._hold = heard.hold.order
        elif self._held.active:
            await self._hear_held(heard)
        else:
            await self._follow(heard)
        await self._change_hands(heard)

    async def _hear_held(self, heard: Heard) -> None:
        if heard.ordered is not None:
            text = f"the barrier of {self._lane_id} is held open: end the emergency before giving orders there"
            heard.ordered.refuse(NothingWaits(text))
        await self._held.hear(heard.outcome.event, heard.at)
        self._time_held()

    async def _change_hands(self, heard: Heard) -> None:
        """Give the lane to an emergency that began, or take it back from one that ended, once it can be."""
        if self._hold is not None and not self._held.active and self._lane.state not in _ON_DISK_FIRST:
            self._inbox.drop_call()
            self._followers.forget()
            self._answer(NothingWaits(f"the barrier of {self._lane_id} is held open now: nobody is asked there"))
            self._held.take_over(self._hold, self._lane, self._approach, self._decision)
            self._approach = self._decision = None
            self._lane = replace(self._lane, state=LaneState.IDLE)
            self._time_held()
            self._world.show(LaneMessage("drive_on"))
        elif self._hold is None and self._held.active and not self._held.on_the_way:
            self._lane = await self._held.give_back(self._lane)
            if not await self._calls.barrier_is_down():
                await self._follow(Heard(Outcome(LaneEvent.BARRIER_FOUND_OPEN), heard.at))
            elif self._lane.arming:
                self._lane = replace(self._lane, arming=False)
                await self._follow(Heard(Outcome(LaneEvent.ARMING_ON), heard.at))
            else:
                self.refresh()

    def _time_held(self) -> None:
        self._inbox.set_timer(self._timing.seconds(Timer.PASSAGE, self._clock) if self._held.awaits else None)

    async def _follow(self, heard: Heard) -> None:
        outcome = heard.outcome
        if heard.ordered is not None and not self._take(heard.ordered):
            return
        self._lane, rule = step(self._lane, outcome.event)
        if rule is None:
            return
        if outcome.event is LaneEvent.TIMED_OUT:
            self._inbox.drop_call()
        timer = TIMERS.get(rule.target)
        self._inbox.set_timer(None if timer is None else self._timing.seconds(timer, self._clock))
        await self._learn(outcome)
        for action in rule.actions:
            await self._carry_out(action, heard, rule)
        self._trust.followed(rule, outcome)
        if outcome.event is LaneEvent.CLOSING_OFF:
            self._followers.forget()
        if rule.target is LaneState.IDLE:
            self._rest()
        if rule.target is LaneState.WAITING_FOR_PAYMENT and self._settled_meanwhile:
            self._inbox.post_while_here(LaneEvent.SETTLEMENT_ARRIVED)
        self.refresh()
        if outcome.decision is not None or outcome.error is not None:
            self._answer(outcome.error)
        if self._postponed is not None and self._lane.state is not LaneState.DECIDING:
            ordered, self._postponed = self._postponed, None
            await self._hear(Heard(Outcome(LaneEvent.OPERATOR_DECIDED), heard.at, ordered=ordered))

    async def _learn(self, outcome: Outcome) -> None:
        """Take over what a call brought, and keep account of what works."""
        if self._approach is not None and outcome.read is not None:
            self._approach = replace(self._approach, read=outcome.read)
        if outcome.decision is not None:
            self._take_over(outcome.decision)
            await self._journal.works("store", "decision")
        if outcome.error is not None and self._ordered is None:
            await self._journal.failed(failure_of("decision", outcome.error))
        if outcome.event is LaneEvent.READ_DONE:
            await self._journal.works("camera", "reader")
            if outcome.failure is None:
                await self._journal.works("archive")
            else:
                await self._journal.failed(outcome.failure)
        elif outcome.event is LaneEvent.OTHER_VEHICLE and outcome.failure is not None:
            await self._journal.failed(outcome.failure)
        if outcome.event in (LaneEvent.BARRIER_OPENED, LaneEvent.BARRIER_CLOSED):
            await self._journal.works("barrier")

    def _take_over(self, decision: Decision) -> None:
        self._decision = decision
        if self._desk is not None and isinstance(decision, Admitted) and decision.ticket_id is not None:
            self._world.print(partial(self._desk.slip, ticket_id=decision.ticket_id, page=self._driver_page))
        if self._approach is not None and isinstance(decision, PaymentDue):
            chosen = self._ordered.order if self._ordered else self._approach.chosen
            self._approach = replace(self._approach, stay_id=decision.stay_id, chosen=chosen)
        if self._approach is not None and isinstance(decision, NotAdmitted):
            self._approach = replace(self._approach, refused=decision.reason)

    # Acting

    async def _carry_out(self, action: LaneAction, heard: Heard, rule: Rule) -> None:
        match action:
            case LaneAction.BEGIN_PASSAGE:
                self._forget()
                self._approach = Approach(new_id(), self._lane_id, self._lane.direction)
                self._handlers.leftovers.begin(self._approach.passage_id)
            case LaneAction.START_READ:
                # A vehicle that is read again may belong to another stay than was thought.
                self._approach = replace(self._here(), stay_id=None, chosen=None)
                self._inbox.start_call(self._calls.read)
            case LaneAction.LOOK_AGAIN:
                self._inbox.start_call(partial(self._calls.look_again, admitted_stay(self._decision)))
            case LaneAction.CANCEL_READ:
                self._inbox.drop_call()
            case LaneAction.ASK_DECISION:
                self._settled_meanwhile = False
                order = self._ordered.order if self._ordered else None
                self._inbox.start_call(partial(self._calls.decide, replace(self._here(), order=order)))
            case LaneAction.OPEN_BARRIER:
                self._inbox.start_call(self._calls.open)
            case LaneAction.CLOSE_BARRIER:
                self._inbox.start_call(self._calls.close)
            case LaneAction.RECORD_CONFIRMED:
                await self._passages.confirm(self._here(), self._decision, heard.at)
                self._forget()
            case LaneAction.RECORD_ABANDONED:
                await self._passages.abandon(self._here(), self._decision)
                self._forget()
            case LaneAction.REPORT_READ_FAULT:
                late = Failure("camera", "read_timed_out", "camera and reader took too long: check both")
                await self._journal.failed(heard.outcome.failure or late)
            case LaneAction.REPORT_BARRIER_FAULT:
                late = Failure("barrier", "barrier_timed_out", "the barrier took too long: look at it")
                await self._journal.failed(heard.outcome.failure or late)
            case LaneAction.WATCH_FOLLOWER:
                self._followers.watch(rule.source)
            case LaneAction.RECORD_FOLLOWER:
                self._followers.count(self._here(), heard.at)
            case LaneAction.REPORT_POSSIBLE_FOLLOWER:
                self._followers.suspect(self._here())
            case LaneAction.REPORT_STANDING_VEHICLE:
                await self._journal.stands(self._here())

    def _rest(self) -> None:
        """Nobody is here: what nobody waits for any more is dropped, and the barrier may come down again."""
        self._inbox.drop_call()
        self._forget()
        if self._lane.blind and self._trust.closing_found:
            self._inbox.post(LaneEvent.CLOSING_FOUND)

    def _here(self) -> Approach:
        """The vehicle at the lane; a new one where nobody was let in, as behind another vehicle."""
        if self._approach is None:
            self._approach = Approach(new_id(), self._lane_id, self._lane.direction)
        return self._approach

    def _forget(self) -> None:
        if self._approach is not None:
            self._handlers.leftovers.end(self._approach.passage_id)
        self._approach = self._decision = None

    def refresh(self) -> None:
        """Show the display's message anew; in an emergency it stays."""
        if self._held.active:
            return
        lane, shown = self._lane, self._world.message
        lot_id = None if self._desk is None else self._desk.lot_id
        message = message_for(lane.state, lane.direction, self._decision, self._driver_page, lot_id, shown)
        self._world.show(replace(message, notice=None if self._codes is None else self._codes.notice()))
        if self._codes is not None:
            self._codes.follow_lane()

    # Orders

    async def follow(self, order: Order) -> None:
        """Carry out an order. Raises NothingWaits and what a decision raises."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.post(LaneEvent.OPERATOR_DECIDED, OrderedBy(order, answer))
        await answer

    def _take(self, ordered: OrderedBy) -> bool:
        """Whether the lane can follow an order now; else its giver is told, or waits for the decision under way."""
        if self._lane.state is LaneState.DECIDING and self._postponed is None:
            # A decision takes moments, and one that is asked for again and again must not swallow a press of a button.
            self._postponed = ordered
            return False
        names_a_stay = isinstance(ordered.order, Resolve | ShowTicket)
        takes = _TAKES_STAYS if names_a_stay else _TAKES_ORDERS
        if self._lane.state not in takes or (names_a_stay and self._lane.direction == "entry"):
            text = f"{self._lane_id} is {self._lane.state} and takes no such order now: look at the lane's state"
            ordered.refuse(NothingWaits(text))
            return False
        self._ordered = ordered
        return True

    def _answer(self, error: Exception | None) -> None:
        ordered, self._ordered = self._ordered, None
        if ordered is not None and error is not None:
            ordered.refuse(error)
        elif ordered is not None:
            ordered.done()
