"""Plates that a lot treats on their own: kept out, or let in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ListKind = Literal["block", "allow"]


@dataclass(frozen=True, slots=True)
class ListedPlate:
    """A plate on one of a lot's lists, for a reason, until `valid_until` (None: until it is taken off).

    `block` keeps it out. `allow` lets it into a lot for members only; `free` makes its stays cost nothing, and
    `when_full` lets it into a full lot. Both mean nothing on the block list.
    """

    kind: ListKind
    plate: str
    reason: str
    valid_until: datetime | None = None
    free: bool = False
    when_full: bool = False

    def holds_at(self, instant: datetime) -> bool:
        return self.valid_until is None or instant < self.valid_until
