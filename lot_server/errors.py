"""What can go wrong at a lot outside its rules, each with a stable code and what to do about it."""


class LotError(Exception):
    """Base of every error raised by `lot_server` outside its domain; `code` is stable and machine-readable."""

    code = "lot_error"


class BarrierFault(LotError):
    """A barrier does not do what it was told, or does not answer."""

    code = "barrier_fault"


class UnknownStay(LotError):
    """A stay id that this lot never gave out, or whose stay can no longer leave."""

    code = "unknown_stay"


class NothingWaits(LotError):
    """A command for the vehicle at a lane came while none stands there, or none that waits for such a command."""

    code = "nothing_waits"


class SettlementConflict(LotError):
    """A provider reference that was used before came again with another stay or amount."""

    code = "settlement_conflict"


class StoreError(LotError):
    """The lot's database cannot do what was asked."""

    code = "store_error"


class StoreInUse(StoreError):
    """Another program writes to the lot's database."""

    code = "store_in_use"


class StoreReadOnly(StoreError):
    """The lot's database cannot be written."""

    code = "store_read_only"


class DiskFull(StoreError):
    """The disk of the lot's database is full."""

    code = "disk_full"


class StoreCorrupt(StoreError):
    """The lot's database is damaged."""

    code = "store_corrupt"


class StoreTooNew(StoreError):
    """The lot's database was written by a newer openlot."""

    code = "store_too_new"


class ContradictoryEvent(LotError):
    """An event does not fit what the store holds."""

    code = "contradictory_event"
