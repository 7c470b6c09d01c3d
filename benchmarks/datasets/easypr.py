"""The layout of EasyPR's test sets: pictures and a `GroundTruth.xml`.

    <tagset><image><imageName>京A00001</imageName><taggedRectangles>
      <taggedRectangle x="170" y="184" width="96" height="27" rotation="-1">蓝牌:京A00001</taggedRectangle>

`x`, `y` is the rectangle's middle, `rotation` its turn in degrees, clockwise, and a rectangle higher than wide is meant
a quarter turn further (EasyPR, test/accuracy.hpp). `imageName` is a file's name, most often without its ending, and
perhaps with the Windows folders it lay in. The text 空车牌 stands for no plate. Many of these files state an encoding
that they are not in: GB 18030.
"""

import re
from collections.abc import Iterator
from math import cos, radians, sin
from pathlib import Path, PureWindowsPath
from xml.etree import ElementTree

from benchmarks.datasets.labels import pictures, plate_text, sample_id
from benchmarks.errors import NoTruth
from benchmarks.types import Sample, TruePlate
from vision.types import Box, Corners

USUAL_NAME = "GroundTruth.xml"
_NO_PLATE = "空车牌"
_COLORS = {"蓝": "blue", "黄": "yellow", "白": "white", "黑": "black", "绿": "green"}
_STATED = re.compile(r"<\?xml[^>]*\?>")


def fits(folder: Path) -> bool:
    """Whether the folder, or one in it, holds such an XML file."""
    return bool(_labels(folder))


def read(folder: Path) -> list[Sample]:
    """Every photo that is named; those of a folder in `folder` have its name as `set`. Raises NoTruth."""
    found = _labels(folder)
    if not found:
        raise NoTruth(
            f"neither {folder} nor a folder in it holds a {USUAL_NAME}; give EasyPR's general_test or the like"
        )
    samples = [sample for path in found for sample in _samples(path, folder)]
    return sorted(samples, key=lambda sample: sample.id)


def _labels(folder: Path) -> list[Path]:
    """The usual file of the folder, else those of folders in it, else the one other XML file that is such."""
    usual = [path for path in (folder / USUAL_NAME, *sorted(folder.glob(f"*/{USUAL_NAME}"))) if path.is_file()]
    if usual:
        return usual[:1] if usual[0].parent == folder else usual
    return [path for path in sorted(folder.glob("*.xml")) if b"<tagset" in path.read_bytes()[:4096]][:1]


def _samples(path: Path, root: Path) -> Iterator[Sample]:
    by_name: dict[str, Path] = {}
    for picture in pictures(path.parent):
        by_name.setdefault(picture.stem, picture)
        by_name[picture.name] = picture
    shared = {"set": path.parent.name} if path.parent != root else {}
    for image in _document(path).iter("image"):
        named = (image.findtext("imageName") or "").strip()
        name = PureWindowsPath(named).name
        photo = by_name.get(name)
        if photo is None:
            raise NoTruth(f"{path}: the photo {named!r} is not in {path.parent}; copy it there or remove its label")
        plates: list[TruePlate] = []
        colors: set[str] = set()
        for rectangle in image.iter("taggedRectangle"):
            color, _, text = (rectangle.text or "").strip().rpartition(":")
            if text == _NO_PLATE:
                continue
            corners = _corners(rectangle, f"{path}: {named}")
            plates.append(TruePlate(plate_text(text, f"{path}: {named}"), _bounds(corners), corners))
            colors.add(_COLORS.get(color[:1], "other"))
        known = {"color": colors.pop()} if len(colors) == 1 else {}
        yield Sample(sample_id(photo, root), photo, tuple(plates), {**shared, **known})


def _document(path: Path) -> ElementTree.Element:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise NoTruth(f"{path} defines entities, which labels never need; remove its DOCTYPE")
    try:
        return ElementTree.fromstring(_STATED.sub("", text, count=1))  # noqa: S314 - without entities it is harmless
    except ElementTree.ParseError as error:
        raise NoTruth(f"{path} is no whole XML file ({error}); copy it from its origin again") from error


def _corners(rectangle: ElementTree.Element, where: str) -> Corners:
    """The rectangle's corners, clockwise from the plate's own top left."""
    try:
        x, y, width, height, turn = (
            float(rectangle.attrib[name]) for name in ("x", "y", "width", "height", "rotation")
        )
    except (KeyError, ValueError) as error:
        raise NoTruth(f"{where}: a taggedRectangle has x, y, width, height and rotation as numbers") from error
    if width < height:
        width, height, turn = height, width, turn + 90
    across = (cos(radians(turn)) * width / 2, sin(radians(turn)) * width / 2)
    down = (-sin(radians(turn)) * height / 2, cos(radians(turn)) * height / 2)

    def corner(right: int, below: int) -> tuple[float, float]:
        return x + right * across[0] + below * down[0], y + right * across[1] + below * down[1]

    return corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)


def _bounds(corners: Corners) -> Box:
    xs, ys = zip(*corners, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))
