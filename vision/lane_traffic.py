"""Where the vehicles of a lane are, by what a camera sees of two zones: what two loops would feel, vehicle by vehicle.

Vehicles come to the arrival zone before the barrier, and go on through the passing zone under it. Loops feel metal; a
camera knows plates, so that vehicles nose to tail are told apart where loops would feel one long one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from vision.track import OTHER_TEXT, SAME_TEXT, text_likeness

ZoneName = Literal["arrival", "passing"]
Change = tuple[ZoneName, bool]
"""A zone that became occupied by a vehicle, or free."""

_SURE = 0.5
"""Confidence from which a plate tells that another vehicle has come."""


@dataclass(frozen=True, slots=True)
class TrafficPace:
    """Seconds: `clear_s` that the passing zone must look empty before it is, `leave_s` the same of the arrival zone,
    `unread_s` that something must stand in the arrival zone without a plate before it is taken for a vehicle."""

    clear_s: float = 2.0
    leave_s: float = 0.6
    unread_s: float = 3.0


@dataclass(frozen=True, slots=True)
class SeenPlate:
    """A vehicle's plate that is in view: `number` stays with its track, `since` is when that began, in seconds.

    `text` is the likeliest one so far and `confidence` its probability, 0..1. `has_moved` as in `vision.track`.
    `ahead` grows along the lane.
    """

    number: int
    text: str
    confidence: float
    has_moved: bool
    since: float
    zone: ZoneName | None
    ahead: float


@dataclass(frozen=True, slots=True)
class Scene:
    """What is seen at a moment: whether something covers each zone, and the plates."""

    at: float
    covers_arrival: bool
    covers_passing: bool
    plates: tuple[SeenPlate, ...] = ()


@dataclass(slots=True)
class _Waiting:
    """The vehicle in the arrival zone."""

    came_at: float
    seen_at: float
    plate_seen_at: float
    plates: set[int] = field(default_factory=set)
    text: str = ""
    confidence: float = 0.0
    went_on: bool = False
    """Whether it has come into the passing zone and not gone back."""

    def may_own(self, plate: SeenPlate) -> bool:
        """Whether a plate that came into the arrival zone may be this vehicle's, which shows none at the moment."""
        alike = text_likeness(plate.text, self.text)
        if alike >= SAME_TEXT:
            return True
        both_right = plate.confidence * self.confidence > 0.5
        return not self.went_on and not (both_right and alike < OTHER_TEXT)

    def take(self, plate: SeenPlate, at: float) -> None:
        self.plates.add(plate.number)
        self.plate_seen_at = at
        if plate.confidence >= self.confidence:
            self.text, self.confidence = plate.text, plate.confidence


class Traffic:
    """The two zones of one lane; its memory is bounded by what is in view."""

    def __init__(self, pace: TrafficPace) -> None:
        self._pace = pace
        self._waiting: _Waiting | None = None
        self._passing = False
        self._passing_seen_at = 0.0
        self._covered_since: float | None = None
        self._comes_back = False
        """Whether what is in the passing zone came there from beyond, against the lane's direction."""
        self._from_beyond: set[int] = set()

    @property
    def arrival(self) -> bool:
        """Whether a vehicle is in the arrival zone."""
        return self._waiting is not None

    @property
    def passing(self) -> bool:
        """Whether anything is in the passing zone, or was a moment ago."""
        return self._passing

    @property
    def plates(self) -> frozenset[int]:
        """The numbers of the plates of the vehicle in the arrival zone."""
        return frozenset(self._waiting.plates) if self._waiting is not None else frozenset()

    def see(self, scene: Scene) -> tuple[Change, ...]:
        """What changed, in the order in which two loops would feel it."""
        before = self._passing
        changes: list[Change] = []
        self._see_passing(scene)
        if self._passing and not before:
            changes.append(("passing", True))
        if self._waiting is not None and self._has_left(self._waiting, scene):
            self._waiting = self._covered_since = None
            changes.append(("arrival", False))
        if before and not self._passing:
            changes.append(("passing", False))
        if self._waiting is None:
            self._waiting = self._arriving(scene)
            if self._waiting is not None:
                changes.append(("arrival", True))
        return tuple(changes)

    def _see_passing(self, scene: Scene) -> None:
        mine = self._waiting.plates if self._waiting is not None else set()
        plates = [
            plate for plate in scene.plates if plate.zone == "passing" and (plate.has_moved or plate.number in mine)
        ]
        occupied = scene.covers_passing or bool(plates)
        if occupied:
            self._passing_seen_at = scene.at
            if not self._passing and self._waiting is None:
                self._comes_back = not scene.covers_arrival
            self._passing = True
        elif scene.at - self._passing_seen_at >= self._pace.clear_s:
            self._passing = False
        if not self._passing and not scene.covers_arrival:
            self._comes_back = False
        known = {plate.number for plate in scene.plates}
        came = {plate.number for plate in plates if plate.number not in mine} if self._comes_back else set()
        self._from_beyond = (self._from_beyond & known) | came

    def _has_left(self, waiting: _Waiting, scene: Scene) -> bool:
        own = [plate for plate in scene.plates if plate.number in waiting.plates and plate.zone == "arrival"]
        others = [plate for plate in self._arrived(scene, waiting.came_at) if plate.number not in waiting.plates]
        if not own:
            # Two plates at once are two vehicles: only one that shows none may have got a new track.
            own = [plate for plate in _foremost(others) if waiting.may_own(plate)]
        for plate in own:
            waiting.take(plate, scene.at)
        is_under = any(plate.number in waiting.plates and plate.zone == "passing" for plate in scene.plates)
        is_hidden = scene.at - waiting.plate_seen_at >= self._pace.leave_s
        if is_under or (self._passing and is_hidden):
            waiting.went_on = True
        if own or scene.covers_arrival:
            waiting.seen_at = scene.at
        if waiting.went_on and not own:
            if any(plate.confidence >= _SURE for plate in others):
                return True
            if not self._passing and waiting.plates:
                # It went through; what covers the arrival zone is the next one.
                return True
        if not self._passing:
            waiting.went_on = False
        return scene.at - waiting.seen_at >= self._pace.leave_s

    def _arriving(self, scene: Scene) -> _Waiting | None:
        if not scene.covers_arrival:
            self._covered_since = None
        elif self._covered_since is None:
            self._covered_since = scene.at
        came_at = scene.at if self._covered_since is None else self._covered_since
        here = self._arrived(scene, came_at)
        stands = scene.at - came_at >= self._pace.unread_s
        if not here and (not stands or self._comes_back):
            return None
        vehicle = _Waiting(came_at, seen_at=scene.at, plate_seen_at=scene.at)
        for plate in _foremost(here):
            vehicle.take(plate, scene.at)
        return vehicle

    def _arrived(self, scene: Scene, since: float) -> list[SeenPlate]:
        """The plates in the arrival zone that came there with what covers it. One that is far off covers nothing; a
        parked one neither moved, nor came with what has covered the zone `since`."""
        if not scene.covers_arrival:
            return []
        return [
            plate
            for plate in scene.plates
            if plate.zone == "arrival"
            and plate.number not in self._from_beyond
            and (plate.has_moved or plate.since >= since - self._pace.leave_s)
        ]


def _foremost(plates: Sequence[SeenPlate]) -> list[SeenPlate]:
    """The one that is furthest along the lane, if any."""
    return sorted(plates, key=lambda plate: plate.ahead)[-1:]
