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
    *,
    readable: bool,
    has_pass: bool,
    blocked: bool,
    full: bool,
    already_inside: bool,
    opened_by_operator: bool = False,
    allowed: bool = False,
    when_full: bool = False,
    members_only: bool = False,
) -> Admission | Refusal:
    """Admit or refuse a vehicle at an entry.

    `has_pass` is a pass with a free space; `allowed` a plate on the allow list, `when_full` one that a full lot admits.
    An operator overrules everything. A blocked plate is refused whatever else holds; a lot for members only refuses all
    but passes and allowed plates, a full lot all but passes and the plates that it admits when full. A plate that is
    already inside is a misread, a copy, or a vehicle whose exit was missed: it enters by ticket, so that no two stays
    share a plate and nobody is charged for another, and a person is told.
    """
    by_plate = readable and not already_inside
    alert: Literal["already_inside"] | None = "already_inside" if already_inside else None
    if opened_by_operator:
        return Admission("operator", by_plate, alert)
    if blocked:
        return Refusal("blocked")
    if members_only and not (by_plate and (has_pass or allowed)):
        return Refusal("members_only")
    if full and not (by_plate and (has_pass or when_full)):
        return Refusal("full")
    if not by_plate:
        return Admission("ticket", False, alert)
    if has_pass:
        return Admission("pass", True)
    return Admission("allowed" if allowed else "read", True)
