"""The layout of CCPD: a photo's name is its label, `area-tilt-box-corners-plate-brightness-blur.jpg`.

    025-95_113-100&300_340&390-340&390_120&375_100&300_320&315-0_0_24_25_26_27_28-37-15.jpg

Corners are right bottom, left bottom, left top, right top; the plate is one index a character into PROVINCES, OFFICES
and SERIALS (CCPD's README). Green plates have eight characters, others seven.
"""

import re
from pathlib import Path

from benchmarks.datasets.labels import pictures, plate_text, sample_id
from benchmarks.errors import NoTruth
from benchmarks.types import Sample, TruePlate
from vision.types import Box, Corners

PROVINCES = "皖沪津渝冀晋蒙辽吉黑苏浙京闽赣鲁豫鄂湘粤桂琼川贵云藏陕甘青宁新警学O"
OFFICES = "ABCDEFGHJKLMNPQRSTUVWXYZO"
SERIALS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789O"

_POINT = r"(-?\d+)&(-?\d+)"
_NAME = re.compile(rf"\d+-\d+_\d+-{_POINT}_{_POINT}-{_POINT}_{_POINT}_{_POINT}_{_POINT}-(\d+(?:_\d+)+)-\d+-\d+")


def fits(folder: Path) -> bool:
    """Whether the pictures in or below the folder are called so."""
    found = pictures(folder)
    return bool(found) and all(_NAME.fullmatch(picture.stem) for picture in found)


def read(folder: Path) -> list[Sample]:
    """Every photo; those of a folder in `folder`, such as ccpd_tilt, have its name as `set`. Raises NoTruth."""
    samples = []
    for photo in pictures(folder):
        found = _NAME.fullmatch(photo.stem)
        if found is None:
            raise NoTruth(
                f"{photo} is not called area-tilt-box-corners-plate-brightness-blur; take it out of the folder"
            )
        numbers = [float(number) for number in found.groups()[:12]]
        points = [(numbers[k], numbers[k + 1]) for k in range(4, 12, 2)]
        corners: Corners = (points[2], points[3], points[0], points[1])
        text = plate_text(_text(found[13], photo), str(photo))
        known = {"set": photo.relative_to(folder).parts[0]} if photo.parent != folder else {}
        samples.append(Sample(sample_id(photo, folder), photo, (TruePlate(text, Box(*numbers[:4]), corners),), known))
    if not samples:
        raise NoTruth(f"{folder} holds no picture; give a folder of CCPD, such as ccpd_base")
    return samples


def _text(indices: str, photo: Path) -> str:
    places = [int(index) for index in indices.split("_")]
    tables = [PROVINCES, OFFICES, *[SERIALS] * (len(places) - 2)]
    try:
        return "".join(table[place] for table, place in zip(tables, places, strict=True))
    except (IndexError, ValueError) as error:
        raise NoTruth(f"{photo}: {indices} names no plate of CCPD; take the photo out of the folder") from error
