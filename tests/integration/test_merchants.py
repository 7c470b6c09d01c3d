"""What merchants give: terms that hold, accounts that cannot go beyond them, and codes that are good once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hand_lot import NOON, TARIFF, HandLot

from lot_server.domain.account import Account
from lot_server.domain.coupon import Coupon
from lot_server.domain.coupon_worth import coupon_worth
from lot_server.domain.errors import BadAccount, BadMerchant, DomainError
from lot_server.domain.merchant import CouponBatch, Merchant, code_hash, new_code
from lot_server.domain.quote import Circumstances, fee
from lot_server.errors import CouponConflict, LotError, MerchantLimit, UnknownCode, UnknownMerchant, UnknownStay

CINEMA = Merchant("影院", "minutes", 120, 2)


@pytest.fixture
def lot(tmp_path: Path) -> Iterator[HandLot]:
    made = HandLot(tmp_path)
    made.do(lambda work: made.handlers.validations.agree(work, CINEMA, "ann"))
    made.enter("a", "AB12CD")
    made.enter("b", "EF34GH")
    yield made
    made.store.close()


def validate(lot: HandLot, plate: str, key: str, value: int | None = None) -> str:
    def job(work) -> str:
        coupon = lot.handlers.validations.validation(work, "影院", plate, value, key, "desk")
        return lot.handlers.apply_coupon(work, coupon)

    return lot.do(job)


def redeem(lot: HandLot, code: str, stay: str) -> str:
    def job(work) -> str:
        return lot.handlers.apply_coupon(work, lot.handlers.validations.coupon_of(work, code, stay, "ann"))

    return lot.do(job)


def issue(lot: HandLot, count: int, merchant: str = "影院") -> tuple[str, ...]:
    until = lot.clock.now() + timedelta(days=2)
    args = (merchant, "amount", 300, count, until, "ann", "agreed")
    _, codes = lot.do(lambda work: lot.handlers.validations.issue(work, *args))
    return codes


def code_of(action) -> str:
    with pytest.raises((LotError, DomainError)) as raised:
        action()
    return raised.value.code


def test_an_account_gives_within_its_terms(lot: HandLot) -> None:
    """Not more a day or a coupon than agreed, once for a form, to a whole plate; the next local day begins anew."""
    lot.later(hours=3)
    assert validate(lot, "ab-12 cd", "k1") == "applied"
    assert validate(lot, "AB12CD", "k1") == "already_applied"
    assert [step.kind for step in lot.fee("a").steps] == ["waived", "blocks"]
    assert code_of(lambda: validate(lot, "AB12C", "k2")) == UnknownStay.code
    assert code_of(lambda: validate(lot, "EF34GH", "k2", 121)) == MerchantLimit.code
    assert validate(lot, "EF34GH", "k2", 60) == "applied"
    assert code_of(lambda: validate(lot, "EF34GH", "k3")) == MerchantLimit.code
    lot.later(hours=1)
    # Midnight at the lot is 16:00 UTC.
    assert validate(lot, "EF34GH", "k3") == "applied"
    lot.do(lambda work: lot.handlers.validations.agree(work, Merchant("影院", "minutes", 120, 9, False), "ann"))
    assert code_of(lambda: validate(lot, "EF34GH", "k4")) == UnknownMerchant.code


def test_a_code_is_good_for_one_stay(lot: HandLot) -> None:
    """However it is typed it counts once, for one stay, until its end; what was never handed out is refused."""
    first, second = issue(lot, 2)
    lot.later(hours=1)
    assert redeem(lot, first.lower().replace("-", " "), "a") == "applied"
    assert redeem(lot, first, "a") == "already_applied"
    assert code_of(lambda: redeem(lot, first, "b")) == CouponConflict.code
    assert code_of(lambda: redeem(lot, new_code(), "b")) == UnknownCode.code
    assert lot.kinds("a") == [("blocks", 500), ("coupon_amount", -300)]
    ((batch,), stored) = lot.do(lambda work: (list(work.money.batches()), list(work.envelopes())[-3:]))
    assert (batch.codes, batch.used) == (2, 1)
    assert first not in str(stored)
    lot.later(days=2)
    assert code_of(lambda: redeem(lot, second, "b")) == UnknownCode.code
    assert redeem(lot, first, "a") == "already_applied"
    assert code_of(lambda: issue(lot, 1, "nobody")) == UnknownMerchant.code


def test_codes_do_not_count_against_a_merchants_day(lot: HandLot) -> None:
    """The limit is that of its accounts."""
    for number, code in enumerate(issue(lot, 3)):
        lot.enter(f"c{number}", f"XX{number}")
        assert redeem(lot, code, f"c{number}") == "applied"
    assert validate(lot, "AB12CD", "k1") == "applied"


@pytest.mark.parametrize(
    ("kind", "value"), [("percent", 100), ("percent", 0), ("minutes", 0), ("amount", -1), ("full", 5)]
)
def test_worths_that_no_coupon_has_are_refused(kind, value) -> None:
    """Neither terms nor codes may promise them."""
    with pytest.raises(BadMerchant):
        Merchant("M", kind, value, 1)
    with pytest.raises(BadMerchant):
        CouponBatch("b", "M", kind, value, NOON, (code_hash("x"),))


def test_a_merchants_account_is_one_of_a_merchant() -> None:
    """It names its merchant, no other does, and it may do nothing that others may, nor they what it may."""
    at = NOON
    desk = Account("desk", "merchant", "-", False, at, "影院")
    assert [desk.may(role) for role in ("viewer", "operator", "administrator", "merchant")] == [False] * 3 + [True]
    assert not Account("ann", "administrator", "-", False, at).may("merchant")
    for role, merchant in (("merchant", None), ("viewer", "影院")):
        with pytest.raises(BadAccount):
            Account("x", role, "-", False, at, merchant)


def test_what_coupons_took_off_adds_up(lot: HandLot) -> None:
    """Each coupon is worth what it lowered the fee by after those before it."""
    now, tariff = lot.clock.now(), TARIFF
    coupons = tuple(
        Coupon(str(number), "a", f"m{number}", kind, value, "-", now + timedelta(seconds=number))
        for number, (kind, value) in enumerate((("amount", 700), ("minutes", 60), ("percent", 50), ("amount", 9000)))
    )
    facts = Circumstances(coupons=coupons)
    worth = coupon_worth(tariff, now, now + timedelta(hours=5), facts)
    whole, left = (fee(tariff, now, now + timedelta(hours=5), each)[0] for each in (Circumstances(), facts))
    assert sum(minor for _, minor in worth) == whole - left
    assert [minor for _, minor in worth][:2] == [700, 500]
