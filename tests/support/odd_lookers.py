"""Readers for vision workers that look at no plate, and misbehave as the frame's source says."""

import os
import signal
import time
from pathlib import Path

from models.errors import TamperedWeights
from vision.errors import UnreadableImage
from vision.types import Box, Detection, Frame, PlateRead, PositionDistribution

DETECTION = Detection(Box(0, 0, 4, 2), ((0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (0.0, 2.0)), 0.5)


class OddLooker:
    """Gives the mean brightness of a frame as its "text", so that a test sees whether the pixels arrived.

    Sources: `empty` no plate, `die` kills its process, `die-once:PATH` only if PATH does not exist yet, `hang`
    sleeps, `touch:PATH` makes a file, `await:PATH` waits until there is one, `note:PATH` adds a line with the "text" to
    it, `refuse` and `break` raise.
    """

    def look(self, frame: Frame) -> tuple[PlateRead, ...]:
        word, _, path = frame.source.partition(":")
        if word == "die" or (word == "die-once" and not Path(path).exists()):
            Path(path or os.devnull).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "touch":
            Path(path).touch()
        if word == "note":
            with Path(path).open("a") as notes:
                notes.write(brightness(frame).guess + "\n")
        while word == "await" and not Path(path).exists():
            time.sleep(0.001)
        if word == "hang":
            time.sleep(60)
        if word == "refuse":
            raise UnreadableImage("this frame is torn: clean the camera")
        if word == "break":
            raise ZeroDivisionError("a fault of ours")
        if word == "empty":
            return ()
        return (brightness(frame),)


def brightness(frame: Frame) -> PlateRead:
    """A read whose text is the frame's mean brightness."""
    text = str(round(float(frame.image.mean())))
    positions = tuple(PositionDistribution(((digit, 0.99),), 0.01, 0.0) for digit in text)
    sure, gaps = (0.99,) * len(text), (0.0,) * (len(text) + 1)
    return PlateRead(DETECTION, text, text, text, 0.9, sure, positions, gaps, "eu", "white", "single")


def tampered() -> OddLooker:
    """A factory that fails as a changed weight file does."""
    raise TamperedWeights("detector.onnx is not what its card pins: install openlot again")


def dying() -> OddLooker:
    """A factory whose process ends before it can say a word."""
    os.kill(os.getpid(), signal.SIGKILL)
    return OddLooker()
