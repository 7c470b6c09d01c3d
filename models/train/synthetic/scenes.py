"""Training scenes for the detector: a real picture seen through a random crop, with plates pasted in.

A pasted plate has exact corners and brings kinds that the labelled scenes lack (new energy, double row, yellow).
It takes the place of a real plate, so that it sits where plates sit, or lies anywhere, so that the detector
also learns the plate and not only the bumper round it. Signs, time stamps and drawn frames are added as what a
plate is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.train.datasets import Scene
from models.train.synthetic.clutter import add_clutter
from vision.detect_decode import PADDING
from vision.geometry import Quad, bounds, expand_quad
from vision.types import Box, Image

PLATE_WIDTHS = (14.0, 250.0)
"""Narrowest and widest plate, in pixels, that a view is zoomed to at 320 pixels a side; in proportion at others."""

COMPANION = 0.08
"""Share of pictures with plates in which one has another right above or below it, as cars have that are registered in
Hong Kong or Macao and on the mainland: without such pairs the network took both for one plate of two rows."""

LEAST_VISIBLE = 0.6
"""A plate less visible than this is painted over instead of labelled: half a plate is neither plate nor background."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One training picture (S, S, 3) BGR uint8 and its plates: quads (N, 4, 2) float32, has_corners (N,) bool."""

    image: Image
    quads: NDArray[np.float32]
    has_corners: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class UprightPlate:
    """A plate to paste: a picture (h, w, 3) BGR uint8 in the plate's own proportions.

    `exact` tells whether the picture ends where the plate does; one cut out of a photo ends near it, so that its
    corners are not to be learnt.
    """

    image: Image
    exact: bool


class PlateSupply(Protocol):
    """Gives upright plates to paste."""

    def draw(self, rng: np.random.Generator) -> UprightPlate: ...


def compose(rng: np.random.Generator, scene: Scene, supply: PlateSupply, size: int) -> Sample:
    """One square training picture of `size` pixels a side out of a scene. The scene is not changed."""
    view = _choose_view(rng, scene, size)
    mirrored = bool(np.linalg.det(view[:2, :2]) < 0)
    border = cv2.BORDER_CONSTANT if rng.random() < 0.6 else cv2.BORDER_REPLICATE
    flags = cv2.INTER_AREA if abs(np.linalg.det(view[:2, :2])) < 0.5 else cv2.INTER_LINEAR
    image = _warp(scene.image, view, size, border, flags)
    quads: list[Quad] = []
    has_corners: list[bool] = []
    replace = rng.random() < 0.7
    for plate in scene.plates:
        quad = cv2.perspectiveTransform(plate.quad[None], view)[0].astype(np.float32)
        if mirrored:
            quad = quad[[1, 0, 3, 2]]
        visible = _visible_fraction(quad, size)
        if visible == 0:
            continue
        known = plate.has_corners
        if replace and rng.random() < 0.8:
            known, quad = _replace(rng, image, quad, supply) or (known, quad)
        if visible < LEAST_VISIBLE:
            _paint_over(image, quad)
            continue
        quads.append(quad)
        has_corners.append(known)
    if quads and rng.random() < COMPANION:
        beside = _companion(rng, image, supply, quads)
        if beside is not None:
            has_corners.append(beside[0])
            quads.append(beside[1])
    for _ in range(_extra_plates(rng, len(quads))):
        placed = _place(rng, image, supply, quads)
        if placed is not None:
            has_corners.append(placed[0])
            quads.append(placed[1])
    add_clutter(rng, image, quads)
    return Sample(
        image,
        np.asarray(quads, dtype=np.float32).reshape(-1, 4, 2),
        np.asarray(has_corners, dtype=np.bool_),
    )


