"""Labelled photo sets and how reads of them are scored."""

import json
from pathlib import Path

import pytest

from benchmarks.datasets.photo_sets import find_sets
from benchmarks.errors import NoTruth
from benchmarks.metrics import same_plate, score
from benchmarks.runner import results_in
from benchmarks.types import PhotoResult, PhotoSet, Score


@pytest.mark.parametrize(
    ("read", "true", "same"),
    [("AB10", "ABIO", True), ("苏E0", "苏EO", False), ("苏E05EV8", "苏E05EV8", True), ("AB11", "AB10", False)],
)
def test_letters_printed_alike_are_taken_as_one_on_latin_plates(read: str, true: str, same: bool) -> None:
    """O and 0, I and 1 are one on Latin plates, where truth itself mixes them, and not on Chinese ones."""
    assert same_plate(read, true) is same


def test_a_score_counts_photos_plates_extras_and_errors() -> None:
    """Top-1 counts the surest text, recall every true plate, extra what is on no photo; errors are never right."""
    truth = {
        Path("a.jpg"): ("AB1", "CD2"),
        Path("b.jpg"): ("EF3",),
        Path("c.jpg"): ("GH4",),
        Path("d.jpg"): (),
        Path("e.jpg"): ("JK5",),
    }
    results = [
        PhotoResult("a.jpg", ("CD2", "XX9"), 10.0),
        PhotoResult("b.jpg", ("EF8", "EF3"), 20.0),
        PhotoResult("c.jpg", (), 0.0, "unreadable_image"),
        PhotoResult("d.jpg", (), 60.0),
    ]
    assert score(PhotoSet("small", truth), results) == Score(5, 2 / 5, 2 / 5, 2 / 5, 20.0, 2)


def test_sets_are_found_in_a_folder_and_below_it(tmp_path: Path) -> None:
    """A folder with a truth.json is one set, a folder of such folders holds them by name."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "p.jpg").write_bytes(b"x")
        (tmp_path / name / "truth.json").write_text('{"p.jpg": [{"text": "ab 12", "box": null}]}')
    assert [found.name for found in find_sets(tmp_path)] == ["one", "two"]
    assert find_sets(tmp_path / "one")[0].truth == {tmp_path / "one" / "p.jpg": ("AB12",)}
    with pytest.raises(NoTruth, match=r"truth\.json"):
        find_sets(tmp_path / "one" / "p.jpg")


def test_kept_reads_are_read_back_as_they_were_printed(tmp_path: Path) -> None:
    """Of each printed line the sure texts, the time and the error's code count."""
    lines = [
        {"file": "x/a.jpg", "ms": 41.5, "plates": [{"text": "AB1"}, {"text": None, "guess": "CD2"}]},
        {"file": "x/b.jpg", "error": {"code": "unreadable_image", "message": "no picture"}},
    ]
    (tmp_path / "set.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    assert list(results_in(tmp_path / "set.jsonl")) == [
        PhotoResult("a.jpg", ("AB1",), 41.5),
        PhotoResult("b.jpg", (), 0.0, "unreadable_image"),
    ]
