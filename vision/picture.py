"""A frame before it is known whether anyone will look at its colours: brightness now, BGR on demand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import cv2
import numpy as np

from vision.ports import FrameSource
from vision.types import Frame, Luma


class Picture(Protocol):
    """One frame of a stream, as far as it was worked out."""

    @property
    def luma(self) -> Luma:
        """Its grey levels."""

    def frame(self) -> Frame:
        """The frame itself, in colour."""


@dataclass(frozen=True, slots=True, eq=False)
class WholePicture:
    """The picture of a frame that came in colour."""

    whole: Frame

    @property
    def luma(self) -> Luma:
        """Its grey levels, worked out at every call."""
        return np.asarray(cv2.cvtColor(self.whole.image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)

    def frame(self) -> Frame:
        """The frame as it came."""
        return self.whole


class Sleeper(Protocol):
    """Who looks at a stream, as far as its source must know."""

    @property
    def sleeps(self) -> bool:
        """Whether still pictures would be passed over, so that the source need not decode them."""

    def is_woken_by(self, luma: Luma) -> bool:
        """Whether a picture shows motion, and those before it are wanted too; asking changes nothing."""


class Awake:
    """A sleeper that never sleeps."""

    sleeps = False

    def is_woken_by(self, luma: Luma) -> bool:  # noqa: ARG002 - as `Sleeper` says
        """It needs no waking."""
        return True


@runtime_checkable
class PictureSource(Protocol):
    """A source that leaves out undecoded what a sleeper would not look at."""

    def pictures(self, sleeper: Sleeper) -> Iterator[Picture]:
        """The pictures in the order they were taken, all while the sleeper is awake. Raises SourceUnavailable."""


def pictures_of(source: FrameSource, sleeper: Sleeper) -> Iterator[Picture]:
    """The pictures of any source; one that knows nothing of sleep gives them all. Raises SourceUnavailable."""
    if isinstance(source, PictureSource):
        yield from source.pictures(sleeper)
    else:
        for frame in source.frames():
            yield WholePicture(frame)
