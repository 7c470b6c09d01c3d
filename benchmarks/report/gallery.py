"""What a candidate gets wrong, to look at: the photo's plate, its true text and what was read."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import cv2

from benchmarks.cards.edits import nearest
from benchmarks.errors import NoPhotos
from benchmarks.judging.figures import CandidateFigures, Mistake
from benchmarks.run_folder import ReadPlate
from vision.decode_image import load_image
from vision.errors import VisionError
from vision.types import Box, Image

WIDTH, HEIGHT = 320, 150
"""The most pixels that a shown part of a photo has across and down."""
ROOM = 0.6
"""How much is shown on each side of a plate, in its own width and height."""
QUALITY = 72
LOST = "_"

Pieces = tuple[tuple[str, bool], ...]
"""A text in pieces, each with whether it is wrong."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One mistake as the page shows it. `picture` is the part of the photo as a data address, None if it is none."""

    file: str
    picture: str | None
    true: tuple[str, ...]
    read: Pieces
    confidence: float | None
    is_held_back: bool
    marks: tuple[str, ...]
    conditions: str
    right_by: tuple[str, ...]


def galleries(candidates: Sequence[CandidateFigures], most: int) -> dict[str, list[Shown]]:
    """For each candidate its first `most` mistakes. Raises NoPhotos where the photos are not there."""
    wrong = {c.name: {mistake.number for mistake in c.mistakes} for c in candidates}
    return {c.name: [_shown(mistake, c.name, wrong) for mistake in c.mistakes[:most]] for c in candidates}


def marked(true: str, read: str) -> Pieces:
    """`read` in pieces, right and wrong by turns; LOST stands for characters that are not there."""
    pieces: list[tuple[str, bool]] = []
    for word, _, _, start, end in SequenceMatcher(None, true, read, autojunk=False).get_opcodes():
        pieces.append((read[start:end] or LOST, word != "equal"))
    return tuple(pieces)


def _shown(mistake: Mistake, name: str, wrong: Mapping[str, set[int]]) -> Shown:
    sample, prediction = mistake.sample, mistake.prediction
    best = max(prediction.plates, key=lambda plate: (plate.text is not None, plate.confidence), default=None)
    true = tuple(plate.text for plate in sample.truth)
    text = (best.text or best.guess) if best else ""
    right_by = tuple(other for other, numbers in wrong.items() if other != name and mistake.number not in numbers)
    return Shown(
        sample.id,
        _picture(mistake, best),
        true,
        marked(nearest(text, true) if true else "", text) if best else (),
        best.confidence if best else None,
        best is not None and best.text is None,
        mistake.marks,
        ", ".join(dict.fromkeys(_condition(*named) for named in sample.conditions.items())),
        right_by,
    )


def _condition(name: str, value: str) -> str:
    """A condition in few words: a number alone would say nothing."""
    return f"{name} {value}" if value.isdigit() else value


def _picture(mistake: Mistake, best: ReadPlate | None) -> str | None:
    path = mistake.sample.path
    if not path.is_file():
        raise NoPhotos(
            f"{path} is not there; put the photos back where the run read them, or leave them out with --no-photos"
        )
    try:
        photo = load_image(path)
    except VisionError:
        return None  # Nobody can read it: the mistake's mark says so.
    part = _part(photo, [plate.box for plate in mistake.sample.truth] + [best.box if best else None])
    scale = min(WIDTH / part.shape[1], HEIGHT / part.shape[0])
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return "data:image/jpeg;base64," + base64.b64encode(coded.tobytes()).decode("ascii")


def _part(photo: Image, boxes: Sequence[Box | None]) -> Image:
    """The photo (height, width, 3) around the boxes that are known; the whole of it if none is."""
    known = [box for box in boxes if box is not None]
    if not known:
        return photo
    left, top = min(box.x1 for box in known), min(box.y1 for box in known)
    right, bottom = max(box.x2 for box in known), max(box.y2 for box in known)
    aside = ROOM * max(box.height for box in known)
    height, width = photo.shape[:2]
    x1, y1 = max(0, int(left - aside)), max(0, int(top - aside))
    x2, y2 = min(width, int(right + aside) + 1), min(height, int(bottom + aside) + 1)
    return photo[y1:y2, x1:x2] if x1 < x2 and y1 < y2 else photo
