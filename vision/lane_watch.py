"""Watches one lane that has no loops: from frames and reads to what two loops would feel, and the read of who waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vision.grammar import Grammar
from vision.ground import Floats, Ground, GroundView, learnt
from vision.lane_traffic import Change, Scene, SeenPlate, Traffic, TrafficPace, ZoneName
from vision.motion import MotionGate
from vision.track import KEPT, SURE_READS, Track, Tracker
from vision.types import Box, EvidenceFrame, Frame, Luma, PlateRead, Sighting
from vision.vote import fuse
from vision.zone import Zone

LOOKS = 5
"""Frames read for a vehicle that is asked about, where its plate is not sure before."""
COVERED_SHARE = 0.15
"""More than a barrier's arm or somebody on foot covers of a zone as wide as the lane, less than a motorcycle does."""
_OWN_KEPT = 2
"""Tracks of the vehicle that waits which are remembered, should it have lost some."""
_FOLLOW_S = 1.0
"""Seconds between two looks at the empty lane that are taken in."""


@dataclass(frozen=True, slots=True)
class LaneZones:
    """`arrival` is where a vehicle's plate and front are while it waits at the barrier, `passing` what it drives over
    under the barrier. From the one to the other is the lane's direction.

    `covered_share` of a zone, 0..1, must be covered for a vehicle to be there.
    """

    arrival: Zone
    passing: Zone
    covered_share: float = COVERED_SHARE

    def zone_of(self, box: Box, width: int, height: int) -> ZoneName | None:
        """The zone in which the middle of a box of pixels lies."""
        middle = _middle(box, width, height)
        if self.passing.holds(middle):
            return "passing"
        return "arrival" if self.arrival.holds(middle) else None

    def ahead(self, box: Box, width: int, height: int) -> float:
        """How far along the lane a box of pixels is."""
        start, end = np.array(self.arrival.middle), np.array(self.passing.middle)
        along = (end - start) / max(1e-9, float(np.linalg.norm(end - start)))
        return float(np.dot(np.array(_middle(box, width, height)) - start, along))


class LaneLesson:
    """Looks at an empty lane, from which a watch begins."""

    def __init__(self, zones: LaneZones) -> None:
        self._zones = (zones.arrival, zones.passing)
        self._views: tuple[list[GroundView], list[GroundView]] = ([], [])

    @property
    def frames(self) -> int:
        """How many were seen."""
        return len(self._views[0])

    def see(self, frame: Frame) -> None:
        """One more frame in which nobody is in the lane."""
        luma = _luma(frame)
        for zone, views in zip(self._zones, self._views, strict=True):
            views.append(GroundView.of(luma, zone))

    def empty(self) -> tuple[Floats, Floats]:
        """What the arrival and the passing zone look like when empty."""
        return learnt(self._views[0]), learnt(self._views[1])


