"""What the lanes' cameras see: gate scenes drawn from nothing but shapes, noise and a plate.

A scene has a lane, a gate post, a vehicle's front with the plate on its bumper, more or less light, and a camera's blur
and noise. The frames of one burst differ as a rolling vehicle's do: a little closer, a little to the side, fresh noise.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.simulation.grain import Grain
from benchmarks.simulation.scenario import View
from models.train.synthetic.glyphs import GlyphSource
from models.train.synthetic.plates import render_plate
from vision.types import Image

WIDTH, HEIGHT = 1280, 720
Floats = NDArray[np.float32]
Body = Literal["saloon", "van"]

PLATE_SCALE = 0.8
"""Pixels a millimetre at which a plate is drawn before the camera shrinks it."""
FRONT_SCALE = 0.5
"""Pixels a millimetre of a vehicle's front before the camera shrinks it."""
FRONT_WIDTH = 1800
FRONT_HEIGHTS: dict[Body, int] = {"saloon": 1460, "van": 1900}
"""Millimetres of a vehicle seen from ahead."""
_PAINTS = ((235, 235, 238), (35, 33, 32), (128, 130, 132), (150, 60, 35), (40, 35, 130), (70, 95, 60), (190, 200, 205))
_MUD = np.array((52, 72, 96), np.float32)


@dataclass(frozen=True, slots=True)
class Look:
    """How one vehicle looks all day long: its paint (BGR) and body."""

    paint: tuple[int, int, int]
    body: Body


