"""What the pages about the models say is worked out from kept reads, logs and rendered scenes."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cards.curve import Look, detector_curve, reader_curve
from benchmarks.cards.edits import edit_marks, nearest
from benchmarks.cards.errors import BadTrainingLog
from benchmarks.cards.figures import empty_figures, set_figures
from benchmarks.cards.gallery import Failure, rendered_scenes, write_sheet
from benchmarks.cards.reliability import Judged, reliability
from benchmarks.datasets.photo_sets import read_set
from vision.geometry import bounds


@pytest.mark.parametrize(
    ("true", "read", "marks"),
    [
        ("浙A12345", "皖A12345", ["浙>皖 at 1"]),
        ("浙A12345", "A12345", ["lost 浙 at 1"]),
        ("AB1234", "AB12X34", ["added X after 4"]),
        ("AB1234", "8B1Z34", ["A>8 at 1", "2>Z at 4"]),
        ("AB1234", "AB1234", []),
        ("AB1234", "XYZ", ["another text"]),
        ("AB1", "AB2", ["1>2 at 3"]),
    ],
)
def test_marks_name_what_changed_and_where(true: str, read: str, marks: list[str]) -> None:
    """A misread is told by its changes and their places; one that shares too little is another text."""
    assert edit_marks(true, read) == marks


@given(st.text("AB12", max_size=7), st.text("AB12", max_size=7))
def test_marks_never_hold_a_whole_plate(true: str, read: str) -> None:
    """No mark shows more than two characters, and equal texts have none."""
    marks = edit_marks(true, read)
    assert (marks == []) is (true == read)
    assert all(len(mark.split(" at ")[0].split(" after ")[0].removeprefix("lost ")) <= 12 for mark in marks)


def test_a_misread_is_held_against_the_nearest_plate() -> None:
    """Where a photo shows several plates, the one that takes the fewest changes was meant."""
    assert nearest("AB1Z34", ["XY9876", "AB1234"]) == "AB1234"


def test_reads_fall_into_bins_by_their_confidence() -> None:
    """Each read counts once, the surest bin includes 1, and empty bins are right in nothing."""
    bins = reliability([Judged(0.95, True), Judged(1.0, False), Judged(0.94, True), Judged(0.31, False)])
    assert [(b.low, b.reads, b.right) for b in bins if b.reads] == [(0.3, 1, 0), (0.9, 1, 1), (0.95, 2, 1)]
    assert sum(b.reads for b in bins) == 4
    assert bins[-1].confidence == pytest.approx(0.975)
    assert (bins[0].share, bins[-1].share) == (0.0, 0.5)


def plate(text: str | None, confidence: float, box: Sequence[float], guess: str = "") -> dict[str, object]:
    """A plate as `openlot read --json` prints it."""
    return {"text": text, "confidence": confidence, "box": box} | ({} if text else {"guess": guess})


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A set of four photos, one of them unread, with the kept reads beside it."""
    truth = {
        "a.png": [{"text": "AB123", "box": [0, 0, 10, 5]}],
        "b.png": [{"text": "CD456", "box": [0, 0, 10, 5]}, {"text": "EF789", "box": [20, 0, 30, 5]}],
        "c.png": [{"text": "GH123", "box": [0, 0, 10, 5]}],
        "d.png": [{"text": "IJ123", "box": [0, 0, 10, 5]}],
    }
    reports = [
        ("a.png", [plate("AB123", 0.98, [0, 0, 10, 5]), plate("STOP", 0.4, [50, 50, 60, 60])]),
        ("b.png", [plate("EF7B9", 0.9, [20, 0, 30, 5]), plate("CD456", 0.8, [0, 0, 10, 5])]),
        ("c.png", [plate(None, 0.2, [0, 0, 10, 5], "GH123")]),
    ]
    (tmp_path / "small").mkdir()
    for name in truth:
        cv2.imwrite(str(tmp_path / "small" / name), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "small" / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    lines = [json.dumps({"file": name, "ms": 10 * n, "plates": plates}) for n, (name, plates) in enumerate(reports)]
    lines.append(json.dumps({"file": "d.png", "error": {"code": "unreadable_image", "message": "no"}}))
    (tmp_path / "small.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def test_figures_count_photos_plates_false_reads_and_mistakes(collection: Path) -> None:
    """Right is by the surest text, found by any box; what is on no plate is false; a held-back guess is no read."""
    figures = set_figures(read_set(collection / "small"), collection / "small.jsonl")
    assert (figures.right, figures.photos) == (1, 4)
    assert (figures.plates_read, figures.found, figures.plates) == (2, 4, 5)
    assert figures.false == 1
    assert figures.median_ms == 10
    assert sorted((j.confidence, j.is_right) for j in figures.judged) == [
        (0.4, False), (0.8, True), (0.9, False), (0.98, True),
    ]  # fmt: skip
    assert figures.misses == {"8>B at 4": 1, "held back, and right": 1, "not found": 1}


def test_without_boxes_nothing_is_said_of_places(collection: Path) -> None:
    """Where one plate has no box, neither found nor false reads can be counted."""
    path = collection / "small" / "truth.json"
    path.write_text(path.read_text(encoding="utf-8").replace("[20, 0, 30, 5]", "null"), encoding="utf-8")
    figures = set_figures(read_set(collection / "small"), collection / "small.jsonl")
    assert (figures.found, figures.false) == (None, None)


def test_pictures_without_plates_count_what_was_read_on_them(collection: Path) -> None:
    """Texts count by their confidence; a held-back guess is none."""
    figures = empty_figures("small", collection / "small.jsonl")
    assert (figures.photos, figures.texts, figures.likely, figures.sure) == (3, 2, 2, 2)


def test_logs_become_curves(tmp_path: Path) -> None:
    """Both kinds of logs give steps and counts over real pictures alone, thinned to a dozen with first and last."""
    log, dev = tmp_path / "log.csv", tmp_path / "dev.csv"
    log.write_text("".join(f"{n},1.5,0.3,0.9,a={n}/100,b=1/2,generated=9/9\n" for n in range(1, 31)), encoding="utf-8")
    dev.write_text("20,a,10,8,1,0.2\n20,b,5,5,0,0.1\n20,composed,9,9,0,0.1\n40,a,10,9,0,0.2\n", encoding="utf-8")
    looks = reader_curve(log)
    assert (len(looks), looks[0], looks[-1]) == (12, Look(1, 2, 102), Look(30, 31, 102))
    assert detector_curve(dev) == [Look(20, 13, 15), Look(40, 9, 10)]


@pytest.mark.parametrize("content", [None, "step,loss\n", "1;2;3\n"])
def test_a_file_that_is_no_log_is_refused(tmp_path: Path, content: str | None) -> None:
    """A missing file, or one of another kind, is named."""
    log = tmp_path / "log.csv"
    if content is not None:
        log.write_text(content, encoding="utf-8")
    for read in (reader_curve, detector_curve):
        with pytest.raises(BadTrainingLog, match=r"log\.csv"):
            read(log)


def test_rendered_scenes_are_the_same_for_a_seed_and_hold_their_plate() -> None:
    """A scene's corners lie inside it, round a plate of some contrast; the same seed draws the same."""
    first, again = list(rendered_scenes(7, 3)), list(rendered_scenes(7, 3))
    for (scene, corners, drawn), (same, _, _) in zip(first, again, strict=True):
        assert (scene == same).all()
        box = bounds(corners)
        assert 0 <= box.x1 < box.x2 <= scene.shape[1]
        assert 0 <= box.y1 < box.y2 <= scene.shape[0]
        assert drawn.text
        assert scene[round(box.y1) : round(box.y2), round(box.x1) : round(box.x2)].std() > 2


def test_a_sheet_is_small_whatever_it_shows(tmp_path: Path) -> None:
    """Thirty noisy failures make one picture of at most 200 kB."""
    noise = np.random.default_rng(0).integers(0, 255, (96, 240, 3)).astype(np.uint8)
    failures = [Failure(cv2.blur(noise, (3, 3)).astype(np.uint8), "eu", "AB123", "A8123", 0.9, False)] * 30
    write_sheet(tmp_path / "sheet.jpg", failures)
    assert (tmp_path / "sheet.jpg").stat().st_size <= 200_000
    assert cv2.imread(str(tmp_path / "sheet.jpg")).shape == (5 * 142, 5 * 240, 3)
