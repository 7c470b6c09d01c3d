"""Pictures that carry a text in their first pixels, and a reader for vision workers that finds it there.

The lot's own parts are what such tests are about; the shipped reader has tests of its own.
"""

from pathlib import Path

import cv2
import numpy as np

from vision.types import Box, Detection, Frame, PlateRead, PositionDistribution

SHAPE = (120, 200, 3)
MARK = b"plate:"
UNREADABLE = "?"
TWIN = "~"
"""Between a text and the character that its last one may be just as well."""
DETECTION = Detection(Box(0, 0, 9, 3), ((0.0, 0.0), (9.0, 0.0), (9.0, 3.0), (0.0, 3.0)), 0.9)


def write_picture(path: Path, plate: str | None, shade: int = 90) -> Path:
    """A PNG of a vehicle with this plate, `?` for one that cannot be read, None for a vehicle without a plate."""
    image = np.full(SHAPE, shade, np.uint8)
    if plate is not None:
        text = np.frombuffer(MARK + plate.encode() + b"\0", np.uint8)
        image.reshape(-1)[: text.size] = text
    written, content = cv2.imencode(".png", image)
    assert written
    path.write_bytes(content.tobytes())
    return path


class PixelReader:
    """Sure of every character, but of none on an unreadable plate."""

    def look(self, frame: Frame) -> tuple[PlateRead, ...]:
        text = _text(frame)
        return () if text is None else (_read(*text.split(TWIN)),)


def _text(frame: Frame) -> str | None:
    start = frame.image.reshape(-1)[:64].tobytes()
    return start[len(MARK) :].split(b"\0")[0].decode() if start.startswith(MARK) else None


def _read(plate: str, twin: str | None = None) -> PlateRead:
    readable = plate != UNREADABLE and twin is None
    guess, sure = (plate, 0.999) if plate != UNREADABLE else ("X", 0.1)
    positions = [PositionDistribution(((each, sure),), 1 - sure, 0.0) for each in guess]
    if twin is not None:
        positions[-1] = PositionDistribution(((guess[-1], sure / 2), (twin, sure / 2)), 1 - sure, 0.0)
    return PlateRead(
        DETECTION,
        plate if readable else None,
        guess,
        plate,
        sure,
        (sure,) * len(guess),
        tuple(positions),
        (0.0,) * (len(guess) + 1),
        "eu",
        "white",
        "single",
    )
