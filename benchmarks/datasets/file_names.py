"""Pictures named after the one plate they show: `苏E05EV8.jpg`, or `苏E05EV8_2.jpg` where it has several photos."""

from collections import Counter
from pathlib import Path

from benchmarks.datasets.labels import pictures, plate_text, sample_id
from benchmarks.errors import NoTruth
from benchmarks.types import Sample, TruePlate
from lot_server.domain.errors import BadPlate
from lot_server.domain.plate import normalise

_SHORTEST, _LONGEST = 4, 10
_PREFIX = 3
"""Cameras number their photos: most names then begin with the same characters, as plates do not."""


def fits(folder: Path) -> bool:
    """Whether the pictures in or below the folder seem to be named after plates, and not numbered by a camera."""
    texts = []
    for picture in pictures(folder):
        try:
            text = normalise(_named(picture))
        except BadPlate:
            return False
        if not _SHORTEST <= len(text) <= _LONGEST or text.isdecimal() or not any(c.isdecimal() for c in text):
            return False
        texts.append(text)
    prefixes = Counter(text[:_PREFIX] for text in set(texts))
    return bool(prefixes) and prefixes.most_common(1)[0][1] <= sum(prefixes.values()) / 2


def read(folder: Path) -> list[Sample]:
    """Every photo; those of a folder in `folder` have its name as `set`. Raises NoTruth."""
    samples = [
        Sample(
            sample_id(photo, folder),
            photo,
            (TruePlate(plate_text(_named(photo), str(photo))),),
            {"set": photo.relative_to(folder).parts[0]} if photo.parent != folder else {},
        )
        for photo in pictures(folder)
    ]
    if not samples:
        raise NoTruth(f"{folder} holds no picture; give a folder of photos named after their plates")
    return samples


def _named(picture: Path) -> str:
    return picture.stem.partition("_")[0]
