"""A plate that is forgotten: nowhere any more, while money and the ledger's chain stand as they stood."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hand_lane import open_lot
from passing_vehicles import PassingVehicles

from lot_server.config import StoreSection
from lot_server.dispute.export import export_dispute
from lot_server.domain.errors import BrokenChain
from lot_server.domain.events import PassGranted, PlateListed, PlateUnlisted
from lot_server.domain.listing import ListedPlate
from lot_server.domain.stay import Pass
from lot_server.errors import BadBundle, StillNeeded
from lot_server.photos_config import PhotosSection
from lot_server.plate_erasure import Erasure, erase_plate
from lot_server.store.look import ReadStore
from lot_server.store.read_only import reading, verify_audit, verify_ledger
from lot_server.store.store import Store

LOT, PLATE = "test", "京C12345"


@dataclass
class Remembering:
    """A lot whose vehicles a test may have forgotten."""

    path: Path
    store: Store
    vehicles: PassingVehicles

    def erase(self, plate: str = PLATE, mirrored: bool = False) -> Erasure:
        now = self.vehicles.clock.now()
        limits = PhotosSection().limits(now)
        with ReadStore(self.path, LOT).look() as look:
            found = look.traces(plate, limits)
        with self.store.transaction() as work:
            return erase_plate(work, plate, found, limits, "ann", "asked by letter", now, mirrored)

    def whole(self) -> int:
        """How many facts the ledger has; raises where a chain is broken."""
        with reading(self.path) as opened:
            verify_audit(opened, LOT)
            return verify_ledger(opened, LOT)[0]

    def content(self) -> str:
        """Everything that the database says, as SQL."""
        with sqlite3.connect(self.path) as opened:
            dump = "\n".join(opened.iterdump())
        opened.close()
        return dump


@pytest.fixture
def lot(tmp_path: Path) -> Iterator[Remembering]:
    store = Store(tmp_path / "lot.db", LOT)
    with store.transaction() as work:
        open_lot(work, 300)
    yield Remembering(tmp_path / "lot.db", store, PassingVehicles(store))
    store.close()


def test_an_erased_plate_is_nowhere_and_the_chains_hold(lot: Remembering) -> None:
    """No row and no fact holds the plate, the fee and its payment are as before, and both chains verify."""
    stay_id = lot.vehicles.visit(PLATE, hours=3)
    young = lot.vehicles.visit("京D54321", hours=1)
    lot.vehicles.clock.forward(days=40)
    with lot.store.transaction() as work:
        before = lot.vehicles.handlers.fee_of(work, stay_id)
    facts = lot.whole()
    erased = lot.erase()
    assert (erased.stays, erased.facts, erased.kept) == (1, 2, ())
    assert PLATE not in lot.content()
    assert "京D54321" in lot.content()
    assert lot.whole() == facts + 1
    with lot.store.transaction() as work:
        stay, other = work.stay(stay_id), work.stay(young)
        assert stay is not None
        assert other is not None
        assert (stay.plate, stay.printed, stay.evidence, stay.photos) == (erased.pseudonym, None, None, ())
        assert other.evidence is not None
        assert lot.vehicles.handlers.fee_of(work, stay_id) == before
        assert len(work.settlements(stay_id)) == 1
        trail = work.trail.last()
    assert trail is not None
    assert (trail.action, trail.subject) == ("erase_plate", erased.pseudonym)
    with pytest.raises(BadBundle, match="erased"):
        export_dispute(StoreSection(lot.path.parent), LOT, stay_id, lot.path.with_name("x.zip"), "ann", stay.read_at)


def test_an_erased_fact_cannot_be_changed_afterwards(lot: Remembering) -> None:
    """What stands in place of an erased body is bound by the erasure: an amount changed there breaks the chain."""
    lot.vehicles.visit(PLATE, hours=3)
    lot.vehicles.clock.forward(days=40)
    lot.erase()
    lot.store.close()
    with sqlite3.connect(lot.path) as opened:
        opened.execute(
            "UPDATE outbox SET body = replace(body, '\"minor\":', '\"minor\":1') WHERE kind = 'exit_admitted'"
        )
    opened.close()
    with pytest.raises(BrokenChain, match="erasure"):
        lot.whole()
    with sqlite3.connect(lot.path) as opened:
        opened.execute("UPDATE outbox SET erased_by = 1 WHERE kind = 'entry_confirmed'")
    opened.close()
    with pytest.raises(BrokenChain):
        lot.whole()


def test_alerts_and_passes_forget_it_too(lot: Remembering) -> None:
    """An expired pass and the text of an alert lose the plate."""
    now = lot.vehicles.clock.now()
    with lot.store.transaction() as work:
        work.record(PassGranted(Pass("old", PLATE, "monthly", now - timedelta(days=9), now - timedelta(days=1))), now)
        lot.vehicles.handlers.report_fault(work, "exit-1", "ambiguous_exit", f"it may be {PLATE} or another")
    lot.vehicles.visit(PLATE, hours=3)
    lot.vehicles.clock.forward(days=40)
    assert lot.erase().facts == 4
    assert PLATE not in lot.content()
    lot.whole()


def test_two_plates_are_erased_one_after_the_other(lot: Remembering) -> None:
    """A fact that named two vehicles is written anew twice, and the chain holds."""
    other = "京E77777"
    with lot.store.transaction() as work:
        lot.vehicles.handlers.report_fault(work, "exit-1", "ambiguous_exit", f"it may be {PLATE} or {other}")
    for plate in (PLATE, other):
        lot.vehicles.visit(plate, hours=3)
    lot.vehicles.clock.forward(days=40)
    first, second = lot.erase(), lot.erase(other)
    assert first.pseudonym != second.pseudonym
    assert not any(plate in lot.content() for plate in (PLATE, other))
    lot.whole()


def test_what_is_needed_is_not_erased(lot: Remembering) -> None:
    """A vehicle inside, a stay within its time, a valid pass and facts that the cloud lacks keep their plate."""
    with pytest.raises(StillNeeded, match="no ended stay"):
        lot.erase()
    lot.vehicles.visit(PLATE, hours=3)
    with pytest.raises(StillNeeded, match="not past their time"):
        lot.erase()
    lot.vehicles.clock.forward(days=40)
    with pytest.raises(StillNeeded, match="cloud"):
        lot.erase(mirrored=True)
    with lot.store.transaction() as work:
        work.acknowledge(*work.head())
    inside = lot.vehicles.passage("entry", PLATE)
    assert lot.erase(mirrored=True).kept == (inside,)
    assert PLATE in lot.content()
    now = lot.vehicles.clock.now()
    with lot.store.transaction() as work:
        work.record(PassGranted(Pass("new", PLATE, "monthly", now, now + timedelta(days=30))), now)
    with pytest.raises(StillNeeded, match="pass"):
        lot.erase()


def test_a_plate_on_a_list_is_taken_off_first(lot: Remembering) -> None:
    """While the block list names a plate it is not erased, and neither list nor facts name it afterwards."""
    lot.vehicles.visit(PLATE, hours=3)
    lot.vehicles.clock.forward(days=40)
    now = lot.vehicles.clock.now()
    with lot.store.transaction() as work:
        work.record(PlateListed(ListedPlate("block", PLATE, "left without paying"), "ann"), now)
    with pytest.raises(StillNeeded, match="list"):
        lot.erase()
    with lot.store.transaction() as work:
        work.record(PlateUnlisted("block", PLATE, "ann", "has paid"), now)
    lot.erase()
    assert PLATE not in lot.content()
    lot.whole()