class GateCamera:
    """Draws bursts of one lane's camera. `light` runs from 0 (night) to 1 (noon)."""

    def __init__(self, glyphs: GlyphSource, grain: Grain, seed: int) -> None:
        self._glyphs = glyphs
        rng = np.random.default_rng(seed)
        self._grain = grain
        self._lane = draw_lane(rng)
        self._shift = float(rng.uniform(-60, 60))

    def burst(
        self, rng: np.random.Generator, look: Look, kind: str, printed: str, view: View, light: float, frames: int
    ) -> list[Image]:
        """`frames` pictures (720, 1280, 3) BGR uint8 of a vehicle rolling up; `kind`, `printed` as in render_plate."""
        front = draw_front(rng, look)
        mount_plate(rng, front, self._plate(rng, kind, printed, view), look.body)
        yaw, roll = float(rng.uniform(-0.05, 0.05)), float(rng.uniform(-0.025, 0.025))
        reach, side = float(rng.uniform(0.85, 1.05)), self._shift + float(rng.uniform(-90, 90))
        pictures = []
        for number in range(frames):
            step = reach * (1 + 0.018 * number)
            seen = self._compose(front, step, side + 3 * number, yaw, roll)
            pictures.append(self._expose(rng, seen, light))
        return pictures

    def _plate(self, rng: np.random.Generator, kind: str, printed: str, view: View) -> Image | None:
        if view == "bare":
            return None
        plate = render_plate(rng, kind, printed, glyphs=self._glyphs, scale=PLATE_SCALE).image
        if view == "clear":
            return plate
        count = sum(char.isalnum() for char in printed)
        if view == "smudged":
            return _mud(rng, plate, (int(rng.integers(count // 2, count)) + 0.5) / count, (0.4 / count, 0.34))
        for spot in range(count):
            plate = _mud(rng, plate, (spot + 0.5) / count, (0.62 / count, 0.62))
        return plate

    def _compose(self, front: Image, step: float, side: float, yaw: float, roll: float) -> Image:
        """The vehicle set on the lane: seen from a little above and aside."""
        h, w = front.shape[:2]
        wide, tall = w * step, h * step
        middle, floor = WIDTH / 2 + side, HEIGHT * (0.64 + 0.34 * step)
        near, far = 1 + yaw, 1 - yaw
        tilt = roll * wide / 2
        target = np.array(
            [
                [middle - wide * 0.49, floor - tall * far - tilt],
                [middle + wide * 0.49, floor - tall * near + tilt],
                [middle + wide * 0.51, floor + tall * yaw / 2 + tilt],
                [middle - wide * 0.51, floor - tall * yaw / 2 - tilt],
            ],
            np.float32,
        )
        source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
        matrix = cv2.getPerspectiveTransform(source, target)
        seen = cv2.warpPerspective(front, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
        ground = (int(middle), int(floor)), (int(wide * 0.56), int(tall * 0.06))
        shadow = cv2.ellipse(np.zeros((HEIGHT, WIDTH), np.uint8), *ground, 0, 0, 360, 150, -1)
        open_lane = cv2.bitwise_not(cv2.max(cv2.blur(shadow, (41, 21)), seen[..., 3]))
        behind = cv2.multiply(self._lane, cv2.cvtColor(open_lane, cv2.COLOR_GRAY2BGR), scale=1 / 255)
        return np.asarray(cv2.add(behind, cv2.cvtColor(seen, cv2.COLOR_BGRA2BGR)), dtype=np.uint8)

    def _expose(self, rng: np.random.Generator, scene: Image, light: float) -> Image:
        """Light, lens and sensor."""
        gain, gamma = 0.5 + 0.55 * light + float(rng.normal(0, 0.03)), 1.15 - 0.2 * light
        levels = np.clip(255 * gain * (np.arange(256) / 255) ** gamma, 0, 255).astype(np.uint8)
        seen = cv2.LUT(scene, levels)
        seen = cv2.GaussianBlur(seen, (0, 0), float(rng.uniform(0.6, 1.0)))
        return self._grain.over(rng, np.asarray(seen, dtype=np.uint8))


def draw_look(rng: np.random.Generator, kind: str) -> Look:
    """A vehicle's look; yellow plates sit on vans."""
    paint = _PAINTS[int(rng.integers(len(_PAINTS)))]
    tall = "yellow" in kind or rng.random() < 0.2
    return Look(paint, "van" if tall else "saloon")


def draw_lane(rng: np.random.Generator) -> Image:
    """An empty lane: wall, asphalt with a centre line and kerbs, a striped gate post."""
    scene = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    horizon = 210
    scene[:horizon] = np.linspace((150, 145, 140), (176, 170, 162), horizon).astype(np.uint8)[:, None]
    scene[horizon:] = np.linspace((98, 98, 100), (122, 122, 124), HEIGHT - horizon).astype(np.uint8)[:, None]
    for x in range(0, WIDTH, 160):
        cv2.line(scene, (x, 0), (x, horizon), (138, 134, 128), 2, cv2.LINE_AA)
    for left, right in (((430, horizon), (20, HEIGHT)), ((850, horizon), (1260, HEIGHT))):
        cv2.line(scene, left, right, (168, 172, 172), 10, cv2.LINE_AA)
    for start in range(horizon + 20, HEIGHT, 120):
        cv2.line(scene, (640, start), (640, start + 50), (196, 198, 198), 6, cv2.LINE_AA)
    for stripe in range(8):
        colour = (40, 40, 200) if stripe % 2 else (225, 225, 225)
        cv2.rectangle(scene, (1150, 170 + 40 * stripe), (1190, 210 + 40 * stripe), colour, -1)
    texture = cv2.resize(rng.normal(0, 9, (HEIGHT // 4, WIDTH // 4, 1)).astype(np.float32), (WIDTH, HEIGHT))
    return np.asarray(np.clip(scene + texture[..., None], 0, 255), dtype=np.uint8)


def draw_front(rng: np.random.Generator, look: Look) -> Image:
    """A vehicle from ahead, (h, w, 4): BGR and, in the fourth channel, where it is."""
    tall = FRONT_HEIGHTS[look.body]
    w, h = int(FRONT_WIDTH * FRONT_SCALE), int(tall * FRONT_SCALE)
    picture = np.zeros((h, w, 4), np.uint8)

    def area(points: list[tuple[float, float]], colour: tuple[int, int, int]) -> None:
        corners = np.array([(x * w, h - y * FRONT_SCALE) for x, y in points], np.int32)
        cv2.fillPoly(picture, [corners], (*colour, 255))

    paint = look.paint
    shade = _tone(paint, 0.62)
    for x in (0.04, 0.82):  # tyres
        area([(x, 0), (x + 0.14, 0), (x + 0.14, 420), (x, 420)], (22, 22, 22))
    bonnet, roof = (1000, tall - 10) if look.body == "saloon" else (1080, tall - 10)
    area([(0.0, 180), (1.0, 180), (1.0, 820), (0.94, bonnet), (0.06, bonnet), (0.0, 820)], paint)
    area([(0.06, bonnet), (0.94, bonnet), (0.80, roof), (0.20, roof)], shade)
    area([(0.10, bonnet + 20), (0.90, bonnet + 20), (0.78, roof - 50), (0.22, roof - 50)], (92, 84, 74))
    area([(0.30, bonnet + 20), (0.52, bonnet + 20), (0.62, roof - 50), (0.44, roof - 50)], (118, 110, 100))
    area([(0.0, 700), (1.0, 700), (0.97, 720), (0.03, 720)], shade)
    grille = int(rng.integers(3, 7))
    area([(0.28, 610), (0.72, 610), (0.75, 740), (0.25, 740)], (30, 30, 30))
    for bar in range(grille):
        y = 620 + 110 * bar / grille
        area([(0.27, y), (0.73, y), (0.73, y + 8), (0.27, y + 8)], (120, 120, 122))
    for x in (0.03, 0.79):  # lamps
        area([(x, 640), (x + 0.18, 620), (x + 0.18, 740), (x + 0.02, 760)], (205, 210, 212))
        cv2.circle(picture, (int((x + 0.09) * w), int(h - 690 * FRONT_SCALE)), 18, (240, 242, 244, 255), -1)
    area([(0.0, 180), (1.0, 180), (1.0, 330), (0.0, 330)], (46, 46, 48))
    area([(0.12, 210), (0.88, 210), (0.84, 300), (0.16, 300)], (24, 24, 24))
    return picture


def mount_plate(rng: np.random.Generator, front: Image, plate: Image | None, body: Body) -> tuple[int, int, int, int]:
    """Put the plate (or an empty holder) on the bumper, in place; returns its left, top, right and bottom pixel."""
    scale = FRONT_SCALE / PLATE_SCALE
    size = (440, 140) if plate is None else (plate.shape[1] / PLATE_SCALE, plate.shape[0] / PLATE_SCALE)
    width, height = int(size[0] * FRONT_SCALE), int(size[1] * FRONT_SCALE)
    middle = front.shape[1] // 2 + int(rng.integers(-8, 9))
    top = front.shape[0] - int((560 if body == "saloon" else 580) * FRONT_SCALE)
    left = middle - width // 2
    cv2.rectangle(front, (left - 6, top - 6), (left + width + 6, top + height + 6), (38, 38, 40, 255), -1)
    if plate is not None:
        small = cv2.resize(plate, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        front[top : top + height, left : left + width, :3] = small
    return left, top, left + width, top + height


def _mud(rng: np.random.Generator, plate: Image, across: float, reach: tuple[float, float]) -> Image:
    """A splash of mud `across` the plate and reaching that far along and up and down it, as fractions of its size."""
    h, w = plate.shape[:2]
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    rough = cv2.resize(rng.normal(0, 0.16, (9, 24)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    along, up = reach
    away = np.hypot((xx / w - across) / along, (yy / h - rng.uniform(0.4, 0.6)) / up) + rough
    cover = np.clip((1.15 - away) / 0.2, 0, 1)[..., None] * np.float32(0.97)
    mud = _MUD + (rough * 60)[..., None]
    return np.asarray(np.clip(plate * (1 - cover) + mud * cover, 0, 255), dtype=np.uint8)


def _tone(colour: tuple[int, int, int], factor: float) -> tuple[int, int, int]:
    blue, green, red = (int(channel * factor) for channel in colour)
    return blue, green, red
