"""A flat plate being drawn: positions in millimetres, pixels underneath."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.train.synthetic.glyphs import Face, Mask

Colour = tuple[int, int, int]
"""BGR, 0..255."""


class Canvas:
    """A plate's face of `width` x `height` millimetres, painted at `scale` pixels a millimetre."""

    def __init__(self, width: float, height: float, scale: float, ground: Colour) -> None:
        self.width, self.height, self.scale = width, height, scale
        self.image: NDArray[np.uint8] = np.empty((round(height * scale), round(width * scale), 3), np.uint8)
        cv2.rectangle(self.image, (0, 0), self.image.shape[1::-1], ground, -1)
        self._ink = np.zeros(self.image.shape[:2], np.uint8)

    def _px(self, mm: float) -> int:
        return round(mm * self.scale)

    def rectangle(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self.image[max(0, self._px(y)) : self._px(y + height), max(0, self._px(x)) : self._px(x + width)] = colour

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        centre = (self._px(x), self._px(y))
        cv2.circle(self.image, centre, max(1, self._px(radius)), colour, -1, cv2.LINE_AA)

    def ring(self, x: float, y: float, radius: float, thickness: float, colour: Colour) -> None:
        centre = (self._px(x), self._px(y))
        cv2.circle(self.image, centre, self._px(radius), colour, max(1, self._px(thickness)), cv2.LINE_AA)

    def border(self, inset: float, thickness: float, radius: float, colour: Colour) -> None:
        """A frame line with round corners, its outer edge `inset` from the plate's edge."""
        h, w = self.image.shape[:2]
        a, r, t = self._px(inset), max(1, self._px(radius)), max(1, self._px(thickness))
        x1, y1, x2, y2 = a, a, w - 1 - a, h - 1 - a
        for p, q in (
            ((x1 + r, y1), (x2 - r, y1)),
            ((x1 + r, y2), (x2 - r, y2)),
            ((x1, y1 + r), (x1, y2 - r)),
            ((x2, y1 + r), (x2, y2 - r)),
        ):
            cv2.line(self.image, p, q, colour, t, cv2.LINE_AA)
        for cx, cy, start in ((x1 + r, y1 + r, 180), (x2 - r, y1 + r, 270), (x2 - r, y2 - r, 0), (x1 + r, y2 - r, 90)):
            cv2.ellipse(self.image, (cx, cy), (r, r), 0, start, start + 90, colour, t, cv2.LINE_AA)

    def stamp(self, mask: Mask, x: float, y: float, colour: Colour, *, embossed: bool = True) -> None:
        """Paint through a mask whose top left lies at (x, y) millimetres; parts outside the plate are cut off."""
        left, top = self._px(x), self._px(y)
        h, w = self.image.shape[:2]
        x1, y1, x2, y2 = max(0, left), max(0, top), min(w, left + mask.shape[1]), min(h, top + mask.shape[0])
        if x2 <= x1 or y2 <= y1:
            return
        part = mask[y1 - top : y2 - top, x1 - left : x2 - left]
        region = self.image[y1:y2, x1:x2]
        towards = np.array(colour, np.float32) - region
        towards *= (part * np.float32(1 / 255))[..., None]
        towards += region
        region[:] = towards
        if embossed:
            ink = self._ink[y1:y2, x1:x2]
            np.maximum(ink, part, out=ink)

    def character(self, face: Face, char: str, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """One character stretched into its cell."""
        self.stamp(face.mask(char, max(1, self._px(height)), max(1, self._px(width))), x, y, colour)

    def caption(self, face: Face, text: str, x: float, y: float, height: float, width: float, colour: Colour) -> None:
        """Small print centred in a box of millimetres; it is no part of the plate's text."""
        px = max(3, self._px(height))
        parts = [face.mask(c, px) if face.has(c) else np.zeros((px, px // 3), np.uint8) for c in text if c != "'"]
        gap = np.zeros((px, max(1, px // 6)), np.uint8)
        line = np.hstack([p for part in parts for p in (part, gap)])
        limit = max(1, self._px(width))
        if line.shape[1] > limit:
            line = np.asarray(cv2.resize(line, (limit, px), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        self.stamp(line, x + (width - line.shape[1] / self.scale) / 2, y, colour, embossed=False)

    def relief(self, strength: float) -> None:
        """Light from above on embossed ink: a bright upper and a dark lower rim, `strength` in grey levels."""
        ink = cv2.GaussianBlur(self._ink, (0, 0), max(0.6, self.scale * 1.2)).astype(np.float32)
        slope = np.zeros_like(ink)
        slope[1:-1] = ink[2:] - ink[:-2]
        slope *= strength / 128
        self.image = cv2.add(self.image, cv2.merge([slope] * 3), dtype=cv2.CV_8U).astype(np.uint8)


def varied(rng: np.random.Generator, colour: Colour, spread: float = 14.0) -> Colour:
    """The colour with a random shift of each channel and of all three together."""
    shifted = np.clip(np.array(colour) + rng.normal(0, spread / 2, 3) + rng.normal(0, spread), 0, 255)
    return int(shifted[0]), int(shifted[1]), int(shifted[2])
