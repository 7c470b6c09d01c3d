"""What looks like a plate and is none, set into scenes: boards and grilles, time stamps, frames drawn by software."""

from __future__ import annotations

import string
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.train.synthetic.boards import BOARDS
from vision.geometry import Quad, bounds
from vision.types import Image

_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_PLAIN)


def add_clutter(rng: np.random.Generator, image: Image, plates: Sequence[Quad]) -> None:
    """Draws some clutter into `image` (H, W, 3) in place, clear of the given plates."""
    if rng.random() < 0.15:
        _stamp(rng, image, plates)
    for make, chance, widths in BOARDS:
        if rng.random() < chance:
            _lay(rng, image, plates, *make(rng), float(rng.uniform(*widths)))
    if rng.random() < 0.10:
        _drawn_frame(rng, image, plates)
    if rng.random() < 0.12:
        _glare(rng, image)


def _is_free(x1: float, y1: float, x2: float, y2: float, plates: Sequence[Quad]) -> bool:
    boxes = [bounds(plate) for plate in plates]
    return not any(x1 < box.x2 and box.x1 < x2 and y1 < box.y2 and box.y1 < y2 for box in boxes)


def _colour(rng: np.random.Generator) -> tuple[float, float, float]:
    if rng.random() < 0.5:
        level = float(rng.choice([10, 40, 200, 235, 250]))
        return (level, level, level)
    blue, green, red = rng.uniform(0, 255, 3)
    return (float(blue), float(green), float(red))


def _write(
    image: Image, text: str, origin: tuple[int, int], height: float, font: int, colour: tuple[float, float, float]
) -> None:
    base = cv2.getTextSize("A8", font, 1.0, 1)[0][1]
    scale = height / base
    cv2.putText(image, text, origin, font, scale, colour, max(1, round(scale * 1.6)), cv2.LINE_AA)


def _letters(rng: np.random.Generator, count: int) -> str:
    return "".join(string.ascii_uppercase[int(n)] for n in rng.integers(0, 26, count))


def _stamp(rng: np.random.Generator, image: Image, plates: Sequence[Quad]) -> None:
    """A camera's overlay: date and time, or a lane's name, near the picture's edge."""
    size = image.shape[0]
    height = rng.uniform(0.02, 0.05) * size
    year, month, day, hour, minute = (
        int(rng.integers(*span)) for span in ((2008, 2027), (1, 13), (1, 29), (0, 24), (0, 60))
    )
    text = (
        f"{year}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{int(rng.integers(60)):02d}",
        f"{day:02d}/{month:02d}/{year} {hour:02d}:{minute:02d}",
        f"CAM{int(rng.integers(20)):02d} LANE {int(rng.integers(9))}",
        f"{year}.{month}.{day}",
        f"{int(rng.integers(10, 99))}{_letters(rng, 1)}-{int(rng.integers(1000, 99999))}",  # software's own read
        f"{_letters(rng, 3)}{int(rng.integers(100, 9999))} {int(rng.integers(60, 100))}%",
    )[int(rng.integers(6))]
    x = int(rng.uniform(0.01, 0.5) * size)
    y = int(height * 1.6 + rng.uniform(0, 0.04) * size) if rng.random() < 0.5 else int(size * rng.uniform(0.93, 0.99))
    if not _is_free(x, y - 1.5 * height, size, y + 0.5 * height, plates):
        return
    font = int(rng.choice(_FONTS))
    if rng.random() < 0.4:
        _write(image, text, (x + 1, y + 1), height, font, (0, 0, 0))
    _write(image, text, (x, y), height, font, _colour(rng))


