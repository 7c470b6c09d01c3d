"""Several lanes share the vision workers: none waits for another one's flood, dead worker, poison or camera."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from odd_lookers import OddLooker

from lot_server.adapters.vision_workers import VisionWorkers
from lot_server.errors import VisionWorkerDied
from vision.grammar import Grammar
from vision.types import Frame, Sighting


def frame(value: int, source: str) -> Frame:
    return Frame(np.full((9, 16, 3), value, np.uint8), source)


async def burst(*frames: Frame) -> AsyncIterator[Frame]:
    for each in frames:
        yield each


async def settled() -> None:
    """Let every task that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_lane_that_floods_makes_no_other_one_wait(tmp_path: Path) -> None:
    """Behind forty frames of one lane, two other lanes' frames are read with the first of them."""
    gate, notes = tmp_path / "gate", tmp_path / "notes"

    async def main() -> None:
        workers = VisionWorkers(OddLooker, 1, 30.0, Grammar())
        await workers.start()
        try:
            held = asyncio.create_task(workers.of_lane("other").sight(burst(frame(0, f"await:{gate}"))))
            await settled()
            flood = [frame(10 + index, f"note:{notes}") for index in range(40)]
            flooding = asyncio.create_task(workers.of_lane("busy").sight(burst(*flood)))
            await settled()
            quiet = [
                asyncio.create_task(workers.of_lane(lane).sight(burst(frame(value, f"note:{notes}"))))
                for lane, value in (("quiet", 100), ("third", 101))
            ]
            await settled()
            gate.touch()
            await asyncio.gather(held, flooding, *quiet)
        finally:
            await workers.close()

    asyncio.run(main())
    read = notes.read_text().split()
    assert len(read) == 42
    assert {"100", "101"} <= set(read[:3])


def test_frames_of_a_vehicle_that_left_are_not_read(tmp_path: Path) -> None:
    """Of a read that nobody waits for any more, the frames that wait for a worker are dropped."""
    gate, notes = tmp_path / "gate", tmp_path / "notes"

    async def main() -> Sighting | None:
        workers = VisionWorkers(OddLooker, 1, 30.0, Grammar())
        await workers.start()
        try:
            held = asyncio.create_task(workers.of_lane("other").sight(burst(frame(0, f"await:{gate}"))))
            await settled()
            left = [frame(10, f"note:{notes}") for _ in range(5)]
            leaving = asyncio.create_task(workers.of_lane("in").sight(burst(*left)))
            await settled()
            leaving.cancel()
            gate.touch()
            await held
            return await workers.of_lane("in").sight(burst(frame(20, f"note:{notes}")))
        finally:
            await workers.close()

    sighting = asyncio.run(main())
    assert sighting is not None
    assert notes.read_text().split() == ["20"]


def test_a_worker_that_dies_in_a_burst_costs_no_lane_its_read(tmp_path: Path) -> None:
    """One worker dies over the second frame of a burst, another lane's burst beside it: both are read whole."""

    async def main() -> list[Sighting | None]:
        workers = VisionWorkers(OddLooker, 2, 30.0, Grammar())
        await workers.start()
        try:
            mortal = [frame(10, "gate"), frame(10, f"die-once:{tmp_path / 'died'}"), frame(10, "gate")]
            reads = (
                workers.of_lane("in").sight(burst(*mortal)),
                workers.of_lane("out").sight(burst(*[frame(20, "gate")] * 3)),
            )
            return list(await asyncio.gather(*reads))
        finally:
            await workers.close()

    found = asyncio.run(main())
    assert [(each.guess, each.frames_read) for each in found if each is not None] == [("10", 3), ("20", 3)]


def test_a_lane_whose_frames_kill_keeps_no_other_one_from_being_read() -> None:
    """While every frame of one lane's camera kills its worker, another lane is read on the only worker there is."""

    async def main() -> None:
        workers = VisionWorkers(OddLooker, 1, 30.0, Grammar())
        await workers.start()
        try:
            poison = asyncio.create_task(workers.of_lane("in").sight(burst(frame(0, "die"))))
            await settled()
            sighting = await workers.of_lane("out").sight(burst(frame(20, "gate")))
            assert sighting is not None
            assert sighting.guess == "20"
            with pytest.raises(VisionWorkerDied):
                await poison
            assert workers.replaced >= 1
        finally:
            await workers.close()

    asyncio.run(main())


def test_a_camera_that_hangs_holds_no_worker() -> None:
    """A lane whose camera stops after its first frame waits alone: the others are read on the only worker."""

    async def hanging() -> AsyncIterator[Frame]:
        yield frame(1, "gate")
        await asyncio.Event().wait()

    async def main() -> None:
        workers = VisionWorkers(OddLooker, 1, 30.0, Grammar())
        await workers.start()
        try:
            stuck = asyncio.create_task(workers.of_lane("in").sight(hanging()))
            for _ in range(3):
                assert await workers.of_lane("out").sight(burst(*[frame(20, "gate")] * 3)) is not None
            assert not stuck.done()
            stuck.cancel()
            await asyncio.gather(stuck, return_exceptions=True)
            assert await workers.of_lane("in").sight(burst(frame(2, "gate"))) is not None
        finally:
            await workers.close()

    asyncio.run(main())


def test_a_watched_lane_is_read_on_its_newest_frame(tmp_path: Path) -> None:
    """Which frame is read is chosen when the lane's turn has come, not when it asked."""
    gate = tmp_path / "gate"

    async def main() -> None:
        workers = VisionWorkers(OddLooker, 1, 30.0, Grammar())
        await workers.start()
        try:
            held = asyncio.create_task(workers.of_lane("other").sight(burst(frame(0, f"await:{gate}"))))
            await settled()
            newest = [frame(1, "gate")]
            looking = asyncio.create_task(workers.look(lambda: newest[0], "watched"))
            await settled()
            newest[0] = frame(7, "gate")
            gate.touch()
            read_on, reads = await looking
            assert read_on is newest[0]
            assert [read.guess for read in reads] == ["7"]
            await held
        finally:
            await workers.close()

    asyncio.run(main())
