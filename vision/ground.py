"""Whether something stands on a part of a fixed camera's picture, by what of the empty lane it hides.

Light comes and goes over years; what stays is how brightness changes from place to place, as a ratio: kerb, joints,
painted lines. Compared is therefore the gradient of the logarithm of the brightness, which no change of light that is
spread evenly touches. A vehicle brings edges of its own and hides those of the ground. Its smooth flank brings none,
yet hides the ground's marks just the same, so the marks must be seen again before a zone counts as free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.types import Luma
from vision.zone import Zone

Floats = NDArray[np.float32]
Cells = NDArray[np.bool_]

_SIDE = 48
"""Cells of the longer side of a zone's bounds."""
_DARK = 16.0
"""Grey levels added before the logarithm, so that the noise of a dark picture is no structure."""
_PER_CELL = 0.125
"""Of what Sobel's operator gives for a slope of one a cell."""
_STEP = 0.03
"""Change of a cell's slope from which it looks otherwise: several times what a camera's noise leaves."""
_MARK = 0.04
"""Slope from which a cell is one of the ground's marks."""
_FADED, _STANDS_OUT = 0.35, 3.0
"""Shares of its slope, in its own direction, between which a mark is seen, be it by lamplight or in the sun."""
_HIDDEN = 0.5
"""Share of the marks that are hidden, from which something stands there though it looks as smooth as the road."""
_RELEASE = 0.7
"""By how much both shares must fall under what occupies a zone for it to count as free again."""
_FOLLOW = 0.02
"""Share by which what is remembered goes towards what is seen, with each picture of a lane in which nothing moves."""
LEAST_MARKS = 0.03
"""Share of a zone's cells that must be marks for smooth flanks to be told from the ground."""
_MARKS_STAY = 0.7
"""Share of the marks that must be left for a look to be taken in: in the dark it is not the marks that have gone."""


@dataclass(frozen=True, slots=True, eq=False)
class GroundView:
    """One look at a zone: gradients to the right and downwards, float32 (2, h, w)."""

    slopes: Floats

    @classmethod
    def of(cls, luma: Luma, zone: Zone) -> Self:
        """The zone in a picture (H, W) of grey levels."""
        height, width = luma.shape
        box = zone.bounds
        left, top = int(box.x1 * width), int(box.y1 * height)
        right, bottom = max(left + 2, int(np.ceil(box.x2 * width))), max(top + 2, int(np.ceil(box.y2 * height)))
        columns, rows = grid(zone, width / height)
        small = cv2.resize(luma[top:bottom, left:right], (columns, rows), interpolation=cv2.INTER_AREA)
        # Area averages of a large picture are smooth already, those of a small one are made so.
        soft = np.log(cv2.GaussianBlur(small.astype(np.float32), (3, 3), 0) + _DARK)
        slopes = [cv2.Sobel(soft, cv2.CV_32F, across, 1 - across, scale=_PER_CELL) for across in (1, 0)]
        return cls(np.asarray(np.stack(slopes), dtype=np.float32))


def grid(zone: Zone, aspect: float) -> tuple[int, int]:
    """Columns and rows of the cells of a zone in a picture `aspect` times as wide as it is high."""
    wide, high = zone.bounds.width * aspect, zone.bounds.height
    longer = max(wide, high)
    return max(4, round(_SIDE * wide / longer)), max(4, round(_SIDE * high / longer))


class Ground:
    """One zone of a lane as it is when empty, and whether something stands there now."""

    def __init__(self, zone: Zone, empty: Floats, covered_share: float) -> None:
        """`empty` is what `learnt` gave; `covered_share` of the zone's cells, 0..1, must look otherwise."""
        self.zone = zone
        self.empty = empty
        self.is_covered = False
        self._covered_share = covered_share
        self._within = zone.mask(empty.shape[2], empty.shape[1])
        self._least_marks = _MARKS_STAY * self.marks

    @property
    def marks(self) -> float:
        """Share of the zone's cells that are marks, which a vehicle visibly hides, 0..1."""
        return self._share(self._marks(self.empty), self._within)

    def look(self, luma: Luma) -> bool:
        """Whether something stands there in a picture (H, W) of grey levels, given that something did before or not."""
        changed, hidden = self.shares(luma)
        share = 1.0 if not self.is_covered else _RELEASE
        self.is_covered = changed >= self._covered_share * share or hidden >= _HIDDEN * share
        return self.is_covered

    def shares(self, luma: Luma) -> tuple[float, float]:
        """Shares of the zone's cells that look otherwise, and of its marks that cannot be seen, each 0..1."""
        now, before = GroundView.of(luma, self.zone).slopes, self.empty
        if now.shape != before.shape:
            # Another shape of picture shows other cells: what was learnt says nothing of them.
            return 1.0, 1.0
        marks = self._marks(before)
        along, own = (now * before).sum(axis=0), (before * before).sum(axis=0)
        seen = marks & (along >= _FADED * own) & (np.hypot(*now) <= _STANDS_OUT * np.hypot(*before))
        otherwise = (np.hypot(*(now - before)) > _STEP) & self._within & ~seen
        return self._share(otherwise, self._within), self._share(marks & ~seen, marks)

    def follow(self, luma: Luma) -> None:
        """Take in that this is how the zone looks while nobody is there: light and dirt change over the day."""
        view = GroundView.of(luma, self.zone)
        if view.slopes.shape != self.empty.shape:
            return
        empty = np.asarray(self.empty + _FOLLOW * (view.slopes - self.empty), dtype=np.float32)
        if self._share(self._marks(empty), self._within) >= max(self._least_marks, LEAST_MARKS):
            self.empty = empty

    def _marks(self, slopes: Floats) -> Cells:
        return np.asarray((np.hypot(*slopes) > _MARK) & self._within, dtype=np.bool_)

    @staticmethod
    def _share(part: Cells, whole: Cells) -> float:
        return float(part.sum() / max(1, whole.sum()))


def learnt(views: list[GroundView]) -> Floats:
    """What an empty zone looks like, from several looks at it: the median, so that a leaf or a bird is not learnt."""
    return np.asarray(np.median(np.stack([view.slopes for view in views]), axis=0), dtype=np.float32)
