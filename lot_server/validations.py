"""The jobs about what merchants give: their terms, coupons by their own accounts, and codes handed out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from lot_server.domain.clock import Clock
from lot_server.domain.coupon import CODE, VALIDATION, Coupon, CouponKind
from lot_server.domain.events import CouponBatchIssued, MerchantAgreed
from lot_server.domain.merchant import CouponBatch, Merchant, code_hash, new_code
from lot_server.domain.plate import normalise
from lot_server.domain.stay import Stay
from lot_server.errors import CouponConflict, MerchantLimit, NotDescribed, UnknownCode, UnknownMerchant, UnknownStay
from lot_server.identifiers import new_id
from lot_server.ports import Work


class Validations:
    """What is recorded about merchants and codes; coupons themselves are counted by `Handlers.apply_coupon`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def agree(self, work: Work, merchant: Merchant, operator: str) -> None:
        """A merchant's terms from now on; what was given keeps its worth."""
        if work.money.merchant(merchant.name) != merchant:
            work.record(MerchantAgreed(merchant, operator), self._clock.now())

    def issue(
        self,
        work: Work,
        merchant: str,
        kind: CouponKind,
        value: int,
        count: int,
        valid_until: datetime,
        operator: str,
        reason: str,
    ) -> tuple[CouponBatch, tuple[str, ...]]:
        """A batch and its codes, which only this answer has. Raises UnknownMerchant, BadMerchant, MerchantLimit."""
        self._merchant(work, merchant)
        now = self._clock.now()
        if valid_until <= now:
            raise MerchantLimit("these codes would be out of date already: give a later end")
        codes = tuple(new_code() for _ in range(count))
        batch = CouponBatch(new_id(), merchant, kind, value, valid_until, tuple(code_hash(code) for code in codes))
        work.record(CouponBatchIssued(batch, operator, reason), now)
        return batch, codes

    def coupon_of(self, work: Work, code: str, stay_id: str, reason: str) -> Coupon:
        """What a code gives a stay. Raises UnknownCode; CouponConflict for one that was used for another stay."""
        hashed, now = code_hash(code), self._clock.now()
        batch = work.money.batch_of(hashed)
        if batch is None:
            raise UnknownCode("this lot handed out no such code: check each character")
        coupon_id = CODE + hashed
        used = work.coupon(coupon_id)
        if used is not None and used.stay_id != stay_id:
            raise CouponConflict("this code was used for another vehicle: each is good for one")
        if used is None and now >= batch.valid_until:
            raise UnknownCode(f"this code of {batch.merchant} is out of date")
        return Coupon(coupon_id, stay_id, batch.merchant, batch.kind, batch.value, reason, now)

    def validation(self, work: Work, merchant: str, spelling: str, value: int | None, key: str, account: str) -> Coupon:
        """What a merchant's account gives the vehicle inside with this plate or ticket, once for each `key`.

        Raises UnknownMerchant, UnknownStay, BadPlate, and MerchantLimit beyond the merchant's own terms.
        """
        terms, now = self._merchant(work, merchant), self._clock.now()
        worth = terms.value if value is None else value
        coupon_id = f"{VALIDATION}{account}-{key}"
        if terms.kind != "full" and not 1 <= worth <= terms.value:
            raise MerchantLimit(f"{merchant} may give 1 to {terms.value}, not {worth}")
        stay = _inside(work, spelling)
        begins, ends = _local_day(work, now)
        if work.coupon(coupon_id) is None and work.money.validated(merchant, begins, ends) >= terms.per_day:
            raise MerchantLimit(f"{merchant} has given all its {terms.per_day} coupons of today")
        return Coupon(coupon_id, stay.stay_id, merchant, terms.kind, worth, account, now)

    def given_today(self, work: Work, merchant: str) -> int:
        """How many coupons a merchant's accounts gave on this local day."""
        return work.money.validated(merchant, *_local_day(work, self._clock.now()))

    def _merchant(self, work: Work, name: str) -> Merchant:
        merchant = work.money.merchant(name)
        if merchant is None or not merchant.active:
            raise UnknownMerchant(f"no merchant {name!r} may give coupons here: see the merchants' page")
        return merchant


def _inside(work: Work, spelling: str) -> Stay:
    """The stay inside of exactly this plate or ticket; nobody may try parts of plates."""
    text = normalise(spelling)
    stays = [stay for stay in work.stays_with_plate(text) if stay.state == "open"]
    stays = stays or [stay for stay in work.open_stays() if stay.ticket_id == text]
    if not stays:
        raise UnknownStay("no vehicle inside has this plate or ticket: check each character")
    return stays[-1]


def _local_day(work: Work, now: datetime) -> tuple[datetime, datetime]:
    facts = work.lot()
    if facts is None:
        raise NotDescribed("the lot's facts are not recorded yet: start the server with its configuration")
    zone = ZoneInfo(facts.time_zone)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    following = (midnight + timedelta(days=1)).date()
    ends = datetime(following.year, following.month, following.day, tzinfo=zone)
    return midnight.astimezone(UTC), ends.astimezone(UTC)
