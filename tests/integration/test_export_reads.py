"""`openlot lot export-reads`: what operators saw at a lot becomes a folder that the bench reads."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from lot_process import LotProcess, write_config
from openlot_command import openlot
from pixel_plates import UNREADABLE, write_picture

from benchmarks.datasets.formats import Format, load_dataset


@pytest.fixture
def lot(tmp_path: Path) -> Iterator[LotProcess]:
    process = LotProcess(write_config(tmp_path, spaces=50))
    process.start()
    yield process
    assert process.stop() == 0


def enter(lot: LotProcess, picture: Path) -> str:
    """A vehicle drives in; the id of its stay."""
    known = {stay["stay_id"] for stay in lot.get("/stays")["stays"]}
    assert lot.fate(lot.send("entry-1", [picture])) == "crossed"
    lot.until("entry-1", "idle")
    (stay,) = [stay for stay in lot.get("/stays")["stays"] if stay["stay_id"] not in known]
    return str(stay["stay_id"])


def by(lot: LotProcess, operator: str = "ann") -> tuple[object, ...]:
    return "--config", lot.config, "--operator", operator, "--reason", "looked at the photo"


def test_what_operators_saw_is_what_the_bench_measures_by(lot: LotProcess, tmp_path: Path) -> None:
    """A corrected, a confirmed and an unread entry and an exit matched by eye come out as photos with true plates, in a
    folder of the user's alone; a read that nobody looked at does not; the log keeps who was given how many.
    """
    plates = {"wrong": "AB12C0", "right": "KA05MG", "ticket": UNREADABLE, "unseen": "XY99ZZ", "exit": UNREADABLE}
    pictures = {
        name: write_picture(tmp_path / f"{name}.png", plate, shade)
        for shade, (name, plate) in enumerate(plates.items(), 40)
    }
    stays = {name: enter(lot, pictures[name]) for name in ("wrong", "right", "ticket", "unseen")}
    out = tmp_path / "reads"
    early = openlot("lot", "export-reads", "--out", out, *by(lot))
    assert (early.status, "nothing_to_export" in early.err) == (1, True)
    for name, plate in (("wrong", "AB-12-CD"), ("wrong", "AB-12-CO"), ("right", "KA05MG"), ("ticket", "T1CKET")):
        assert openlot("lot", "correct-plate", stays[name], plate, *by(lot)).status == 0
    vehicle = lot.send("exit-1", [pictures["exit"]])
    lot.until("exit-1", "waiting_for_operator")
    order = {"operator": "ann", "reason": "the same car"}
    lot.post("/lanes/exit-1/resolve", order | {"stay_id": stays["wrong"]})
    due = lot.until("exit-1", "waiting_for_payment")["due"]
    paid = {"amount_minor": due["minor"], "currency": due["currency"], "provider": "cash", "provider_reference": "c-1"}
    lot.post("/lanes/exit-1/payment", paid)
    assert lot.fate(vehicle) == "crossed"

    made = openlot("lot", "export-reads", "--out", out, *by(lot, "bea"))
    assert made.status == 0, made.err
    assert "4 reads with their photos" in made.out
    dataset = load_dataset(out)
    assert dataset.format is Format.LOT
    told = sorted(
        (sample.truth[0].text, sample.conditions["lane"], sample.conditions["lot's read"]) for sample in dataset.samples
    )
    assert told == [
        ("AB12CO", "entry-1", "corrected"),
        ("AB12CO", "exit-1", "corrected"),
        ("KA05MG", "entry-1", "right"),
        ("T1CKET", "entry-1", "corrected"),
    ]
    assert all(sample.path.read_bytes().startswith(b"\xff\xd8") for sample in dataset.samples)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (out, out / "photos")} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (out / "reads.jsonl", *out.glob("photos/*"))} == {0o600}
    assert "bea was given 4 corrected reads with their photos" in lot.log()


def test_a_folder_that_holds_something_is_left_alone(lot: LotProcess, tmp_path: Path) -> None:
    """Nothing is asked of the lot, and nothing written, where the folder is not new."""
    out = tmp_path / "reads"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    refused = openlot("lot", "export-reads", "--out", out, *by(lot))
    assert (refused.status, "export_folder_taken" in refused.err) == (1, True)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    assert "corrected reads" not in lot.log()


def test_a_photo_that_is_gone_costs_one_read(lot: LotProcess, tmp_path: Path) -> None:
    """A photo that was deleted or changed is left out and said to be, and the others are exported."""
    stays = [enter(lot, write_picture(tmp_path / f"{i}.png", f"KA05M{i}", 50 + i)) for i in range(3)]
    for i, stay in enumerate(stays):
        lot.post(f"/stays/{stay}/plate", {"plate": f"KA05M{i}", "operator": "ann", "reason": "right"})
    gone, changed, _ = [stay["photos"][0] for stay in lot.get("/stays")["stays"]]
    (lot.folder / "photos" / gone[:2] / f"{gone}.jpg").unlink()
    (lot.folder / "photos" / changed[:2] / f"{changed}.jpg").write_bytes(b"\xff\xd8 other")
    made = openlot("lot", "export-reads", "--out", tmp_path / "reads", *by(lot))
    assert made.status == 0
    assert "2 reads left out" in made.err
    assert len(load_dataset(tmp_path / "reads").samples) == 1
