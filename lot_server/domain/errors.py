"""What the rules of a car park refuse, each with a stable code and what to do about it."""


class DomainError(Exception):
    """Base of every error raised by `lot_server.domain`; `code` is stable and machine-readable."""

    code = "domain_error"


class CurrencyMismatch(DomainError):
    """Two amounts of different currencies met in one sum."""

    code = "currency_mismatch"


class NaiveTime(DomainError):
    """A time without a zone: which instant it means cannot be known."""

    code = "naive_time"


class TimeBeforeEntry(DomainError):
    """A stay was to be priced at an instant before it began."""

    code = "time_before_entry"


class BadTariff(DomainError):
    """A price list that contradicts itself."""

    code = "bad_tariff"


class BadCoupon(DomainError):
    """A coupon whose value does not fit its kind."""

    code = "bad_coupon"


class BadRefund(DomainError):
    """A refund that gives nothing back, or that nobody answers for."""

    code = "bad_refund"


class BadMerchant(DomainError):
    """A merchant or a batch of coupons whose terms cannot be."""

    code = "bad_merchant"


class BadPass(DomainError):
    """A pass that contradicts itself, or a change of one that would reach into the past."""

    code = "bad_pass"


class BadPlate(DomainError):
    """A text that cannot be a plate: empty, too long, or holding characters no plate has."""

    code = "bad_plate"


class BadBody(DomainError):
    """A JSON body lacks a field, has one too many, or one of the wrong type."""

    code = "bad_body"


class UnknownEvent(DomainError):
    """An event kind this version does not know; a newer lot or cloud may have written it."""

    code = "unknown_event"


class BrokenChain(DomainError):
    """An envelope does not follow the one before it: a changed, missing or foreign record."""

    code = "broken_chain"


class IllegalTransition(DomainError):
    """A lane was told something that cannot happen in its state; nothing was changed."""

    code = "illegal_transition"


class BadReceipt(DomainError):
    """A receipt's text does not parse, or is not for this lot, stay or time."""

    code = "bad_receipt"


class ForgedReceipt(BadReceipt):
    """A receipt that no key of the cloud signed."""

    code = "forged_receipt"


class ReceiptOfAnotherLot(BadReceipt):
    """A receipt for a stay at another lot."""

    code = "receipt_of_another_lot"


class ReceiptOfAnotherStay(BadReceipt):
    """A receipt for another stay of this lot."""

    code = "receipt_of_another_stay"


class ReceiptOutOfTime(BadReceipt):
    """A receipt from before the stay, or from the future."""

    code = "receipt_out_of_time"


class BadClock(DomainError):
    """The `[clock]` section of a configuration cannot be followed."""

    code = "bad_clock"


class BadToml(DomainError):
    """A configuration file is missing, is no TOML, or holds a key or value that means nothing."""

    code = "bad_config"


class BadAccount(DomainError):
    """An account of the operator console that cannot be."""

    code = "bad_account"
