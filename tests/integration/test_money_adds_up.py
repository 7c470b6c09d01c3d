"""Whatever happens on two days, the reports, the drawers and each stay's balance say the same as the ledger."""

import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hand_lot import NOON, HandLot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from lot_server.console.day import hour_edges
from lot_server.domain.events import DebtForgiven, ExitAdmitted, RefundApplied, SettlementApplied, decode
from lot_server.domain.money import Money
from lot_server.errors import LotError
from lot_server.store.day_figures import Day, DayFigures

STAYS = ("a", "b", "c")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("pay", "pay", "give_back", "cloud_gives_back", "leave", "forgive", "open", "close")),
        st.sampled_from(STAYS),
        st.integers(1, 900),
        st.sampled_from(("cash", "terminal", "sandbox")),
        st.integers(0, 400),
    ),
    min_size=4,
    max_size=20,
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_the_days_add_up_to_the_ledger(steps) -> None:
    """Reports = settlements less refunds; drawers and loose cash = the reports' cash; each fee = what became of it."""
    with tempfile.TemporaryDirectory() as folder:
        lot = HandLot(Path(folder))
        try:
            _live(lot, steps)
            lot.do(lambda work: _check(lot, work))
        finally:
            lot.store.close()


def _live(lot: HandLot, steps) -> None:
    for stay in STAYS:
        lot.enter(stay, f"PLATE{stay.upper()}")
    for number, (what, stay, minor, provider, minutes) in enumerate(steps):
        lot.later(minutes=minutes)
        # What is refused leaves nothing.
        with suppress(LotError):
            _step(lot, what, stay, minor, provider, f"{number}")


def _step(lot: HandLot, what: str, stay: str, minor: int, provider: str, number: str) -> None:
    cashier, money = lot.cashier, Money(minor, "CNY")
    if what == "pay":
        by = {} if provider == "sandbox" else {"taken_by": "ann"}
        lot.pay(stay, minor, f"p{number}", provider, **by)
    elif what in ("give_back", "cloud_gives_back"):
        taken = lot.do(lambda work: work.settlements(stay))
        for each in taken[-1:]:
            if what == "give_back":
                lot.do(lambda work, each=each: cashier.give_back(work, each.settlement_id, money, number, "ann", "-"))
            else:
                lot.refund(each.provider_reference, stay, minor, f"r{number}", each.provider)
    elif what == "leave":
        if lot.do(lambda work: work.stay(stay)).state == "open":
            lot.leave(stay)
    elif what == "forgive":
        lot.do(lambda work: cashier.forgive(work, stay, "ann", "-"))
    elif what == "open":
        lot.do(lambda work: cashier.open_shift(work, "ann", money))
    else:
        shift = lot.do(lambda work: work.money.open_shift("ann"))
        if shift is not None:
            lot.do(lambda work: cashier.close_shift(work, shift.shift_id, money, "ann", "counted"))


def _check(lot: HandLot, work) -> None:
    events = [decode(each.kind, each.body) for each in work.envelopes()]
    taken = [each.settlement for each in events if isinstance(each, SettlementApplied)]
    back = [each.refund for each in events if isinstance(each, RefundApplied)]
    last = max(lot.clock.now(), NOON)
    days = _days(work._session, (last - NOON).days + 2)
    assert sum(day.taken_minor for day in days) == sum(each.amount.minor for each in taken)
    assert sum(day.refunded_minor for day in days) == sum(each.amount.minor for each in back)
    for day in days:
        assert sum(hour.taken_minor - hour.refunded_minor for hour in day.hours) == day.net_minor
    cash = sum(_cash(day.takings) - _cash(day.refunds) for day in days)
    drawers = sum(work.money.cash_in(each.shift_id) for each in work.money.shifts(99))
    loose = sum(
        each.settlement.amount.minor
        for each in events
        if isinstance(each, SettlementApplied)
        and each.settlement.provider == "cash"
        and (each.desk is None or each.desk.shift_id is None)
    ) - sum(
        each.refund.amount.minor
        for each in events
        if isinstance(each, RefundApplied) and each.refund.provider == "cash" and each.shift_id is None
    )
    assert cash == drawers + loose
    owed, overpaid = 0, 0
    for stay_id in STAYS:
        stay, quote = work.stay(stay_id), lot.handlers.fee_of(work, stay_id)
        assert sum(step.amount for step in quote.steps) == quote.due.minor
        if stay.state != "closed":
            continue
        (gross,) = [each.gross.minor for each in events if isinstance(each, ExitAdmitted) and each.stay_id == stay_id]
        kept = sum(each.amount.minor for each in taken if each.stay_id == stay_id)
        kept -= sum(each.amount.minor for each in back if each.stay_id == stay_id)
        gone = sum(each.amount.minor for each in events if isinstance(each, DebtForgiven) and each.stay_id == stay_id)
        assert stay.balance_minor == gross - kept - gone
        owed, overpaid = owed + max(0, stay.balance_minor), overpaid + max(0, -stay.balance_minor)
    assert sum(day.owed_minor for day in days) == owed
    assert sum(day.overpaid_minor for day in days) == overpaid


def _days(session: Session, count: int) -> list[Day]:
    figures = DayFigures(session)
    first = NOON.date() - timedelta(days=1)
    return [figures.of(hour_edges(first + timedelta(days=day), "Asia/Shanghai")) for day in range(count + 2)]


def _cash(takings) -> int:
    return sum(each.minor for each in takings if each.provider == "cash")
