"""Renders the set in benchmarks/sets/smoke, which tries the bench itself out; it is too small to judge a model by.

    python -m benchmarks.sets.render --out benchmarks/sets/smoke

Eleven vehicles with plates of several countries, colours and rows, some by night, and a lane without one.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.cards.gallery import stage
from benchmarks.simulation.cameras import draw_lane
from models.train.synthetic.glyphs import OpenGlyphs
from models.train.synthetic.plates import PlateImage, render_plate
from vision.geometry import Quad, bounds
from vision.types import Image

SMOKE = Path(__file__).parent / "smoke"
"""The set as it is shipped."""
SEED = 6
KINDS = (
    "cn_blue", "cn_blue", "cn_green_small", "cn_yellow_double", "cn_police", "eu", "eu", "us", "us", "br_old",
    "br_mercosul", None,
)  # fmt: skip
"""A photo each; None is one without a vehicle."""
NIGHT = frozenset({1, 6})
"""Places in KINDS of photos taken by night."""
WIDTH, HEIGHT = 640, 360
_DARK, _QUALITY = 0.35, 72
"""Share of the light that is left by night; JPEG quality."""


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One picture (360, 640, 3) BGR uint8, and its plate with corners in pixels of it, if there is one."""

    image: Image
    light: str
    plate: PlateImage | None
    corners: Quad | None


def render(seed: int = SEED) -> list[Photo]:
    """The photos in the order of KINDS; the same for the same seed."""
    rng = np.random.default_rng(seed)
    glyphs = OpenGlyphs()
    lane = draw_lane(rng)
    photos = []
    for place, kind in enumerate(KINDS):
        plate, corners, scene = None, None, lane
        left, top = lane.shape[1] - WIDTH, lane.shape[0] - HEIGHT
        if kind is not None:
            plate = render_plate(rng, kind, glyphs=glyphs)
            scene, whole = stage(rng, lane, plate)
            middle = whole.mean(axis=0)
            left = int(np.clip(middle[0] - WIDTH * rng.uniform(0.3, 0.7), 0, left))
            top = int(np.clip(middle[1] - HEIGHT * rng.uniform(0.5, 0.8), 0, top))
            corners = (whole - np.array([left, top], np.float32)).astype(np.float32)
        part = scene[top : top + HEIGHT, left : left + WIDTH]
        light, share = ("night", _DARK) if place in NIGHT else ("day", 1.0)
        photos.append(Photo(np.asarray(part * share, np.uint8), light, plate, corners))
    return photos


def write(folder: Path, photos: list[Photo]) -> None:
    """The photos as 01.jpg to the last, and their truth.json."""
    folder.mkdir(parents=True, exist_ok=True)
    truth: dict[str, object] = {}
    for number, photo in enumerate(photos, 1):
        name = f"{number:02}.jpg"
        _, encoded = cv2.imencode(".jpg", photo.image, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
        (folder / name).write_bytes(np.asarray(encoded).tobytes())
        truth[name] = _truth(photo)
    lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in truth.items()]
    (folder / "truth.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _truth(photo: Photo) -> object:
    known = {"light": photo.light}
    if photo.plate is None or photo.corners is None:
        return {"plates": [], "conditions": known}
    box = bounds(photo.corners)
    plate = {
        "text": photo.plate.text,
        "box": [round(side, 1) for side in (box.x1, box.y1, box.x2, box.y2)],
        "corners": [[round(float(x), 1), round(float(y), 1)] for x, y in photo.corners],
    }
    known |= {"region": photo.plate.region, "color": photo.plate.color}
    return {"plates": [plate], "conditions": {**known, "rows": "2" if photo.plate.layout == "double" else "1"}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    write(asked.out, render(asked.seed))
