"""Refunds, over-payments, debts and cash drawers: the jobs on a real store."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hand_lot import NOON, HandLot

from lot_server.domain.money import Money
from lot_server.domain.refund import Refund
from lot_server.errors import (
    BadPayment,
    LotError,
    NothingOwed,
    RefundConflict,
    RefundExceeds,
    ShiftConflict,
    UnknownSettlement,
)


@pytest.fixture
def lot(tmp_path: Path) -> Iterator[HandLot]:
    made = HandLot(tmp_path)
    yield made
    made.store.close()


def code(action) -> str:
    with pytest.raises(LotError) as raised:
        action()
    return raised.value.code


def test_a_refund_counts_once_and_never_exceeds_what_was_taken(lot: HandLot) -> None:
    """The same reference changes nothing, for ever; another amount, way or stay is refused, and so is too much."""
    lot.enter("a")
    lot.later(hours=1)
    lot.pay("a", 500, "p1")
    assert lot.refund("p1", "a", 200, "b1") == "applied"
    lot.later(days=900)
    assert lot.refund("p1", "a", 200, "b1") == "already_applied"
    assert code(lambda: lot.refund("p1", "a", 100, "b1")) == RefundConflict.code
    assert code(lambda: lot.refund("p1", "a", 301, "b2")) == RefundExceeds.code
    assert code(lambda: lot.refund("p1", "a", 1, "b3", "cash")) == RefundConflict.code
    assert code(lambda: lot.refund("p9", "a", 1, "b4")) == UnknownSettlement.code
    assert lot.refund("p1", "a", 300, "b5") == "applied"
    assert code(lambda: lot.refund("p1", "a", 1, "b6")) == RefundExceeds.code


def test_what_was_given_back_while_inside_is_due_again(lot: HandLot) -> None:
    """A refund before the exit takes the payment's grace away; over-payment alone leaves it."""
    lot.enter("a")
    lot.later(hours=1)
    lot.pay("a", 500, "p1")
    lot.pay("a", 500, "p2")
    assert lot.kinds("a") == [("blocks", 500), ("paid", -1000), ("overpaid", 500)]
    lot.refund("p2", "a", 500, "b1")
    assert lot.kinds("a") == [("blocks", 500), ("paid", -1000), ("refunded", 500)]
    assert lot.fee("a").leave_by is not None
    lot.refund("p1", "a", 500, "b2")
    assert lot.fee("a").leave_by is None
    assert lot.fee("a").due == Money(500, "CNY")


def test_a_top_up_says_that_the_time_to_leave_is_over(lot: HandLot) -> None:
    """After the grace the whole fee is worked out anew, what was paid comes off, and a step says when it ended."""
    lot.enter("a")
    lot.later(hours=1)
    lot.pay("a", 500, "p1")
    lot.later(minutes=16)
    assert lot.kinds("a") == [("blocks", 1000), ("grace_over", 0), ("paid", -500)]
    (over,) = [step for step in lot.fee("a").steps if step.kind == "grace_over"]
    assert (over.unit_minutes, over.ends_at) == (15, NOON + timedelta(hours=1, minutes=15))
    lot.pay("a", 500, "p2")
    assert lot.fee("a").due.minor == 0


def test_over_payment_is_told_until_it_is_given_back(lot: HandLot) -> None:
    """Money that comes after the vehicle has left is listed, alerts somebody, and the refund ends both."""
    lot.enter("a")
    lot.later(hours=1)
    lot.pay("a", 500, "p1")
    lot.leave("a")
    assert lot.do(lambda work: work.open_alerts()) == []
    lot.pay("a", 500, "p2")
    ((alert,), (listed,)) = lot.do(lambda work: (work.open_alerts(), work.owing.all("overpaid", 9)))
    assert (alert.raised.code, alert.raised.stay_id) == ("overpaid", "a")
    assert (listed.stay_id, listed.minor) == ("a", 500)
    assert lot.kinds("a") == [("blocks", 500), ("paid", -1000), ("overpaid", 500)]
    lot.refund("p2", "a", 500, "b1")
    assert lot.do(lambda work: (work.open_alerts(), work.owing.all("overpaid", 9))) == ([], [])