class LaneWatch:
    """One lane's camera; its memory is bounded by what is in view. Used by one caller at a time."""

    def __init__(self, zones: LaneZones, empty: tuple[Floats, Floats], pace: TrafficPace) -> None:
        """`empty`: what `vision.ground.learnt` gave for the arrival and the passing zone."""
        self._zones = zones
        self._arrival = Ground(zones.arrival, empty[0], zones.covered_share)
        self._passing = Ground(zones.passing, empty[1], zones.covered_share)
        self._traffic = Traffic(pace)
        self._gate = MotionGate()
        self._tracker = Tracker()
        self._seen: dict[Track, tuple[int, float]] = {}
        """Of each track its number, and when it began."""
        self._last_number = 0
        self._size = (1, 1)
        """Width and height of the frame that was looked at last."""
        self._looks: int | None = None
        self._followed_at = 0.0
        self.wants_read = False
        """Whether the frame that was noticed last is worth reading."""

    @property
    def arrival(self) -> bool:
        """Whether a vehicle waits at the barrier."""
        return self._traffic.arrival

    @property
    def passing(self) -> bool:
        """Whether anything is under the barrier, or was a moment ago."""
        return self._traffic.passing

    @property
    def marks(self) -> float:
        """Share of the passing zone that are marks on the ground, 0..1."""
        return self._passing.marks

    @property
    def empty(self) -> tuple[Floats, Floats]:
        """What the empty zones look like by now."""
        return self._arrival.empty, self._passing.empty

    def notice(self, frame: Frame, at: float, is_reading: bool) -> tuple[Change, ...]:
        """Take in the newest frame, at a second, before anything was read on it; what changed.

        `is_reading`: an earlier frame is being read, and `take` will hear of it.
        """
        luma = _luma(frame)
        for ground in (self._arrival, self._passing):
            ground.look(luma)
        self.wants_read = False
        if not is_reading:
            passes = self._gate.passes(luma, self._is_eager)
            self.wants_read = passes or (self._looks is not None and not self.is_settled)
            if not self.wants_read:
                self._tracker.rest(frame)
        changes = self._see(frame, at)
        self._follow(luma, at)
        return changes

    def take(self, frame: Frame, reads: Sequence[PlateRead], at: float) -> tuple[Change, ...]:
        """Take in what was read on a frame that was noticed; what changed."""
        self._tracker.update(frame, reads)
        if self._looks is not None:
            self._looks += 1
        return self._see(frame, at)

    def lose_sight(self) -> None:
        """Take in that frames cannot be read: of plates nothing is known until they can again."""
        self._tracker = Tracker()

    def ask(self) -> None:
        """Somebody wants to know who waits at the barrier: read on until `is_settled`."""
        self._looks = 0

    @property
    def is_settled(self) -> bool:
        """Whether more reads of who waits would change little, or enough were taken since `ask`."""
        if self._looks is not None and self._looks >= LOOKS:
            return True
        evidence = self._evidence()[0]
        surest = max((e.read for e in evidence), key=lambda read: read.confidence, default=None)
        agreeing = sum(e.read.confidence for e in evidence if surest is not None and e.read.guess == surest.guess)
        return agreeing >= SURE_READS

    def sighting(self, grammar: Grammar) -> Sighting | None:
        """The read of who waits at the barrier so far, over its whole way there; None without a plate."""
        self._looks = None
        evidence, frames_read = self._evidence()
        return fuse(evidence, frames_read, grammar) if evidence else None

    @property
    def _is_eager(self) -> bool:
        return self._tracker.is_eager or self._traffic.passing

    def _see(self, frame: Frame, at: float) -> tuple[Change, ...]:
        self._size = frame.width, frame.height
        scene = Scene(at, self._arrival.is_covered, self._passing.is_covered, tuple(self._plates(at)))
        changes = self._traffic.see(scene)
        # A vehicle whose plate is hidden for a while keeps its best reads, but no more than fill a track or two.
        own = [track for track, (number, _) in self._seen.items() if number in self._traffic.plates]
        kept = {*self._tracker.tracks, *sorted(own, key=lambda track: _surest(track).confidence)[-_OWN_KEPT:]}
        self._seen = {track: each for track, each in self._seen.items() if track in kept}
        return changes

    def _plates(self, at: float) -> list[SeenPlate]:
        plates = []
        for track in self._tracker.tracks:
            if track not in self._seen:
                self._last_number += 1
                self._seen[track] = self._last_number, at
            if track.missed or track.is_printed:
                continue
            number, since = self._seen[track]
            surest = _surest(track)
            box = track.last.detection.box
            plates.append(
                SeenPlate(
                    *(number, surest.guess, surest.confidence, track.has_moved, since),
                    *(self._zones.zone_of(box, *self._size), self._zones.ahead(box, *self._size)),
                )
            )
        return plates

    def _evidence(self) -> tuple[list[EvidenceFrame], int]:
        """The surest reads of who waits at the barrier, or else of who came under it last, and how many there were."""
        tracks = [track for track, (number, _) in self._seen.items() if number in self._traffic.plates]
        if not self._traffic.arrival:
            tracks = sorted(self._under(), key=lambda track: self._zones.ahead(track.last.detection.box, *self._size))[
                :1
            ]
        reads = sorted((e for track in tracks for e in track.evidence), key=lambda e: -e.read.confidence)
        return reads[:KEPT], sum(track.frames_read for track in tracks)

    def _under(self) -> list[Track]:
        return [
            track
            for track in self._tracker.tracks
            if track.has_moved
            and not track.is_printed
            and self._zones.zone_of(track.last.detection.box, *self._size) == "passing"
        ]

    def _follow(self, luma: Luma, at: float) -> None:
        idle = self._gate.rests and not (self._traffic.arrival or self._traffic.passing)
        if idle and at - self._followed_at >= _FOLLOW_S:
            self._followed_at = at
            for ground in (self._arrival, self._passing):
                if not ground.is_covered:
                    ground.follow(luma)


def _surest(track: Track) -> PlateRead:
    return max((e.read for e in track.evidence), key=lambda read: read.confidence)


def _luma(frame: Frame) -> Luma:
    return np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def _middle(box: Box, width: int, height: int) -> tuple[float, float]:
    return (box.x1 + box.x2) / 2 / width, (box.y1 + box.y2) / 2 / height
