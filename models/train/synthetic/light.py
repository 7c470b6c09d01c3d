"""The light and the weather between a plate and its camera, and the camera's own idea of colour."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def lit(rng: np.random.Generator, picture: Floats, strength: float) -> Floats:
    """The picture (H, W, 3, BGR, 0..255) in other light; `strength` from 0 to 1 scales how much and how often."""
    fall, shade, glow, lamp, rain = rng.random(5) < np.array([0.4, 0.22, 0.1, 0.05, 0.04]) * strength
    if fall:
        picture = _falling_off(rng, picture, strength)
    if shade:
        picture = _shadow(rng, picture)
    if glow:
        picture = _glare(rng, picture)
    if lamp:
        picture = _headlight(rng, picture)
    if rain:
        picture = _rain(rng, picture)
    picture = _floats(np.clip(picture, 0, 255))
    picture = _floats(255 * cv2.pow(picture / 255, float(np.exp(rng.normal(0, 0.28 * strength)))))
    contrast = np.float32(np.clip(rng.normal(1 - 0.15 * strength, 0.22 * strength), 0.25, 1.6))
    if rng.random() < 0.15 * strength:  # far away, fog, a dark night
        contrast *= np.float32(rng.uniform(0.3, 0.7))
    picture = (picture - 128) * contrast + 128 + np.float32(rng.normal(0, 28 * strength))
    look = rng.random()
    if look < 0.05:
        picture = _infrared(rng, picture)
    elif look < 0.12:
        picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
    elif look < 0.34:
        grey = picture.mean(2, keepdims=True)
        picture = grey + (picture - grey) * np.float32(rng.uniform(0.3, 1.9))
    if look > 0.12 and rng.random() < 0.15 * strength:  # the white balance of another lamp
        picture = picture * np.exp(rng.normal(0, 0.2, 3)).astype(np.float32)
    elif look > 0.12:
        picture = picture + rng.normal(0, 10 * strength, 3).astype(np.float32)
    return _floats(np.clip(picture, 0, 255))


def _floats(values: NDArray[Any]) -> Floats:
    return np.asarray(values, dtype=np.float32)


def _falling_off(rng: np.random.Generator, picture: Floats, strength: float) -> Floats:
    low, high = 1 - 0.45 * rng.random() * strength, 1 + 0.3 * rng.random() * strength
    slope = np.linspace(low, high, picture.shape[1], dtype=np.float32)
    return _floats(picture * (slope if rng.random() < 0.5 else slope[::-1])[None, :, None])


def _shadow(rng: np.random.Generator, picture: Floats) -> Floats:
    """A hard or soft edge across the plate, or bars as of a grating; the sunny side may be overexposed."""
    h, w = picture.shape[:2]
    mask = np.zeros((h, w), np.float32)
    if rng.random() < 0.75:
        points = np.stack([rng.uniform(-0.3, 1.3, 4) * w, rng.uniform(-0.3, 1.3, 4) * h], 1)
        cv2.fillConvexPoly(mask, cv2.convexHull(points.astype(np.int32)), 1.0)
    else:
        step, lean = rng.uniform(0.08, 0.3) * w, rng.uniform(-0.6, 0.6) * h
        for left in np.arange(-step, w + step, step):
            ends = np.array([[left, 0], [left + step / 2, 0], [left + step / 2 + lean, h], [left + lean, h]])
            cv2.fillConvexPoly(mask, ends.astype(np.int32), 1.0)
    if rng.random() < 0.6:
        mask = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.5, 4))).astype(np.float32)
    dark, bright = rng.uniform(0.2, 0.62), rng.uniform(0.0, 0.35)
    return _floats(picture * (1 + np.float32(bright) - mask[..., None] * np.float32(dark + bright)))


def _spot(h: int, w: int, x: float, y: float, radius: float) -> Floats:
    across = np.exp(-((np.arange(w) - x) ** 2) / (2 * radius**2))
    down = np.exp(-((np.arange(h) - y) ** 2) / (2 * radius**2))
    return _floats(down[:, None] * across[None, :])


def _glare(rng: np.random.Generator, picture: Floats) -> Floats:
    h, w = picture.shape[:2]
    spot = _spot(h, w, rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0.08, 0.3) * w)
    return _floats(picture + spot[..., None] * np.float32(rng.uniform(40, 170)))


def _headlight(rng: np.random.Generator, picture: Floats) -> Floats:
    """A lamp beside the plate: a burnt-out core, its bloom over the plate, and the lens's ring; the rest gets dark."""
    h, w = picture.shape[:2]
    x = w * (rng.uniform(-0.15, 0.1) if rng.random() < 0.5 else rng.uniform(0.9, 1.15))
    y = h * rng.uniform(-0.5, 0.7)
    tint = np.array([rng.uniform(0.75, 1.05), rng.uniform(0.9, 1.0), 1.0], np.float32)
    glow = _spot(h, w, x, y, 0.07 * w) * np.float32(600) + _spot(h, w, x, y, 0.3 * w) * np.float32(rng.uniform(30, 130))
    if rng.random() < 0.6:
        ring = np.zeros((h, w), np.float32)
        cv2.circle(ring, (round(x), round(y)), round(rng.uniform(0.15, 0.45) * w), 1.0, max(1, w // 60))
        glow = glow + cv2.GaussianBlur(ring, (0, 0), max(0.8, w / 90)) * np.float32(rng.uniform(20, 80))
    return _floats(picture * np.float32(rng.uniform(0.45, 1.0)) + glow[..., None] * tint)


def _rain(rng: np.random.Generator, picture: Floats) -> Floats:
    """Streaks in the air, or drops on the lens that blur and brighten what lies behind them."""
    h, w = picture.shape[:2]
    mask = np.zeros((h, w), np.float32)
    if rng.random() < 0.5:
        lean, length = rng.normal(0, 0.25), rng.uniform(0.15, 0.6) * h
        for x, y in zip(rng.uniform(0, w, 14), rng.uniform(-0.3 * h, h, 14), strict=True):
            cv2.line(mask, (int(x), int(y)), (int(x + lean * length), int(y + length)), 1.0, 1, cv2.LINE_AA)
        return _floats(picture + mask[..., None] * np.float32(rng.uniform(25, 90)))
    for _ in range(int(rng.integers(1, 6))):
        centre = (int(rng.integers(w)), int(rng.integers(h)))
        cv2.circle(mask, centre, max(2, int(h * rng.uniform(0.05, 0.18))), 1.0, -1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(picture, (0, 0), max(1.0, 0.03 * w)) + np.float32(rng.uniform(-10, 45))
    return _floats(picture + (soft - picture) * mask[..., None] * np.float32(rng.uniform(0.5, 0.85)))


def _infrared(rng: np.random.Generator, picture: Floats) -> Floats:
    """Grey as an infrared lamp shows it: inks differ otherwise than to the eye, the plate shines, the rest is dark."""
    weights = rng.dirichlet((1.0, 1.0, 1.6)).astype(np.float32)
    grey = (picture @ weights)[..., None]
    h, w = grey.shape[:2]
    shine = _spot(h, w, w * rng.uniform(0.3, 0.7), h * rng.uniform(0.3, 0.7), w * rng.uniform(0.3, 0.8))[..., None]
    return np.repeat(_floats(grey * (0.55 + np.float32(rng.uniform(0.4, 0.9)) * shine)), 3, 2)
