"""What happens to a plate on its way into a picture: perspective, light, dirt, blur, few pixels, noise, JPEG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Photograph:
    """A plate as a camera sees it: uint8 BGR picture and its true corners, float32 (4, 2), clockwise from top left."""

    image: Image
    corners: Floats


@dataclass(frozen=True, slots=True)
class Severity:
    """How hard the plate is treated. `pose`, `optics` and `light` scale each group's strength; 1 is the whole range."""

    pose: float = 1.0
    optics: float = 1.0
    light: float = 1.0
    narrowest: float = 40.0
    widest: float = 260.0


GENERATED = Severity(pose=0.9, optics=0.85, light=0.8, narrowest=46.0, widest=230.0)
REAL = Severity(pose=0.35, optics=0.35, light=0.6, narrowest=80.0, widest=240.0)
"""Cut-out photos carry their own blur and light already."""


def photograph(
    rng: np.random.Generator, plate: Image, surroundings: Image, severity: Severity = GENERATED
) -> Photograph:
    """Place a flat plate before the surroundings, tilt it, and take a picture of it."""
    corners, size = _pose(rng, plate.shape[1] / plate.shape[0], severity)
    width, height = size
    scene = _bytes(cv2.resize(_patch(rng, surroundings), (width, height), interpolation=cv2.INTER_AREA))
    if rng.random() < 0.6:
        _holder(rng, scene, corners)
    span = float(np.linalg.norm(corners[1] - corners[0]))
    shrink = plate.shape[1] / max(1.0, span)
    if shrink > 1.3:
        small = (max(8, round(plate.shape[1] / shrink * 1.15)), max(6, round(plate.shape[0] / shrink * 1.15)))
        plate = np.asarray(cv2.resize(plate, small, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    lit = _dirt(rng, plate, severity.light)
    h, w = lit.shape[:2]
    matrix = cv2.getPerspectiveTransform(np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32), corners)
    warped = cv2.warpPerspective(lit, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(inside, np.round(corners * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    alpha = inside[..., None].astype(np.float32) / 255
    picture = _floats(scene * (1 - alpha) + warped * alpha)
    picture = _light(rng, picture, severity.light)
    return Photograph(_optics(rng, picture, span, severity.optics), corners)


def imperfect_corners(rng: np.random.Generator, corners: Floats) -> Floats:
    """The corners as a detector might give them: mostly a few per cent off, at times far off or the upright box,
    or so tight at one end that they cut into the first or last character."""
    look = rng.random()
    if look < 0.06:  # the box around the plate instead of its corners
        (x1, y1), (x2, y2) = corners.min(0), corners.max(0)
        corners = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32)
    strength = 2.6 if look > 0.85 else 1.3
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    centre = corners.mean(0)
    grown = centre + (corners - centre) * np.float32(1 + strength * rng.normal(0.005, 0.02))
    shift = rng.normal(0, 0.009 * strength, (4, 1)) + rng.normal(0, 0.006 * strength)
    rise = rng.normal(0, 0.03 * strength, (4, 1)) + rng.normal(0, 0.02 * strength)
    if rng.random() < 0.12:
        end = [0, 3] if rng.random() < 0.65 else [1, 2]
        shift[end] += np.float64(rng.uniform(-0.05, 0.055)) * (1 if end[0] == 0 else -1)
    return np.asarray(grown + shift * across + rise * down, dtype=np.float32)


def _floats(values: NDArray[Any]) -> Floats:
    return np.asarray(values, dtype=np.float32)


def _bytes(values: NDArray[Any]) -> Image:
    return np.asarray(values, dtype=np.uint8)


class Surroundings:
    """Backgrounds to put plates before: generated ones, and patches of real photos where some are given."""

    def __init__(self, rng: np.random.Generator, generated: int = 60, photos: tuple[Image, ...] = ()) -> None:
        self.pictures = [_generated_background(rng) for _ in range(generated)] + list(photos)

    def pick(self, rng: np.random.Generator) -> Image:
        return self.pictures[int(rng.integers(len(self.pictures)))]


def _generated_background(rng: np.random.Generator) -> Image:
    base = rng.uniform(10, 230, 3)
    coarse = rng.normal(0, 30, (int(rng.integers(2, 7)), int(rng.integers(2, 9)), 1)) + rng.normal(0, 6, (1, 1, 3))
    field = cv2.resize(coarse.astype(np.float32), (256, 128), interpolation=cv2.INTER_CUBIC) + base
    picture = np.clip(field, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 8))):  # bumper edges, grilles, lamps
        colour = tuple(int(v) for v in rng.uniform(0, 255, 3))
        a, b = (int(v) for v in rng.integers(0, 256, 2)), (int(v) for v in rng.integers(0, 128, 2))
        (x1, x2), (y1, y2) = tuple(a), tuple(b)
        if rng.random() < 0.6:
            cv2.line(picture, (x1, y1), (x2, y1 if rng.random() < 0.6 else y2), colour, int(rng.integers(1, 9)))
        else:
            cv2.rectangle(picture, (x1, y1), (x2, y2), colour, -1)
    noise = rng.normal(0, rng.uniform(0, 10), picture.shape)
    return np.asarray(np.clip(picture + noise, 0, 255), dtype=np.uint8)


def _pose(rng: np.random.Generator, aspect: float, severity: Severity) -> tuple[Floats, tuple[int, int]]:
    width = float(np.exp(rng.uniform(np.log(severity.narrowest), np.log(severity.widest))))
    if aspect < 2.2:
        width *= 0.75
    height = width / aspect * float(np.exp(rng.normal(0, 0.06 * severity.pose)))
    width *= 1 - 0.3 * severity.pose * float(rng.beta(1, 4))
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) * np.array([width / 2, height / 2], np.float32)
    turn = np.deg2rad(rng.normal(0, 5.0) if rng.random() < 0.8 else rng.uniform(-25, 25)) * severity.pose
    shear = float(rng.normal(0, 0.14)) * severity.pose
    mix = np.array([[np.cos(turn), -np.sin(turn) + shear], [np.sin(turn), np.cos(turn)]], np.float32)
    corners = flat @ mix.T
    corners += rng.normal(0, 0.012 * severity.pose, (4, 2)).astype(np.float32) * np.array(
        [width, 2 * height], np.float32
    )
    spread = corners.max(0) - corners.min(0)
    margin = spread * np.float32(0.12) + 4
    corners = corners - corners.min(0) + margin
    size = spread + 2 * margin
    return corners.astype(np.float32), (int(np.ceil(size[0])), int(np.ceil(size[1])))


