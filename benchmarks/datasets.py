"""Folders of labelled photos: pictures and a truth.json `{file: [{"text": plate, "box": [x1, y1, x2, y2] | null}]}`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.errors import NoTruth
from benchmarks.types import PhotoSet
from lot_server.domain.errors import BadPlate
from lot_server.domain.plate import normalise
from vision.types import Box

TRUTH = "truth.json"


def find_sets(folder: Path) -> list[PhotoSet]:
    """The labelled set that `folder` is, or the ones it holds, by name. Raises NoTruth."""
    if (folder / TRUTH).is_file():
        return [read_set(folder)]
    found = [read_set(path.parent) for path in sorted(folder.glob(f"*/{TRUTH}"))]
    if not found:
        raise NoTruth(f"neither {folder} nor a folder in it holds a {TRUTH}: list each photo's true plates there")
    return found


def read_set(folder: Path) -> PhotoSet:
    """The photos of a folder in the order of their names. Raises NoTruth."""
    path = folder / TRUTH
    if not path.is_file():
        raise NoTruth(f"{folder} holds no {TRUTH}: list each photo's true plates there")
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        truth = {
            folder / name: tuple(normalise(plate["text"]) for plate in plates)
            for name, plates in sorted(listed.items())
        }
        boxes = _boxes(folder, listed)
    except (ValueError, TypeError, KeyError, AttributeError, BadPlate) as error:
        raise NoTruth(f"{path} is not {{file: [{{text, box}}]}}: {error}") from error
    missing = [photo.name for photo in truth if not photo.is_file()]
    if missing:
        raise NoTruth(f"{path} names photos that are not there: {', '.join(missing[:5])}")
    return PhotoSet(folder.name, truth, boxes)


def _boxes(
    folder: Path, listed: Mapping[str, Sequence[Mapping[str, Sequence[float] | None]]]
) -> dict[Path, tuple[Box, ...]]:
    """Where the plates of each photo are; nothing if one of them has no box."""
    boxes: dict[Path, tuple[Box, ...]] = {}
    for name, plates in listed.items():
        sides = [plate.get("box") for plate in plates]
        found = [Box(*side) for side in sides if side]
        if len(found) < len(sides):
            return {}
        boxes[folder / name] = tuple(found)
    return boxes
