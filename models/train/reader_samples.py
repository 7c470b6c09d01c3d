"""What the reader learns from: generated plates and real crops, photographed afresh every time they are drawn."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.train.synthetic.cuts import CutGlyphs
from models.train.synthetic.degrade import REAL, Surroundings, imperfect_corners, photograph, relight
from models.train.synthetic.glyphs import CollectedGlyphs, Family, GlyphSource, MixedGlyphs, OpenGlyphs
from models.train.synthetic.plates import KIND_WEIGHTS, TWO_ROW_KINDS, PlateImage, render_plate
from models.train.teacher import box_corners, rows
from vision.alphabet import ALPHABET, PROVINCES
from vision.rectify import CHINESE_ROWS, EVEN_ROWS, RowCut, rectify_single, rectify_stacked
from vision.types import Image

COLORS = ("blue", "green", "yellow", "white", "black", "other")
LAYOUTS = ("single", "double")
REGIONS = ("cn", "eu", "us", "br", "other")
_POOL = 3000
_RARE = 6
"""Plates of a province in a set below which one is drawn no oftener still, and left out if its text was a model's: most
such texts are misread ones of the set's commonest province."""
DEV_EVERY = 12
"""Every twelfth file of a real set is kept for the development split and never trained on."""


@dataclass(frozen=True, slots=True)
class RealSet:
    """A set of the photo collection: its share of the real samples, and what all its plates have in common."""

    name: str
    share: float
    region: str = ""
    color: str = ""
    layout: str = "single"


REAL_SETS: tuple[RealSet, ...] = (
    RealSet("cn_crops_blue", 0.13, "cn", "blue"),
    RealSet("cn_crops_toll", 0.17, "cn"),
    RealSet("cn_crops_su", 0.15, "cn"),
    RealSet("cn_ccpd_samples", 0.03, "cn", "blue"),
    RealSet("br_crops", 0.13, "br"),
    RealSet("us_crops", 0.11, "us"),
    RealSet("ar_crops", 0.02, "other"),
    RealSet("in_scenes", 0.03, "other"),
    RealSet("eu_crops", 0.13, "eu"),
    RealSet("eu_crops_two_row", 0.03, "eu", layout="double"),
    RealSet("world_scenes", 0.02),
    RealSet("ro_dashcam", 0.03, "eu"),
    RealSet("es_scenes", 0.01, "eu"),
    RealSet("us_ph_scenes", 0.005),
    RealSet("us_scenes_small", 0.005, "us"),
)


@dataclass(frozen=True, slots=True, eq=False)
class RealPlate:
    """A real crop with some context: uint8 BGR, corners float32 (4, 2), its text (None = unknown), its set, and whether
    the corners are the plate's own and not those of its box."""

    image: Image
    corners: NDArray[np.float32]
    text: str | None
    origin: RealSet
    has_corners: bool


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One training example. `image` is 48 x 168 x 3 BGR; `text` None and labels of -1 are unknown and teach nothing,
    nor do `corners` None; else they are as the network gives them (models.train.reader_net)."""

    image: Image
    text: str | None
    color: int
    layout: int
    region: int
    corners: NDArray[np.float32] | None = None


def load_real(data: Path, teacher: Path) -> tuple[list[RealPlate], list[RealPlate]]:
    """All usable real plates, parted into training and development."""
    taught: dict[tuple[str, int], str] = {}
    with teacher.open(encoding="utf-8", newline="") as table:
        for line in csv.DictReader(table):
            taught[line["set"], int(line["row"])] = line["text"]
    common = Counter((name, text[:1]) for (name, _), text in taught.items())
    train: list[RealPlate] = []
    dev: list[RealPlate] = []
    for origin in REAL_SETS:
        files: dict[str, int] = {}
        for number, row in enumerate(rows(data / origin.name)):
            place = files.setdefault(row.file, len(files))
            text = taught.get((origin.name, number), row.text)
            if "?" in text or any(c not in ALPHABET for c in text):
                text = ""
            if not text and origin.layout == "single":
                continue
            if origin.region == "cn" and text.isascii():  # the province is cut off: it would teach to overlook one
                continue
            by_a_model = (origin.name, number) in taught
            if by_a_model and origin.region == "cn" and common[origin.name, text[:1]] < _RARE:
                continue
            image = cv2.imread(str(data / origin.name / row.file))
            if image is None:
                raise OSError(f"cannot read {data / origin.name / row.file}")
            plate = _cut(np.asarray(image, np.uint8), row.box, row.corners, _settled(origin, text), origin)
            if plate is not None:
                (dev if place % DEV_EVERY == 0 else train).append(plate)
    return train, dev


def _settled(origin: RealSet, text: str) -> str | None:
    """The text with O and 0, I and 1 told apart by place where the format says so; None if there is no text."""
    pattern = {("br_crops", 7): "AAA9999", ("ar_crops", 6): "AAA999", ("ar_crops", 7): "AA999AA"}.get(
        (origin.name, len(text))
    )
    if pattern:
        letters, digits = str.maketrans("01", "OI"), str.maketrans("OI", "01")
        text = "".join(c.translate(letters if p == "A" else digits) for c, p in zip(text, pattern, strict=True))
    return text or None


def _cut(
    image: Image,
    box: tuple[float, float, float, float] | None,
    corners: NDArray[np.float32] | None,
    text: str | None,
    origin: RealSet,
) -> RealPlate | None:
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box or (0.0, 0.0, float(width), float(height))
    if origin.name.endswith(("scenes", "scenes_small", "dashcam")) and ((x2 - x1) < 2.2 * (y2 - y1) or x2 - x1 < 30):
        return None
    has_corners = corners is not None
    if corners is None:
        corners = box_corners((x1, y1, x2, y2))
    mx, my = (x2 - x1) * 0.3, (y2 - y1) * 0.5
    left, top = max(0, int(x1 - mx)), max(0, int(y1 - my))
    cut = image[top : int(np.ceil(y2 + my)), left : int(np.ceil(x2 + mx))]
    return RealPlate(np.ascontiguousarray(cut), corners - np.array([left, top], np.float32), text, origin, has_corners)


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A picture with one plate: uint8 BGR, the plate's corners (4, 2), and what is known of it as in `Sample`.

    `exact` tells whether the corners are the plate's own and not those of a cut-out's edges.
    """

    image: Image
    corners: NDArray[np.float32]
    text: str | None
    double: bool
    color: int
    region: int
    exact: bool


