"""What facts about passes, lists and the count of vehicles change in the mirror."""

from datetime import datetime
from typing import Any

from api.ingest.mirror import Mirror, Unprojectable, existing, introduce
from api.tables import ListedPlateRow, PassRow, StrayRow
from lot_server.domain import events
from lot_server.domain.codec import to_body
from lot_server.domain.occupancy import SpaceCount


def pass_granted(mirror: Mirror, event: events.PassGranted) -> None:
    granted = event.parking_pass
    facts: dict[str, Any] = {
        "plate": granted.plate,
        "kind": granted.kind,
        "valid_from": granted.valid_from,
        "valid_until": granted.valid_until,
        "more_plates": list(granted.more_plates),
        "spaces": granted.spaces,
        "lanes": list(granted.lanes),
        "holder": granted.holder,
    }
    if granted.pass_id in mirror.passes:
        mirror.passes[granted.pass_id].sqlmodel_update(facts)
    else:
        mirror.passes[granted.pass_id] = PassRow(lot_id=mirror.lot_id, pass_id=granted.pass_id, **facts)


def pass_revoked(mirror: Mirror, event: events.PassRevoked) -> None:
    held = existing(mirror.passes, event.pass_id)
    held.valid_until = max(held.valid_from, min(held.valid_until, event.revoked_at))


def plate_listed(mirror: Mirror, event: events.PlateListed) -> None:
    listed = event.listed
    key = (listed.kind, listed.plate)
    facts = to_body(listed) | {"valid_until": listed.valid_until, "removed_at": None}
    if key in mirror.listed:
        mirror.listed[key].sqlmodel_update(facts)
    else:
        mirror.listed[key] = ListedPlateRow(lot_id=mirror.lot_id, **facts)


def plate_unlisted(mirror: Mirror, event: events.PlateUnlisted) -> None:
    existing(mirror.listed, (event.kind, event.plate)).removed_at = mirror.at


def terms_changed(mirror: Mirror, event: events.TermsChanged) -> None:
    stay = existing(mirror.stays, event.stay_id)
    stay.pass_id, stay.pass_since = event.pass_id, event.pass_since
    stay.waits_for, stay.allowed = event.waits_for, event.allowed


def stray_passed(mirror: Mirror, event: events.StrayPassed) -> None:
    row = StrayRow(
        lot_id=mirror.lot_id,
        passage_id=event.passage_id,
        lane_id=event.lane_id,
        direction=event.direction,
        cause=event.cause,
        passed_at=event.passed_at,
    )
    introduce(mirror.strays, event.passage_id, row)
    count(mirror, event.free_spaces, event.count)


def stay_orphaned(mirror: Mirror, event: events.StayOrphaned) -> None:
    _orphan(mirror, event.stay_id, event.cause, event.orphaned_at)
    count(mirror, event.free_spaces, event.count)


def orphan_found(mirror: Mirror, event: events.OrphanFound) -> None:
    _orphan(mirror, event.stay_id, None, None)
    count(mirror, event.free_spaces, event.count)


def stay_written_off(mirror: Mirror, event: events.StayWrittenOff) -> None:
    stay = existing(mirror.stays, event.stay_id)
    stay.state, stay.exited_at, stay.exit_decision = "closed", event.ended_at, "written_off"
    stay.gross_minor, stay.paid_minor = event.gross.minor, event.paid.minor
    count(mirror, event.free_spaces, event.count)


def recounted(mirror: Mirror, event: events.Recounted) -> None:
    count(mirror, event.free_spaces, event.count)


def reconciled(mirror: Mirror, event: events.Reconciled) -> None:
    count(mirror, event.free_spaces, event.count)


def count(mirror: Mirror, free_spaces: int, sure: SpaceCount | None) -> None:
    """The lot's free spaces now, and how sure they are. Raises Unprojectable."""
    if mirror.lot is None:
        raise Unprojectable("spaces were counted before the lot was described: record LotDescribed first")
    mirror.lot.free_spaces = free_spaces
    mirror.lot.free_least = None if sure is None else sure.least
    mirror.lot.free_most = None if sure is None else sure.most
    mirror.lot.kept_spaces = 0 if sure is None else sure.kept


def _orphan(mirror: Mirror, stay_id: str, cause: str | None, at: datetime | None) -> None:
    stay = existing(mirror.stays, stay_id)
    stay.orphaned, stay.orphaned_at = cause, at
