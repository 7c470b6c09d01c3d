"""The values that cross the borders of `vision`: frames in, detections and reads between, sightings out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Height x width x 3, uint8, colour order BGR (OpenCV's)."""

Luma = NDArray[np.uint8]
"""Height x width, uint8, grey levels from 0 (black) to 255 (white)."""

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]
"""Pixel positions, clockwise from the plate's own top left: top left, top right, bottom right, bottom left."""

Layout = Literal["single", "double"]
Region = Literal["cn", "eu", "us", "br", "other"]
Color = Literal["blue", "green", "yellow", "white", "black", "other"]


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle in pixels of the stored picture; `x2`, `y2` exclusive."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        return max(0.0, self.x2 - self.x1)

    @property
    def height(self) -> float:
        return max(0.0, self.y2 - self.y1)

    @property
    def area(self) -> float:
        return self.width * self.height


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a source. `captured_at` is aware, or None where the source has no clock (a lone file).

    `jpeg` is the file that `image` was decoded from, byte by byte, where the source gave a JPEG: what was read can then
    be kept as it came.
    """

    image: Image
    source: str
    index: int = 0
    captured_at: datetime | None = None
    jpeg: bytes | None = None

    @property
    def height(self) -> int:
        return int(self.image.shape[0])

    @property
    def width(self) -> int:
        return int(self.image.shape[1])


@dataclass(frozen=True, slots=True)
class Detection:
    """One plate found in a frame: its box, its four corners, and the detector's score in 0..1."""

    box: Box
    corners: Corners
    confidence: float


@dataclass(frozen=True, slots=True)
class PositionDistribution:
    """What stands at one position of a plate's text.

    `characters` are the likeliest characters with their probabilities, best first; `rest` is the mass of all
    others; `deletion` the probability that nothing stands here at all. Characters and rest sum to 1.
    """

    characters: tuple[tuple[str, float], ...]
    rest: float
    deletion: float


@dataclass(frozen=True, slots=True)
class PlateRead:
    """The text of one detected plate in one frame.

    `text` is None when the plate was seen but not read well enough; `guess` is the best string either way.
    `confidence` is the calibrated probability that `guess` is exactly right. `insertions` has one entry more
    than `positions`: the probability that a character was missed before, between and after them.
    `printed` is the guess as the plate shows it (`苏E·05EV8`).
    """

    detection: Detection
    text: str | None
    guess: str
    printed: str
    confidence: float
    char_confidences: tuple[float, ...]
    positions: tuple[PositionDistribution, ...]
    insertions: tuple[float, ...]
    region: Region
    color: Color
    layout: Layout


@dataclass(frozen=True, slots=True, eq=False)
class EvidenceFrame:
    """A frame that was read, and what was read on it."""

    frame: Frame
    read: PlateRead


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """The fused read of one vehicle at one lane.

    Fields as in `PlateRead`, over all frames. `alternatives` are further whole texts with probabilities, best
    first, `guess` not among them. `evidence` are frames that were truly read, the most telling first. `besides` are
    the other plates on the frames of a lane's burst, the most prominent first: a trailer's, or a neighbour's.
    """

    text: str | None
    guess: str
    printed: str
    confidence: float
    char_confidences: tuple[float, ...]
    positions: tuple[PositionDistribution, ...]
    insertions: tuple[float, ...]
    alternatives: tuple[tuple[str, float], ...]
    region: Region
    color: Color
    layout: Layout
    frames_read: int
    evidence: tuple[EvidenceFrame, ...]
    besides: tuple["Sighting", ...] = ()
