"""What the shipped pair was measured at on one set of labelled photos, from the reads that `bench read` keeps."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.cards.edits import edit_marks, nearest
from benchmarks.cards.reliability import Judged
from benchmarks.metrics import same_plate
from benchmarks.types import PhotoSet
from vision.geometry import iou
from vision.types import Box

FINDS = 0.5
"""Overlap (IoU) with a labelled plate from which it counts as found."""
TOUCHES = 0.1
"""Overlap (IoU) with a labelled plate under which a read is of something else."""
SURE, LIKELY = 0.8, 0.5
"""Confidences that reads of pictures without plates are counted over."""


@dataclass(frozen=True, slots=True)
class KeptRead:
    """One plate of a kept report; `text` is None where it was held back, `guess` the best string either way."""

    text: str | None
    guess: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class SetFigures:
    """One set: photos whose surest text is true, plates read by any text, plates found whatever was read, mistakes.

    `false` are texts on no labelled plate; it and `found` are None where plates have no boxes. `misses` are the marks
    of the photos that count as wrong, with how often each occurs.
    """

    name: str
    photos: int
    right: int
    plates: int
    plates_read: int
    found: int | None
    false: int | None
    median_ms: float
    judged: tuple[Judged, ...]
    misses: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EmptyFigures:
    """Pictures without plates: how many gave a text at all, over LIKELY and over SURE."""

    name: str
    photos: int
    texts: int
    likely: int
    sure: int


def kept_reads(file: Path) -> dict[str, tuple[float, list[KeptRead]]]:
    """For each photo of a kept file the milliseconds and its plates, surest first; photos that failed are left out."""
    photos = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        report = json.loads(line)
        if "error" not in report:
            plates = [
                KeptRead(
                    plate["text"], plate.get("guess") or plate["text"] or "", plate["confidence"], Box(*plate["box"])
                )
                for plate in report["plates"]
            ]
            photos[Path(report["file"]).name] = (float(report["ms"]), plates)
    return photos


def set_figures(photos: PhotoSet, file: Path) -> SetFigures:
    """The figures of a set, from the file of its kept reads."""
    kept = kept_reads(file)
    right = plates_read = found = false = 0
    judged: list[Judged] = []
    misses: Counter[str] = Counter()
    for photo, true in photos.truth.items():
        _, plates = kept.get(photo.name, (0.0, []))
        texts = [(plate, plate.text) for plate in plates if plate.text is not None]
        judged += [Judged(plate.confidence, _is_true(text, true)) for plate, text in texts]
        plates_read += sum(any(same_plate(text, plate) for _, text in texts) for plate in true)
        boxes = photos.boxes.get(photo, ())
        found += sum(any(iou(plate.box, box) >= FINDS for plate in plates) for box in boxes)
        false += sum(all(iou(plate.box, box) < TOUCHES for box in boxes) for plate, _ in texts)
        if _is_true(texts[0][1], true) if texts else not true:
            right += 1
        else:
            misses.update(_marks(plates, true))
    return SetFigures(
        photos.name,
        len(photos.truth),
        right,
        sum(len(true) for true in photos.truth.values()),
        plates_read,
        found if photos.boxes else None,
        false if photos.boxes else None,
        median(ms for ms, _ in kept.values()) if kept else 0.0,
        tuple(judged),
        dict(misses.most_common()),
    )


def empty_figures(name: str, file: Path) -> EmptyFigures:
    """The figures of a set whose pictures show no plates."""
    kept = kept_reads(file)
    best = [max((p.confidence for p in plates if p.text is not None), default=0.0) for _, plates in kept.values()]
    return EmptyFigures(
        name, len(kept), sum(c > 0 for c in best), sum(c > LIKELY for c in best), sum(c > SURE for c in best)
    )


def _is_true(text: str, true: Sequence[str]) -> bool:
    return any(same_plate(text, plate) for plate in true)


def _marks(plates: Sequence[KeptRead], true: Sequence[str]) -> list[str]:
    """What went wrong on one photo, without naming a plate."""
    if not true:
        return ["a text where there is no plate"]
    if not plates:
        return ["not found"]
    best = max(plates, key=lambda plate: (plate.text is not None, plate.confidence))
    if best.text is None:
        return ["held back, and right" if _is_true(best.guess, true) else "held back"]
    return edit_marks(nearest(best.text, true), best.text)
