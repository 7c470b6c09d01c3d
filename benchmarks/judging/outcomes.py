"""What became of each photo that a candidate was given: which plates were found, and what was read of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.cards.edits import changes, is_another
from benchmarks.cards.reliability import Judged
from benchmarks.metrics import folded, same_plate
from benchmarks.run_folder import Prediction, ReadPlate
from benchmarks.types import Sample, TruePlate
from vision.geometry import iou

FINDS = 0.5
"""Overlap (IoU) with a true plate from which it counts as found."""
TOUCHES = 0.1
"""Overlap (IoU) from which a text that is not the true one was read of that plate."""


@dataclass(frozen=True, slots=True)
class PlateOutcome:
    """One true plate: what was reported of it (None: nothing) and the best string, held back or not ("": none)."""

    true: str
    text: str | None
    best: str

    @property
    def is_exact(self) -> bool:
        """Whether it was reported character for character."""
        return self.text == self.true

    @property
    def is_read(self) -> bool:
        """Whether it was reported, O and 0, I and 1 taken as one on Latin plates."""
        return self.text is not None and same_plate(self.text, self.true)

    @property
    def is_read_without_province(self) -> bool:
        """Whether it was reported, whatever Chinese character it begins with."""
        if self.text is None:
            return False
        return self.is_read or without_province(self.text) == without_province(self.true)

    @property
    def is_within_one(self) -> bool:
        """Whether at most one change makes what was reported of it."""
        return self.text is not None and self.best_edits <= 1

    @property
    def best_edits(self) -> int:
        """Changes from the true text to the best string, O and 0, I and 1 taken as one on Latin plates."""
        return len(changes(folded(self.true), folded(self.best)))


@dataclass(frozen=True, slots=True)
class PhotoOutcome:
    """One photo in one round. A candidate that failed on it has an `error`, and has read and found nothing.

    `boxed` true plates have boxes, of which `found` are met by a box of the candidate. `detected` counts the
    candidate's boxes, and is 0 where a true plate has no box, since nothing can be said about them. `false_texts` were
    reported and are true of nothing. `answer` is the surest string of all, held back or not.
    """

    is_top1: bool
    is_top1_exact: bool
    plates: tuple[PlateOutcome, ...]
    boxed: int
    found: int
    detected: int
    false_texts: int
    reported: tuple[Judged, ...]
    answer: Judged | None
    error: str | None


def judge_photo(sample: Sample, prediction: Prediction) -> PhotoOutcome:
    """What became of one photo in one round."""
    true = [plate.text for plate in sample.truth]
    reads = sorted(prediction.plates, key=lambda read: -read.confidence)
    texts = [(read, read.text) for read in reads if read.text is not None]
    paired = _paired(sample.truth, reads)
    plates = tuple(
        PlateOutcome(plate.text, read.text if read else None, _best(read) if read else "")
        for plate, read in zip(sample.truth, paired, strict=True)
    )
    all_boxed = all(plate.box is not None for plate in sample.truth)
    failed = prediction.error is not None
    answers = [Judged(read.confidence, _is_any(_best(read), true)) for read in reads if _best(read)]
    return PhotoOutcome(
        not failed and (_is_any(texts[0][1], true) if texts else not true),
        not failed and (texts[0][1] in true if texts else not true),
        plates,
        sum(plate.box is not None for plate in sample.truth),
        _found(sample.truth, reads),
        sum(read.box is not None for read in reads) if all_boxed else 0,
        sum(not _is_any(text, true) for _, text in texts),
        tuple(Judged(read.confidence, _is_any(text, true)) for read, text in texts),
        answers[0] if answers else None,
        prediction.error.code if prediction.error else None,
    )


def without_province(text: str) -> str:
    """A plate without the Chinese character that it begins with, if it does."""
    return text[1:] if text and not text[0].isascii() else text


def _best(read: ReadPlate) -> str:
    return read.text or read.guess


def _is_any(text: str, true: Sequence[str]) -> bool:
    return any(same_plate(text, plate) for plate in true)


def _found(truth: Sequence[TruePlate], reads: Sequence[ReadPlate]) -> int:
    """How many boxes of true plates are met, each by a box of its own, the largest overlap first."""
    overlaps = [
        (iou(plate.box, read.box), i, j)
        for i, plate in enumerate(truth)
        for j, read in enumerate(reads)
        if plate.box is not None and read.box is not None
    ]
    met = _one_to_one([(-overlap, i, j) for overlap, i, j in overlaps if overlap >= FINDS])
    return len(met)


def _paired(truth: Sequence[TruePlate], reads: Sequence[ReadPlate]) -> list[ReadPlate | None]:
    """What was read of each true plate: its own text first, then what lies on it, then what is almost its text."""
    likely = [
        (likeness, i, j)
        for i, plate in enumerate(truth)
        for j, read in enumerate(reads)
        if (likeness := _likeness(plate, read)) is not None
    ]
    met = _one_to_one(likely)
    return [reads[met[i]] if i in met else None for i in range(len(truth))]


def _likeness(plate: TruePlate, read: ReadPlate) -> tuple[int, float] | None:
    """The smaller, the likelier `read` was read of `plate`; None where it was not."""
    best = _best(read)
    if same_plate(best, plate.text):
        return (0, 2 * (read.text is None) + (best != plate.text))
    if plate.box is not None and read.box is not None:
        overlap = iou(plate.box, read.box)
        return (1, -overlap) if overlap >= TOUCHES else None
    steps = changes(plate.text, best)
    return None if is_another(plate.text, steps) else (2, float(len(steps)))


def _one_to_one(pairs: Sequence[tuple[float | tuple[int, float], int, int]]) -> dict[int, int]:
    """Pairs of a first and a second, each in one pair at most; those with the smallest key first."""
    met: dict[int, int] = {}
    for _, first, second in sorted(pairs):
        if first not in met and second not in met.values():
            met[first] = second
    return met
