"""A drawn vehicle on a road: a front with a true plate, sides and a roof, at any distance before a camera."""

from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.simulation.cameras import (
    FRONT_HEIGHTS,
    FRONT_WIDTH,
    PLATE_SCALE,
    Look,
    draw_front,
    draw_look,
    mount_plate,
)
from benchmarks.videos.camera import HEIGHT, NEAREST, WIDTH, Floats, PinholeCamera, lay_over
from models.train.synthetic.glyphs import GlyphSource
from models.train.synthetic.plates import render_plate
from vision.types import Image

_LENGTH = 4.4
"""Metres."""
_SHADOW = 0.2
"""Of the vehicle's own colour, on the ground beneath it."""
_HALF = FRONT_WIDTH / 2000
_LAMPS = ((-0.70, 0.69), (0.70, 0.69))
"""Metres from the middle of the front and above the ground."""
_PLATE_AT_NIGHT = 0.62
"""What a plate's film sends back of the camera's own light; paint sends back next to nothing."""
LEAST_PLATE = 30.0
"""Pixels a plate must be wide for the vehicle to count as seen in a frame."""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnVehicle:
    """A vehicle's picture from ahead (BGRA, premultiplied), by day, and where in it the plate is, in pixels."""

    look: Look
    front: Image
    plate: tuple[int, int, int, int]
    text: str

    @property
    def tall(self) -> float:
        """Metres."""
        return FRONT_HEIGHTS[self.look.body] / 1000

    def lit(self, light: float) -> Image:
        """The front in a light of 0 (night, its lamps on) to 1 (day)."""
        shown = self.front.copy()
        shown[..., :3] = cv2.convertScaleAbs(shown[..., :3], alpha=light)
        left, top, right, bottom = self.plate
        own = self.front[top:bottom, left:right, :3]
        shown[top:bottom, left:right, :3] = cv2.convertScaleAbs(own, alpha=max(light, _PLATE_AT_NIGHT))
        return shown

    def place(self, picture: Image, camera: PinholeCamera, x: float, z: float, yaw: float, light: float) -> None:
        """Draw the vehicle in place, its front's middle at (x, z) in metres, turned by `yaw` radians."""
        self._place_body(picture, camera, x, z, light)
        if z >= NEAREST * 2:
            lay_over(picture, self.lit(light), self._front_quad(camera, x, z, yaw))
            if light < 0.5:
                self._glare(picture, camera, x, z)

    def plate_is_seen(self, camera: PinholeCamera, x: float, z: float, yaw: float) -> bool:
        """Whether the whole plate lies in the picture, wide enough to be read."""
        if z < NEAREST * 2:
            return False
        h, w = self.front.shape[:2]
        source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
        matrix = cv2.getPerspectiveTransform(source, self._front_quad(camera, x, z, yaw))
        left, top, right, bottom = self.plate
        corners = np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float32)
        quad = cv2.perspectiveTransform(corners, matrix)[0]
        inside = (quad >= 0).all() and (quad[:, 0] < WIDTH).all() and (quad[:, 1] < HEIGHT).all()
        return bool(inside) and float(np.linalg.norm(quad[1] - quad[0])) >= LEAST_PLATE

    def _front_quad(self, camera: PinholeCamera, x: float, z: float, yaw: float) -> Floats:
        across, away = _HALF * np.cos(yaw), _HALF * np.sin(yaw)
        ends = ((x - across, z - away), (x + across, z + away))
        (x1, z1), (x2, z2) = ends
        points = [(x1, self.tall, z1), (x2, self.tall, z2), (x2, 0.0, z2), (x1, 0.0, z1)]
        return camera.project(np.array(points, np.float32))

    def _place_body(self, picture: Image, camera: PinholeCamera, x: float, z: float, light: float) -> None:
        near, far = max(z, NEAREST), z + _LENGTH
        if far <= near:
            return

        def area(points: list[tuple[float, float, float]], shade: float) -> None:
            pixels = camera.project(np.array(points, np.float32))
            within = np.clip(np.round(pixels), -20000, 20000).astype(np.int32)
            colour = tuple(channel * shade * light for channel in self.look.paint)
            cv2.fillConvexPoly(picture, within, colour, cv2.LINE_AA)

        def flat(half: float, y: float) -> list[tuple[float, float, float]]:
            return [(x - half, y, near), (x + half, y, near), (x + half, y, far), (x - half, y, far)]

        area(flat(1.1 * _HALF, 0.0), _SHADOW)
        side = _HALF if camera.side > x else -_HALF
        area([(x + side, y, end) for y, end in ((1.0, near), (1.0, far), (0.18, far), (0.18, near))], 0.5)
        if self.tall < camera.height:
            area(flat(_HALF, 1.0), 0.9)
            area(flat(0.6 * _HALF, self.tall), 0.75)

    def _glare(self, picture: Image, camera: PinholeCamera, x: float, z: float) -> None:
        """Headlights that dazzle: bright discs with a wide glow."""
        glow = np.zeros(picture.shape[:2], np.float32)
        for across, up in _LAMPS:
            (point,) = camera.project(np.array([(x + across, up, z)], np.float32))
            centre, radius = (round(float(point[0])), round(float(point[1]))), max(2, round(0.11 * camera.focal / z))
            cv2.circle(glow, centre, radius, 1.0, -1, cv2.LINE_AA)
        spread = max(1.0, 0.12 * camera.focal / z)
        small = cv2.resize(glow, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        wide = cv2.resize(cv2.GaussianBlur(small, (0, 0), spread / 4), (picture.shape[1], picture.shape[0]))
        lit = picture.astype(np.float32) + (glow * 255 + wide * 160)[..., None]
        picture[:] = np.clip(lit, 0, 255).astype(np.uint8)


def draw_vehicle(rng: np.random.Generator, glyphs: GlyphSource, kind: str, printed: str, text: str) -> DrawnVehicle:
    """A vehicle with a generated plate; `kind` and `printed` as in `render_plate`, `text` normalised."""
    look = draw_look(rng, kind)
    front = draw_front(rng, look)
    plate = render_plate(rng, kind, printed, glyphs=glyphs, scale=PLATE_SCALE).image
    return DrawnVehicle(look, front, mount_plate(rng, front, plate, look.body), text)
