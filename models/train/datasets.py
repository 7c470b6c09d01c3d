"""Real pictures for training: whole scenes with labelled plates, and plates cut out of photos.

Layout of one set, under the folder given by --data or $OPENLOT_DATA: `SET/images/*` and `SET/labels.csv` with
`file,text,x1,y1,x2,y2,cx1,cy1..cx4,cy4,corners,text_source,split`, pixels of the stored picture. The folder `val/` is
for validation alone and nothing here reads it. docs/datasets.md names each set's origin.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.train.synthetic.degrade import Surroundings
from vision.geometry import Quad
from vision.types import Image

SCENE_SETS: dict[str, float] = {
    "cn_ccpd_samples": 5.0,
    "es_scenes": 1.0,
    "ro_dashcam": 0.7,
    "world_scenes": 1.0,
    "in_scenes": 1.5,
    "us_ph_scenes": 0.5,
    "us_scenes_small": 0.8,
    "negatives": 0.8,
}
"""How often a scene of each set is drawn, relative to its number of scenes: Chinese ones are few and matter most."""

CROP_SETS: dict[str, float] = {
    "cn_crops_toll": 440 / 140,
    "cn_crops_su": 440 / 140,
    "br_crops": 400 / 130,
    "eu_crops": 520 / 112,
    "eu_crops_two_row": 340 / 220,
    "us_crops": 12 / 6,
}
"""Sets of upright plates cut out of photos, with the width over height of the plate itself (docs/plates.md)."""

GENERATED_SCENES = 240
"""Backgrounds drawn where there is no collection of photos."""

DEV_EVERY = 12
"""Each twelfth scene of a set is held out and only measured on."""


@dataclass(frozen=True, slots=True, eq=False)
class PlateLabel:
    """One plate of a scene: `quad` (4, 2) float32, clockwise from the plate's top left.

    Where the corners are unknown the quad is the upright box and `has_corners` is False: then only the box is learnt.
    """

    quad: Quad
    has_corners: bool


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A whole picture (H, W, 3) BGR uint8 with every plate that its set labels."""

    set_name: str
    file: str
    image: Image
    plates: tuple[PlateLabel, ...]


def read_scenes(
    data: Path, set_names: Sequence[str], long_side: int = 640, corners: Path | None = None
) -> Iterator[Scene]:
    """Yields the scenes of some sets, shrunk so that no side exceeds `long_side` (never enlarged).

    `corners` is the table that models.train.corner_teacher writes, of corners and plates that the labels lack. Raises
    FileNotFoundError for a set that is not there and ValueError for a picture that cannot be decoded.
    """
    taught = _taught(corners)
    for set_name in set_names:
        folder = data / set_name
        labels = _labels(folder)
        for path in sorted((folder / "images").iterdir()):
            file = f"images/{path.name}"
            rows = labels.get(file)
            if labels and not _is_fully_labelled(set_name, rows):
                continue
            image, scale = _shrunk(path, long_side)
            plates = tuple(_plate(row, scale) for row in _completed(rows or [], taught.get((set_name, file), {})))
            yield Scene(set_name, file, image, plates)


def generated_scenes(seed: int = 0) -> list[Scene]:
    """Backgrounds drawn at random, with no plates: what a detector can learn from where there are no photos."""
    rng = np.random.default_rng(seed)
    pictures = Surroundings(rng, GENERATED_SCENES).pictures
    return [Scene("generated", str(number), picture, ()) for number, picture in enumerate(pictures)]


def split_scenes(data: Path | None, corners: Path | None = None) -> tuple[list[Scene], list[Scene]]:
    """The scenes of every set as `hold_out` parts them; without a collection, of `generated_scenes`.

    Raises as `read_scenes`.
    """
    return hold_out(list(read_scenes(data, list(SCENE_SETS), corners=corners)) if data else generated_scenes())


def read_crops(data: Path, set_name: str) -> Iterator[Image]:
    """Yields the pictures of a set of plates cut out of photos."""
    for path in sorted((data / set_name / "images").iterdir()):
        yield _decoded(path)


def hold_out(scenes: Sequence[Scene]) -> tuple[list[Scene], list[Scene]]:
    """Splits scenes into (for training, held out): of every set each twelfth is held out."""
    seen: dict[str, int] = {}
    training: list[Scene] = []
    held_out: list[Scene] = []
    for scene in scenes:
        position = seen.get(scene.set_name, 0)
        seen[scene.set_name] = position + 1
        (held_out if position % DEV_EVERY == DEV_EVERY - 1 else training).append(scene)
    return training, held_out


def _labels(folder: Path) -> dict[str, list[dict[str, str]]]:
    if not (folder / "images").is_dir():
        raise FileNotFoundError(f"no set of pictures at {folder}: check --data or $OPENLOT_DATA")
    rows: dict[str, list[dict[str, str]]] = {}
    table = folder / "labels.csv"
    if table.is_file():
        with table.open(encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines)):
                rows.setdefault(row["file"], []).append(row | {"line": str(number)})
    return rows


Taught = dict[int, dict[str, str]]
"""The lines that the teacher wrote of one scene by the line of the label they complete; from -1 down, of no label."""


def _taught(table: Path | None) -> dict[tuple[str, str], Taught]:
    found: dict[tuple[str, str], Taught] = {}
    if table is not None:
        with table.open(encoding="utf-8", newline="") as lines:
            for line in csv.DictReader(lines):
                scene = found.setdefault((line["set"], line["file"]), {})
                scene[int(line["row"]) if line["row"] != "-1" else -1 - len(scene)] = line
    return found


def _completed(rows: list[dict[str, str]], taught: Taught) -> Iterator[dict[str, str]]:
    """The labelled plates of a scene, with the teacher's corners where they have none, and those that it found."""
    for row in rows:
        if row["x1"]:
            yield taught.get(int(row["line"]), row) if not row["cx1"] else row
    yield from (line for number, line in taught.items() if number < 0)


def _is_fully_labelled(set_name: str, rows: list[dict[str, str]] | None) -> bool:
    """CCPD pictures all show a plate: one without a box is unlabelled, not empty."""
    if rows is None:
        return False
    return set_name != "cn_ccpd_samples" or any(row["x1"] for row in rows)


def _plate(row: dict[str, str], scale: float) -> PlateLabel:
    if row["cx1"]:
        points = [[float(row[f"c{axis}{corner}"]) for axis in "xy"] for corner in range(1, 5)]
        return PlateLabel(np.asarray(points, dtype=np.float32) * scale, has_corners=True)
    x1, y1, x2, y2 = (float(row[name]) for name in ("x1", "y1", "x2", "y2"))
    box: NDArray[np.float32] = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], dtype=np.float32)
    return PlateLabel(box * scale, has_corners=False)


def _shrunk(path: Path, long_side: int) -> tuple[Image, float]:
    image = _decoded(path)
    scale = min(1.0, long_side / max(image.shape[:2]))
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return image, scale


def _decoded(path: Path) -> Image:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path} cannot be decoded: fetch the set again")
    return image.astype(np.uint8, copy=False)
