"""Which reads of successive frames are of the same vehicle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from vision.geometry import iou
from vision.place import Place
from vision.types import Box, EvidenceFrame, Frame, PlateRead

SAME_PLACE = 0.3
"""IoU of the plate's boxes in two frames from which it may be the same plate that hardly moved; so it may where one's
middle lies in the other, since a box is at times twice as large as its plate."""
SAME_TEXT = 0.7
"""Likeness of two guesses from which they may be one plate that has moved on (Ratcliff and Obershelp, 1988)."""
OTHER_TEXT = 0.4
"""Likeness under which two texts are of two vehicles, even at the same place, where it is likelier than not that both
are right."""
LONGEST_JUMP, MOST_GROWTH = 2.0, 1.6
"""How far a plate moves, in widths of its own, and by what factor it grows or shrinks between two reads, for a like
text to be its own and not that of the next vehicle of a fleet. A text that is just the same may jump any way."""
PATIENCE = 24
"""Frames in a row without the plate after which its vehicle has gone: a second of a usual camera, in which somebody
walks past it."""
FIRST_READS = 5
"""Reads after which a plate that stays where it is tells little more."""
SURE_READS = 3.0
"""Confidence of a track's agreeing reads, together, from which more of them change nothing. Until then a gap may break
the track: what was not read ties no plate to where it was."""
STANDS = 0.01
"""Widths of its own that the plate of a standing vehicle moves a frame at most."""
KEPT = 8
"""Reads, with their frames, that a track holds; a camera that stares at a parked car must not fill the memory."""

UNCHANGED = 0.1
"""Share of a place that noise and compression change at most."""
PLATE_GONE, SCENE_GONE = 0.25, 0.5
"""Shares of a plate and of its surroundings that must change for it to be another plate or none, and another scene:
somebody who walks past covers less than half of a plate's surroundings."""
SCENE_STAYS = 0.3
"""Share of the surroundings that may change, a frame round the plate, say, while the scene stays."""
STEP_ASIDE = 0.25
"""Heights of its own by which a plate must move to have moved; found corners of a still one tremble less."""
MOVES = 3
"""Moves that make a plate a vehicle's: it passes place after place, a printed text may take another place once."""
APART = 6
"""Frames in which plate and surroundings did not change together, from which on the plate is no vehicle's."""


