"""A photo-like picture of a drawn plate, for tests with the shipped networks."""

import cv2
import numpy as np

from models.train.synthetic.glyphs import OpenGlyphs
from models.train.synthetic.plates import render_plate
from vision.types import Image

WIDTH, HEIGHT = 1280, 720
PLATE_WIDTH = 220


def rendered_scene(text: str, seed: int, kind: str | None = None) -> Image:
    """A plate with `text`, 220 pixels wide, on the dark front of a car-like shape; the same for the same seed."""
    rng = np.random.default_rng(seed)
    scene = np.full((HEIGHT, WIDTH, 3), 150, np.uint8)
    cv2.rectangle(scene, (0, 430), (WIDTH, HEIGHT), (95, 95, 98), -1)
    x, y = int(rng.integers(340, 560)), int(rng.integers(330, 460))
    body = tuple(int(level) for level in rng.integers(25, 90, 3))
    cv2.rectangle(scene, (x - 240, y - 220), (x + 460, y + 140), body, -1)
    cv2.rectangle(scene, (x - 170, y - 200), (x + 390, y - 90), (60, 55, 50), -1)
    for left in (x - 220, x + 340):
        cv2.ellipse(scene, (left + 50, y - 20), (50, 24), 0, 0, 360, (210, 215, 220), -1)
    plate = render_plate(rng, kind, text, glyphs=OpenGlyphs()).image
    height = round(PLATE_WIDTH * plate.shape[0] / plate.shape[1])
    scene[y : y + height, x : x + PLATE_WIDTH] = cv2.resize(plate, (PLATE_WIDTH, height), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(scene, (0, 0), 0.9).astype(np.float32)
    return np.asarray(np.clip(soft + rng.normal(0, 4, soft.shape), 0, 255), dtype=np.uint8)
