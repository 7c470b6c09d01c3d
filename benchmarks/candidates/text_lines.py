"""Lines of text that a whole-photo reader finds, as plates.

Such a reader reads all lettering. A line counts as a plate that has 4 to 10 letters, digits and Chinese characters,
with at least one digit among them. Its confidence is the reader's own; where the text is of no format that plates have,
that times the weight of such texts in `vision.grammar`, so that a telephone number does not come before the plate.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.candidates.outcome import plain_text
from benchmarks.run_folder import ReadPlate
from vision.grammar import UNKNOWN_CHINESE, UNKNOWN_LATIN, is_chinese, matching_formats
from vision.types import Box

SHORTEST, LONGEST = 4, 10


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: what it says, how sure the reader is (0..1), and its corners in pixels of the photo."""

    text: str
    confidence: float
    corners: Sequence[tuple[float, float]]


def plates_of(lines: Iterable[Line]) -> tuple[ReadPlate, ...]:
    """The lines that could be plates, surest first."""
    found = []
    for line in lines:
        text = plain_text(line.text)
        if SHORTEST <= len(text) <= LONGEST and any(character.isdigit() for character in text):
            xs, ys = zip(*line.corners, strict=True)
            sure = min(max(line.confidence, 0.0), 1.0) * _plausible(text)
            found.append(ReadPlate(text, text, round(sure, 6), Box(min(xs), min(ys), max(xs), max(ys))))
    return tuple(sorted(found, key=lambda plate: -plate.confidence))


def _plausible(text: str) -> float:
    if matching_formats(text):
        return 1.0
    return UNKNOWN_CHINESE if is_chinese(text) else UNKNOWN_LATIN
