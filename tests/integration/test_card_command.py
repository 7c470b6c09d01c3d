"""`openlot bench card` writes the pages about the shipped models."""

import json
from pathlib import Path

import cv2
import pytest
from rendered_scene import rendered_scene
from typer.testing import CliRunner

from benchmarks.cli import app
from models.registry import Registry

RUN = CliRunner()


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A collection with two drawn photos in a set and one picture without a plate."""
    photos = tmp_path / "data" / "val" / "drawn"
    photos.mkdir(parents=True)
    (tmp_path / "data" / "negatives").mkdir()
    truth = {}
    for seed, (name, true) in enumerate([("a.png", "浙A93KQ1"), ("b.png", "AB12CDF")]):
        cv2.imwrite(str(photos / name), rendered_scene("浙A93KQ1" if seed == 0 else "AB12CDE", seed))
        truth[name] = [{"text": true, "box": None}]
    (photos / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    bare = rendered_scene("AB12CDE", 0)
    bare[:] = bare[:1, :1]
    cv2.imwrite(str(tmp_path / "data" / "negatives" / "bare.png"), bare)
    return tmp_path


def test_the_pages_say_what_was_measured(collection: Path) -> None:
    """Both pages hold checksums, hits of totals, mistakes as marks, and the rendered scenes; no plate of a photo."""
    out, reads = collection / "pages", collection / "reads"
    words = ["card", "--data", collection / "data", "--out", out, "--reads", reads, "--scenes", 4, "--seed", 3]
    result = RUN.invoke(app, list(map(str, words)))
    assert result.exit_code == 0, result.output
    reader, detector = ((out / name).read_text(encoding="utf-8") for name in ("reader.md", "detector.md"))
    for card, text in zip((Registry().find(n, n) for n in ("reader", "detector")), (reader, detector), strict=True):
        assert all(file.sha256 in text for file in card.files.values())
        assert card.licence in text
    assert "| drawn | 1/2 | 50.0 | 1/2 |" in reader
    assert "F>E at 7" in reader
    assert "AB12CDE" not in reader + detector
    assert "Of 1 pictures without plates" in reader
    assert "| all | 4 | " in reader
    for name in ("reader_misread.jpg", "detector_missed.jpg"):
        assert (name in reader + detector) is (out / name).is_file()


def test_kept_reads_are_used_again(collection: Path) -> None:
    """With --keep what was read before is scored as it stands; without, it is read anew."""
    out, reads = collection / "pages", collection / "reads"
    words = ["card", "--data", collection / "data", "--out", out, "--reads", reads, "--scenes", 1]
    assert RUN.invoke(app, list(map(str, words))).exit_code == 0
    kept = reads / "drawn.jsonl"
    kept.write_text(kept.read_text(encoding="utf-8").replace('"AB12CDE"', '"AB12CDF"'), encoding="utf-8")
    assert RUN.invoke(app, [*map(str, words), "--keep"]).exit_code == 0
    assert "| drawn | 2/2 |" in (out / "reader.md").read_text(encoding="utf-8")


def test_a_collection_without_truth_is_refused(tmp_path: Path) -> None:
    """Where there are no labelled photos the command ends with the reason."""
    result = RUN.invoke(app, ["card", "--data", str(tmp_path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "no_truth" in result.output
