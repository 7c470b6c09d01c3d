"""Passes and lists as CSV files: round trips, and files that are wrong line by line."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hand_lane import MORNING
from hypothesis import given
from hypothesis import strategies as st
from rights_lot import RightsLot

from lot_server.domain.listing import ListedPlate
from lot_server.domain.stay import Pass
from lot_server.errors import BadCsv, BadInstant
from lot_server.rights.csv_files import Imported, import_lists, import_passes, lists_csv, passes_csv
from lot_server.rights.csv_rows import read_rows, write_rows
from lot_server.rights.instants import begins, ends

ZONE = "Asia/Shanghai"
DAY = timedelta(days=1)
HEAD = "pass_id,kind,holder,plates,spaces,valid_from,valid_until,lanes\n"
HELD = Pass(
    "flat-7", "粤B11111", "resident", MORNING, MORNING + DAY, ("粤B22222",), 2, ("entry-1", "entry-2"), "=Li, 7"
)
LISTED = (
    ListedPlate("allow", "浙C11111", "-fire brigade", MORNING + DAY, True, True),
    ListedPlate("block", "浙C22222", 'says "no"'),
)


@pytest.fixture
def lot(tmp_path: Path) -> Iterator[RightsLot]:
    lot = RightsLot(tmp_path)
    yield lot
    lot.store.close()


def take_passes(lot: RightsLot, text: str, dry_run: bool = False) -> Imported:
    with lot.store.transaction() as work:
        return import_passes(work, text, ZONE, "ann", "new year", lot.now, dry_run)


def take_lists(lot: RightsLot, text: str, dry_run: bool = False) -> Imported:
    with lot.store.transaction() as work:
        return import_lists(work, text, ZONE, "ann", lot.now, dry_run)


def test_what_is_exported_is_imported_again(lot: RightsLot) -> None:
    """A dry run changes nothing; the file gives exactly what was exported; a second time nothing is new."""
    passes, lists = passes_csv([HELD]), lists_csv(LISTED)
    before = len(lot.kinds())
    assert (take_passes(lot, passes, True), take_lists(lot, lists, True)) == (Imported(1, 0, 0), Imported(2, 0, 0))
    assert len(lot.kinds()) == before
    take_passes(lot, passes)
    take_lists(lot, lists)
    with lot.store.transaction() as work:
        assert work.pass_by_id("flat-7") == HELD
        assert tuple(each.listed for each in work.rights.listings()) == LISTED
        exported = passes_csv(work.rights.passes()), lists_csv(each.listed for each in work.rights.listings())
    recorded = len(lot.kinds())
    assert take_passes(lot, exported[0]) == Imported(0, 0, 2)
    assert take_lists(lot, exported[1]) == Imported(0, 0, 2)
    assert len(lot.kinds()) == recorded
    assert take_passes(lot, passes_csv([replace(HELD, spaces=3)])) == Imported(0, 1, 0)


def test_days_are_the_lots_and_whole(lot: RightsLot) -> None:
    """A day begins with its first moment and ends with its last; spreadsheets' own BOM and CRLF are taken."""
    take_passes(
        lot, f"\ufeff{HEAD}p,monthly,,粤b·11111 ; 粤b·22222,1,2026-03-02,2026-03-31,\r\n\r\n".replace("\n", "\r\n")
    )
    with lot.store.transaction() as work:
        held = work.pass_by_id("p")
    assert held is not None
    assert (begins("2026-03-02", ZONE), ends("2026-03-31", ZONE)) == (held.valid_from, held.valid_until)
    assert (held.valid_until - held.valid_from, held.plates) == (30 * DAY, ("粤B11111", "粤B22222"))
    with pytest.raises(BadInstant, match="2026-12-31"):
        ends("31.12.2026", ZONE)


def test_a_wrong_file_names_every_wrong_line_and_imports_nothing(lot: RightsLot) -> None:
    """All that is wrong is told at once, by line; not even the right lines of the file are taken."""
    rows = [
        "p1,monthly,,粤B11111,1,2026-01-01,2026-12-31,",
        "p2,yearly,,粤B11111,1,2026-01-01,2026-12-31,",
        "p1,monthly,,粤B22222,1,2026-01-01,2026-12-31,",
        'p3,staff,"two',
        'lines",?,1,2026-01-01,2026-12-31,',
        "p4,staff,,,1,2026-01-01,2026-12-31,",
        "p5,staff,,粤B33333,0,2026-01-01,2026-12-31,",
        "p6,staff,,粤B33333,1,soon,2026-12-31,",
        "p7,staff,,粤B33333,1,2026-12-31,2026-01-01,",
        "p8,staff",
        "pass-1,monthly,,沪B88888,1,2026-03-01T08:00:00Z,2026-03-02,",
    ]
    with pytest.raises(BadCsv) as refused:
        take_passes(lot, HEAD + "\n".join(rows))
    told = str(refused.value)
    for line, word in ((3, "kind"), (4, "line 2"), (6, "plate"), (7, "plates"), (8, "space"), (9, "soon"), (10, "ends"), (11, "cells")):  # fmt: skip # noqa: E501
        assert any(part.startswith(f"line {line}:") and word in part for part in told.split("; ")), (line, told)
    lot.clock.forward(days=5)
    with pytest.raises(BadCsv, match="line 2: pass pass-1 cannot end in the past"):
        take_passes(lot, HEAD + rows[-1])
    with lot.store.transaction() as work:
        assert [each.pass_id for each in work.rights.passes()] == ["pass-1"]
    for text, word in (
        ("", "line 1: the columns"),
        ("list,plate\n", "line 1: the columns"),
        ("list,plate,reason,valid_until,free,when_full\nblock,浙C1,,,no,no\n", "line 2: a plate is on a list for"),
        ("list,plate,reason,valid_until,free,when_full\nblock,浙C1,x,,perhaps,no\n", "line 2: free must be yes or no"),
        ("list,plate,reason,valid_until,free,when_full\nvip,浙C1,x,,no,no\n", "line 2: list must be"),
        ('list,plate,reason,valid_until,free,when_full\nblock,"浙C1', "no CSV"),
    ):
        with pytest.raises(BadCsv, match=word):
            take_lists(lot, text)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(str.strip), min_size=2, max_size=2)
)
def test_any_cell_survives_a_spreadsheets_formula_guard(cells: list[str]) -> None:
    """Whatever text stands in a cell, it is the same after writing and reading, formulas included."""
    row = ["x", *cells]
    text = write_rows(("a", "b", "c"), [row])
    assert all(not each.startswith(("=", "+", "-", "@")) for each in text.splitlines()[1].split(",")[:1])
    (found,) = read_rows(text, ("a", "b", "c"), lambda row: row, lambda row: row["a"])
    assert list(found[1].values()) == row
