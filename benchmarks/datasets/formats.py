"""Which layout a folder of labelled photos has, and its samples."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random

from benchmarks.datasets import ccpd, corrected_reads, easypr, file_names, openalpr, truth_json, yolo
from benchmarks.datasets.conditions import conditions
from benchmarks.errors import NoTruth, UnknownFormat
from benchmarks.types import Sample


class Format(StrEnum):
    """The layouts that are known; AUTO finds out which it is."""

    AUTO = "auto"
    TRUTH = "truth"
    OPENALPR = "openalpr"
    EASYPR = "easypr"
    YOLO = "yolo"
    LOT = "lot"
    CCPD = "ccpd"
    NAMES = "names"


@dataclass(frozen=True, slots=True)
class Layout:
    """How photos and labels lie in a folder: whether a folder looks so, and what is read from it."""

    fits: Callable[[Path], bool]
    read: Callable[[Path], list[Sample]]


LAYOUTS: Mapping[Format, Layout] = {
    Format.TRUTH: Layout(truth_json.fits, truth_json.read),
    Format.LOT: Layout(corrected_reads.fits, corrected_reads.read),
    Format.EASYPR: Layout(easypr.fits, easypr.read),
    Format.YOLO: Layout(yolo.fits, yolo.read),
    Format.OPENALPR: Layout(openalpr.fits, openalpr.read),
    Format.CCPD: Layout(ccpd.fits, ccpd.read),
    Format.NAMES: Layout(file_names.fits, file_names.read),
}

_ASKED_IN_TURN: Sequence[Sequence[Format]] = (
    (Format.TRUTH, Format.LOT, Format.EASYPR, Format.YOLO, Format.OPENALPR),
    (Format.CCPD,),
    (Format.NAMES,),
)
"""Files of labels say more than the names of photos, which are looked at only where there are none."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A folder of labelled photos: its layout, and its samples in the order of their ids."""

    folder: Path
    format: Format
    samples: tuple[Sample, ...]


def load_dataset(folder: Path, asked: Format = Format.AUTO, most: int | None = None, seed: int = 0) -> Dataset:
    """The photos of a folder with their conditions; at most `most` of them, drawn by the seed. Raises UnknownFormat and
    NoTruth."""
    if not folder.is_dir():
        raise NoTruth(f"there is no folder {folder}; give one with labelled photos")
    chosen = find_format(folder) if asked is Format.AUTO else asked
    samples = sorted(LAYOUTS[chosen].read(folder), key=lambda sample: sample.id)
    if most is not None and most < len(samples):
        samples = sorted(Random(seed).sample(samples, most), key=lambda sample: sample.id)
    return Dataset(folder, chosen, tuple(_with_conditions(samples)))


def find_format(folder: Path) -> Format:
    """The layout of a folder. Raises UnknownFormat where none or several fit."""
    for group in _ASKED_IN_TURN:
        fitting = [each for each in group if LAYOUTS[each].fits(folder)]
        if len(fitting) > 1:
            raise UnknownFormat(f"{folder} could be any of {', '.join(fitting)}; say which with --format")
        if fitting:
            return fitting[0]
    raise UnknownFormat(
        f"{folder} holds no labels of a known layout ({', '.join(LAYOUTS)}); see docs/datasets.md, or say which with "
        "--format"
    )


def _with_conditions(samples: Sequence[Sample]) -> Iterator[Sample]:
    for sample in samples:
        yield Sample(sample.id, sample.path, sample.truth, {**conditions(sample), **sample.conditions})
