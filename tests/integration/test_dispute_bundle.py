"""A disputed stay's evidence in one file: whole, of that stay alone, and every change in it is found."""

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hand_lane import MORNING, open_lot
from passing_vehicles import PassingVehicles

from lot_server.config import StoreSection
from lot_server.decisions import OpenLane
from lot_server.dispute.bundle import AUDIT, FEE, LEDGER, Bundle, read_bundle
from lot_server.dispute.export import export_dispute
from lot_server.dispute.verify import verify_against, verify_bundle
from lot_server.errors import BadBundle, UnknownStay
from lot_server.photos import PhotoFolder
from lot_server.store.read_only import reading
from lot_server.store.store import Store

LOT, OTHER = "test", "京B99999"


@dataclass
class Disputed:
    """A lot with one disputed stay among others, and the file of it."""

    store: StoreSection
    stay_id: str
    file: Path

    def bundle(self) -> Bundle:
        return read_bundle(self.file)

    def wrong(self) -> dict[str, str]:
        """What does not hold of the file alone, by check."""
        return {each.name: each.text for each in verify_bundle(self.bundle()) if not each.holds}

    def change(self, name: str, change: Callable[[bytes], bytes | None]) -> None:
        """Write one file of the zip anew, or leave it out."""
        with zipfile.ZipFile(self.file) as opened:
            files = {each: opened.read(each) for each in opened.namelist()}
        files[name] = change(files[name])  # type: ignore[assignment]
        with zipfile.ZipFile(self.file, "w") as written:
            for each, content in files.items():
                if content is not None:
                    written.writestr(each, content)


@pytest.fixture(scope="module")
def parked(tmp_path_factory: pytest.TempPathFactory) -> tuple[StoreSection, str]:
    section = StoreSection(tmp_path_factory.mktemp("lot"))
    store = Store(section.database, LOT)
    with store.transaction() as work:
        open_lot(work, 300)
    vehicles = PassingVehicles(store, photos=PhotoFolder(section.photos))
    vehicles.passage("entry", OTHER)
    stay_id = vehicles.visit(hours=5)
    with store.transaction() as work:
        work.trail.add(MORNING, "ann", "view_photo", work.passages(stay_id)[0].photos[0], None)
        work.trail.add(MORNING, "ann", "view_photo", "0" * 64, None)
        work.trail.add(MORNING, "ann", "export_dispute", stay_id, "a letter")
    vehicles.passage("exit", OTHER, OpenLane("bob", "let out"))
    store.close()
    return section, stay_id


@pytest.fixture
def disputed(parked: tuple[StoreSection, str], tmp_path: Path) -> Disputed:
    section, stay_id = parked
    export_dispute(section, LOT, stay_id, tmp_path / "stay.zip", "the driver", MORNING)
    return Disputed(section, stay_id, tmp_path / "stay.zip")


def test_a_bundle_holds_and_is_of_its_stay_alone(disputed: Disputed) -> None:
    """The file has the frames, facts, entries and fee of the stay, nothing of another vehicle, and all of it holds."""
    bundle = disputed.bundle()
    assert disputed.wrong() == {}
    assert len(bundle.frames) == 2
    assert [entry.action for entry in bundle.audit] == ["view_photo", "export_dispute"]
    kinds = [fact.kind for fact in bundle.facts if fact.kind not in ("lot_described", "tariff_published")]
    assert kinds == ["entry_admitted", "entry_confirmed", "settlement_applied", "exit_admitted", "exit_confirmed"]
    assert bundle.fee is not None
    assert bundle.fee["gross"] == bundle.fee["paid"]
    assert bundle.fee["gross"]["minor"] > 0
    assert OTHER not in disputed.file.read_bytes().decode("latin-1")
    with zipfile.ZipFile(disputed.file) as opened:
        assert not any(OTHER.encode() in opened.read(name) for name in opened.namelist())
    with reading(disputed.store.database) as opened_store:
        assert [each.holds for each in verify_against(bundle, opened_store)] == [True]


