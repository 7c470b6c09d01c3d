"""Clips drawn frame by frame and put through a real encoder, each with its truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.errors import ClipNotWritten
from benchmarks.simulation.bursts import drawn_cars
from benchmarks.simulation.cameras import draw_lane
from benchmarks.simulation.grain import Grain
from benchmarks.videos.camera import HEIGHT, WIDTH, PinholeCamera
from benchmarks.videos.clips import FRAMES_A_SECOND, Drive, Recipe, Shot
from benchmarks.videos.overlay import print_inset, print_strip
from benchmarks.videos.truth import Span
from benchmarks.videos.vehicle import DrawnVehicle, draw_vehicle
from models.train.synthetic.glyphs import OpenGlyphs
from models.train.synthetic.plates import render_plate
from vision.types import Image

_EXPOSURE = 0.012
"""Seconds the shutter is open."""
_MOMENTS = 3
"""Pictures of a frame's exposure that are averaged: what moves blurs."""
_INSET_SHOWN = (1.0, 6.2)
"""Seconds between which the picture of another plate is shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A shot with its empty lane, camera and vehicles."""

    shot: Shot
    camera: PinholeCamera
    lane: Image
    vehicles: Sequence[DrawnVehicle]
    yaws: Sequence[float]

    def picture(self, second: float) -> Image:
        """What the camera sees at one moment."""
        picture = np.asarray(cv2.convertScaleAbs(self.lane, alpha=self.shot.light), dtype=np.uint8)
        by_distance = sorted(self._driven(), key=lambda pair: -pair[0].metres(second))
        for drive, yaw in by_distance:
            vehicle = self.vehicles[drive.car]
            vehicle.place(picture, self.camera, drive.side, drive.metres(second), yaw, self.shot.light)
        return picture

    def exposed(self, second: float) -> Image:
        """What the camera takes while its shutter is open."""
        moments = [second + _EXPOSURE * step / (_MOMENTS - 1) for step in range(_MOMENTS)]
        if all(abs(drive.metres(moments[0]) - drive.metres(moments[-1])) < 0.002 for drive in self.shot.drives):
            return self.picture(second)
        taken = [self.picture(moment).astype(np.float32) for moment in moments]
        return np.asarray(np.mean(taken, axis=0), dtype=np.uint8)

    def seen(self, second: float) -> Iterator[int]:
        """The cars whose plates can be seen whole."""
        for drive, yaw in self._driven():
            if self.vehicles[drive.car].plate_is_seen(self.camera, drive.side, drive.metres(second), yaw):
                yield drive.car

    def _driven(self) -> list[tuple[Drive, float]]:
        return list(zip(self.shot.drives, self.yaws, strict=True))


def render(recipe: Recipe, file: Path) -> list[Span]:
    """Write the clip as MPEG-4; returns its vehicles' plates and the frames in which they are seen.

    The same recipe gives the same clip. Raises ClipNotWritten.
    """
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), FRAMES_A_SECOND, (WIDTH, HEIGHT))
    if not writer.isOpened():
        raise ClipNotWritten(f"{file} cannot be written as MPEG-4; choose another folder, or an OpenCV with FFmpeg")
    seen: dict[int, list[int]] = {}
    plates: dict[int, str] = {}
    index = 0
    try:
        for stage, second, picture in pictures(recipe):
            for car in stage.seen(second):
                seen.setdefault(car, []).append(index)
                plates[car] = stage.vehicles[car].text
            writer.write(picture)
            index += 1
    finally:
        writer.release()
    return [Span(plates[car], min(frames), max(frames)) for car, frames in sorted(seen.items())]


def pictures(recipe: Recipe, rate: float = FRAMES_A_SECOND) -> Iterator[tuple[Stage, float, Image]]:
    """Every frame of a clip of `rate` frames a second, with the stage it shows and the second within its shot."""
    rng = np.random.default_rng(recipe.seed)
    glyphs = OpenGlyphs()
    *cars, stranger = drawn_cars(1 + _count(recipe), recipe.seed)
    vehicles = [draw_vehicle(rng, glyphs, car.kind, car.printed, car.plates[0]) for car in cars]
    inset = render_plate(rng, stranger.kind, stranger.printed, glyphs=glyphs).image
    for shot in recipe.shots:
        stage = Stage(
            shot,
            _camera(shot.view),
            _lane(recipe.seed, shot.view),
            vehicles,
            [float(rng.uniform(-0.12, 0.12)) for _ in shot.drives],
        )
        grain = Grain(rng, HEIGHT, WIDTH, shot.noise)
        for number in range(round(shot.seconds * rate)):
            second = number / rate
            soft = cv2.GaussianBlur(stage.exposed(second), (0, 0), 0.7)
            picture = grain.over(rng, np.asarray(soft, dtype=np.uint8))
            if shot.overlay != "none":
                print_strip(picture, number, stranger.plates[0])
            if shot.overlay == "strip_and_inset" and _INSET_SHOWN[0] <= second < _INSET_SHOWN[1]:
                print_inset(picture, inset)
            yield stage, second, picture


def _count(recipe: Recipe) -> int:
    return 1 + max(drive.car for shot in recipe.shots for drive in shot.drives)


def _camera(view: int) -> PinholeCamera:
    """Cameras stand left and right of the lane, some higher."""
    return PinholeCamera(height=2.0 + 0.3 * (view % 2), pitch=0.2 + 0.03 * (view % 2), side=0.6 if view < 2 else -0.7)


def _lane(seed: int, view: int) -> Image:
    """An empty lane (HEIGHT, WIDTH, 3); from `view` 2 on it is another one, seen from the other side."""
    lane = draw_lane(np.random.default_rng([seed, view]))
    if view >= 2:
        rows, columns = lane.shape[:2]
        lane = np.ascontiguousarray(lane[rows // 8 : rows * 3 // 4, columns // 3 :][:, ::-1])
        lane = np.asarray(cv2.convertScaleAbs(lane, alpha=0.8, beta=10), dtype=np.uint8)
    return np.asarray(cv2.resize(lane, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), dtype=np.uint8)
