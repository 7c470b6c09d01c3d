"""The operator's desk: one person who knows every vehicle again by sight, and the money that is taken at the lanes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from benchmarks.week.clocks import WeekClock
from benchmarks.week.errors import LotDown
from benchmarks.week.journal import DRIVES_THROUGH_S, Account, Payment, WeekJournal
from benchmarks.week.lot import WeekLot
from benchmarks.week.plan import Visit
from lot_server.domain.errors import DomainError
from lot_server.domain.money import Money
from lot_server.domain.stay import Stay
from lot_server.errors import LotError, NothingWaits
from lot_server.store.unit_of_work import SqliteWork

T = TypeVar("T")
NAME = "week-operator"
PATIENCE_S = 20.0
"""After which an order was lost, with the power."""


class Desk:
    """What an operator does over the console, by the same orders and with the same notes in the audit trail."""

    def __init__(self, lot: WeekLot, journal: WeekJournal, clock: WeekClock) -> None:
        self._lot, self._journal, self._clock = lot, journal, clock

    async def attempt(self, job: Callable[[SqliteWork], T], what: str) -> None:
        """Have something recorded; a refusal is noted."""
        async with self._ordering(what):
            await self._lot.ask(job)

    async def open_entry(self, visit: Visit, reason: str) -> None:
        """Let a vehicle in that the lane cannot; what prevents a decision prevents the order, too."""
        async with self._ordering(visit.name):
            lane = self._lot.lane(visit.entry)
            await self._lot.lot.note(NAME, "open_lane", visit.entry, reason)
            await lane.open(NAME, reason)
            self._journal.account(visit.number).operator.append(f"{visit.entry} opened, {reason}")

    async def help_out(self, visit: Visit, account: Account) -> None:
        """Say whose vehicle stands at an exit, or let it out where the lot knows no stay of it."""
        own = account.came.stay_id if account.came is not None else None
        async with self._ordering(visit.name):
            lane = self._lot.lane(visit.exit)
            stay = await self._lot.ask(lambda work: work.stay(own) if own is not None else _by_its_photo(work, account))
            if stay is not None and stay.state in ("open", "intended"):
                reason = "same vehicle on both photos" if stay.plate is not None else "ticket shown"
                await self._lot.lot.note(NAME, "resolve_stay", f"{visit.exit} {stay.stay_id}", reason)
                await lane.resolve(stay.stay_id, NAME, reason)
                account.operator.append(f"{visit.exit} resolved")
            else:
                reason = "it came in on another's opening" if account.followed else "its stay has ended without it"
                await self._lot.lot.note(NAME, "open_lane", visit.exit, reason)
                await lane.open(NAME, reason)
                account.operator.append(f"{visit.exit} opened, {reason}")

    async def take_money(self, visit: Visit, due: Money | None) -> None:
        """The terminal, or cash at the desk, takes what the display asks for."""
        if due is None:
            return
        account = self._journal.account(visit.number)
        provider, letter = ("cash", "c") if visit.pays == "cash" else ("terminal", "t")
        reference = f"{letter}-{visit.number}-{len(account.paid)}"
        async with self._ordering(visit.name):
            lane = self._lot.lane(visit.exit)
            await self._lot.lot.note(NAME, "take_payment", visit.exit, f"{due}, {provider} {reference}")
            await lane.take_payment(due, provider, reference)
            self._journal.payments.append(Payment(visit.number, provider, reference, due))
            account.paid.append(due)

    async def reconcile(self) -> None:
        """Say of every vehicle that drove out while the barriers were held open whose it was."""
        async with self._ordering("reconciling"):
            for passage in await self._lot.ask(lambda work: work.unmatched_exits()):
                left = [
                    account.came.stay_id
                    for account in self._journal.accounts.values()
                    if account.came is not None and account.left is not None and account.left.lane_id == passage.lane_id
                    and 0 <= passage.decided_at.timestamp() - account.left.at <= DRIVES_THROUGH_S
                ]  # fmt: skip
                if len(left) == 1 and left[0] is not None:
                    reconcile = self._lot.handlers.held.reconcile
                    order = partial(reconcile, passage_id=passage.passage_id, stay_id=left[0], operator=NAME,
                                    reason="same vehicle on both photos")  # fmt: skip
                    await self._lot.ask(order)

    @asynccontextmanager
    async def _ordering(self, what: str) -> AsyncIterator[None]:
        """What was shown a moment ago may be over, and the power gone, which is nobody's fault; all else is noted."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                yield
        except (NothingWaits, LotDown, TimeoutError):
            return
        except (LotError, DomainError) as error:
            self._journal.notes.append(f"{what}: {error.code}")


def _by_its_photo(work: SqliteWork, account: Account) -> Stay | None:
    """The stay that began as the vehicle drove in, where nobody had let it in by name: both photos show it."""
    came = account.came
    if came is None:
        return None
    found = [
        stay
        for stay in work.open_stays()
        if stay.entry_lane_id == came.lane_id
        and stay.entered_at is not None
        and 0 <= stay.entered_at.timestamp() - came.at <= DRIVES_THROUGH_S
    ]
    return found[0] if len(found) == 1 else None
