"""Lines of text that a whole-photo reader finds, as plates.

Such a reader reads all lettering. A line counts as a plate that has 4 to 10 letters, digits and Chinese characters,
with at least one digit among them. Its confidence is the reader's own; where the text is of no format that plates have,
that times the weight of such texts in `vision.grammar`, so that a telephone number does not come before the plate.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.candidates.outcome import Outcome, Stopwatch, failed, plain_text
from benchmarks.run_folder import ReadPlate
from vision.decode_image import load_image
from vision.errors import VisionError
from vision.grammar import UNKNOWN_CHINESE, UNKNOWN_LATIN, is_chinese, matching_formats
from vision.types import Box, Image

SHORTEST, LONGEST = 4, 10


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: what it says, how sure the reader is (0..1), and its corners in pixels of the photo."""

    text: str
    confidence: float
    corners: Sequence[tuple[float, float]]


LinesOf = Callable[[Image, Stopwatch], Iterable[Line]]
"""The lines of a photo; how long finding and reading took is noted on the watch."""


def read_whole(photos: Sequence[Path], lines_of: LinesOf) -> Iterator[Outcome]:
    """One outcome a photo, as `Candidate.read`: decoded, its lines found and read, those kept that could be plates."""
    for photo in photos:
        watch = Stopwatch()
        try:
            image = load_image(photo)
        except VisionError as error:
            yield failed(error.code, str(error))
            continue
        watch.lap("decode")
        plates = plates_of(lines_of(image, watch))
        cpu_ms = watch.stop()
        yield Outcome(plates, watch.ms, cpu_ms)


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
