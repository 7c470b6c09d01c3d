"""Plates read in child processes, so that a crash in native code costs one read and not the lanes or the database."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from lot_server.adapters.vision_child import LookerFactory
from lot_server.adapters.vision_turns import Turns
from lot_server.adapters.vision_worker import VisionWorker
from lot_server.errors import VisionUnavailable, VisionWorkerDied, VisionWorkerGone
from vision.grammar import Grammar
from vision.standing import Look, standing_vehicle
from vision.types import Frame, PlateRead, Sighting

ATTEMPTS = 2
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
Reads = tuple[PlateRead, ...]
T = TypeVar("T")

log = logging.getLogger(__name__)


class VisionWorkers:
    """A `PlateReader` and `CodeReader` over `count` worker processes; one that dies is replaced, its frame tried anew.

    Each frame is a job of its own, for whichever worker is free: it is read while the next one is on its way from the
    camera, and no lane holds a worker while it waits for frames. Lanes take turns, frame by frame, so that one that
    wants much makes no other one wait for it; a frame that nobody wants any more is not read.
    """

    def __init__(self, factory: LookerFactory, count: int, timeout_s: float, grammar: Grammar) -> None:
        """`factory` is called in each worker; a frame may take `timeout_s` seconds there. `start` starts them."""
        self._factory = factory
        self._count = count
        self._timeout_s = timeout_s
        self._grammar = grammar
        self._idle: Turns[VisionWorker] = Turns()
        self._workers: set[VisionWorker] = set()
        self._keepers: list[asyncio.Task[None]] = []
        self._jobs: set[asyncio.Task[Any]] = set()
        self._why_none: str | None = None
        self.replaced = 0
        """How many workers have ended and been replaced since `start`."""

    @property
    def pids(self) -> list[int]:
        """The process ids of the workers that live."""
        return sorted(worker.pid for worker in self._workers if not worker.gone.is_set())

    async def start(self) -> None:
        """Return once every worker can read. Raises VisionUnavailable with the reason of the first that cannot."""
        workers = [VisionWorker(self._factory) for _ in range(self._count)]
        try:
            await asyncio.gather(*(worker.wait_ready() for worker in workers))
        except BaseException:
            for worker in workers:
                worker.kill()
            await asyncio.gather(*(worker.close() for worker in workers))
            raise
        self._keepers = [asyncio.create_task(self._keep(worker)) for worker in workers]
        self._workers.update(workers)
        for worker in workers:
            self._idle.give(worker)

    def of_lane(self, lane_id: str) -> "LaneReader":
        """The reader of one lane, which takes turns with those of the others."""
        return LaneReader(self, lane_id)

    async def sight(self, frames: AsyncIterator[Frame], lane_id: str = "") -> Sighting | None:
        """The fused read of the vehicle on these frames; None where no frame shows a plate.

        Raises VisionError for a frame that cannot be read, VisionWorkerDied where two workers in a row died over one,
        VisionTimeout, VisionFailed, VisionUnavailable where no worker is to be had, and what `frames` raises.
        """
        taken: list[Frame] = []
        jobs: list[asyncio.Task[Reads]] = []
        try:
            async for frame in frames:
                taken.append(frame)
                jobs.append(self._begin(self._read(frame, lane_id)))
            reads = await asyncio.gather(*jobs)
        finally:
            for job in jobs:
                job.cancel()
        looks = [Look(frame, seen) for frame, seen in zip(taken, reads, strict=True)]
        return await asyncio.to_thread(standing_vehicle, looks, self._grammar)

    async def look(self, newest: Callable[[], Frame], lane_id: str) -> tuple[Frame, Reads]:
        """What stands on the frame that is the lane's newest when its turn comes, and that frame. Raises as `sight`."""

        async def look(worker: VisionWorker) -> tuple[Frame, Reads]:
            frame = newest()
            return frame, await worker.look(frame, self._timeout_s)

        return await self._work(look, lane_id)

    async def codes(self, frame: Frame) -> tuple[str, ...]:
        """The texts of the QR codes on a frame; all lanes' codes have one turn together. Raises as `sight`."""
        return await self._work(lambda worker: worker.codes(frame, self._timeout_s), "codes")

    async def close(self) -> None:
        """End every worker."""
        for task in (*self._keepers, *self._jobs):
            task.cancel()
        await asyncio.gather(*self._keepers, *self._jobs, return_exceptions=True)
        await asyncio.gather(*(worker.close() for worker in self._workers))
        self._workers.clear()

    async def _work(self, work: Callable[[VisionWorker], Awaitable[T]], lane_id: str) -> T:
        died = 0
        # Every worker may have been killed while it was idle; after those come replacements.
        for _ in range(self._count + ATTEMPTS):
            worker = await self._take(lane_id)
            # What nobody waits for any more runs on, so that its worker is known to be free afterwards.
            at_work = self._begin(self._done_by(worker, work))
            try:
                return await asyncio.shield(at_work)
            except VisionWorkerGone as error:
                log.error("%s", error)
            except VisionWorkerDied as error:
                died += 1
                log.error("%s (attempt %d of %d)", error, died, ATTEMPTS)
                if died == ATTEMPTS:
                    raise VisionWorkerDied(
                        f"{ATTEMPTS} vision workers died over the same frame: let the vehicle take a ticket"
                    ) from error
        raise VisionUnavailable("vision workers end before they begin to read: look at the server's log")

    def _begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        job = asyncio.create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._forget)
        return job

    async def _read(self, frame: Frame, lane_id: str) -> Reads:
        return (await self.look(lambda: frame, lane_id))[1]

    async def _done_by(self, worker: VisionWorker, work: Callable[[VisionWorker], Awaitable[T]]) -> T:
        try:
            return await work(worker)
        finally:
            if not worker.gone.is_set():
                self._idle.give(worker)

    async def _take(self, lane_id: str) -> VisionWorker:
        if self._why_none is not None and not self.pids:
            raise VisionUnavailable(self._why_none)
        try:
            async with asyncio.timeout(self._timeout_s):
                while True:
                    worker = await self._idle.take(lane_id)
                    if not worker.gone.is_set():
                        return worker
        except TimeoutError as error:
            raise VisionUnavailable(
                f"no vision worker was free within {self._timeout_s:g} s: give [vision] more workers"
            ) from error

    async def _keep(self, worker: VisionWorker) -> None:
        """Replace a worker for as long as the server runs."""
        while True:
            await worker.gone.wait()
            log.error("vision worker %d ended: starting another", worker.pid)
            await worker.close()
            self._workers.discard(worker)
            worker = await self._replacement()
            self._why_none = None
            self.replaced += 1
            self._workers.add(worker)
            self._idle.give(worker)

    async def _replacement(self) -> VisionWorker:
        pause = FIRST_PAUSE_SECONDS
        while True:
            worker = VisionWorker(self._factory)
            try:
                await worker.wait_ready()
            except VisionUnavailable as error:
                self._why_none = str(error)
                log.error("%s (next try in %g s)", error, pause)
            except asyncio.CancelledError:
                worker.kill()
                await worker.close()
                raise
            else:
                return worker
            worker.kill()
            await worker.close()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _forget(self, job: asyncio.Task[Any]) -> None:
        self._jobs.discard(job)
        if not job.cancelled() and job.exception() is not None:
            log.debug("a read ended with %r", job.exception())


class LaneReader:
    """A `PlateReader` for one lane."""

    def __init__(self, workers: VisionWorkers, lane_id: str) -> None:
        self._workers = workers
        self._lane_id = lane_id

    async def sight(self, frames: AsyncIterator[Frame]) -> Sighting | None:
        """As `VisionWorkers.sight`."""
        return await self._workers.sight(frames, self._lane_id)
