"""A plate on its way into a picture: what it wears, its pose before a background, the light, and the camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.train.synthetic.light import lit
from models.train.synthetic.optics import taken
from models.train.synthetic.wear import worn

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
    """Place a flat plate before the surroundings, tilt it, and take a picture of it.

    A third of the pictures are gentle, as most are at a gate by day: what a character looks like is learnt there."""
    gentle = 0.4 if rng.random() < 0.33 else 1.0
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
    used = worn(rng, plate, severity.light * gentle)
    h, w = used.shape[:2]
    matrix = cv2.getPerspectiveTransform(np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32), corners)
    warped = cv2.warpPerspective(used, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(inside, np.round(corners * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    alpha = inside[..., None].astype(np.float32) / 255
    picture = _floats(scene * (1 - alpha) + warped * alpha)
    picture = lit(rng, picture, severity.light * gentle)
    return Photograph(taken(rng, picture, span, severity.optics * gentle), corners)


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
    if rng.random() < 0.12 * severity.pose:
        corners = _seen_aside(rng, corners)
    spread = corners.max(0) - corners.min(0)
    margin = spread * np.float32(0.12) + 4
    corners = corners - corners.min(0) + margin
    size = spread + 2 * margin
    return corners.astype(np.float32), (int(np.ceil(size[0])), int(np.ceil(size[1])))


def _seen_aside(rng: np.random.Generator, corners: Floats) -> Floats:
    """The plate turned away from the camera, up to 48 degrees sideways and 28 up or down, from near or far."""
    yaw, pitch = np.deg2rad(rng.uniform(-48, 48)), np.deg2rad(rng.uniform(-28, 28))
    width = float(corners[:, 0].max() - corners[:, 0].min())
    distance = width * rng.uniform(2.5, 8.0)
    depth = corners[:, 0] * np.sin(yaw) + corners[:, 1] * np.sin(pitch)
    turned = corners * np.array([np.cos(yaw), np.cos(pitch)])
    return _floats(turned * (distance / (distance + depth))[:, None] * (1 + 0.5 * (1 - np.cos(yaw))))


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


def relight(rng: np.random.Generator, image: Image, severity: Severity) -> Image:
    """New light and optics on a photo as it stands; nothing in it moves."""
    return taken(rng, lit(rng, image.astype(np.float32), severity.light), float(image.shape[1]), severity.optics)
