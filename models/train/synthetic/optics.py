"""What lens, sensor and coding do to a picture: blur, few pixels, noise, JPEG, and video's blocks."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

_BLOCK = 8
_COSINES = np.array(
    [
        [np.sqrt((1 if k == 0 else 2) / _BLOCK) * np.cos(np.pi * (2 * n + 1) * k / (2 * _BLOCK)) for n in range(_BLOCK)]
        for k in range(_BLOCK)
    ],
    np.float32,
)
"""The orthonormal cosine transform of a row of eight pixels, as JPEG and H.264 code them."""


def taken(rng: np.random.Generator, picture: Floats, span: float, strength: float) -> Image:
    """The picture (H, W, 3, BGR, 0..255) as a camera stores it, uint8.

    `span` is the plate's width in pixels: blur is in proportion to it. `strength` from 0 to 1 scales all."""
    picture = _blurred(rng, picture, span / 168, strength)
    if rng.random() < 0.15:  # the camera's own sharpening
        soft = cv2.GaussianBlur(picture, (0, 0), 1.2)
        picture = _floats(picture + (picture - soft) * np.float32(rng.uniform(0.3, 1.6)))
    sigma = abs(float(rng.normal(0, 7))) * strength
    if rng.random() < 0.05 * strength:  # night, gain turned up
        sigma += float(rng.uniform(8, 22))
    if sigma > 0.5:
        noise = rng.standard_normal((*picture.shape[:2], 3 if rng.random() < 0.5 else 1), dtype=np.float32)
        picture = _floats(picture + noise * np.float32(sigma))
    stored = np.clip(picture, 0, 255).astype(np.uint8)
    if span > 75 and rng.random() < 0.14 * strength:
        stored = _enlarged(rng, stored, span)
    coding = rng.random()
    if coding < 0.12 * strength:
        stored = _video(rng, stored, strength)
    elif coding < 0.65:
        quality = int(rng.uniform(95 - 65 * strength, 96))
        ok, coded = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if ok:
            stored = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)
    return stored


def _floats(values: NDArray[Any]) -> Floats:
    return np.asarray(values, dtype=np.float32)


def _blurred(rng: np.random.Generator, picture: Floats, unit: float, strength: float) -> Floats:
    look = rng.random()
    if look < 0.45:
        sigma = abs(float(rng.normal(0, 0.9))) * strength * max(0.45, unit)
        if sigma > 0.2:
            return _floats(cv2.GaussianBlur(picture, (0, 0), sigma))
    elif look < 0.65:
        length = int(1 + abs(rng.normal(0, 5)) * strength * max(0.4, unit))
        if length > 1:
            kernel = np.zeros((length, length), np.float32)
            cv2.line(kernel, (0, length // 2), (length - 1, length // 2), 1.0)
            turned = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), float(rng.uniform(0, 180)), 1.0)
            kernel = _floats(cv2.warpAffine(kernel, turned, (length, length)))
            return _floats(cv2.filter2D(picture, -1, kernel / max(1e-6, float(kernel.sum()))))
    return picture


def _enlarged(rng: np.random.Generator, picture: Image, span: float) -> Image:
    """Pixels that were made up: taken smaller and enlarged again, as digital zoom and old crops are."""
    h, w = picture.shape[:2]
    share = max(60 / span, float(rng.uniform(0.45, 0.9)))
    if share >= 1:
        return picture
    small = cv2.resize(picture, (max(8, round(w * share)), max(6, round(h * share))), interpolation=cv2.INTER_AREA)
    way = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)[int(rng.choice(3, p=[0.5, 0.4, 0.1]))]
    return np.asarray(cv2.resize(small, (w, h), interpolation=way), dtype=np.uint8)


def _video(rng: np.random.Generator, picture: Image, strength: float) -> Image:
    """Coded as H.264 codes: colour at half the size, every block's cosines rounded alike, flat areas left as blocks.

    The grid lies anywhere, since a plate lies anywhere in its frame."""
    h, w = picture.shape[:2]
    top, left = (int(n) for n in rng.integers(0, _BLOCK, 2))
    size = (-(h + top) % _BLOCK, -(w + left) % _BLOCK)
    padded = cv2.copyMakeBorder(picture, top, size[0], left, size[1], cv2.BORDER_REPLICATE)
    luma, *chroma = cv2.split(cv2.cvtColor(padded, cv2.COLOR_BGR2YCrCb))
    step = float(rng.uniform(8, 12 + 40 * strength))
    rows, columns = luma.shape[0] // _BLOCK, luma.shape[1] // _BLOCK
    blocks = luma.astype(np.float32).reshape(rows, _BLOCK, columns, _BLOCK).transpose(0, 2, 1, 3)
    cosines = _COSINES @ blocks @ _COSINES.T
    dead = np.float32(step * rng.uniform(0.1, 0.3))  # rounding towards zero empties blocks of little contrast
    kept = np.sign(cosines) * np.round(np.maximum(np.abs(cosines) - dead, 0) / step) * step
    kept[..., 0, 0] = np.round(cosines[..., 0, 0] / step) * step
    decoded = (_COSINES.T @ kept @ _COSINES).transpose(0, 2, 1, 3).reshape(luma.shape)
    planes = [np.clip(decoded, 0, 255).astype(np.uint8)]
    for plane in chroma:
        half = cv2.resize(
            plane, (max(1, plane.shape[1] // 4), max(1, plane.shape[0] // 4)), interpolation=cv2.INTER_AREA
        )
        planes.append(np.asarray(cv2.resize(half, plane.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8))
    whole = cv2.cvtColor(cv2.merge(planes), cv2.COLOR_YCrCb2BGR)
    if rng.random() < 0.6:  # the decoder's filter over block edges
        whole = cv2.GaussianBlur(whole, (0, 0), 0.6)
    return np.ascontiguousarray(whole[top : top + h, left : left + w], dtype=np.uint8)
