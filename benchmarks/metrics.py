"""How well photos were read, from what was read on each."""

from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks.types import PhotoResult, PhotoSet, Score

_FOLDED = str.maketrans("OI", "01")


def folded(plate: str) -> str:
    """A plate as it is compared. Of Latin plates O and 0, I and 1 are taken as one: many print them alike."""
    return plate.translate(_FOLDED) if plate.isascii() else plate


def same_plate(read: str, true: str) -> bool:
    """Whether a read is a true plate."""
    return folded(read) == folded(true)


def score(photos: PhotoSet, results: Iterable[PhotoResult]) -> Score:
    """The score of a set; a photo without a result counts as an error. Of a photo without plates, no text is right."""
    by_file = {result.file: result for result in results}
    top1, found, extra, errors = 0, 0, 0, 0
    times: list[float] = []
    for photo, true in photos.truth.items():
        result = by_file.get(photo.name)
        if result is None or result.error is not None:
            errors += 1
            continue
        times.append(result.ms)
        top1 += _is_true(result.texts[0], true) if result.texts else not true
        found += sum(any(same_plate(text, plate) for text in result.texts) for plate in true)
        extra += sum(not _is_true(text, true) for text in result.texts)
    count, plates = len(photos.truth), sum(len(true) for true in photos.truth.values())
    return Score(
        count,
        top1 / count if count else 0.0,
        found / plates if plates else 1.0,
        extra / count if count else 0.0,
        median(times) if times else None,
        errors,
    )


def _is_true(text: str, true: Sequence[str]) -> bool:
    return any(same_plate(text, plate) for plate in true)
