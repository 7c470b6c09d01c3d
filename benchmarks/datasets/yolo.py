"""Pictures in `images/`, YOLO's label files in `labels/`, and a CSV file that says what the plates read.

A label file has the picture's path and stem (`images/a/1.jpg`: `labels/a/1.txt`) and a line for each plate: `class x y
width height`, the box's middle and size as shares of the picture's; with four keypoints after it (two values each, or
three with visibility), or `class x1 y1 … x4 y4`, it tells corners too, clockwise from the plate's top left. The CSV has
the columns `file` (below `images/`), `text`, and where a photo shows several plates `plate`: the line of its label
file, from 1. A photo with an empty label file, or none, shows no plate.
"""

import csv
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from benchmarks.datasets.labels import picture_in, pictures, plate_text, sample_id, utf8
from benchmarks.errors import NoTruth
from benchmarks.types import Sample, TruePlate
from vision.decode_image import load_image
from vision.errors import VisionError
from vision.types import Box, Corners

_BOX, _POLYGON, _KEYPOINTS, _SEEN_KEYPOINTS = 5, 9, 13, 17
"""Values a line: a box; four corners alone; a box and four keypoints, without and with visibility."""

_Texts = Mapping[tuple[Path, int], str]


def fits(folder: Path) -> bool:
    """Whether the folder holds `images`, `labels` and a CSV file."""
    return all((folder / part).is_dir() for part in ("images", "labels")) and any(folder.glob("*.csv"))


def read(folder: Path) -> list[Sample]:
    """Every photo in and below `images`. Raises NoTruth."""
    texts = _texts(folder)
    used: set[tuple[Path, int]] = set()
    samples = []
    for photo in pictures(folder / "images"):
        below = photo.relative_to(folder / "images")
        labels = folder / "labels" / below.with_suffix(".txt")
        lines = [line.split() for line in utf8(labels).splitlines() if line.strip()] if labels.is_file() else []
        plates = []
        if lines:
            width, height = _size(photo)
            for number, values in enumerate(lines, 1):
                where = f"{labels}:{number}"
                text = texts.get((photo, number))
                if text is None:
                    raise NoTruth(f"{where}: no CSV line tells what this plate of {below} reads; add one")
                used.add((photo, number))
                box, corners = _place(values, width, height, where)
                plates.append(TruePlate(plate_text(text, where), box, corners))
        known = {"set": below.parts[0]} if len(below.parts) > 1 else {}
        samples.append(Sample(sample_id(photo, folder), photo, tuple(plates), known))
    left = sorted(set(texts) - used)
    if left:
        raise NoTruth(f"the CSV tells of plate {left[0][1]} of {left[0][0]}, which has no label; add one")
    if not samples:
        raise NoTruth(f"{folder / 'images'} holds no picture; put the photos there")
    return samples


def _texts(folder: Path) -> _Texts:
    found = sorted(folder.glob("*.csv"))
    if len(found) != 1:
        raise NoTruth(f"{folder} needs one CSV file with the columns file and text, not {len(found)}")
    rows = csv.DictReader(StringIO(utf8(found[0])))
    if not {"file", "text"} <= set(rows.fieldnames or ()):
        raise NoTruth(f"{found[0]} needs the columns file and text, and plate where a photo shows several")
    texts: dict[tuple[Path, int], str] = {}
    for row in rows:
        where = f"{found[0]}:{rows.line_num}"
        try:
            key = (picture_in(folder / "images", row["file"], where), int(row.get("plate") or 1))
        except ValueError as error:
            raise NoTruth(f"{where}: `plate` is the number of a line, from 1") from error
        if key in texts:
            raise NoTruth(f"{where}: {row['file']} has plate {key[1]} already; number its plates in the column plate")
        texts[key] = row["text"] or ""
    return texts


def _size(photo: Path) -> tuple[int, int]:
    """Width and height of the picture as a viewer shows it."""
    try:
        height, width = load_image(photo).shape[:2]
    except VisionError as error:
        raise NoTruth(f"the labels of {photo} need its size: {error}") from error
    return width, height


def _place(values: list[str], width: int, height: int, where: str) -> tuple[Box, Corners | None]:
    try:
        numbers = [float(value) for value in values]
    except ValueError as error:
        raise NoTruth(f"{where}: a line of labels is numbers alone") from error
    if len(numbers) == _POLYGON:
        corners = _corners(numbers[1:], 2, width, height)
        xs, ys = zip(*corners, strict=True)
        return Box(min(xs), min(ys), max(xs), max(ys)), corners
    if len(numbers) not in (_BOX, _KEYPOINTS, _SEEN_KEYPOINTS):
        raise NoTruth(f"{where}: {len(numbers)} values are no box, nor a box or class with four corners")
    x, y, w, h = numbers[1:_BOX]
    box = Box((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)
    step = {_BOX: 0, _KEYPOINTS: 2, _SEEN_KEYPOINTS: 3}[len(numbers)]
    return box, _corners(numbers[_BOX:], step, width, height) if step else None


def _corners(values: list[float], step: int, width: int, height: int) -> Corners:
    first, second, third, fourth = (
        (values[step * corner] * width, values[step * corner + 1] * height) for corner in range(4)
    )
    return first, second, third, fourth
