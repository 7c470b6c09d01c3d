"""The figures of accuracy, each a count over another, summed over photos and rounds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.judging.intervals import Interval, Numbers, rate, share
from benchmarks.judging.outcomes import PhotoOutcome

Count = Callable[[PhotoOutcome], int]


@dataclass(frozen=True, slots=True)
class Measure:
    """`count` out of `of`, in `unit`. `better` says which way it should go; `says` explains it in one sentence."""

    name: str
    title: str
    says: str
    count: Count
    of: Count
    unit: Literal["%", "each"] = "%"
    better: Literal["more", "fewer"] = "more"

    def columns(self, outcomes: Sequence[Sequence[PhotoOutcome]]) -> Numbers:
        """Count and its whole for each photo (photos, 2), over all its rounds."""
        totals = [(sum(map(self.count, rounds)), sum(map(self.of, rounds))) for rounds in outcomes]
        return np.array(totals, dtype=np.float64).reshape(-1, 2)

    def over(self, outcomes: Sequence[Sequence[PhotoOutcome]], seed: int) -> Interval | None:
        """The figure and its interval; None where there is nothing to count."""
        columns = self.columns(outcomes)
        # Rounds of a photo are no further photos: a round's share, so that the imagined photos weigh as one each.
        rounds = max((len(rounds) for rounds in outcomes), default=1)
        spread = share if self.unit == "%" and self.better == "more" else rate
        return spread(columns[:, 0] / rounds, columns[:, 1] / rounds, seed)


def _characters(photo: PhotoOutcome) -> int:
    return sum(len(plate.true) for plate in photo.plates)


def _plates(photo: PhotoOutcome) -> int:
    return len(photo.plates)


def _photo(_: PhotoOutcome) -> int:
    return 1


TOP1 = Measure(
    "top1",
    "photos read",
    "Photos whose surest text is a true plate, or that show none and gave no text; O and 0, I and 1 are one on Latin "
    "plates.",
    lambda photo: photo.is_top1,
    _photo,
)
PLATES_READ = Measure(
    "plates_read",
    "plates read",
    "True plates that were reported right, O and 0, I and 1 taken as one on Latin plates.",
    lambda photo: sum(plate.is_read for plate in photo.plates),
    _plates,
)
FOUND = Measure(
    "found",
    "plates found",
    "True plates that a box meets at IoU 0.5 (recall); only plates whose place is known.",
    lambda photo: photo.found,
    lambda photo: photo.boxed,
)
CHARACTER_ERRORS = Measure(
    "character_error_rate",
    "characters wrong",
    "Changes from each true plate to its best string, reported or held back, by the plates' characters; a plate that "
    "was not found counts whole.",
    lambda photo: sum(plate.best_edits for plate in photo.plates),
    _characters,
    better="fewer",
)
MEASURES = (
    TOP1,
    Measure(
        "top1_exact",
        "photos read, strictly",
        "As photos read, with O and 0, I and 1 told apart.",
        lambda photo: photo.is_top1_exact,
        _photo,
    ),
    PLATES_READ,
    Measure(
        "plates_exact",
        "plates read, strictly",
        "As plates read, with O and 0, I and 1 told apart.",
        lambda photo: sum(plate.is_exact for plate in photo.plates),
        _plates,
    ),
    Measure(
        "plates_without_province",
        "without province",
        "As plates read, the Chinese character that a plate begins with left out.",
        lambda photo: sum(plate.is_read_without_province for plate in photo.plates),
        _plates,
    ),
    Measure(
        "plates_within_one",
        "at most one edit",
        "True plates that were reported with at most one character changed, lost or added.",
        lambda photo: sum(plate.is_within_one for plate in photo.plates),
        _plates,
    ),
    CHARACTER_ERRORS,
    FOUND,
    Measure(
        "precision",
        "boxes that are plates",
        "Boxes that meet a true plate at IoU 0.5 (precision); only photos where every plate's place is known.",
        lambda photo: photo.found if photo.detected else 0,
        lambda photo: photo.detected,
    ),
    Measure(
        "false_texts",
        "false texts a photo",
        "Texts that were reported and are true of nothing on the photo.",
        lambda photo: photo.false_texts,
        _photo,
        unit="each",
        better="fewer",
    ),
    Measure(
        "failed",
        "photos failed",
        "Photos that the candidate gave an error on; they count as wrong in every other figure.",
        lambda photo: photo.error is not None,
        _photo,
        better="fewer",
    ),
)
BY_CONDITION = (TOP1, PLATES_READ, FOUND, CHARACTER_ERRORS)
