"""A stock of upright plates to paste into scenes: generated ones of every kind, and real ones cut out of photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from models.train.synthetic.glyphs import GlyphSource
from models.train.synthetic.plates import KIND_WEIGHTS, KINDS, render_plate
from models.train.synthetic.scenes import UprightPlate
from vision.types import Image

RENEWAL = 0.05
"""Chance that a generated plate is drawn afresh when it is taken, so that the stock slowly turns over."""

_ROOTS = np.sqrt(np.array(list(KIND_WEIGHTS.values())))
KIND_ODDS = _ROOTS / _ROOTS.sum()
"""How likely each of KINDS is drawn: more evenly than a reader needs, for what a detector must learn is each look."""

CROP_MARGIN = 0.05
"""Width added to each side of a real crop, as a fraction of its height: many are cut right at the characters."""


class PlatePool:
    """Draws a plate from a stock of `stock` generated ones or, with probability `crop_share`, from real crops.

    `crops` maps a set's name to its pictures, `aspects` to the width over height of that set's plates.
    """

    def __init__(
        self,
        glyphs: GlyphSource,
        crops: Mapping[str, Sequence[Image]],
        aspects: Mapping[str, float],
        *,
        stock: int = 800,
        crop_share: float = 0.4,
        seed: int = 0,
    ) -> None:
        self._glyphs = glyphs
        self._crops = [[_in_proportion(crop, aspects[name]) for crop in pictures] for name, pictures in crops.items()]
        self._crop_share = crop_share if self._crops else 0.0
        rng = np.random.default_rng(seed)
        self._stock = [self._render(rng) for _ in range(stock)]

    def draw(self, rng: np.random.Generator) -> UprightPlate:
        """A plate of the stock; those cut out of photos are not exact."""
        if rng.random() < self._crop_share:
            pictures = self._crops[int(rng.integers(len(self._crops)))]
            return UprightPlate(pictures[int(rng.integers(len(pictures)))], exact=False)
        index = int(rng.integers(len(self._stock)))
        if rng.random() < RENEWAL:
            self._stock[index] = self._render(rng)
        return UprightPlate(self._stock[index], exact=True)

    def _render(self, rng: np.random.Generator) -> Image:
        return render_plate(rng, KINDS[int(rng.choice(len(KINDS), p=KIND_ODDS))], glyphs=self._glyphs).image


def _in_proportion(crop: Image, aspect: float) -> Image:
    """A crop stretched to the plate's true proportions, with a margin of its own ground colour at both ends."""
    height = crop.shape[0]
    margin = round(height * CROP_MARGIN)
    ground = np.percentile(crop.reshape(-1, 3), 50, axis=0)
    padded = cv2.copyMakeBorder(crop, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=ground.tolist())
    return cv2.resize(padded, (max(2, round(height * aspect)), height), interpolation=cv2.INTER_AREA).astype(np.uint8)