def _choose_view(rng: np.random.Generator, scene: Scene, size: int) -> NDArray[np.float64]:
    """The map (3, 3) from scene to training pixels: the whole picture, or a zoom on one plate or anywhere."""
    height, width = scene.image.shape[:2]
    fitted = size / max(height, width)
    mirrored = rng.random() < 0.2
    focus = np.array([width / 2, height / 2])
    target = np.array([size / 2, size / 2])
    scale = fitted * rng.uniform(0.85, 1.4)
    if scene.plates and rng.random() < 0.75:
        quad = scene.plates[int(rng.integers(len(scene.plates)))].quad
        plate_width = max(4.0, float(np.linalg.norm(quad[1] - quad[0])))
        low, high = np.log(np.array(PLATE_WIDTHS) * size / 320)
        scale = float(np.exp(rng.uniform(low, high))) / plate_width
        least = fitted * (0.5 if rng.random() < 0.1 else 0.9)
        scale = float(np.clip(scale, least, max(fitted * 1.3, 2.5)))
        focus = quad.mean(axis=0).astype(np.float64)
        reach = max(0.0, size / 2 - 0.6 * plate_width * scale)
        target = target + rng.uniform(-reach, reach, 2)
        # A picture that overfills the view is slid so that it covers it: borders inside a zoom teach nothing.
        for axis, length in enumerate((width, height)):
            if length * scale > size:
                ahead = length - focus[axis] if mirrored and axis == 0 else focus[axis]
                low_edge = target[axis] - ahead * scale
                target[axis] += float(np.clip(low_edge, size - length * scale, 0)) - low_edge
    elif not scene.plates:
        scale = fitted * float(np.exp(rng.uniform(-0.2, 1.2)))
        focus = rng.uniform(0.2, 0.8, 2) * (width, height)
    has_loose_box = any(not plate.has_corners for plate in scene.plates)
    angle = np.deg2rad(rng.normal(0, 1.5 if has_loose_box else 5.0))
    stretch = float(np.exp(rng.normal(0, 0.08)))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.diag([scale * stretch * (-1 if mirrored else 1), scale / stretch])
    view = np.eye(3)
    view[:2, :2] = linear
    view[:2, 2] = target - linear @ focus
    if rng.random() < 0.3 and not has_loose_box:
        tilt = np.eye(3)
        tilt[2, :2] = rng.normal(0, 0.15, 2) / size
        centre = np.array([[1, 0, -size / 2], [0, 1, -size / 2], [0, 0, 1.0]])
        view = np.linalg.inv(centre) @ tilt @ centre @ view
    return view


def _warp(image: Image, view: NDArray[np.float64], size: int, border: int, flags: int) -> Image:
    scale = float(np.sqrt(abs(np.linalg.det(view[:2, :2]))))
    source = image
    if flags == cv2.INTER_AREA:
        # warpPerspective does not average when it shrinks: halve beforehand, as the letterbox's area filter would.
        half = max(scale, 0.25) ** 0.8
        source = cv2.resize(image, None, fx=half, fy=half, interpolation=cv2.INTER_AREA).astype(np.uint8)
        back = np.diag([image.shape[1] / source.shape[1], image.shape[0] / source.shape[0], 1.0])
        view = view @ back
    warped = cv2.warpPerspective(
        source, view, (size, size), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=(PADDING,) * 3
    )
    return warped.astype(np.uint8, copy=False)


def _visible_fraction(quad: Quad, size: int) -> float:
    frame = np.array([[0, 0], [size, 0], [size, size], [0, size]], dtype=np.float32)
    whole = abs(float(cv2.contourArea(quad)))
    if whole < 1:
        return 0.0
    seen, _ = cv2.intersectConvexConvex(cv2.convexHull(quad), frame)
    return float(seen) / whole


