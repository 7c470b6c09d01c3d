"""Drawn vehicles that drive through a lane one by one, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.errors import BenchmarkError
from benchmarks.simulation.bursts import drawn_cars
from benchmarks.videos.camera import HEIGHT, WIDTH, Floats, PinholeCamera
from benchmarks.videos.clips import Drive
from benchmarks.videos.vehicle import DrawnVehicle, draw_vehicle
from models.train.synthetic.glyphs import OpenGlyphs
from vision.types import Image

_FAR, _GATE, _PAST = 25.0, 4.6, -5.0
"""Metres before the camera: where vehicles appear, stop, and are out of its sight."""
_APPROACH, _STOP, _LEAVE = (4.0, 6.0), (0.5, 3.0), (2.4, 3.4)
"""Seconds that these take, at least and at most."""
_EXPOSURE = 0.012
"""Seconds the shutter is open."""
_STILL = 0.002
"""Metres under which a vehicle stands while the shutter is open."""
_SHARP = 0.008
"""Share of its distance that a vehicle may come nearer without blurring: half a pixel or so on its plate."""
_CAMERA = PinholeCamera()


class TooBusy(BenchmarkError):
    """More vehicles are to pass than one lane lets through."""

    code = "too_busy"


@dataclass(frozen=True, slots=True)
class Passage:
    """One vehicle's way through the lane: `car` counts them, `start` is the first of its `frames`."""

    car: int
    start: int
    frames: int
    drive: Drive


def timetable(rng: np.random.Generator, frames: int, vehicles: int, rate: float) -> list[Passage]:
    """Vehicles at random times within so many frames, none before the one ahead has gone.

    Raises TooBusy where they do not all find time.
    """
    drives = [Drive(car, _way(rng)) for car in range(vehicles)]
    lengths = [int(np.ceil(drive.way[-1][0] * rate)) for drive in drives]
    free = frames - sum(lengths)
    if free < 0:
        raise TooBusy(f"{vehicles} vehicles need {sum(lengths) / rate:.0f} s; give them longer, or fewer of them")
    passages = []
    taken = 0
    for drive, length, idle in zip(drives, lengths, sorted(rng.integers(0, free + 1, vehicles)), strict=True):
        passages.append(Passage(drive.car, int(idle) + taken, length, drive))
        taken += length
    return passages


def _way(rng: np.random.Generator) -> tuple[tuple[float, float], ...]:
    arrived = float(rng.uniform(*_APPROACH))
    off = arrived + float(rng.uniform(*_STOP))
    return ((0.0, _FAR), (arrived, _GATE), (off, _GATE), (off + float(rng.uniform(*_LEAVE)), _PAST))


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A vehicle to be laid over a picture: `paint` float32 (h, w, 3) BGR, already weighed by what it hides;
    `shows`, float32 (h, w, 1), is what is left of the picture behind it, 0..1; `left`, `top` in pixels of it."""

    paint: Floats
    shows: Floats
    left: int
    top: int

    def over(self, picture: Image) -> Image:
        """The picture with the vehicle in it; the picture itself is not changed."""
        out = picture.copy()
        height, width = self.shows.shape[:2]
        part = out[self.top : self.top + height, self.left : self.left + width]
        part[:] = (part * self.shows + self.paint + 0.5).astype(np.uint8)
        return out


class Fleet:
    """Vehicles with generated plates, no two alike, and their pictures on the way through the lane."""

    def __init__(self, count: int, seed: int, width: int, height: int, aside: float) -> None:
        """For pictures of this width and height, whose lane runs `aside` widths to the right of a drawn lane's."""
        rng = np.random.default_rng([seed, 1])
        glyphs = OpenGlyphs()
        self._vehicles = [
            draw_vehicle(rng, glyphs, car.kind, car.printed, car.plates[0]) for car in drawn_cars(count, seed)
        ]
        self._yaws = [float(rng.uniform(-0.12, 0.12)) for _ in self._vehicles]
        self._width, self._height = width, height
        self._aside = round(aside * width)

    def text(self, car: int) -> str:
        """A vehicle's plate."""
        return self._vehicles[car].text

    def layers(self, passage: Passage, rate: float) -> Iterator[tuple[Layer | None, bool]]:
        """What to lay over each frame of the passage, and whether the plate can be seen whole in it."""
        vehicle, yaw = self._vehicles[passage.car], self._yaws[passage.car]
        standing: Layer | None = None
        for number in range(passage.frames):
            second = number / rate
            here, there = passage.drive.metres(second), passage.drive.metres(second + _EXPOSURE)
            stands = abs(here - there) < _STILL
            if not stands or standing is None:
                blurs = abs(here - there) > _SHARP * max(here, 1.0)
                moments = (here, (here + there) / 2, there) if blurs else (here,)
                layer = self._layer(vehicle, yaw, moments)
            standing = layer if stands else None
            yield layer, vehicle.plate_is_seen(_CAMERA, 0.0, here, yaw)

    def _layer(self, vehicle: DrawnVehicle, yaw: float, moments: tuple[float, ...]) -> Layer | None:
        on_black, on_white = (_exposed(vehicle, yaw, moments, ground) for ground in (0, 255))
        # what shows through is the difference that the ground makes
        shows = (on_white - on_black).mean(axis=2) / 255
        left, top, width, height = cv2.boundingRect((shows < 0.998).astype(np.uint8))
        if not width:
            return None
        scale = self._width / WIDTH
        drop = self._height - scale * HEIGHT
        x1, y1 = max(0, int(scale * left) + self._aside), max(0, int(scale * top + drop))
        x2 = min(self._width, int(scale * (left + width)) + self._aside + 1)
        y2 = min(self._height, int(scale * (top + height) + drop) + 1)
        if x2 <= x1 or y2 <= y1:
            return None
        move = np.array([[scale, 0, self._aside - x1], [0, scale, drop - y1]], np.float32)

        def moved(layer: Floats, edge: float) -> Floats:
            size = (x2 - x1, y2 - y1)
            return np.asarray(cv2.warpAffine(layer, move, size, borderValue=(edge,) * 3), dtype=np.float32)

        return Layer(moved(on_black, 0.0), np.clip(moved(shows, 1.0), 0, 1)[..., None], x1, y1)


def _exposed(vehicle: DrawnVehicle, yaw: float, moments: tuple[float, ...], ground: int) -> Floats:
    """The mean of a vehicle's pictures at these metres, before nothing but a `ground` of one grey level."""
    taken = []
    for metres in moments:
        picture = np.full((HEIGHT, WIDTH, 3), ground, np.uint8)
        vehicle.place(picture, _CAMERA, 0.0, metres, yaw, 1.0)
        taken.append(picture)
    mean = np.asarray(np.mean(taken, axis=0), dtype=np.float32)
    return np.asarray(cv2.GaussianBlur(mean, (0, 0), 0.7), dtype=np.float32)
