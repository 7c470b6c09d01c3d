"""A lane painted in a few strokes, for tests of what watches it: a patterned road, and vehicles as striped blocks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import cv2
import numpy as np
from seen_plates import plate_read

from vision.errors import SourceUnavailable
from vision.lane_watch import LaneZones
from vision.types import Frame, Image, PlateRead
from vision.zone import Zone

WIDTH, HEIGHT = 320, 240


def band(top: float, bottom: float) -> Zone:
    """The lane's width between two heights, in shares of the picture."""
    return Zone(((0.2, top), (0.8, top), (0.8, bottom), (0.2, bottom)))


ZONES = LaneZones(band(0.25, 0.6), band(0.68, 1.0))
ARRIVAL, PASSING = (60, 65, 260, 140), (60, 165, 260, 240)
"""Left, top, right and bottom of a vehicle that fills a zone."""

_PAINT = (40, 30, 150)


def road(light: float = 1.0) -> Image:
    """The empty lane, with kerbs and a line painted across where vehicles pass."""
    rng = np.random.default_rng(3)
    picture = cv2.cvtColor(rng.integers(95, 105, (HEIGHT, WIDTH), dtype=np.uint8), cv2.COLOR_GRAY2BGR)
    for across in (50, 270):
        cv2.line(picture, (across, 0), (across, HEIGHT), (160, 160, 160), 4)
    cv2.line(picture, (50, 200), (270, 200), (220, 220, 220), 6)
    cv2.line(picture, (50, 100), (270, 100), (70, 70, 70), 3)
    return np.asarray(np.clip(picture * light, 0, 255), dtype=np.uint8)


def with_vehicle(picture: Image, sides: tuple[int, int, int, int], stripes: bool = True) -> Image:
    """The picture with a vehicle: striped as a front is, or smooth as a lorry's flank, of the road's own grey."""
    left, top, right, bottom = sides
    shown = picture.copy()
    cv2.rectangle(shown, (left, top), (right - 1, bottom - 1), _PAINT if stripes else (100, 100, 100), -1)
    for bar in range(top + 3, bottom, 9) if stripes else ():
        cv2.line(shown, (left, bar), (right - 1, bar), (190, 190, 190), 2)
    return shown


class Film:
    """A camera whose pictures a test chooses: `show` what is seen from now on, `leave` for none any more."""

    def __init__(self, picture: Image) -> None:
        self._picture: Image | None = picture
        self._count = 0

    def show(self, picture: Image) -> None:
        self._picture = picture

    def leave(self) -> None:
        self._picture = None

    async def follow(self) -> AsyncIterator[Frame]:
        while True:
            if self._picture is None:
                raise SourceUnavailable("the camera gives no frame: check its cable")
            self._count += 1
            yield Frame(self._picture, "film", self._count)
            await asyncio.sleep(0.005)


class PaintedPlates:
    """A reader of frames that says what a test wants it to, wherever a vehicle is painted there."""

    def __init__(self) -> None:
        self.reads: Sequence[PlateRead] = ()
        self._corner = (0, 0)
        self.broken: Exception | None = None
        self.looks = 0

    def shows(self, text: str, sides: tuple[int, int, int, int], confidence: float = 0.95) -> None:
        """A plate in the middle of a vehicle."""
        left, top, right, bottom = sides
        self._corner = top, left
        across, down = (left + right) / 2, (top + bottom) / 2
        self.reads = [plate_read(text, confidence, (across - 30, down - 8, across + 30, down + 8))]

    async def look(self, newest: Callable[[], Frame], lane_id: str) -> tuple[Frame, tuple[PlateRead, ...]]:
        await asyncio.sleep(0)
        self.looks += 1
        if self.broken is not None:
            raise self.broken
        frame = newest()
        is_there = tuple(frame.image[self._corner]) == _PAINT
        return frame, tuple(self.reads) if is_there else ()
