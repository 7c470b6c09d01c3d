"""Who may drive in, and as what."""

from dataclasses import dataclass
from typing import Literal

from lot_server.domain.events import EntryDecision, EntryRefusal


@dataclass(frozen=True, slots=True)
class Admission:
    """The vehicle may enter: by its plate, or by a ticket. `alert` is the code of what a person should look at."""

    decision: EntryDecision
    by_plate: bool
    alert: Literal["already_inside"] | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The vehicle may not enter, for now or at all."""

    reason: EntryRefusal


def decide_entry(
    *, readable: bool, has_pass: bool, blocked: bool, full: bool, already_inside: bool, opened_by_operator: bool = False
) -> Admission | Refusal:
    """Admit or refuse a vehicle at an entry.

    An operator overrules everything. A blocked plate is refused whatever else holds; a full lot refuses all but
    passes. A plate that is already inside is a misread, a copy, or a vehicle whose exit was missed: it enters by
    ticket, so that no two stays share a plate and nobody is charged for another, and a person is told.
    """
    by_plate = readable and not already_inside
    alert: Literal["already_inside"] | None = "already_inside" if already_inside else None
    if opened_by_operator:
        return Admission("operator", by_plate, alert)
    if blocked:
        return Refusal("blocked")
    if full and not (has_pass and by_plate):
        return Refusal("full")
    if not by_plate:
        return Admission("ticket", False, alert)
    return Admission("pass" if has_pass else "read", True)
