"""Readers for vision workers that look at no plate, and misbehave as the first frame's source says."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from models.errors import TamperedWeights
from vision.errors import UnreadableImage
from vision.types import Box, Detection, EvidenceFrame, Frame, PlateRead, Sighting

DETECTION = Detection(Box(0, 0, 4, 2), ((0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (0.0, 2.0)), 0.5)


class OddSighter:
    """Gives the mean brightness of each frame as its "text", so that a test sees whether the pixels arrived.

    Sources: `empty` no plate, `die` kills its process, `die-once:PATH` only if PATH does not exist yet, `hang`
    sleeps, `refuse` and `break` raise.
    """

    def sight(self, frames: Sequence[Frame]) -> Sighting | None:
        word, _, path = frames[0].source.partition(":")
        if word == "die" or (word == "die-once" and not Path(path).exists()):
            Path(path or os.devnull).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "hang":
            time.sleep(60)
        if word == "refuse":
            raise UnreadableImage("these frames are torn: clean the camera")
        if word == "break":
            raise ZeroDivisionError("a fault of ours")
        if word == "empty":
            return None
        evidence = tuple(EvidenceFrame(frame, brightness(frame)) for frame in reversed(frames))
        return Sighting("AB1", "AB1", "AB-1", 0.9, (), (), (), (), "eu", "white", "single", len(frames), evidence)


def brightness(frame: Frame) -> PlateRead:
    """A read whose text is the frame's mean brightness."""
    text = str(round(float(frame.image.mean())))
    return PlateRead(DETECTION, text, text, text, 0.9, (), (), (), "eu", "white", "single")


def tampered() -> OddSighter:
    """A factory that fails as a changed weight file does."""
    raise TamperedWeights("detector.onnx is not what its card pins: install openlot again")


def dying() -> OddSighter:
    """A factory whose process ends before it can say a word."""
    os.kill(os.getpid(), signal.SIGKILL)
    return OddSighter()
