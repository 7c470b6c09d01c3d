"""Whether the lot's clock may be believed: doubted at the start or while it runs, and trusted again.

A doubt stops nothing. It is a fact, as is its end; what was recorded in between is then re-timed.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from lot_server import alerts
from lot_server.alerts import LOT
from lot_server.domain.clock import to_text
from lot_server.domain.clock_trust import TOLERANCE, ClockDoubt, DoubtEnd, DoubtReason, doubt_at_start
from lot_server.domain.events import ClockDoubted, ClockDoubtEnded
from lot_server.errors import ClockNotDoubted
from lot_server.ports import Transactions, Work
from lot_server.retiming import retime
from lot_server.steady_clock import SteadyClock

log = logging.getLogger(__name__)
DOUBTED, DIFFERS, NEVER_KNOWN = "clock_doubted", "clock_differs", "clock_never_known"
"""The codes of alerts: while the clock is in doubt; where a synchronised clock and the cloud's disagree; and where a
doubt ended without anybody knowing how far the clock was off."""
LOOK_SECONDS = 1.0
CLOUD_DIFFERS = timedelta(minutes=1)
"""From when on the cloud's time makes this clock doubtful; less is no fee's worth, and much a slow network's doing."""


class Machine(Protocol):
    """What the machine says of its clock; `machine_time.MachineTime` is this one's."""

    def synchronised(self) -> bool | None: ...

    def has_service(self) -> bool: ...

    def boot_id(self) -> str: ...


def begin_clock(work: Work, clock: SteadyClock, machine: Machine) -> None:
    """Set the clock as the lot starts, and record a doubt where there is one.

    Where the machine has not started anew since the last doubt, the clock goes on as that left it. An open doubt of an
    earlier start ends: what it recorded stays unsure.
    """
    seq, last, boot_id = work.head()[0], work.last_recorded(), machine.boot_id()
    known = work.last_clock_doubt()
    if known is not None and known.boot_id == boot_id != "":
        here = known.now(clock.elapsed())
        if known.shift is None or abs(clock.machine - here) >= TOLERANCE:
            clock.set(here)
        return
    reason = doubt_at_start(clock.machine, last, machine.synchronised(), machine.has_service())
    if last is not None and reason == "behind_last_fact":
        clock.set(last)
    if known is not None and known.shift is None:
        work.record(ClockDoubtEnded(known.seq, "restart", LOT, "the machine started again", 0), clock.now())
        _resolve(work, clock.now(), LOT, "the machine started again")
        text = (
            f"how far the clock was off after it showed {to_text(known.doubted_at)} will not be known: check the stays"
        )
        alerts.raise_once(work, clock.now(), NEVER_KNOWN, text, lane_id=None)
    if reason is not None:
        record_doubt(work, clock, machine, reason, seq)


def record_doubt(work: Work, clock: SteadyClock, machine: Machine, reason: DoubtReason, since_seq: int) -> int:
    """The facts after `since_seq` may bear wrong instants; the seq of the fact that says so."""
    at = clock.now()
    boot_us = round(clock.elapsed() * 1_000_000)
    log.warning("the lot's clock is in doubt: %s; it shows %s", reason, to_text(at))
    return work.record(ClockDoubted(reason, since_seq, machine.boot_id(), boot_us), at).seq


