"""What the time of a stay costs: its started blocks, one after another, each at most what its caps leave over.

Which blocks there are depends on the entry alone, never on when the stay is priced, so a fee never falls with time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from lot_server.domain.fee_step import QuoteStep, StepKind
from lot_server.domain.stretches import NEVER, Stretch, Stretches
from lot_server.domain.tariff import RateLine, Rates, Tariff
from lot_server.domain.weekly import DAY_MINUTES

MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class _Cap:
    """One cap over one span of time: what it leaves over, and what it took off so far."""

    kind: StepKind
    day: int
    limit: int
    starts: datetime
    ends: datetime
    name: str | None
    left: int
    taken_off: int = 0

    def step(self) -> QuoteStep:
        return QuoteStep(
            self.kind, self.day, 1, DAY_MINUTES, self.limit, -self.taken_off, self.name, self.starts, self.ends
        )


def charges(
    tariff: Tariff, rates: Rates, entered_at: datetime, at: datetime, waived: timedelta, waived_by: str | None
) -> Iterator[QuoteStep]:
    """The steps of a stay's time, in UTC: the price of the visit, its blocks, and what caps take off.

    Blocks that begin in the first `waived` cost nothing, thanks to `waived_by`; so does the visit, if it ends there.
    """
    stretches = Stretches(tariff, rates, entered_at, at)
    caps: list[_Cap] = []
    free_until = entered_at + waived
    begins = origin = entered_at
    stretch, restart = stretches.at(begins), stretches.restarts(begins)
    if tariff.visit_price and at > max(entered_at, free_until):
        caps = _caps_at(rates, stretches, stretch, begins)
        yield QuoteStep("visit", 0, 1, 0, tariff.visit_price, tariff.visit_price, None, begins, at)
        _limit(caps, tariff.visit_price)
    while begins < at:
        if begins >= stretch.ends or begins >= restart:
            origin = begins
            stretch, restart = stretches.at(begins), stretches.restarts(begins)
        wanted = _caps_at(rates, stretches, stretch, begins)
        yield from (cap.step() for cap in caps if cap.taken_off and not _among(cap, wanted))
        caps = [next((cap for cap in caps if _among(cap, [new])), new) for new in wanted]
        line, line_ends = _line_at(stretch, origin, begins)
        block = line.block_minutes * MINUTE
        # A block is cut off at `hard`; at `soft` only the count of equal blocks ends.
        hard = min(line_ends, restart, stretch.ends if tariff.window_end == "cut" else NEVER)
        soft = min(stretch.ends, *(cap.ends for cap in caps), free_until if begins < free_until else NEVER)
        count = -(-(min(hard, soft, at) - begins) // block)
        ends = min(hard, begins + count * block)
        kind: StepKind = "waived" if begins < free_until else "blocks"
        amount = 0 if kind == "waived" else count * line.price
        name = waived_by if kind == "waived" else stretch.window.name if stretch.window else None
        yield QuoteStep(
            kind, stretches.day(begins), count, line.block_minutes, line.price, amount, name, begins, ends
        )  # fmt: skip
        _limit(caps, amount)
        begins = ends
    yield from (cap.step() for cap in caps if cap.taken_off)


def _limit(caps: list[_Cap], amount: int) -> None:
    """Count an amount under its caps; what is over the tightest is taken off in its name."""
    counted = min([amount, *(cap.left for cap in caps)])
    if counted < amount:
        min(caps, key=lambda cap: cap.left).taken_off += amount - counted
    for cap in caps:
        cap.left -= counted


def _caps_at(rates: Rates, stretches: Stretches, stretch: Stretch, instant: datetime) -> list[_Cap]:
    """Fresh caps for a block that begins at an instant."""
    day = stretches.day(instant)
    caps = []
    if stretch.window is not None and stretch.window.cap is not None:
        cap, name = stretch.window.cap, stretch.window.name
        caps.append(_Cap("window_cap", day, cap, stretch.starts, stretch.ends, name, cap))
    if rates.calendar_day_cap is not None:
        limit = rates.calendar_day_cap
        caps.append(_Cap("calendar_cap", day, limit, *stretches.calendar_day(instant), None, limit))
    if rates.daily_cap is not None:
        ends, limit = stretches.day_ends(instant), rates.daily_cap
        caps.append(_Cap("cap", day, limit, ends - DAY_MINUTES * MINUTE, ends, None, limit))
    return caps


def _among(cap: _Cap, others: list[_Cap]) -> bool:
    return any((cap.kind, cap.starts) == (other.kind, other.starts) for other in others)


def _line_at(stretch: Stretch, origin: datetime, instant: datetime) -> tuple[RateLine, datetime]:
    """The line for a block that begins at an instant, and where the next one takes over."""
    for line, following in zip(stretch.lines, stretch.lines[1:], strict=False):
        ends = origin + following.start_minute * MINUTE
        if instant < ends:
            return line, ends
    return stretch.lines[-1], NEVER