@dataclass(slots=True, eq=False)
class Track:
    """One plate while it is in view: its best reads, how many there were in all, where it was last.

    A plate and the vehicle that carries it stay, move and go together. What never moved, and stays while the scene
    behind it changes, or goes while that stays, is printed on the picture by a camera or recorder: `is_printed`.
    """

    last: PlateRead
    place: Place
    """Where the plate stands, as it was when it came there."""
    last_seen: Place
    """The same when the plate was last there."""
    evidence: list[EvidenceFrame] = field(default_factory=list)
    frames_read: int = 0
    missed: int = 0
    read_at: int = 0
    """Index of the frame in which the plate was last read."""
    step: tuple[float, float] = (0.0, 0.0)
    """Pixels right and down that the plate moved a frame when it was last seen to move."""
    moves: int = 0
    stands: bool = False
    """Whether the plate moved, and stands where it was last read."""
    new_until: int = FIRST_READS
    """Reads up to which the plate is new to the view, or to the road again after it stood."""
    through_cut: bool = False
    frames_stayed_alone: int = 0
    """In which it stood before another scene."""
    frames_gone_alone: int = 0
    """In a row, in which it was not there and the scene was."""

    @property
    def has_moved(self) -> bool:
        """Whether the plate went through the scene as only a vehicle's does."""
        return self.moves >= MOVES

    @property
    def is_printed(self) -> bool:
        """Whether the plate belongs to the picture, not to a vehicle in it."""
        apart = max(self.frames_stayed_alone, self.frames_gone_alone) >= APART
        return self.through_cut or (apart and not self.has_moved)

    @property
    def is_worth_reading(self) -> bool:
        """Whether the plate is in view and another read may tell more: it is new, has just set off, where nothing
        tells yet how far it is by the next read, or passes by and is not sure.
        """
        if self.missed:
            return False
        if self.frames_read < self.new_until:
            return True
        surest = max((e.read for e in self.evidence), key=lambda known: known.confidence)
        agreeing = sum(e.read.confidence for e in self.evidence if e.read.guess == surest.guess)
        return self.has_moved and agreeing < SURE_READS

    def is_there(self, frame: Frame) -> bool:
        """Whether the plate's place still looks as it did when the plate was found there."""
        return self.place.changed(Place.of(frame.image, self.place.box))[0] <= UNCHANGED

    def likeness(self, read: PlateRead, index: int, is_there: bool) -> float:
        """How well `read` of the frame `index` continues this track, whose plate `is_there` still or not; 0: not."""
        before, expected, now = self.last.detection.box, self._expected(index), read.detection.box
        overlap = max(iou(before, now), iou(expected, now))
        is_here = _is_same_place(before, now) or _is_same_place(expected, now)
        if is_there and not is_here:
            # a recorder prints the text of the very vehicle that stands at the gate
            return 0.0
        surest = max((e.read for e in self.evidence), key=lambda known: known.confidence)
        both_right = surest.confidence * read.confidence > 0.5
        if both_right and text_likeness(read.guess, surest.guess) < OTHER_TEXT:
            return 0.0
        alike = max(text_likeness(read.guess, e.read.guess) for e in self.evidence)
        if read.text is not None and any(e.read.text == read.text for e in self.evidence):
            return overlap + alike
        moved_on = alike >= SAME_TEXT and _is_near(before, now)
        return overlap + alike if is_here or moved_on else 0.0

    def add(self, frame: Frame, read: PlateRead) -> None:
        """Takes one more read in; beyond KEPT the least confident one is let go."""
        box = read.detection.box
        here = Place.of(frame.image, self.place.box)
        plate, around = self.place.changed(here)
        across, down = _shift(self.last.detection.box, box)
        frames = max(1, frame.index - self.read_at)
        self.step = across / frames, down / frames
        self.missed, self.read_at = 0, frame.index
        if plate > UNCHANGED and _steps_between(self.place.box, box) > STEP_ASIDE:
            self.moves += 1
            self._set_off()
            self.place = self.last_seen = Place.of(frame.image, box)
        else:
            self._compare(here, plate, around)
        if self.has_moved and (self.step[0] ** 2 + self.step[1] ** 2) ** 0.5 <= STANDS * box.width:
            self.stands = True
            self.place = self.last_seen = Place.of(frame.image, box)
        self._keep(frame, read)

    def miss(self, frame: Frame) -> None:
        """Takes in that the plate was not found; it is not missing while its place looks as it did."""
        here = Place.of(frame.image, self.place.box)
        plate, around = self.place.changed(here)
        if plate <= UNCHANGED:
            self.missed = 0
        else:
            self.missed += 1
            scene_stays = self.last_seen.can_be_told and self.last_seen.changed(here)[1] <= SCENE_STAYS
            self.frames_gone_alone += scene_stays and plate >= PLATE_GONE
        self._compare(here, plate, around)

    def rest(self, frame: Frame) -> None:
        """Takes a frame in that was not read; where the plate missed already, it is looked for where it was."""
        if self.missed:
            self.miss(frame)
            return
        here = Place.of(frame.image, self.place.box)
        plate, around = self.place.changed(here)
        if plate > UNCHANGED:
            self._set_off()
        self._compare(here, plate, around)

    def _set_off(self) -> None:
        if self.stands:
            self.stands = False
            self.new_until = self.frames_read + FIRST_READS

    def stays_through_cut(self, frame: Frame) -> bool:
        """Whether the plate stands in `frame`, the first of another view, as it stood in the view before."""
        return not self.has_moved and self.is_there(frame)

    def _expected(self, index: int) -> Box:
        """Where the plate is in the frame `index` if it goes on as it did."""
        box, frames = self.last.detection.box, max(1, index - self.read_at)
        across, down = self.step[0] * frames, self.step[1] * frames
        return Box(box.x1 + across, box.y1 + down, box.x2 + across, box.y2 + down)

    def _compare(self, here: Place, plate: float, around: float) -> None:
        if plate > UNCHANGED:
            return
        self.last_seen = here
        self.frames_gone_alone = 0
        if around <= UNCHANGED:
            # what is compared follows the light of the day
            self.place = here
        elif around >= SCENE_GONE:
            self.frames_stayed_alone += 1

    def _keep(self, frame: Frame, read: PlateRead) -> None:
        self.evidence.append(EvidenceFrame(frame, read))
        self.frames_read += 1
        self.last = read
        if len(self.evidence) > KEPT:
            self.evidence.remove(min(self.evidence, key=lambda e: e.read.confidence))


