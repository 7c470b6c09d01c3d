"""Rendered scenes that the shipped pair fails on: no real photo may be shown, a rendered one may.

Each scene has one plate of a kind drawn by its share in training, worn, tilted, lit and photographed as in training,
on a drawn vehicle's bumper.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import cv2
import numpy as np

from benchmarks.metrics import same_plate
from benchmarks.simulation.cameras import draw_front, draw_lane, draw_look
from models.train.synthetic.degrade import photograph
from models.train.synthetic.glyphs import Face, OpenGlyphs
from models.train.synthetic.plates import PlateImage, render_plate
from vision.geometry import Quad, bounds, iou
from vision.pipeline import Pipeline
from vision.types import Image

FOUND = 0.5
"""Overlap (IoU) with the plate from which a read counts as of it."""
TILE, CAPTION = (240, 96), 46
"""Width and height of a shown plate in pixels, and the height of the two lines below it."""
ACROSS, MOST = 5, 25
_QUALITIES = (85, 75, 65, 50)
_MOST_BYTES = 200_000
_INK, _WRONG = (235, 235, 235), (90, 90, 255)


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """A plate that was not read right: its view, kind and text, what was read (None: not found) and how surely.

    `is_held_back` tells that the wrong text was only a guess."""

    view: Image
    kind: str
    text: str
    read: str | None
    confidence: float
    is_held_back: bool


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """What became of `scenes` rendered scenes: how many plates were found and read right, by kind, and all failures."""

    scenes: int
    found: int
    right: int
    by_kind: Mapping[str, tuple[int, int, int]]
    """Kind -> scenes, found, right."""
    failures: tuple[Failure, ...]

    @property
    def misread(self) -> list[Failure]:
        """Those that were found, the surest mistakes first."""
        found = [failure for failure in self.failures if failure.read is not None]
        return sorted(found, key=lambda failure: (failure.is_held_back, -failure.confidence))

    @property
    def missed(self) -> list[Failure]:
        """Those that were not found."""
        return [failure for failure in self.failures if failure.read is None]


def rendered_scenes(seed: int, count: int) -> Iterator[tuple[Image, Quad, PlateImage]]:
    """Pictures (720, 1280, 3) BGR with a plate each, its corners (4, 2), and the plate; the same for the same seed."""
    rng = np.random.default_rng(seed)
    glyphs = OpenGlyphs()
    lane = draw_lane(rng)
    for _ in range(count):
        plate = render_plate(rng, glyphs=glyphs)
        scene, corners = stage(rng, lane, plate)
        yield scene, corners, plate


def stage(rng: np.random.Generator, lane: Image, plate: PlateImage) -> tuple[Image, Quad]:
    """A vehicle with the plate before a lane (H, W, 3), as photographed, and the plate's corners (4, 2)."""
    front = draw_front(rng, draw_look(rng, plate.kind))
    scene, (height, width) = lane.copy(), front.shape[:2]
    left = int(rng.integers(0, scene.shape[1] - width))
    seen = front[max(0, height - scene.shape[0]) :]
    part = scene[scene.shape[0] - len(seen) :, left : left + width]
    part[:] = np.where(seen[..., 3:] > 0, seen[..., :3], part)
    shot = photograph(rng, plate.image, np.ascontiguousarray(front[height // 2 :, :, :3]))
    tall, wide = shot.image.shape[:2]
    x, y = left + (width - wide) // 2, min(scene.shape[0] - tall, scene.shape[0] - 200 - tall // 2)
    scene[y : y + tall, x : x + wide] = shot.image
    return scene, shot.corners + np.array([x, y], np.float32)


def collect(pipeline: Pipeline, seed: int, count: int) -> Gallery:
    """Reads `count` rendered scenes."""
    failures: list[Failure] = []
    kinds: dict[str, Counter[str]] = {}
    for scene, corners, plate in rendered_scenes(seed, count):
        box = bounds(corners)
        reads = [read for read in pipeline.read(scene) if iou(read.detection.box, box) >= FOUND]
        best = reads[0] if reads else None
        is_right = best is not None and best.text is not None and same_plate(best.text, plate.text)
        tally = kinds.setdefault(plate.kind, Counter())
        tally.update(scenes=1, found=int(best is not None), right=int(is_right))
        if not is_right:
            view = _view(scene, corners)
            read = None if best is None else best.guess
            held_back = best is not None and best.text is None
            failures.append(Failure(view, plate.kind, plate.text, read, best.confidence if best else 0.0, held_back))
    total = sum(kinds.values(), Counter[str]())
    by_kind = {kind: (t["scenes"], t["found"], t["right"]) for kind, t in sorted(kinds.items())}
    return Gallery(total["scenes"], total["found"], total["right"], by_kind, tuple(failures))


def write_sheet(path: Path, failures: Sequence[Failure]) -> None:
    """A contact sheet of the first MOST failures, at least one: each view with the true text and, below, what was read.

    A JPEG of at most _MOST_BYTES; characters that are wrong are red, what was held back has a question mark."""
    tiles = [_tile(failure) for failure in failures[:MOST]]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % ACROSS)
    rows = [np.hstack(tiles[start : start + ACROSS]) for start in range(0, len(tiles), ACROSS)]
    sheet = np.vstack(rows)
    for quality in _QUALITIES:
        coded = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        if len(coded) <= _MOST_BYTES:
            break
    path.write_bytes(coded.tobytes())


def _view(scene: Image, corners: Quad) -> Image:
    """The plate and what is round it, of the tile's proportions."""
    box = bounds(corners)
    width = max(box.width * 1.3, box.height * 1.3 * TILE[0] / TILE[1])
    height = width * TILE[1] / TILE[0]
    middle = ((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2)
    patch = cv2.getRectSubPix(scene, (max(8, round(width)), max(4, round(height))), middle)
    return np.asarray(cv2.resize(patch, TILE, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _tile(failure: Failure) -> Image:
    tile = np.zeros((TILE[1] + CAPTION, TILE[0], 3), np.uint8)
    tile[: TILE[1]] = failure.view
    face = OpenGlyphs().face(np.random.default_rng(0), "cn")
    _write(tile, face, failure.text, TILE[1] + 4, failure.text)
    if failure.read is not None:
        doubt = "?" if failure.is_held_back else ""
        _write(tile, face, f"{failure.read}{doubt} {round(100 * failure.confidence)}%", TILE[1] + 25, failure.text)
    return tile


def _write(tile: Image, face: Face, line: str, top: int, true: str) -> None:
    """One line of text; what its first word has otherwise than the true text is red."""
    x, height = 6, 17
    same = SequenceMatcher(None, true, line.split(" ")[0], autojunk=False).get_opcodes()
    wrong = {place for word, _, _, start, end in same if word != "equal" for place in range(start, end)}
    for place, character in enumerate(line):
        if not character.strip():
            x += height // 2
            continue
        ink = face.mask(character, height)
        if x + ink.shape[1] > tile.shape[1]:
            return
        area = tile[top : top + height, x : x + ink.shape[1]]
        share = ink[..., None].astype(np.float32) / 255
        area[:] = (area * (1 - share) + np.array(_WRONG if place in wrong else _INK) * share).astype(np.uint8)
        x += ink.shape[1] + 2