class ClockWatch:
    """Watches the clock of a running lot."""

    def __init__(self, clock: SteadyClock, store: Transactions, machine: Machine) -> None:
        self._clock = clock
        self._store = store
        self._machine = machine
        self._began_seq: int | None = None
        self._accepted = clock.apart()
        """How far the machine's clock was ahead when this one was last known to be right."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except Exception:
                # The store says itself what is wrong with it; the clock goes on whatever it does.
                log.exception("the clock could not be looked after")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Trust a clock that was set by its time service, doubt one that was set by nobody known."""
        apart, synchronised = self._clock.apart(), self._machine.synchronised()
        if self._began_seq is None:
            self._began_seq = (await self._store.transact(lambda work: work.head()))[0]
        doubt = await self._store.transact(self._told)
        if abs(apart) < TOLERANCE:
            self._accepted = timedelta()
        stepped = abs(apart - self._accepted) >= TOLERANCE
        if doubt is None and stepped:
            await self._store.transact(partial(self._doubt, reason="stepped"))
        elif doubt is not None and synchronised:
            await self._trust("time_service", "time service", "it set the machine's clock", self._clock.machine)
        elif doubt is not None and doubt.reason == "stepped" and not stepped:
            await self._trust("machine", "machine", "its clock was set back", self._clock.now())

    @property
    def machine(self) -> datetime:
        """What the machine's own clock shows."""
        return self._clock.machine

    @property
    def synchronised(self) -> bool | None:
        """Whether a time service keeps the machine's clock; None where nobody says."""
        return self._machine.synchronised()

    async def confirm(self, operator: str, reason: str, instant: datetime | None) -> timedelta:
        """An operator says what time it is now (None: what the machine shows); by how much the clock was moved.

        Raises ClockNotDoubted where no instant is given and there is no doubt.
        """
        if instant is None and await self._store.transact(lambda work: work.clock_doubt()) is None:
            raise ClockNotDoubted("the clock is not in doubt: give the time to set it all the same")
        return await self._trust("operator", operator, reason, instant or self._clock.machine)

    async def hear_cloud(self, cloud_at: datetime, round_trip_s: float) -> None:
        """The cloud's clock showed `cloud_at` within the last `round_trip_s` real seconds."""
        ahead = cloud_at - self._clock.now()
        bound = CLOUD_DIFFERS + timedelta(seconds=round_trip_s)
        doubt = await self._store.transact(lambda work: work.clock_doubt())
        if doubt is None and abs(ahead) <= bound:
            return
        if doubt is None and self._machine.synchronised():
            text = f"the cloud's clock is {ahead} ahead of this one, which its time service keeps: look at both"
            await self._store.transact(partial(self._alert, code=DIFFERS, text=text))
            return
        if doubt is None:
            job = partial(self._doubt, reason="cloud_differs", since_seq=self._began_seq)
            await self._store.transact(job)
        # Nearer than the network lets anybody see there is nothing to move.
        instant = self._clock.now() + (timedelta() if abs(ahead) <= timedelta(seconds=round_trip_s) else ahead)
        await self._trust("cloud", "cloud", "its clock, heard over the mirror's connection", instant)

    def _doubt(self, work: Work, reason: DoubtReason, since_seq: int | None = None) -> None:
        since = work.head()[0] if since_seq is None else since_seq
        if work.clock_doubt() is None:
            record_doubt(work, self._clock, self._machine, reason, since)
        self._told(work)

    def _told(self, work: Work) -> ClockDoubt | None:
        """The doubt, with an alert about it."""
        doubt = work.clock_doubt()
        if doubt is not None:
            text = (
                f"the lot's clock is in doubt ({doubt.reason}) since it showed {to_text(doubt.doubted_at)}: "
                "compare it with a watch and say so with `openlot lot clock confirm`"
            )
            self._alert(work, DOUBTED, text)
        return doubt

    def _alert(self, work: Work, code: str, text: str) -> None:
        alerts.raise_once(work, self._clock.now(), code, text, lane_id=None)

    async def _trust(self, source: DoubtEnd, actor: str, reason: str, instant: datetime) -> timedelta:
        """Move the clock to `instant` and all that was recorded in doubt with it, in one transaction."""
        before, began = self._clock.now(), self._clock.elapsed()

        def job(work: Work) -> timedelta:
            # The store's thread may have been busy: the instant has moved on meanwhile.
            now = self._clock.now()
            shift = instant + timedelta(seconds=self._clock.elapsed() - began) - now
            if abs(shift) < TOLERANCE:
                shift = timedelta()
            self._end(work, source, actor, reason, shift)
            return shift

        try:
            shift = await self._store.transact(job)
        except BaseException:
            self._clock.set(before + timedelta(seconds=self._clock.elapsed() - began))
            raise
        self._accepted = self._clock.apart()
        log.warning("the lot's clock is trusted again (%s), moved by %s", source, shift)
        return shift

    def _end(self, work: Work, source: DoubtEnd, actor: str, reason: str, shift: timedelta) -> None:
        doubt = work.clock_doubt()
        seq, since = (doubt.seq, doubt.since_seq) if doubt else (None, work.head()[0])
        if seq is None:
            seq = record_doubt(work, self._clock, self._machine, "told", since)
        now = self._clock.now() + shift
        # In the store's thread, where lanes decide: none of them sees old instants by the new clock, or the other way.
        self._clock.set(now)
        work.record(ClockDoubtEnded(seq, source, actor, reason, shift // timedelta(microseconds=1)), now)
        if shift:
            retime(work, since, shift, now)
        _resolve(work, now, actor, reason)


def _resolve(work: Work, now: datetime, actor: str, reason: str) -> None:
    for alert in work.open_alerts():
        if alert.raised.code in (DOUBTED, DIFFERS):
            alerts.resolve_one(work, now, alert, actor, reason)
