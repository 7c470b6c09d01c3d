"""What goes in and out of the loopback API about passes and lists, as JSON.

Validity is given as a day of the lot's calendar or as an instant, and told as an instant in UTC.
"""

from pydantic import Field

from lot_server.domain.clock import to_text
from lot_server.domain.listing import ListKind
from lot_server.domain.stay import Pass, PassKind
from lot_server.loopback.schemas import Message, Order
from lot_server.rights.csv_files import Imported
from lot_server.store.rights import Listing


class PassOrder(Order):
    """A pass as it shall be."""

    pass_id: str = Field(min_length=1, max_length=64)
    kind: PassKind
    plates: list[str] = Field(min_length=1, max_length=200)
    valid_from: str
    valid_until: str
    spaces: int = Field(default=1, ge=1, le=10_000)
    lanes: list[str] = Field(default=[], max_length=100)
    holder: str = Field(default="", max_length=200)


class PassEndOrder(Order):
    """`valid_until` is None to revoke the pass now."""

    pass_id: str
    valid_until: str | None = None


class PassView(Message):
    """A pass, and how many of its spaces are taken now."""

    pass_id: str
    kind: PassKind
    holder: str
    plates: tuple[str, ...]
    spaces: int
    taken: int
    valid_from: str
    valid_until: str
    lanes: tuple[str, ...]

    @classmethod
    def of(cls, held: Pass, taken: int) -> "PassView":
        return cls(
            pass_id=held.pass_id,
            kind=held.kind,
            holder=held.holder,
            plates=held.plates,
            spaces=held.spaces,
            taken=taken,
            valid_from=to_text(held.valid_from),
            valid_until=to_text(held.valid_until),
            lanes=held.lanes,
        )


class Passes(Message):
    passes: tuple[PassView, ...]


class ListOrder(Order):
    """A plate's place on a list; the order's reason is the reason for it."""

    kind: ListKind
    plate: str
    valid_until: str | None = None
    free: bool = False
    when_full: bool = False


class UnlistOrder(Order):
    kind: ListKind
    plate: str


class ListingView(Message):
    """A plate on a list, for what reason, and who put it there; `lot.toml` for the configuration's block list."""

    kind: ListKind
    plate: str
    reason: str
    valid_until: str | None
    free: bool
    when_full: bool
    operator: str
    listed_at: str | None

    @classmethod
    def of(cls, listing: Listing) -> "ListingView":
        listed = listing.listed
        return cls(
            kind=listed.kind,
            plate=listed.plate,
            reason=listed.reason,
            valid_until=None if listed.valid_until is None else to_text(listed.valid_until),
            free=listed.free,
            when_full=listed.when_full,
            operator=listing.operator,
            listed_at=to_text(listing.listed_at),
        )

    @classmethod
    def configured(cls, plate: str) -> "ListingView":
        return cls(
            kind="block",
            plate=plate,
            reason="",
            valid_until=None,
            free=False,
            when_full=False,
            operator="lot.toml",
            listed_at=None,
        )


class Listings(Message):
    listings: tuple[ListingView, ...]


class ImportOrder(Order):
    """`csv` is the whole file's text; a dry run tells what it would do."""

    csv: str
    dry_run: bool = False


class ImportAnswer(Message):
    new: int
    changed: int
    unchanged: int

    @classmethod
    def of(cls, done: Imported) -> "ImportAnswer":
        return cls(new=done.new, changed=done.changed, unchanged=done.unchanged)


class ExportAnswer(Message):
    """The file's text."""

    csv: str
