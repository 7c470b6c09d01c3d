"""Under what a photo was taken, as far as its labels and its brightness tell. What is not sure is left out."""

from math import atan2, degrees, dist
from pathlib import Path

import cv2
import numpy as np

from benchmarks.types import Sample, TruePlate
from vision.grammar import is_chinese, matching_formats
from vision.types import Corners

DARK = 50
"""Mean grey value, 0..255, under which a photo counts as taken at night."""
_WIDTHS = ((60, "plate under 60 px"), (120, "plate 60 to 120 px"), (240, "plate 120 to 240 px"))
_WIDEST = "plate over 240 px"
_ANGLES = ((10, "under 10°"), (25, "10° to 25°"))
_STEEPEST = "over 25°"
ONE_ROW, TWO_CHINESE_ROWS = 2.6, 2.4
"""Width over height: plates of one row are at least as wide as the first unless they are foreshortened; Chinese ones of
two rows (440 x 220 or 220 x 140 mm) at most as wide as the second, where a single row is 440 x 140 mm. American plates
of one row are 2:1, so that a narrow plate tells nothing elsewhere."""


def conditions(sample: Sample) -> dict[str, str]:
    """Light, and of the largest plate its region, colour, rows, distance and angle, as words by name."""
    found = _light(sample.path)
    if sample.truth:
        plate = max(sample.truth, key=_width)
        found |= _of_text(plate.text) | _of_place(plate)
    return found


def _light(photo: Path) -> dict[str, str]:
    """Nothing for a picture that cannot be decoded: the candidates will say so."""
    try:
        content = np.frombuffer(photo.read_bytes(), np.uint8)
        grey = cv2.imdecode(content, cv2.IMREAD_REDUCED_GRAYSCALE_8) if content.size else None
    except (OSError, cv2.error):
        return {}
    return {} if grey is None else {"light": "night" if float(grey.mean()) < DARK else "day"}


def _of_text(text: str) -> dict[str, str]:
    formats = matching_formats(text)
    regions = {"cn"} if is_chinese(text) else {found.region for found in formats}
    colors = {color for found in formats for color in found.colors or ("any",)}
    known = {"region": regions.pop()} if len(regions) == 1 else {}
    return known | ({"color": colors.pop()} if len(colors) == 1 and "any" not in colors else {})


def _of_place(plate: TruePlate) -> dict[str, str]:
    width = _width(plate)
    if width <= 0:
        return {}
    known = {"distance": next((words for limit, words in _WIDTHS if width < limit), _WIDEST)}
    aspect = width / _height(plate) if _height(plate) > 0 else 0.0
    if aspect > ONE_ROW:
        known["rows"] = "1"
    elif plate.corners and is_chinese(plate.text) and aspect < TWO_CHINESE_ROWS:
        known["rows"] = "2"
    if plate.corners:
        angle = _angle(plate.corners)
        known["angle"] = next((words for limit, words in _ANGLES if angle < limit), _STEEPEST)
    return known


def _width(plate: TruePlate) -> float:
    if plate.corners:
        top_left, top_right, bottom_right, bottom_left = plate.corners
        return (dist(top_left, top_right) + dist(bottom_left, bottom_right)) / 2
    return plate.box.width if plate.box else 0.0


def _height(plate: TruePlate) -> float:
    if plate.corners:
        top_left, top_right, bottom_right, bottom_left = plate.corners
        return (dist(top_left, bottom_left) + dist(top_right, bottom_right)) / 2
    return plate.box.height if plate.box else 0.0


def _angle(corners: Corners) -> float:
    """The larger of what the plate's rows lean from level and its sides from upright, in degrees 0..180."""
    top_left, top_right, bottom_right, bottom_left = corners
    across = (top_right[0] + bottom_right[0] - top_left[0] - bottom_left[0],
              top_right[1] + bottom_right[1] - top_left[1] - bottom_left[1])  # fmt: skip
    down = (bottom_left[0] + bottom_right[0] - top_left[0] - top_right[0],
            bottom_left[1] + bottom_right[1] - top_left[1] - top_right[1])  # fmt: skip
    return max(abs(degrees(atan2(across[1], across[0]))), abs(degrees(atan2(down[0], down[1]))))
