"""The values that benchmarks pass on: labelled photos in, what was read on each out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vision.types import Box, Corners


@dataclass(frozen=True, slots=True)
class TruePlate:
    """One plate that a photo truly shows: its text, normalised; its box and corners in pixels where they are known."""

    text: str
    box: Box | None = None
    corners: Corners | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled photo. `id` is its path below the data set's folder, with slashes; no plate where it shows none.

    `conditions` says under what it was taken, as words by name (`light`: `night`): accuracy is reported by each.
    """

    id: str
    path: Path
    truth: tuple[TruePlate, ...]
    conditions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """A folder of labelled photos: each photo with its true plates, normalised, none where it shows no plate.

    `boxes` says where they are; it is empty unless every plate of the set has one.
    """

    name: str
    truth: Mapping[Path, tuple[str, ...]]
    boxes: Mapping[Path, tuple[Box, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PhotoResult:
    """What was read on one photo: texts, the surest first, in `ms` milliseconds; or the code of an error."""

    file: str
    texts: tuple[str, ...]
    ms: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """Shares of 0..1: `top1` of photos whose surest text is true, `recall` of true plates among all texts.

    `extra` texts a photo are true of nothing on it; `median_ms` is None where no photo could be read.
    """

    photos: int
    top1: float
    recall: float
    extra: float
    median_ms: float | None
    errors: int
