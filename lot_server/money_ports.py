"""What the jobs about money ask of the store, as a protocol."""

from datetime import datetime
from typing import Protocol

from lot_server.domain.merchant import CouponBatch, Merchant
from lot_server.domain.refund import Refund, RefundAsk
from lot_server.domain.shift import Shift
from lot_server.domain.stay import Settlement


class MoneyWork(Protocol):
    """What one transaction knows of refunds, drawers and merchants."""

    def settlement(self, settlement_id: str) -> Settlement | None: ...

    def refunds(self, stay_id: str) -> list[Refund]:
        """The money given back of a stay, in the order it was given."""
        ...

    def refund_by_reference(self, provider: str, provider_reference: str) -> Refund | None: ...

    def asks(self, settlement_id: str) -> list[RefundAsk]:
        """The refunds of a settlement that the cloud was asked for and has not told of."""
        ...

    def shift(self, shift_id: str) -> Shift | None: ...

    def open_shift(self, account: str) -> Shift | None:
        """The drawer in an account's hands."""
        ...

    def cash_in(self, shift_id: str) -> int:
        """Minor units of cash taken less given back in a shift."""
        ...

    def merchant(self, name: str) -> Merchant | None: ...

    def batch_of(self, code_hash: str) -> CouponBatch | None:
        """The batch of a code, without the hashes of the others."""
        ...

    def validated(self, merchant: str, since: datetime, until: datetime) -> int:
        """How many coupons a merchant's own accounts gave between two instants."""
        ...
