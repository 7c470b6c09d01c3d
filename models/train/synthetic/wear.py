"""What a plate carries besides its print: dirt, smudges, bolts, stickers, and frames that cover its edges."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Tint = tuple[float, float, float]


def worn(rng: np.random.Generator, plate: Image, strength: float) -> Image:
    """A used plate of the same size, uint8 BGR. Whatever lies on it leaves at least a part of each character in view.

    `strength` from 0 to 1 scales how often each mark is made."""
    made = rng.random(7) < np.array([0.3, 0.06, 0.2, 0.1, 0.16, 0.06, 0.05]) * strength
    if not made.any():
        return plate
    marked = plate.copy()
    for wanted, mark in zip(made, (_dirt, _smudge, _bolts, _sticker, _frame, _scratches, _film), strict=True):
        if wanted:
            mark(rng, marked)
    return marked


def _tint(rng: np.random.Generator, low: float, high: float, spread: float) -> Tint:
    blue, green, red = np.clip(rng.uniform(low, high) + rng.normal(0, spread, 3), 0, 255)
    return float(blue), float(green), float(red)


def _blend(image: Image, cover: NDArray[np.float32], tint: Tint) -> None:
    """Mix the tint into the image; `cover` is H x W, 0..1."""
    image[:] = (image * (1 - cover[..., None]) + np.array(tint, np.float32) * cover[..., None]).astype(np.uint8)


def _dirt(rng: np.random.Generator, image: Image) -> None:
    h, w = image.shape[:2]
    grain = rng.random((int(rng.integers(3, 12)), int(rng.integers(6, 30)))).astype(np.float32)
    cover = cv2.resize(grain, (w, h), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.35:  # splashed from below
        cover = cover + np.linspace(-0.3, 0.35, h, dtype=np.float32)[:, None]
    cover = np.clip((cover - rng.uniform(0.55, 0.9)) / 0.2, 0, 1) * rng.uniform(0.1, 0.65)
    _blend(image, cover.astype(np.float32), _tint(rng, 30, 200, 25))


def _smudge(rng: np.random.Generator, image: Image) -> None:
    """A patch about a character wide: the character stays to be seen through it, or above or below it."""
    h, w = image.shape[:2]
    cover = np.zeros((h, w), np.float32)
    centre = (int(rng.integers(w)), int(rng.integers(h)))
    axes = (max(2, int(w * rng.uniform(0.02, 0.06))), max(2, int(h * rng.uniform(0.08, 0.22))))
    cv2.ellipse(cover, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    cover = cv2.GaussianBlur(cover, (0, 0), max(0.6, 0.02 * w * rng.random())) * np.float32(rng.uniform(0.3, 0.85))
    _blend(image, cover.astype(np.float32), _tint(rng, 20, 230, 20))


def _bolts(rng: np.random.Generator, image: Image) -> None:
    """Two or four screw heads in the upper and lower margin, alike but for chance, some with a dark cross or shadow."""
    h, w = image.shape[:2]
    inset, radius = rng.uniform(0.1, 0.32), max(1.0, h * rng.uniform(0.025, 0.065))
    tint = _tint(rng, 60, 240, 12) if rng.random() < 0.7 else _tint(rng, 90, 160, 60)
    rows = [0.09, 0.91] if rng.random() < 0.4 else [0.09 if rng.random() < 0.6 else 0.91]
    for row in rows:
        for column in (inset, 1 - inset):
            x, y = w * (column + rng.normal(0, 0.006)), h * (row + rng.normal(0, 0.015))
            centre = (round(x), round(y))
            if radius > 1.5:
                cv2.circle(image, (centre[0], centre[1] + 1), round(radius), _tint(rng, 10, 70, 5), -1, cv2.LINE_AA)
            cv2.circle(image, centre, max(1, round(radius)), tint, -1, cv2.LINE_AA)
            if radius > 2 and rng.random() < 0.5:
                cv2.circle(image, centre, max(1, round(radius / 3)), _tint(rng, 20, 80, 5), -1, cv2.LINE_AA)


def _sticker(rng: np.random.Generator, image: Image) -> None:
    """A month, year or inspection label in a corner."""
    h, w = image.shape[:2]
    width, height = w * rng.uniform(0.04, 0.11), h * rng.uniform(0.1, 0.2)
    x = w * rng.uniform(0.0, 0.05) if rng.random() < 0.5 else w * rng.uniform(0.95, 1.0) - width
    y = h * rng.uniform(0.0, 0.04) if rng.random() < 0.5 else h * rng.uniform(0.96, 1.0) - height
    first, second = (int(x), int(y)), (int(x + width), int(y + height))
    cv2.rectangle(image, first, second, _tint(rng, 60, 230, 60), -1, cv2.LINE_AA)
    ink = _tint(rng, 0, 255, 30)
    for place in (0.3, 0.65):
        left = (int(x + width * place - width * 0.1), int(y + height * 0.25))
        cv2.rectangle(image, left, (int(left[0] + width * 0.2), int(y + height * 0.75)), ink, 1, cv2.LINE_AA)


def _frame(rng: np.random.Generator, image: Image) -> None:
    """A holder that laps over the plate: all round, or over the lower or upper edge, at times with a dealer's name."""
    h, w = image.shape[:2]
    tint = _tint(rng, 5, 60, 6) if rng.random() < 0.65 else _tint(rng, 120, 245, 15)
    look = rng.random()
    upper = h * rng.uniform(0.02, 0.1) if look < 0.7 else 0.0
    lower = h * rng.uniform(0.02, 0.14) if look < 0.5 or look > 0.7 else 0.0
    side = w * rng.uniform(0.0, 0.02) if look < 0.5 else 0.0
    image[: round(upper)] = tint
    image[h - round(lower) :] = tint
    image[:, : round(side)] = tint
    image[:, w - round(side) :] = tint
    for y, height in ((upper / 2, upper), (h - lower / 2, lower)):
        if height > 5 and rng.random() < 0.5:
            mark = _tint(rng, 170, 255, 10) if sum(tint) < 300 else _tint(rng, 0, 70, 10)
            words = "".join("ABCDEGHIKLMNORSTUV"[int(n)] for n in rng.integers(0, 18, int(rng.integers(4, 15))))
            size = height / 34
            span = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, size, 1)[0]
            corner = ((w - span[0]) // 2, round(y + span[1] / 2))
            cv2.putText(image, words, corner, cv2.FONT_HERSHEY_SIMPLEX, size, mark, 1, cv2.LINE_AA)


def _scratches(rng: np.random.Generator, image: Image) -> None:
    h, w = image.shape[:2]
    for _ in range(int(rng.integers(1, 7))):
        x, y = rng.uniform(0, w), rng.uniform(0, h)
        end = (round(x + rng.normal(0, 0.12 * w)), round(y + rng.normal(0, 0.25 * h)))
        cv2.line(image, (round(x), round(y)), end, _tint(rng, 20, 235, 10), 1, cv2.LINE_AA)


def _film(rng: np.random.Generator, image: Image) -> None:
    """Paint that has faded, or a film of dust: the ink comes near the ground, unevenly."""
    h, w = image.shape[:2]
    field = cv2.resize(rng.random((2, 4)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    ground = np.median(image.reshape(-1, 3)[:: max(1, h * w // 400)], axis=0)
    tint = (float(ground[0]), float(ground[1]), float(ground[2]))
    _blend(image, np.clip(field * rng.uniform(0.3, 0.7), 0, 0.75).astype(np.float32), tint)
