"""Takes a vehicle's plate out of what is recorded, once nobody needs it any more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lot_server.domain.erasure import PSEUDONYM
from lot_server.domain.events import PlateErased
from lot_server.errors import StillNeeded
from lot_server.identifiers import new_ticket_id
from lot_server.store.erasure import PlateTraces
from lot_server.store.kept_photos import PhotoKind
from lot_server.store.unit_of_work import SqliteWork

_PSEUDONYM_CHARACTERS = 6


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, and `kept`, the stays of the plate that are too young or not ended."""

    pseudonym: str
    stays: int
    facts: int
    kept: tuple[str, ...]


def erase_plate(
    work: SqliteWork,
    plate: str,
    found: PlateTraces,
    limits: Mapping[PhotoKind, datetime],
    operator: str,
    reason: str,
    now: datetime,
    mirrored: bool,
) -> Erasure:
    """Put a new pseudonym in the place of a normalised plate in all that `found` names.

    The cloud must have those facts before: what it does not have yet it could not check any more. `mirrored` False says
    that this lot has no cloud. Raises StillNeeded.
    """
    if any(each.valid_until > now for each in work.rights.passes_naming(plate)):
        raise StillNeeded("a pass of this plate is valid: end the pass, then erase the plate")
    if work.rights.standing("block", plate) or work.rights.standing("allow", plate):
        raise StillNeeded("a list names this plate: take it off the list, then erase the plate")
    if not work.photos.past(found.passage_ids, limits) >= set(found.passage_ids):
        raise StillNeeded("a stay of this plate has come to be needed meanwhile: try again")
    if not found.passage_ids:
        why = f"{len(found.kept)} stays are not past their time of [photos]" if found.kept else "no ended stay has it"
        raise StillNeeded(f"nothing can be erased of this plate: {why}")
    if mirrored and max(found.seqs, default=0) > work.acked_seq:
        raise StillNeeded("the cloud does not have all facts of this plate yet: look at `openlot sync status`")
    pseudonym = PSEUDONYM + new_ticket_id()[:_PSEUDONYM_CHARACTERS]
    work.trail.add(now, operator, "erase_plate", pseudonym, reason)
    facts = work.rewrite_facts(found, pseudonym)
    work.record(
        PlateErased(pseudonym, found.stay_ids, found.passage_ids, found.everywhere, facts, operator, reason), now
    )
    return Erasure(pseudonym, len(found.stay_ids), len(facts), found.kept)
