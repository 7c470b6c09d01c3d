"""What looks like a plate and is none: cameras' time stamps, signs, lettering, grilles, frames drawn by software."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vision.geometry import Quad, bounds
from vision.types import Image

_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_PLAIN)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def add_clutter(rng: np.random.Generator, image: Image, plates: Sequence[Quad]) -> None:
    """Draws some clutter into `image` (H, W, 3) in place, clear of the given plates."""
    if rng.random() < 0.15:
        _stamp(rng, image, plates)
    if rng.random() < 0.15:
        _sign(rng, image, plates)
    if rng.random() < 0.08:
        _grille(rng, image, plates)
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
    )[int(rng.integers(4))]
    x = int(rng.uniform(0.01, 0.5) * size)
    y = int(height * 1.6 + rng.uniform(0, 0.04) * size) if rng.random() < 0.5 else int(size * rng.uniform(0.93, 0.99))
    if not _is_free(x, y - 1.5 * height, size, y + 0.5 * height, plates):
        return
    font = int(rng.choice(_FONTS))
    if rng.random() < 0.4:
        _write(image, text, (x + 1, y + 1), height, font, (0, 0, 0))
    _write(image, text, (x, y), height, font, _colour(rng))


def _sign(rng: np.random.Generator, image: Image, plates: Sequence[Quad]) -> None:
    """A board with two or three lines, or a telephone number or name on bare ground: longer or taller than a plate."""
    size = image.shape[0]
    rows = int(rng.integers(1, 4))
    height = rng.uniform(0.02, 0.07) * size
    width = height * rng.uniform(3, 9)
    x, y = (int(v) for v in rng.uniform(0, size * 0.8, 2))
    if not _is_free(x, y, x + width, y + rows * height * 1.7, plates):
        return
    if rows > 1 or rng.random() < 0.3:
        corner = (int(x + width), int(y + rows * height * 1.7))
        cv2.rectangle(image, (x, y), corner, _colour(rng), -1)
    font, colour = int(rng.choice(_FONTS)), _colour(rng)
    letters = round(width / height) + (5 if rows == 1 else 0)
    for row in range(rows):
        text = "".join(rng.choice(list(_LETTERS), max(2, letters + int(rng.integers(-1, 2)))))
        _write(image, text, (x + 2, int(y + (row + 0.85) * height * 1.5)), height * rng.uniform(0.6, 1.0), font, colour)


def _grille(rng: np.random.Generator, image: Image, plates: Sequence[Quad]) -> None:
    """Bars, as of a radiator or a barrier's stripes."""
    size = image.shape[0]
    width, height = rng.uniform(0.1, 0.4) * size, rng.uniform(0.03, 0.12) * size
    x, y = rng.uniform(0, size * 0.7), rng.uniform(0, size * 0.9)
    if not _is_free(x, y, x + width, y + height, plates):
        return
    bars = int(rng.integers(4, 14))
    first, second = _colour(rng), _colour(rng)
    step = width / bars
    for bar in range(bars):
        left, right = (int(x + bar * step), int(y)), (int(x + (bar + 1) * step), int(y + height))
        cv2.rectangle(image, left, right, first if bar % 2 else second, -1)


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
