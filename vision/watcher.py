"""Looks at the pictures of a stream: which are read, and which vehicles have gone by then."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vision.picture import Picture
from vision.ports import FrameGate
from vision.scene_cut import SceneCut
from vision.track import Track, Tracker
from vision.types import Image, Luma, PlateRead


class Watcher:
    """One stream's tracker, with what spares it from reading every frame."""

    def __init__(self, read: Callable[[Image], Sequence[PlateRead]], gate: FrameGate) -> None:
        """`read` gives the plates of a picture (H, W, 3) uint8 BGR."""
        self._read = read
        self._gate = gate
        self._tracker = Tracker()
        self._cut = SceneCut()

    @property
    def sleeps(self) -> bool:
        """Whether nothing moves, nor may a vehicle have gone unnoticed."""
        return self._gate.rests and not self._tracker.misses_one

    def is_woken_by(self, luma: Luma) -> bool:
        """Whether a picture shows motion; asking changes nothing."""
        return self._gate.is_moved_by(luma)

    def look(self, picture: Picture) -> list[Track]:
        """Takes the next picture in; returns the tracks of vehicles that have gone."""
        luma, gone = picture.luma, []
        if self._cut.happened(luma):
            gone += self._tracker.cut(picture.frame())
        if self._gate.passes(luma, self._tracker.is_eager):
            frame = picture.frame()
            gone += self._tracker.update(frame, self._read(frame.image))
        elif self._tracker.follows_any:
            gone += self._tracker.rest(picture.frame())
        return gone

    def finish(self) -> list[Track]:
        """The tracks still open, when the stream has ended."""
        return self._tracker.finish()