def test_a_goodwill_refund_makes_no_debt(lot: HandLot) -> None:
    """What is given back of a stay that left, beyond what was paid too much, is not asked for again."""
    lot.enter("a")
    lot.later(hours=1)
    lot.pay("a", 700, "p1")
    lot.leave("a")
    lot.refund("p1", "a", 600, "b1")
    assert lot.kinds("a") == [("blocks", 500), ("paid", -700), ("refunded", 600), ("forgiven", -400)]
    assert lot.do(lambda work: work.owing.of_plate("AB12CD")) == []


def test_who_left_without_paying_is_listed_until_paid_or_forgiven(lot: HandLot) -> None:
    """A debt is found by its plate, shrinks with each payment, and can be given up once, with a reason."""
    lot.enter("a")
    lot.later(hours=3)
    lot.leave("a", "operator")
    (owed,) = lot.do(lambda work: work.owing.of_plate("AB12CD"))
    assert (owed.stay_id, owed.minor) == ("a", 1500)
    lot.later(days=2)
    lot.pay("a", 400, "p1", "cash", taken_by="ann")
    assert lot.do(lambda work: work.owing.all("owed", 9))[0].minor == 1100
    assert lot.fee("a").due.minor == 1100
    lot.do(lambda work: lot.cashier.forgive(work, "a", "ann", "moved away"))
    assert lot.kinds("a")[-1] == ("forgiven", -1100)
    assert code(lambda: lot.do(lambda work: lot.cashier.forgive(work, "a", "ann", "-"))) == NothingOwed.code
    assert lot.do(lambda work: work.owing.all("owed", 9)) == []


def test_a_drawer_adds_up(lot: HandLot) -> None:
    """Expected is what lay there, plus cash, less cash given back; change counts nothing, cards lie elsewhere."""
    shift = lot.do(lambda work: lot.cashier.open_shift(work, "ann", Money(10000, "CNY")))
    assert code(lambda: lot.do(lambda work: lot.cashier.open_shift(work, "ann", Money(0, "CNY")))) == ShiftConflict.code
    lot.enter("a")
    lot.later(hours=3)
    assert code(lambda: lot.pay("a", 500, "c0", "cash", taken_by="ann", tendered_minor=400)) == BadPayment.code
    lot.pay("a", 500, "c1", "cash", taken_by="ann", tendered_minor=2000)
    lot.pay("a", 900, "t1", "terminal", taken_by="ann")
    lot.pay("a", 100, "c2", "cash", taken_by="bob")
    back = ("s-c1", Money(200, "CNY"), "key-1", "ann", "rounding")
    assert lot.do(lambda work: lot.cashier.give_back(work, *back)) == "applied"
    assert lot.do(lambda work: lot.cashier.give_back(work, *back)) == "already_applied"
    totals = lot.do(lambda work: work.money.totals(shift.shift_id))
    assert [(each.provider, each.taken_minor, each.refunded_minor) for each in totals] == [
        ("cash", 500, 200),
        ("terminal", 900, 0),
    ]

    def close(counted: int, note: str | None):
        return lot.do(lambda work: lot.cashier.close_shift(work, shift.shift_id, Money(counted, "CNY"), "ann", note))

    assert code(lambda: close(10290, None)) == BadPayment.code
    closed = close(10290, "a coin rolled away")
    assert (closed.expected, closed.difference) == (Money(10300, "CNY"), Money(-10, "CNY"))
    assert code(lambda: close(10300, None)) == ShiftConflict.code


def test_money_taken_online_is_asked_back_from_the_cloud(lot: HandLot) -> None:
    """An ask is recorded once and holds its part back; the cloud's refund of the same id fulfils it."""
    lot.enter("a")
    lot.later(hours=1)
    lot.pay("a", 500, "p1")

    def ask(minor: int, key: str) -> str:
        return lot.do(lambda work: lot.cashier.give_back(work, "s-p1", Money(minor, "CNY"), key, "ann", "twice"))

    assert (ask(300, "k1"), ask(300, "k1")) == ("applied", "already_applied")
    assert code(lambda: ask(201, "k2")) == RefundExceeds.code
    assert lot.fee("a").paid.minor == 500
    back = Refund("k1", "s-p1", "a", Money(300, "CNY"), "sandbox", "sbr-1", "ann", "twice", lot.clock.now())
    lot.do(lambda work: lot.cashier.apply_refund(work, back))
    assert lot.do(lambda work: work.money.asks("s-p1")) == []
    assert lot.fee("a").paid.minor == 200
    recorded = [each.kind for each in lot.do(lambda work: list(work.envelopes()))]
    assert recorded[-2:] == ["refund_asked", "refund_applied"]