def _lay(
    rng: np.random.Generator,
    image: Image,
    plates: Sequence[Quad],
    board: Image,
    cover: NDArray[np.float32],
    share: float,
) -> None:
    """Set a flat thing into the scene, a little aslant, in about the light of where it stands.

    `share` is its width over the picture's; `cover` (0..1) says which of its pixels hide the scene."""
    size, (h, w) = image.shape[0], board.shape[:2]
    half = np.array([share * size, share * size * h / w]) / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    corners += rng.normal(0, 0.06, (4, 2)) * half + corners[:, :1] * np.array([0.0, rng.normal(0, 0.12)])
    corners += rng.uniform(0.0, size, 2)
    (x1, y1), (x2, y2) = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int) + 1
    x1, y1, x2, y2 = max(0, int(x1)), max(0, int(y1)), min(size, int(x2)), min(size, int(y2))
    if x2 - x1 < 6 or y2 - y1 < 4 or not _is_free(x1, y1, x2, y2, plates):
        return
    shrunk = (max(2, round(2.2 * half[0])), max(2, round(2.2 * half[1])))
    if shrunk[0] < w:
        board = cv2.resize(board, shrunk, interpolation=cv2.INTER_AREA).astype(np.uint8)
        cover = cv2.resize(cover, shrunk, interpolation=cv2.INTER_AREA).astype(np.float32)
        w, h = shrunk
    edges = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    into = cv2.getPerspectiveTransform(edges, (corners - [x1, y1]).astype(np.float32))
    span = (x2 - x1, y2 - y1)
    colour = cv2.warpPerspective(board, into, span, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpPerspective(cover, into, span, flags=cv2.INTER_LINEAR)[..., None]
    region = image[y1:y2, x1:x2]
    light = float(np.clip(region.mean() / 110, 0.3, 1.25)) ** float(rng.uniform(0.3, 1.0)) * rng.uniform(0.75, 1.15)
    if rng.random() < 0.5:
        colour = cv2.GaussianBlur(colour, (0, 0), float(rng.uniform(0.3, 1.1)))
    region[:] = (region * (1 - alpha) + colour * np.float32(light) * alpha).clip(0, 255).astype(np.uint8)


def _drawn_frame(rng: np.random.Generator, image: Image, plates: Sequence[Quad]) -> None:
    """A thin rectangle as other software draws round what it found, with margins that are not the plate's."""
    size = image.shape[0]
    colour = [(0, 0, 255), (0, 255, 255), (0, 255, 0), (255, 0, 0)][int(rng.integers(4))]
    if plates and rng.random() < 0.8:
        box = bounds(plates[int(rng.integers(len(plates)))])
        left, right = rng.uniform(0.05, 0.4, 2) * box.width
        top, bottom = rng.uniform(0.1, 0.8, 2) * box.height
        x1, y1, x2, y2 = box.x1 - left, box.y1 - top, box.x2 + right, box.y2 + bottom
    else:
        x1, y1 = rng.uniform(0, size * 0.8, 2)
        x2, y2 = x1 + rng.uniform(0.05, 0.5) * size, y1 + rng.uniform(0.03, 0.4) * size
        if not _is_free(x1, y1, x2, y2, plates):
            return
    thickness = max(1, round(rng.uniform(0.5, 2.5) * size / 320))
    cv2.rectangle(image, (int(x1), int(y1)), (int(x2), int(y2)), colour, thickness)


def _glare(rng: np.random.Generator, image: Image) -> None:
    """The glow of a head lamp or the sun."""
    size = image.shape[0]
    glow = np.zeros((size // 4, size // 4), dtype=np.float32)
    for _ in range(int(rng.integers(1, 3))):
        centre = (int(rng.integers(size // 4)), int(rng.integers(size // 4)))
        cv2.circle(glow, centre, int(rng.integers(1, max(2, size // 32))), float(rng.uniform(120, 400)), -1)
    glow = cv2.GaussianBlur(glow, (0, 0), rng.uniform(2, 8) * size / 320)
    spread = cv2.resize(glow, (size, size), interpolation=cv2.INTER_LINEAR)[..., None]
    image[:] = (image + spread).clip(0, 255).astype(np.uint8)
