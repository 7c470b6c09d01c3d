"""Passes and lists as CSV files: what was exported can be imported again and changes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from lot_server.domain.clock import to_text
from lot_server.domain.errors import DomainError
from lot_server.domain.events import PassGranted, PlateListed
from lot_server.domain.listing import ListedPlate
from lot_server.domain.plate import normalise
from lot_server.domain.stay import Pass, PassKind
from lot_server.errors import BadCsv, LotError
from lot_server.ports import Work
from lot_server.rights.csv_rows import read_rows, refuse, write_rows
from lot_server.rights.instants import begins, ends
from lot_server.rights.lists import check_listing
from lot_server.rights.passes import check_change
from lot_server.rights.terms import offer

PASS_COLUMNS = ("pass_id", "kind", "holder", "plates", "spaces", "valid_from", "valid_until", "lanes")
LIST_COLUMNS = ("list", "plate", "reason", "valid_until", "free", "when_full")
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0", "")


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows are new, changed, or say what holds already."""

    new: int
    changed: int
    unchanged: int


def passes_csv(passes: Iterable[Pass]) -> str:
    """One line a pass; several plates or lanes stand in one cell, with spaces between."""
    return write_rows(
        PASS_COLUMNS,
        (
            (
                each.pass_id,
                each.kind,
                each.holder,
                " ".join(each.plates),
                str(each.spaces),
                to_text(each.valid_from),
                to_text(each.valid_until),
                " ".join(each.lanes),
            )
            for each in passes
        ),
    )


def lists_csv(listings: Iterable[ListedPlate]) -> str:
    """One line a plate on a list."""
    return write_rows(
        LIST_COLUMNS,
        (
            (
                each.kind,
                each.plate,
                each.reason,
                "" if each.valid_until is None else to_text(each.valid_until),
                "yes" if each.free else "no",
                "yes" if each.when_full else "no",
            )
            for each in listings
        ),
    )


def import_passes(
    work: Work, text: str, zone: str, operator: str, reason: str, now: datetime, dry_run: bool
) -> Imported:  # fmt: skip
    """Grant what the file says; other passes stay as they are. Raises BadCsv; then nothing is done."""
    rows = read_rows(text, PASS_COLUMNS, lambda row: _pass(row, zone), lambda held: held.pass_id)
    before = {held.pass_id: held for held in work.rights.passes()}
    wrong = []
    for line, held in rows:
        try:
            check_change(before.get(held.pass_id), held, now)
        except DomainError as error:
            wrong.append(f"line {line}: {error}")
    refuse(wrong)
    different = [held for _, held in rows if before.get(held.pass_id) != held]
    if not dry_run:
        for held in different:
            work.record(PassGranted(held, operator, reason), now)
        for held in different:
            offer(work, held, now)
    return _told([held.pass_id in before for held in different], len(rows))


def import_lists(work: Work, text: str, zone: str, operator: str, now: datetime, dry_run: bool) -> Imported:
    """Put on the lists what the file says; other plates stay. Raises BadCsv; then nothing is done."""
    rows = read_rows(text, LIST_COLUMNS, lambda row: _listed(row, zone), lambda each: (each.kind, each.plate))
    before = {(each.kind, each.plate): work.rights.standing(each.kind, each.plate) for _, each in rows}
    wrong = []
    for line, listed in rows:
        try:
            check_listing(before[listed.kind, listed.plate], listed, now)
        except LotError as error:
            wrong.append(f"line {line}: {error}")
    refuse(wrong)
    different = [each for _, each in rows if before[each.kind, each.plate] != each]
    if not dry_run:
        for listed in different:
            work.record(PlateListed(listed, operator), now)
    return _told([before[each.kind, each.plate] is not None for each in different], len(rows))


def _told(known: list[bool], rows: int) -> Imported:
    return Imported(new=known.count(False), changed=known.count(True), unchanged=rows - len(known))


def _pass(row: dict[str, str], zone: str) -> Pass:
    plates = [normalise(plate) for plate in row["plates"].replace(";", " ").split()]
    if not plates:
        raise BadCsv("plates is empty: a pass names at least one")
    if not row["pass_id"]:
        raise BadCsv("pass_id is empty")
    kind: PassKind | None = next((each for each in get_args(PassKind) if each == row["kind"]), None)
    if kind is None:
        raise BadCsv(f"kind must be one of {', '.join(get_args(PassKind))}")
    if not row["spaces"].isdecimal():
        raise BadCsv("spaces must be a whole number")
    return Pass(
        pass_id=row["pass_id"],
        plate=plates[0],
        kind=kind,
        valid_from=begins(row["valid_from"], zone),
        valid_until=ends(row["valid_until"], zone),
        more_plates=tuple(plates[1:]),
        spaces=int(row["spaces"]),
        lanes=tuple(row["lanes"].replace(";", " ").split()),
        holder=row["holder"],
    )


def _listed(row: dict[str, str], zone: str) -> ListedPlate:
    if row["list"] not in ("block", "allow"):
        raise BadCsv("list must be block or allow")
    return ListedPlate(
        kind="block" if row["list"] == "block" else "allow",
        plate=normalise(row["plate"]),
        reason=row["reason"],
        valid_until=ends(row["valid_until"], zone) if row["valid_until"] else None,
        free=_truth(row, "free"),
        when_full=_truth(row, "when_full"),
    )


def _truth(row: dict[str, str], name: str) -> bool:
    text = row[name].lower()
    if text not in _YES + _NO:
        raise BadCsv(f"{name} must be yes or no")
    return text in _YES
