"""Which reads of successive frames are of the same vehicle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from vision.geometry import iou
from vision.types import EvidenceFrame, Frame, PlateRead

SAME_PLACE = 0.3
"""IoU of the plate's boxes in two frames from which it may be the same plate that hardly moved."""
SAME_TEXT = 0.7
"""Likeness of two guesses from which they are one plate wherever it is (Ratcliff and Obershelp, 1988)."""
OTHER_TEXT = 0.4
"""Likeness under which two sure texts are of two vehicles, even at the same place."""
PATIENCE = 8
"""Frames in a row without the plate after which its vehicle has gone."""
KEPT = 8
"""Reads, with their frames, that a track holds; a camera that stares at a parked car must not fill the memory."""


@dataclass(slots=True, eq=False)
class Track:
    """One vehicle while it is in view: its best reads, how many there were in all, and where it was last."""

    last: PlateRead
    evidence: list[EvidenceFrame] = field(default_factory=list)
    frames_read: int = 0
    missed: int = 0

    def add(self, frame: Frame, read: PlateRead) -> None:
        """Takes one more read in; beyond KEPT the least confident one is let go."""
        self.evidence.append(EvidenceFrame(frame, read))
        self.frames_read += 1
        self.missed = 0
        self.last = read
        if len(self.evidence) > KEPT:
            self.evidence.remove(min(self.evidence, key=lambda e: e.read.confidence))

    def likeness(self, read: PlateRead) -> float:
        """How well `read` continues this track; 0 means it does not."""
        overlap = iou(self.last.detection.box, read.detection.box)
        alike = max(text_likeness(read.guess, e.read.guess) for e in self.evidence)
        sure = read.text is not None and any(e.read.text is not None for e in self.evidence)
        if sure and alike < OTHER_TEXT:
            return 0.0
        return overlap + alike if overlap >= SAME_PLACE or alike >= SAME_TEXT else 0.0


class Tracker:
    """Follows vehicles through frames; its memory is bounded by what is in view."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []

    def update(self, frame: Frame, reads: Sequence[PlateRead]) -> list[Track]:
        """Takes one frame's reads in; returns the tracks of vehicles that have gone."""
        pairs = sorted(
            ((track.likeness(read), track, read) for track in self._tracks for read in reads),
            key=lambda pair: -pair[0],
        )
        taken: set[int] = set()
        placed: set[int] = set()
        for score, track, read in pairs:
            if score <= 0 or id(track) in taken or id(read) in placed:
                continue
            track.add(frame, read)
            taken.add(id(track))
            placed.add(id(read))
        for track in self._tracks:
            if id(track) not in taken:
                track.missed += 1
        gone = [track for track in self._tracks if track.missed > PATIENCE]
        self._tracks = [track for track in self._tracks if track.missed <= PATIENCE]
        for read in reads:
            if id(read) not in placed:
                fresh = Track(read)
                fresh.add(frame, read)
                self._tracks.append(fresh)
        return gone

    def finish(self) -> list[Track]:
        """The tracks still open, when the source has ended."""
        rest, self._tracks = self._tracks, []
        return rest


def text_likeness(first: str, second: str) -> float:
    """How alike two texts are, 0..1; two empty texts are not alike, since nothing was read."""
    if not first or not second:
        return 0.0
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
