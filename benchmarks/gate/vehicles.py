"""Labelled photos as vehicles before a gate's camera, drawn to 1080p before anything is measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import cv2
import numpy as np

from benchmarks.errors import NoTruth
from benchmarks.types import Sample
from vision.decode_image import load_image
from vision.types import Image

WIDTH, HEIGHT = 1920, 1080
JPEG_QUALITY = 90
SHIFT = 6
"""Pixels that a vehicle moves from one frame to the next."""
_GREY = 96


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A photo's id, its true plates, and the frames (JPEG, 1920 x 1080) that a camera gives of it in turn."""

    photo: str
    plates: tuple[str, ...]
    frames: tuple[bytes, ...]


def vehicles_on(samples: Sequence[Sample], count: int, frames: int, seed: int) -> list[Vehicle]:
    """`count` vehicles, each on another photo with a plate as long as there are any; then they come again.

    Raises NoTruth where no photo shows a plate, UnreadableImage, ImageTooLarge.
    """
    shown = [sample for sample in samples if sample.truth]
    if not shown:
        raise NoTruth("no photo shows a plate that is known: give a folder with true plates")
    order = np.random.default_rng(seed).permutation(len(shown))[:count]
    vehicles = [_vehicle(shown[place], frames) for place in order]
    return list(islice(cycle(vehicles), count))


def empty_lane() -> bytes:
    """What a camera gives while nobody is there."""
    return _jpeg(np.full((HEIGHT, WIDTH, 3), _GREY, np.uint8))


def _vehicle(sample: Sample, frames: int) -> Vehicle:
    scene = _letterboxed(load_image(sample.path))
    moved = [np.asarray(np.roll(scene, number * SHIFT, axis=1), dtype=np.uint8) for number in range(frames)]
    return Vehicle(sample.id, tuple(plate.text for plate in sample.truth), tuple(_jpeg(image) for image in moved))


def _letterboxed(image: Image) -> Image:
    """The whole picture, as large as fits into 1920 x 1080, on grey."""
    height, width = image.shape[:2]
    scale = min(WIDTH / width, HEIGHT / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    scaled = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    scene = np.full((HEIGHT, WIDTH, 3), _GREY, np.uint8)
    left, top = (WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2
    scene[top : top + size[1], left : left + size[0]] = scaled
    return scene


def _jpeg(image: Image) -> bytes:
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return coded.tobytes()
