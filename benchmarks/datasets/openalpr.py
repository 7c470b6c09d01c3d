"""The layout of OpenALPR's end-to-end benchmark: beside each picture a text file of the same stem.

Each line of it is `file, x, y, width, height, text`, parted by tabs: the plate's box in pixels and what it says.
"""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.datasets.labels import picture_in, plate_text, sample_id, utf8
from benchmarks.errors import NoTruth
from benchmarks.types import Sample, TruePlate
from vision.types import Box

_COLUMNS = 6


def fits(folder: Path) -> bool:
    """Whether a text file in or below the folder is such a list of plates."""
    return any(len(line.split("\t")) == _COLUMNS for path in folder.rglob("*.txt") for line in _first_lines(path))


def read(folder: Path) -> list[Sample]:
    """Every photo that has a text file; those of a folder in `folder` have its name as `set`. Raises NoTruth."""
    plates: dict[Path, list[TruePlate]] = {}
    for path in sorted(folder.rglob("*.txt")):
        for number, line in enumerate(utf8(path).splitlines(), 1):
            if line.strip():
                photo, plate = _plate(path, line, f"{path}:{number}")
                plates.setdefault(photo, []).append(plate)
    if not plates:
        raise NoTruth(f"no text file in {folder} names a photo; give the folder `endtoend` or one in it")
    return [
        Sample(
            sample_id(photo, folder),
            photo,
            tuple(found),
            {"set": photo.relative_to(folder).parts[0]} if photo.parent != folder else {},
        )
        for photo, found in sorted(plates.items())
    ]


def _plate(path: Path, line: str, where: str) -> tuple[Path, TruePlate]:
    parts = line.split("\t")
    try:
        name, (x, y, width, height), text = parts[0], map(float, parts[1:5]), parts[5]
    except (ValueError, IndexError) as error:
        raise NoTruth(f"{where}: a line is file, x, y, width, height and text, parted by tabs") from error
    return picture_in(path.parent, name, where), TruePlate(plate_text(text, where), Box(x, y, x + width, y + height))


def _first_lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        yield file.readline(4096)