def _patch(rng: np.random.Generator, picture: Image) -> Image:
    h, w = picture.shape[:2]
    ph, pw = int(h * rng.uniform(0.25, 0.9)), int(w * rng.uniform(0.25, 0.9))
    y, x = int(rng.integers(h - ph)), int(rng.integers(w - pw))
    return picture[y : y + max(8, ph), x : x + max(8, pw)]


def _holder(rng: np.random.Generator, scene: Image, corners: Floats) -> None:
    """A dark, chrome or coloured frame around the plate, at times with lettering-like marks on it."""
    centre = corners.mean(0)
    across = np.float32(1 + rng.uniform(0.01, 0.06))
    down = np.float32(1 + rng.uniform(0.03, 0.3))
    axis_x = (corners[1] - corners[0]) / np.linalg.norm(corners[1] - corners[0])
    relative = corners - centre
    along = (relative @ axis_x)[:, None] * axis_x
    outer = centre + along * across + (relative - along) * down
    tone = rng.uniform(0, 60) if rng.random() < 0.6 else rng.uniform(100, 245)
    colour = tuple(float(v) for v in np.clip(tone + rng.normal(0, 12, 3), 0, 255))
    cv2.fillConvexPoly(scene, np.round(outer * 16).astype(np.int32), colour, cv2.LINE_AA, 4)
    if rng.random() < 0.25:
        start = outer[3] * 0.6 + corners[3] * 0.4
        mark = tuple(float(v) for v in np.clip(255 - np.array(colour) + rng.normal(0, 20, 3), 0, 255))
        for place in np.arange(0.2, 0.8, 0.04):
            point = start + (corners[2] - corners[3]) * np.float32(place)
            cv2.circle(scene, (int(point[0]), int(point[1])), 1, mark, -1)


def _dirt(rng: np.random.Generator, plate: Image, strength: float) -> Image:
    if rng.random() > 0.3 * strength:
        return plate
    h, w = plate.shape[:2]
    grain = rng.random((int(rng.integers(3, 12)), int(rng.integers(6, 30)))).astype(np.float32)
    cover = cv2.resize(grain, (w, h), interpolation=cv2.INTER_CUBIC)
    threshold = rng.uniform(0.55, 0.9)
    cover = np.clip((cover - threshold) / 0.2, 0, 1)[..., None] * np.float32(rng.uniform(0.1, 0.6))
    mud = rng.uniform(30, 200, 3).astype(np.float32)
    return np.asarray(plate * (1 - cover) + mud * cover, dtype=np.uint8)


