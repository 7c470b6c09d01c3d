"""A lane whose loops, camera, reader, barrier and display a test works by hand, and a lot's first facts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from lot_server.domain.events import LotDescribed, PassGranted, TariffPublished
from lot_server.domain.stay import Pass
from lot_server.domain.tariff import RateLine, Tariff
from lot_server.errors import BarrierFault
from lot_server.ports import BarrierState, LaneMessage, LoopChange, LoopName, Work
from vision.errors import SourceUnavailable
from vision.types import Box, Detection, EvidenceFrame, Frame, Image, PlateRead, PositionDistribution, Sighting

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
TARIFF = Tariff(1, "CNY", MORNING - timedelta(days=30), 15, (RateLine(0, 60, 500),), 4000, 15, 10)
PASS = Pass("pass-1", "沪B88888", "monthly", MORNING - timedelta(days=1), MORNING + timedelta(days=30))
_CORNERS = ((0.0, 0.0), (9.0, 0.0), (9.0, 3.0), (0.0, 3.0))


class HandClock:
    """Shows the time a test sets."""

    simulated = True

    def __init__(self, now: datetime = MORNING) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def real(self, span: timedelta) -> float:
        return span.total_seconds()

    def forward(self, **span: float) -> None:
        self.time += timedelta(**span)


def open_lot(work: Work, spaces: int = 3) -> None:
    """The facts a lot starts with: itself, one tariff, one pass."""
    work.record(
        LotDescribed("Test", "1 Road", 31_000_000, 121_000_000, spaces, spaces, "Asia/Shanghai", "CNY"), MORNING
    )
    work.record(TariffPublished(TARIFF), MORNING)
    work.record(PassGranted(PASS), MORNING)


def picture(shade: int = 0) -> Image:
    return np.full((4, 10, 3), shade, np.uint8)


def sighting(text: str, smudged: dict[int, tuple[tuple[str, float], ...]] | None = None, sure: bool = True) -> Sighting:
    """A read of `text` at 0.99 a character, with the distributions of some positions replaced."""
    characters = {i: ((character, 0.99),) for i, character in enumerate(text)} | (smudged or {})
    positions = tuple(
        PositionDistribution(characters[i], 1 - sum(each for _, each in characters[i]), 0.001) for i in range(len(text))
    )
    guess = "".join(characters[i][0][0] for i in range(len(text)))
    insertions = (0.001,) * (len(text) + 1)
    read = PlateRead(
        Detection(Box(0, 0, 9, 3), _CORNERS, 0.9), guess if sure else None, guess, guess, 0.95,
        (0.99,) * len(text), positions, insertions, "cn", "blue", "single",
    )  # fmt: skip
    frame = EvidenceFrame(Frame(picture(7), "hand"), read)
    return Sighting(
        read.text,
        guess,
        guess,
        0.95,
        read.char_confidences,
        positions,
        insertions,
        (),
        "cn",
        "blue",
        "single",
        1,
        (frame,),
    )


@dataclass
class HandLane:
    """All ports of one lane. What it was told is in `commands` and `messages`."""

    seen: Sighting | Exception | None = None
    camera_works: bool = True
    barrier_works: bool = True
    barrier: BarrierState = "closed"
    standing: set[LoopName] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)
    messages: list[LaneMessage] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    reading: asyncio.Event = field(default_factory=asyncio.Event)
    closing_takes: asyncio.Event | None = None
    _changes: asyncio.Queue[LoopChange] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self.reading.set()

    # The test's hand

    def roll(self, loop: LoopName, on: bool) -> None:
        (self.standing.add if on else self.standing.discard)(loop)
        self._changes.put_nowait(LoopChange(loop, on))

    def drive_through(self) -> None:
        self.roll("closing", True)
        self.roll("arming", False)
        self.roll("closing", False)

    # The lane's parts

    async def burst(self, count: int) -> AsyncIterator[Frame]:
        if not self.camera_works:
            raise SourceUnavailable("the camera gives no picture: check its cable")
        for index in range(count):
            yield Frame(picture(), "hand", index)

    async def sight(self, frames: AsyncIterator[Frame]) -> Sighting | None:
        async for _ in frames:
            pass
        await self.reading.wait()
        if isinstance(self.seen, Exception):
            raise self.seen
        return self.seen

    async def open(self) -> None:
        if not self.barrier_works:
            raise BarrierFault("the barrier does not move: look at its motor")
        self.commands.append("open")
        self.barrier = "open"

    async def close(self) -> None:
        assert "closing" not in self.standing, "a barrier was told to close on a vehicle"
        if not self.barrier_works:
            raise BarrierFault("the barrier does not move: look at its motor")
        self.commands.append("close") if self.closing_takes is None else await self.closing_takes.wait()
        self.barrier = "closed"

    async def state(self) -> BarrierState:
        return self.barrier

    async def occupied(self) -> frozenset[LoopName]:
        if "loops" in self.broken:
            raise OSError("no answer on the bus")
        return frozenset(self.standing)

    async def changes(self) -> AsyncIterator[LoopChange]:
        while True:
            yield await self._changes.get()

    async def show(self, message: LaneMessage) -> None:
        if "display" in self.broken:
            raise OSError("no answer on the bus")
        self.messages.append(message)


class HandArchive:
    """Keeps pictures in memory."""

    def __init__(self) -> None:
        self.kept: list[Image] = []
        self.broken: Exception | None = None

    def keep(self, frame: Frame) -> str:
        if self.broken is not None:
            raise self.broken
        self.kept.append(frame.image)
        return f"{len(self.kept):064x}"
