"""Labelled photos set by set, for what is measured on each set by itself."""

from pathlib import Path

from benchmarks.datasets.truth_json import TruthFolder, truth_folders
from benchmarks.errors import NoTruth
from benchmarks.types import PhotoSet


def find_sets(folder: Path) -> list[PhotoSet]:
    """The labelled set that `folder` is, or the ones it holds, by name. Raises NoTruth."""
    return [_photo_set(found) for found in truth_folders(folder)]


def read_set(folder: Path) -> PhotoSet:
    """The photos of a folder in the order of their names. Raises NoTruth."""
    found = truth_folders(folder)
    if [each.path for each in found] != [folder]:
        raise NoTruth(f"{folder} holds no truth.json: list each photo's true plates there")
    return _photo_set(found[0])


def _photo_set(found: TruthFolder) -> PhotoSet:
    boxes = {sample.path: tuple(plate.box for plate in sample.truth if plate.box) for sample in found.samples}
    complete = all(len(boxes[sample.path]) == len(sample.truth) for sample in found.samples)
    return PhotoSet(
        found.path.name,
        {sample.path: tuple(plate.text for plate in sample.truth) for sample in found.samples},
        boxes if complete else {},
    )