def _light(rng: np.random.Generator, picture: Floats, strength: float) -> Floats:
    h, w = picture.shape[:2]
    if rng.random() < 0.4 * strength:  # light falling off across the plate
        slope = np.linspace(1 - 0.45 * rng.random() * strength, 1 + 0.3 * rng.random() * strength, w, dtype=np.float32)
        picture = picture * (slope if rng.random() < 0.5 else slope[::-1])[None, :, None]
    if rng.random() < 0.2 * strength:  # a shadow's edge
        mask = np.zeros((h, w), np.float32)
        points = np.stack([rng.uniform(-0.3, 1.3, 4) * w, rng.uniform(-0.3, 1.3, 4) * h], 1)
        cv2.fillConvexPoly(mask, cv2.convexHull(points.astype(np.int32)), 1.0)
        mask = _floats(cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.5, 5))))
        picture = picture * (1 - mask[..., None] * np.float32(rng.uniform(0.2, 0.65)))
    if rng.random() < 0.12 * strength:  # glare
        x, y = rng.uniform(0, w), rng.uniform(0, h)
        radius = rng.uniform(0.08, 0.3) * w
        yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
        spot = np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / (2 * radius**2)).astype(np.float32)
        picture = picture + spot[..., None] * np.float32(rng.uniform(40, 170))
    picture = _floats(np.clip(picture, 0, 255))
    picture = _floats(255 * (picture / 255) ** np.float32(np.exp(rng.normal(0, 0.28 * strength))))
    contrast = np.float32(np.clip(rng.normal(1 - 0.15 * strength, 0.22 * strength), 0.25, 1.6))
    if rng.random() < 0.15 * strength:  # far away, fog, a dark night
        contrast *= np.float32(rng.uniform(0.3, 0.7))
    picture = (picture - 128) * contrast + 128 + np.float32(rng.normal(0, 28 * strength))
    picture = picture + rng.normal(0, 10 * strength, 3).astype(np.float32)
    if rng.random() < 0.12:
        picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
    elif rng.random() < 0.25:
        grey = picture.mean(2, keepdims=True)
        picture = grey + (picture - grey) * np.float32(rng.uniform(0.3, 1.6))
    return np.asarray(np.clip(picture, 0, 255), dtype=np.float32)


def _optics(rng: np.random.Generator, picture: Floats, span: float, strength: float) -> Image:
    look = rng.random()
    unit = span / 168
    if look < 0.45:
        sigma = abs(float(rng.normal(0, 0.9))) * strength * max(0.45, unit)
        if sigma > 0.2:
            picture = _floats(cv2.GaussianBlur(picture, (0, 0), sigma))
    elif look < 0.65:
        length = int(1 + abs(rng.normal(0, 5)) * strength * max(0.4, unit))
        if length > 1:
            kernel = np.zeros((length, length), np.float32)
            cv2.line(kernel, (0, length // 2), (length - 1, length // 2), 1.0)
            turned = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), float(rng.uniform(0, 180)), 1.0)
            kernel = _floats(cv2.warpAffine(kernel, turned, (length, length)))
            picture = _floats(cv2.filter2D(picture, -1, kernel / max(1e-6, float(kernel.sum()))))
    if rng.random() < 0.15:
        soft = cv2.GaussianBlur(picture, (0, 0), 1.2)
        picture = picture + (picture - soft) * np.float32(rng.uniform(0.3, 1.6))
    sigma = abs(float(rng.normal(0, 7))) * strength
    noise = rng.standard_normal((*picture.shape[:2], 3 if rng.random() < 0.5 else 1), dtype=np.float32)
    taken = np.clip(picture + noise * np.float32(sigma), 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        quality = int(rng.uniform(95 - 65 * strength, 96))
        ok, coded = cv2.imencode(".jpg", taken, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if ok:
            taken = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)
    return taken


def relight(rng: np.random.Generator, image: Image, severity: Severity) -> Image:
    """New light and optics on a photo as it stands; nothing in it moves."""
    return _optics(rng, _light(rng, image.astype(np.float32), severity.light), float(image.shape[1]), severity.optics)
