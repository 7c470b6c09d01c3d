"""The vehicle that stands at a lane: which plate in a burst of frames is its own, and what the frames say together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vision.grammar import Grammar
from vision.track import Track, Tracker
from vision.types import Detection, Frame, PlateRead, Sighting
from vision.vote import fuse

MOST_PLATES = 4
"""Plates a frame that are read for the vehicle at a lane: the largest and most central ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A frame and what was read on it: at most `MOST_PLATES` plates."""

    frame: Frame
    reads: tuple[PlateRead, ...]


def likeliest_own(frame: Frame, found: Sequence[Detection]) -> list[Detection]:
    """The plates found in a frame that may be that of the vehicle at the lane, likeliest first."""
    return sorted(found, key=lambda detection: -_prominence(frame, detection))[:MOST_PLATES]


def standing_vehicle(looks: Sequence[Look], grammar: Grammar) -> Sighting | None:
    """The vehicle whose plate is largest and most central in the frames, given in the order they were taken.

    None only if no plate was detected in any frame; an unreadable plate gives a Sighting whose `text` is None. The
    other plates go with it as `besides`.
    """
    tracker = Tracker()
    gone: list[Track] = []
    for look in looks:
        gone += tracker.update(look.frame, look.reads)
    tracks = gone + tracker.finish()
    if not tracks:
        return None
    ordered = sorted(tracks, key=lambda track: -_standing(track))
    lane, *others = (fuse(each.evidence, each.frames_read, grammar) for each in ordered)
    return replace(lane, besides=tuple(others[: MOST_PLATES - 1]))


def _prominence(frame: Frame, detection: Detection) -> float:
    """How much a plate looks like that of the vehicle at the lane: its width times how central it is, 0..1."""
    box = detection.box
    off_x = abs((box.x1 + box.x2) / frame.width - 1)
    off_y = abs((box.y1 + box.y2) / frame.height - 1)
    return box.width / frame.width * (1 - 0.5 * max(off_x, off_y)) * detection.confidence


def _standing(track: Track) -> float:
    """Prominence summed over the frames; what cannot be read at all counts a fifth, since it may be no plate."""
    return sum(_prominence(e.frame, e.read.detection) * (0.2 + 0.8 * e.read.confidence) for e in track.evidence)