def _lines(change: Callable[[dict[str, object]], object]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        values = [json.loads(line) for line in content.splitlines()]
        for value in values:
            change(value)
        return "".join(json.dumps(value, sort_keys=True) + "\n" for value in values).encode()

    return changed


def _cheaper(fact: dict[str, object]) -> None:
    body = fact["body"]
    if isinstance(body, dict) and "gross" in body:
        body["gross"]["minor"] -= 500


@pytest.mark.parametrize(
    ("name", "change", "checks"),
    [
        (LEDGER, _lines(_cheaper), {"files", "ledger", "fee"}),
        (LEDGER, lambda content: b"\n".join(content.splitlines()[:-1]), {"files"}),
        (AUDIT, _lines(lambda entry: entry.update(actor="bob")), {"files", "audit"}),
        (FEE, lambda content: content.replace(b'"blocks"', b'"free"'), {"files", "fee"}),
        ("reads.json", lambda _: b"[]", {"files"}),
        ("reads.json", lambda _: None, {"files"}),
    ],
    ids=["fee changed", "fact cut off", "entry changed", "steps changed", "reads changed", "reads missing"],
)
def test_every_change_is_found(
    disputed: Disputed, name: str, change: Callable[[bytes], bytes | None], checks: set[str]
) -> None:
    """Whatever is changed or taken out of the file, verifying says what does not hold."""
    disputed.change(name, change)
    assert disputed.wrong().keys() == checks


def test_a_changed_or_missing_frame_is_found(disputed: Disputed) -> None:
    """A frame must be there, and be the one that the facts name."""
    first, second = (f"frames/{name}.jpg" for name in disputed.bundle().frames)
    disputed.change(first, lambda content: content + b"x")
    assert "was changed" in disputed.wrong()["frames"]
    disputed.change(second, lambda _: None)
    assert "is missing" in disputed.wrong()["frames"]


def test_a_forged_fact_is_found_at_the_lot(disputed: Disputed, parked: tuple[StoreSection, str]) -> None:
    """A file that was made anew from changed facts holds by itself, but not beside the lot's own chains."""
    forged_folder = StoreSection(disputed.file.parent / "forged")
    shutil.copytree(parked[0].folder, forged_folder.folder)
    store = Store(forged_folder.database, LOT)
    vehicles = PassingVehicles(store, photos=PhotoFolder(forged_folder.photos))
    vehicles.clock.forward(days=2)
    stay_id = vehicles.visit(hours=1)
    store.close()
    export_dispute(forged_folder, LOT, stay_id, disputed.file.with_name("forged.zip"), "the driver", MORNING)
    bundle = read_bundle(disputed.file.with_name("forged.zip"))
    assert all(each.holds for each in verify_bundle(bundle))
    with reading(disputed.store.database) as opened:
        (check,) = verify_against(bundle, opened)
    assert not check.holds
    assert "another fact" in check.text


def test_what_is_no_bundle_is_refused(tmp_path: Path, disputed: Disputed) -> None:
    """A file that is no zip, a zip without a manifest, a file that is there and an unknown stay are typed errors."""
    (tmp_path / "plain.zip").write_text("hello")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as written:
        written.writestr("a.txt", "hello")
    for name in ("plain.zip", "empty.zip", "missing.zip"):
        with pytest.raises(BadBundle):
            read_bundle(tmp_path / name)
    with pytest.raises(BadBundle, match="there already"):
        export_dispute(disputed.store, LOT, disputed.stay_id, disputed.file, "the driver", MORNING)
    with pytest.raises(UnknownStay):
        export_dispute(disputed.store, LOT, "nobody", tmp_path / "new.zip", "the driver", MORNING)


@pytest.fixture
def without_photo(disputed: Disputed) -> Iterator[Disputed]:
    name = next(iter(disputed.bundle().frames))
    path = PhotoFolder(disputed.store.photos).path(name)
    content = path.read_bytes()
    path.unlink()
    disputed.file.unlink()
    yield disputed
    path.write_bytes(content)


def test_a_lost_photo_is_said(without_photo: Disputed) -> None:
    """A photo that is no longer there is named in the file, which holds all the same."""
    export_dispute(without_photo.store, LOT, without_photo.stay_id, without_photo.file, "the driver", MORNING)
    assert len(without_photo.bundle().manifest.lost_photos) == 1
    assert without_photo.wrong() == {}
