"""Reads for vehicles that nobody photographed: what the shipped reader made of some other plate, laid over theirs.

A passage has one recorded read; each frame of its burst shows it again, since frames taken in a row fail alike. From
there on it goes the way of any read: through the tracker, the fusion and the lane.
"""

import random
from collections.abc import AsyncIterator, Sequence

from benchmarks.matching.patterns import Order, ReadPattern, Replayed, replay
from benchmarks.matching.recording import Recording
from benchmarks.week.virtual_loop import virtual_loop
from lot_server.domain.evidence import PPM, PositionEvidence
from lot_server.ports import PlateReader
from vision.grammar import Grammar, printed_form
from vision.read import LEAST_CONFIDENCE
from vision.standing import Look, standing_vehicle
from vision.types import Box, Color, Detection, Frame, PlateRead, PositionDistribution, Region, Sighting

FEWEST_PATTERNS = 20
"""Recorded reads that a kind of plate needs: with fewer, entry and exit would be read by the same failures."""
PIXELS = "pixels"
"""How the source of a frame begins that is a real picture."""
_REGIONS: tuple[Region, ...] = ("cn", "eu", "us", "br", "other")
_COLORS: tuple[Color, ...] = ("blue", "green", "yellow", "white", "black", "other")


class Patterns:
    """Recorded reads of Chinese plates that nothing was fitted to, by the kinds of their characters."""

    def __init__(self, recording: Recording) -> None:
        pools: dict[str, list[ReadPattern]] = {}
        for pattern in recording.held_back(chinese=True):
            pools.setdefault(pattern.kinds, []).append(pattern)
        self._pools = {kinds: pool for kinds, pool in pools.items() if len(pool) >= FEWEST_PATTERNS}
        self.order: Order = recording.order
        self.reader = recording.reader

    @property
    def kinds(self) -> Sequence[str]:
        return tuple(self._pools)

    def weight(self, kinds: str) -> int:
        """How many reads of a kind there are."""
        return len(self._pools[kinds])

    def draw(self, kinds: str, chance: random.Random) -> int:
        """One of the reads, by its number."""
        return chance.randrange(len(self._pools[kinds]))

    def read(self, kinds: str, number: int, plate: str, seed: int) -> PlateRead | None:
        """The read of a number as it would have been of `plate`; None where no plate was found."""
        pattern = self._pools[kinds][number]
        return as_plate_read(replay(pattern, plate, self.order, random.Random(seed)))


def as_plate_read(replayed: Replayed) -> PlateRead | None:
    """The read of one frame, its plate in the middle of the picture."""
    if replayed.guess is None or replayed.evidence is None:
        return None
    evidence, guess = replayed.evidence, replayed.guess
    region: Region = next((each for each in _REGIONS if each == evidence.region), "other")
    color: Color = next((each for each in _COLORS if each == evidence.color), "other")
    box = Box(30.0, 24.0, 66.0, 36.0)
    corners = ((box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2))
    return PlateRead(
        detection=Detection(box, corners, 0.9),
        text=guess if replayed.confidence >= LEAST_CONFIDENCE else None,
        guess=guess,
        printed=printed_form(guess, region),
        confidence=replayed.confidence,
        char_confidences=tuple(
            dict(position.characters).get(character, 0) / PPM
            for character, position in zip(guess, evidence.positions, strict=True)
        ),
        positions=tuple(_distribution(each) for each in evidence.positions),
        insertions=tuple(each / PPM for each in evidence.insertions),
        region=region,
        color=color,
        layout="single",
    )


def _distribution(position: PositionEvidence) -> PositionDistribution:
    named = tuple((character, ppm / PPM) for character, ppm in position.characters)
    return PositionDistribution(named, position.rest / PPM, position.deletion / PPM)


class WeekReader:
    """A `PlateReader`: recorded reads for most frames, the shipped networks for those that are real pictures.

    `replays` has the read of each frame's source, None for a vehicle whose plate cannot be seen.
    """

    def __init__(self, pixels: PlateReader | None) -> None:
        self.replays: dict[str, PlateRead | None] = {}
        self.from_pixels = 0
        self.replayed = 0
        self._pixels = pixels
        self._grammar = Grammar("any")

    async def sight(self, frames: AsyncIterator[Frame]) -> Sighting | None:
        taken = [frame async for frame in frames]
        first = taken[0].source
        if first.startswith(PIXELS):
            assert self._pixels is not None
            self.from_pixels += 1
            return await self._pixels.sight(_again(taken))
        self.replayed += 1
        looks = [_look(frame, self.replays.get(frame.source)) for frame in taken]
        return await virtual_loop().run_in_executor(None, standing_vehicle, looks, self._grammar)


async def _again(frames: Sequence[Frame]) -> AsyncIterator[Frame]:
    for frame in frames:
        yield frame


def _look(frame: Frame, read: PlateRead | None) -> Look:
    return Look(frame, () if read is None else (read,))