def _paint_over(image: Image, quad: Quad) -> None:
    """Fills a plate with the mean colour round it."""
    box = bounds(expand_quad(quad, 0.15, 0.3))
    height, width = image.shape[:2]
    x1, y1, x2, y2 = max(0, int(box.x1)), max(0, int(box.y1)), min(width, int(box.x2) + 1), min(height, int(box.y2) + 1)
    if x2 > x1 and y2 > y1:
        region = image[y1:y2, x1:x2]
        region[:] = np.median(region.reshape(-1, 3), axis=0).astype(np.uint8)


def _extra_plates(rng: np.random.Generator, present: int) -> int:
    chance = rng.random()
    if present:
        return 1 if chance < 0.15 else 0
    return 0 if chance < 0.45 else 1 + int(chance > 0.85)


def _replace(rng: np.random.Generator, image: Image, quad: Quad, supply: PlateSupply) -> tuple[bool, Quad] | None:
    """Pastes a plate of similar shape over `quad`, covering it.

    Returns whether the new plate's corners are exact, and its quad; None if no plate fits.
    """
    width = float(np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    height = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    for _ in range(6):
        plate = supply.draw(rng)
        aspect = plate.image.shape[1] / plate.image.shape[0]
        grow_x = max(1.0, aspect * height / width)
        grow_y = max(1.0, width / aspect / height)
        if max(grow_x, grow_y) < 1.75:
            margin = rng.uniform(1.02, 1.12)
            target = expand_quad(quad, (grow_x * margin - 1) / 2, (grow_y * margin - 1) / 2)
            _paste(rng, image, plate.image, target)
            return plate.exact, target
    return None


def _companion(
    rng: np.random.Generator, image: Image, supply: PlateSupply, taken: list[Quad]
) -> tuple[bool, Quad] | None:
    """Pastes a plate right above or below one that is there; returns as `_replace`."""
    quad = taken[int(rng.integers(len(taken)))]
    plate = supply.draw(rng)
    across, down = quad[1] - quad[0], quad[3] - quad[0]
    height = float(np.linalg.norm(across)) * plate.image.shape[0] / plate.image.shape[1] * rng.uniform(0.9, 1.1)
    away = float(np.linalg.norm(down)) / 2 + height / 2 + rng.uniform(0.03, 0.4) * height
    direction = down / max(1e-6, float(np.linalg.norm(down)))
    centre = quad.mean(axis=0) + direction * away * (-1 if rng.random() < 0.6 else 1)
    half_across, half_down = across * rng.uniform(0.42, 0.52), direction * height / 2
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    beside = np.stack([centre + x * half_across + y * half_down for x, y in signs]).astype(np.float32)
    box = bounds(beside)
    if _visible_fraction(beside, image.shape[0]) < 0.99 or any(_touches(box, bounds(each)) for each in taken):
        return None
    _paste(rng, image, plate.image, beside)
    return plate.exact, beside


def _touches(one: Box, other: Box) -> bool:
    return one.x1 < other.x2 and other.x1 < one.x2 and one.y1 < other.y2 and other.y1 < one.y2


def _place(rng: np.random.Generator, image: Image, supply: PlateSupply, taken: list[Quad]) -> tuple[bool, Quad] | None:
    """Pastes a plate anywhere free; returns as `_replace`, None where it would touch another plate."""
    size = image.shape[0]
    plate = supply.draw(rng)
    low, high = np.log(np.array(PLATE_WIDTHS) * size / 320)
    width = float(np.exp(rng.uniform(low, high)))
    height = width * plate.image.shape[0] / plate.image.shape[1]
    flat = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2
    angle = np.deg2rad(rng.normal(0, 7))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[rng.uniform(0.75, 1.0), rng.normal(0, 0.1)], [rng.normal(0, 0.1), 1.0]])
    reach = max(1.0, size / 2 - width * 0.45)
    centre = size / 2 + rng.uniform(-reach, reach, 2)
    quad = (flat @ (turn @ shear).T + centre + rng.normal(0, 0.02 * height, (4, 2))).astype(np.float32)
    box = bounds(expand_quad(quad, 0.1, 0.2))
    if any(_touches(box, bounds(each)) for each in taken):
        return None
    if _visible_fraction(quad, size) < LEAST_VISIBLE:
        return None
    _paste(rng, image, plate.image, quad)
    return plate.exact, quad