class SampleMaker:
    """Draws samples for ever. `real` may be empty, then all plates are generated.

    `two_rows` is the share of generated plates that are made to have two rows; the others are of any kind."""

    def __init__(
        self,
        seed: int,
        glyphs: GlyphSource,
        real: list[RealPlate],
        negatives: tuple[Image, ...],
        real_share: float,
        two_rows: float = 0.0,
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self._glyphs = glyphs
        self._surroundings = Surroundings(self._rng, photos=negatives)
        self._real = {s.name: [p for p in real if p.origin is s] for s in REAL_SETS}
        self._odds = {name: _odds(plates) for name, plates in self._real.items() if plates}
        self._real_share = real_share if self._odds else 0.0
        self._two_rows = two_rows
        self._drawn: list[PlateImage] = []

    def draw(self) -> Sample:
        """One sample: generated or real plate; at times no plate at all, or the wrong view, both with an empty text."""
        return self._nothing() if self._rng.random() < 0.02 else self._view(self.shoot())

    def shoot(self) -> Shot:
        """A generated or a real plate, photographed afresh."""
        return self._from_real() if self._rng.random() < self._real_share else self._generated()

    def _nothing(self) -> Sample:
        picture = self._surroundings.pick(self._rng)
        shot = photograph(self._rng, picture, self._surroundings.pick(self._rng))
        if self._rng.random() < 0.8:
            return Sample(rectify_single(shot.image, shot.corners), "", -1, -1, -1)
        cut = CHINESE_ROWS if self._rng.random() < 0.5 else EVEN_ROWS
        return Sample(rectify_stacked(shot.image, shot.corners, cut), "", -1, -1, -1)

    def _generated(self) -> Shot:
        plate = self._plate()
        shot = photograph(self._rng, plate.image, self._surroundings.pick(self._rng))
        color, region = COLORS.index(plate.color), REGIONS.index(plate.region)
        return Shot(shot.image, shot.corners, plate.text, plate.layout == "double", color, region, True)

    def _plate(self) -> PlateImage:
        """A generated plate. Drawing costs as much as photographing, so each serves about three photographs."""
        if len(self._drawn) < _POOL or self._rng.random() < 1 / 3:
            kind = self._two_row_kind() if self._rng.random() < self._two_rows else None
            plate = render_plate(self._rng, kind, glyphs=self._glyphs)
            if len(self._drawn) < _POOL:
                self._drawn.append(plate)
            else:
                self._drawn[int(self._rng.integers(_POOL))] = plate
            return plate
        return self._drawn[int(self._rng.integers(_POOL))]

    def _two_row_kind(self) -> str:
        weights = np.array([KIND_WEIGHTS[kind] for kind in TWO_ROW_KINDS])
        return TWO_ROW_KINDS[int(self._rng.choice(len(TWO_ROW_KINDS), p=weights / weights.sum()))]

    def _from_real(self) -> Shot:
        names = list(self._odds)
        shares = np.array(
            [s.share * min(1.0, len(self._real[s.name]) / 100) for s in REAL_SETS if s.name in self._odds]
        )
        name = names[int(self._rng.choice(len(names), p=shares / shares.sum()))]
        plate = self._real[name][int(self._rng.choice(len(self._real[name]), p=self._odds[name]))]
        image, corners = plate.image, plate.corners
        tight = np.abs(corners - box_corners((0, 0, image.shape[1], image.shape[0]))).max() < 2
        if tight:
            shot = photograph(self._rng, image, self._surroundings.pick(self._rng), REAL)
            image, corners = shot.image, shot.corners
        else:
            image = relight(self._rng, image, REAL)
        origin = plate.origin
        color, region = _index(COLORS, origin.color), _index(REGIONS, origin.region)
        exact = not tight and plate.has_corners
        return Shot(image, corners, plate.text, origin.layout == "double", color, region, exact)

    def _view(self, shot: Shot) -> Sample:
        seen = imperfect_corners(self._rng, shot.corners)
        apart = corners_in_view(shot.corners, seen) if shot.exact else None
        single, double = LAYOUTS.index("single"), LAYOUTS.index("double")
        if shot.double and self._rng.random() < 0.3:  # the plain crop of two rows: layout is to be told, no text
            return Sample(rectify_single(shot.image, seen), "", shot.color, double, shot.region, apart)
        if shot.double:
            rows = rectify_stacked(shot.image, seen, _row_cut(shot.region))
            return Sample(rows, shot.text, shot.color, -1, shot.region)
        if self._rng.random() < 0.02:
            return Sample(rectify_stacked(shot.image, seen, _row_cut(shot.region)), "", shot.color, -1, shot.region)
        return Sample(rectify_single(shot.image, seen), shot.text, shot.color, single, shot.region, apart)


def corners_in_view(true: NDArray[np.float32], seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far the true corners (4, 2) lie from those of the view cut at `seen`, as the network's corners: (8,)."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    into = cv2.getPerspectiveTransform(seen.astype(np.float32), unit)
    found = cv2.perspectiveTransform(true[None].astype(np.float32), into)[0]
    return np.asarray((found - unit).ravel(), dtype=np.float32)


def dev_samples(dev: list[RealPlate]) -> dict[str, list[Sample]]:
    """The development split as the reader would see it with true corners, by set; plates without a text left out."""
    samples: dict[str, list[Sample]] = {}
    for plate in dev:
        if plate.text is not None:
            region = _index(REGIONS, plate.origin.region)
            labels = (_index(COLORS, plate.origin.color), LAYOUTS.index(plate.origin.layout), region)
            double = plate.origin.layout == "double"
            view = (
                rectify_stacked(plate.image, plate.corners, _row_cut(region))
                if double
                else rectify_single(plate.image, plate.corners)
            )
            samples.setdefault(plate.origin.name, []).append(Sample(view, plate.text, *labels))
    return samples


def load_negatives(data: Path, most: int = 150) -> tuple[Image, ...]:
    """Pictures without a plate, at most `most`, no larger than 480 pixels wide."""
    found: list[Image] = []
    for path in sorted((data / "negatives").rglob("*.jpg"))[:most]:
        image = cv2.imread(str(path))
        if image is not None:
            scale = min(1.0, 480 / image.shape[1])
            found.append(
                np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
            )
    return tuple(found)


def glyph_source(data: Path | None) -> GlyphSource:
    """Open fonts alone, or mixed with the collection's glyphs where there is one."""
    opened = OpenGlyphs()
    if data is None:
        return opened
    share: dict[Family, float] = {
        "cn": 0.65, "cn_upper": 0.6, "cn_lower": 0.6, "cn_green": 0.65, "latin": 0.4, "brazil": 0.6,
    }  # fmt: skip
    collected = CollectedGlyphs(data / "glyphs")
    cuts = CutGlyphs(data, collected.face(np.random.default_rng(0), "cn"), DEV_EVERY)
    return MixedGlyphs(cuts, MixedGlyphs(collected, opened, share), {"cn": 0.3})


def _row_cut(region: int) -> RowCut:
    return CHINESE_ROWS if region == REGIONS.index("cn") else EVEN_ROWS


def _index(words: tuple[str, ...], word: str) -> int:
    return words.index(word) if word in words else -1


def _odds(plates: list[RealPlate]) -> NDArray[np.float64]:
    """How likely each plate is drawn: plates of provinces that are rare in the set come oftener."""
    first = [p.text[0] if p.text and p.text[0] in PROVINCES else "" for p in plates]
    count = Counter(first)
    weights = np.array([max(count[c], _RARE) ** -0.6 for c in first])
    return np.asarray(weights / weights.sum(), dtype=np.float64)
