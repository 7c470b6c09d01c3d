"""Real photos as a day's vehicles: which photo shows which car, and the copies that stand for an entry and an exit.

The folder's truth.json is the judge. Cars are told apart by their plates: a plate on two photos is one car, seen on the
first as it enters and on the second as it leaves; a car with one photo is seen on two different copies of it. A photo
with several plates counts as read right when the read is any of them.
"""

from pathlib import Path

import cv2
import numpy as np

from benchmarks.datasets.photo_sets import read_set
from benchmarks.errors import NoTruth
from benchmarks.simulation.grain import Grain
from benchmarks.simulation.scenario import Car, View
from vision.types import Image

WIDEST = 1280
"""Pixels of a copy's longer side at most."""


def cars_of(folder: Path) -> list[Car]:
    """The cars of a folder of photos, in their files' order; photos without a plate are left out. Raises NoTruth."""
    cars: dict[tuple[str, ...], Car] = {}
    seen: dict[str, tuple[str, ...]] = {}
    for photo, plates in read_set(folder).truth.items():
        if not plates:
            continue
        known = {seen[plate] for plate in plates if plate in seen}
        if not known:
            cars[plates] = Car(plates, entry_photo=photo, exit_photo=photo)
            seen |= dict.fromkeys(plates, plates)
        elif known == {plates} and cars[plates].exit_photo == cars[plates].entry_photo:
            cars[plates] = Car(plates, entry_photo=cars[plates].entry_photo, exit_photo=photo)
    return list(cars.values())


def degraded_burst(rng: np.random.Generator, grain: Grain, photo: Image, view: View, frames: int) -> list[Image]:
    """`frames` pictures (h, w, 3) BGR uint8 as another camera might have taken them at another hour.

    One scale, turn, brightness and blur for all of them, a small shift and other noise for each. A view other than
    "clear" is blurred until single characters are in doubt.
    """
    height, width = photo.shape[:2]
    scale = float(rng.uniform(0.8, 1.0)) * min(1.0, WIDEST / max(height, width))
    turn = float(rng.uniform(-2, 2))
    gain, offset = float(rng.uniform(0.8, 1.15)), float(rng.uniform(-12, 12))
    blur = float(rng.uniform(0.2, 0.8)) if view == "clear" else 0.0025 * width * scale
    size = (round(width * scale), round(height * scale))
    pictures = []
    for number in range(frames):
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0 + 0.01 * number)
        matrix[:, 2] += rng.uniform(-0.004, 0.004, 2) * width
        matrix *= scale
        moved = cv2.warpAffine(photo, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        lit = cv2.GaussianBlur(cv2.convertScaleAbs(moved, alpha=gain, beta=offset), (0, 0), blur)
        pictures.append(grain.over(rng, np.asarray(lit, dtype=np.uint8)))
    return pictures


def read_photo(path: Path) -> Image:
    """The photo, (h, w, 3) BGR uint8. Raises NoTruth where the file is no picture."""
    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR) if path.stat().st_size else None
    if picture is None:
        raise NoTruth(f"{path} is no picture that can be decoded: replace it or take it out of truth.json")
    return np.asarray(picture, dtype=np.uint8)