def _paste(rng: np.random.Generator, image: Image, plate: Image, quad: Quad) -> None:
    """Draws `plate` into `quad` of `image` in place, in the light of the pixels round it."""
    framed = expand_quad(quad, *rng.uniform(0.01, 0.05, 2)) if rng.random() < 0.35 else None
    box = bounds(expand_quad(quad, 0.12, 0.3))
    height, width = image.shape[:2]
    x1, y1, x2, y2 = max(0, int(box.x1)), max(0, int(box.y1)), min(width, int(box.x2) + 2), min(height, int(box.y2) + 2)
    if x2 - x1 < 2 or y2 - y1 < 2:
        return
    region = image[y1:y2, x1:x2]
    surroundings = region.reshape(-1, 3).mean(axis=0)
    offset = np.array([x1, y1], dtype=np.float32)
    if framed is not None:
        shade = rng.uniform(0.1, 1.1) * surroundings if rng.random() < 0.8 else np.full(3, rng.uniform(120, 230))
        cv2.fillConvexPoly(region, np.round(framed - offset).astype(np.int32), shade.clip(0, 255).tolist(), cv2.LINE_AA)
    local = quad - offset
    plate_width = max(2, round(float(np.linalg.norm(quad[1] - quad[0])) * 1.2))
    plate_height = max(2, round(plate_width * plate.shape[0] / plate.shape[1]))
    shrunk = cv2.resize(plate, (plate_width, plate_height), interpolation=cv2.INTER_AREA)
    lit = _light(rng, shrunk.astype(np.float32), surroundings)
    edges = np.array([[0, 0], [plate_width, 0], [plate_width, plate_height], [0, plate_height]], dtype=np.float32)
    into = cv2.getPerspectiveTransform(edges - 0.5, local - 0.5)
    shape = (x2 - x1, y2 - y1)
    colour = cv2.warpPerspective(lit, into, shape, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = np.zeros((y2 - y1, x2 - x1), dtype=np.float32)
    cv2.fillConvexPoly(cover, np.round((local - 0.5) * 16).astype(np.int32), 1.0, cv2.LINE_8, 4)
    softness = rng.uniform(0.4, 0.9)
    cover = cv2.GaussianBlur(cover, (0, 0), softness)[..., None]
    blur = rng.uniform(0, 0.035) * float(np.linalg.norm(quad[3] - quad[0]))
    if blur > 0.35:
        colour = cv2.GaussianBlur(colour, (0, 0), blur)
    region[:] = (region * (1 - cover) + colour * cover).clip(0, 255).astype(np.uint8)


def _light(
    rng: np.random.Generator, plate: NDArray[np.float32], surroundings: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Brightness, tint and uneven light for a plate (h, w, 3): roughly the scene's, plates being reflective."""
    brightness = float(surroundings.mean()) + 1
    tint = ((surroundings + 20) / (brightness + 20)) ** rng.uniform(0.0, 0.8)
    gain = float(np.clip((brightness / 100) ** rng.uniform(0.2, 0.8), 0.3, 1.3)) * rng.uniform(0.7, 1.25)
    lit = plate * (tint * gain).astype(np.float32)
    if rng.random() < 0.35:
        height, width = lit.shape[:2]
        left, right = rng.uniform(0.55, 1.25, 2)
        top, bottom = rng.uniform(0.8, 1.15, 2)
        ramp = np.linspace(left, right, width, dtype=np.float32)[None, :, None]
        slope = np.linspace(top, bottom, height, dtype=np.float32)[:, None, None]
        lit = lit * ramp * slope
    if rng.random() < 0.3:
        lit += rng.uniform(0, 60)
    return lit.astype(np.float32)