class Tracker:
    """Follows vehicles through frames; its memory is bounded by what is in view."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The tracks of what is in view, or was a moment ago."""
        return tuple(self._tracks)

    @property
    def follows_any(self) -> bool:
        """Whether there is a track that unread frames tell something about."""
        return bool(self._tracks)

    @property
    def misses_one(self) -> bool:
        """Whether the plate of a track is not where it was, so that frames must show whether its vehicle has gone."""
        return any(track.missed for track in self._tracks)

    @property
    def is_eager(self) -> bool:
        """Whether there is a plate in view of which more reads are worth having."""
        return any(track.is_worth_reading for track in self._tracks)

    def update(self, frame: Frame, reads: Sequence[PlateRead]) -> list[Track]:
        """Takes one frame's reads in; returns the tracks of vehicles that have gone."""
        reads = _distinct(reads)
        there = {id(track): track.is_there(frame) for track in self._tracks}
        pairs = sorted(
            (
                (track.likeness(read, frame.index, there[id(track)]), track, read)
                for track in self._tracks
                for read in reads
            ),
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
        gone = self._age([track for track in self._tracks if id(track) not in taken], frame)
        for read in reads:
            if id(read) not in placed:
                here = Place.of(frame.image, read.detection.box)
                fresh = Track(read, here, here)
                fresh.add(frame, read)
                self._tracks.append(fresh)
        return gone

    def rest(self, frame: Frame) -> list[Track]:
        """Takes a frame in that was not read; returns the tracks of vehicles that have gone."""
        for track in self._tracks:
            track.rest(frame)
        return self._gone()

    def cut(self, frame: Frame) -> list[Track]:
        """Takes in that `frame` is the first of another view; returns the tracks of the vehicles of the one before.

        No vehicle goes from one view into the next: what stands in both at the same place is printed on the picture.
        """
        ended, self._tracks = self._tracks, []
        for track in ended:
            if track.stays_through_cut(frame):
                track.through_cut = True
                self._tracks.append(track)
        return [track for track in ended if not track.is_printed]

    def finish(self) -> list[Track]:
        """The tracks still open, when the source has ended."""
        rest, self._tracks = self._tracks, []
        return [track for track in rest if not track.is_printed]

    def _age(self, missing: Sequence[Track], frame: Frame) -> list[Track]:
        for track in missing:
            track.miss(frame)
        return self._gone()

    def _gone(self) -> list[Track]:
        gone = [track for track in self._tracks if track.missed > PATIENCE]
        self._tracks = [track for track in self._tracks if track.missed <= PATIENCE]
        return [track for track in gone if not track.is_printed]


def _distinct(reads: Sequence[PlateRead]) -> list[PlateRead]:
    """The reads of one frame, the surest where several boxes lie round one plate."""
    kept: list[PlateRead] = []
    for read in sorted(reads, key=lambda each: -each.confidence):
        if not any(_is_same_place(read.detection.box, other.detection.box) for other in kept):
            kept.append(read)
    return kept


def text_likeness(first: str, second: str) -> float:
    """How alike two texts are, 0..1; two empty texts are not alike, since nothing was read."""
    if not first or not second:
        return 0.0
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _is_same_place(before: Box, now: Box) -> bool:
    return iou(before, now) >= SAME_PLACE or _holds_middle(before, now) or _holds_middle(now, before)


def _holds_middle(outer: Box, inner: Box) -> bool:
    across, down = (inner.x1 + inner.x2) / 2, (inner.y1 + inner.y2) / 2
    return outer.x1 <= across <= outer.x2 and outer.y1 <= down <= outer.y2


def _is_near(before: Box, now: Box) -> bool:
    """Whether a plate may have gone from one box to the other between two reads."""
    larger, smaller = max(before.width, now.width), max(1.0, min(before.width, now.width))
    return larger / smaller <= MOST_GROWTH and _distance(before, now) <= LONGEST_JUMP * larger


def _steps_between(before: Box, now: Box) -> float:
    """How far a plate has moved, in heights of its own."""
    return _distance(before, now) / max(1.0, before.height)


def _distance(before: Box, now: Box) -> float:
    across, down = _shift(before, now)
    return float((across**2 + down**2) ** 0.5)


def _shift(before: Box, now: Box) -> tuple[float, float]:
    """Pixels right and down from one box's middle to the other's."""
    return (now.x1 + now.x2 - before.x1 - before.x2) / 2, (now.y1 + now.y2 - before.y1 - before.y2) / 2
