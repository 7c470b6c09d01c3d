"""One vision worker as the server sees it: a child process, its pipe and its shared memory."""

import asyncio
import multiprocessing
from collections.abc import Callable

from lot_server.adapters.shared_frame import FrameWriter, SharedFrame
from lot_server.adapters.vision_child import (
    Begun,
    Broken,
    CodeJob,
    CodesSeen,
    Job,
    LookerFactory,
    PlateJob,
    Ready,
    Refused,
    Seen,
    StartFailed,
    serve,
)
from lot_server.errors import (
    LotError,
    VisionFailed,
    VisionTimeout,
    VisionUnavailable,
    VisionWorkerDied,
    VisionWorkerGone,
)
from vision.types import Frame, PlateRead

START_SECONDS = 60.0
END_SECONDS = 5.0


class VisionWorker:
    """A child process that reads. `gone` is set once it has ended, for whatever reason."""

    def __init__(self, factory: LookerFactory) -> None:
        """Start the process; `wait_ready` says when it reads. Needs the running event loop."""
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        # A daemon ends with the server's interpreter even if nobody came to close it.
        self._process = context.Process(target=serve, args=(theirs, factory), name="openlot-vision", daemon=True)
        self._process.start()
        theirs.close()
        self._pid = int(self._process.pid or 0)
        self._frames = FrameWriter()
        self._in_use = asyncio.Lock()
        self._closed = False
        self.gone = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._process.sentinel, self._ended)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._pid

    async def wait_ready(self) -> None:
        """Return once the worker can read. Raises VisionUnavailable with the reason where it cannot."""
        try:
            answer = await self._receive(START_SECONDS)
        except LotError as error:
            raise VisionUnavailable(f"a vision worker did not start ({error}): look at its output") from error
        match answer:
            case Ready():
                return
            case StartFailed(code, message):
                raise VisionUnavailable(f"the vision workers cannot start: {code}: {message}")
            case _:
                raise VisionUnavailable(f"a vision worker began with {type(answer).__name__}: report this as a fault")

    async def look(self, frame: Frame, timeout_s: float) -> tuple[PlateRead, ...]:
        """What the worker read on a frame; raises as `_ask`."""
        match await self._ask(frame, PlateJob, timeout_s):
            case Seen(reads):
                return reads
            case answer:
                raise _unexpected(answer)

    async def codes(self, frame: Frame, timeout_s: float) -> tuple[str, ...]:
        """The texts of the QR codes on a frame; raises as `_ask`."""
        match await self._ask(frame, CodeJob, timeout_s):
            case CodesSeen(texts):
                return texts
            case answer:
                raise _unexpected(answer)

    def kill(self) -> None:
        """End the process now."""
        if not self.gone.is_set():
            self._process.kill()

    async def close(self) -> None:
        """Let the process end by itself, kill it if it does not, and give back what it used. May be called again."""
        async with self._in_use:
            if self._closed:
                return
            self._connection.close()
            try:
                async with asyncio.timeout(END_SECONDS):
                    await self.gone.wait()
            except TimeoutError:
                self.kill()
                await self.gone.wait()
            self._process.join()
            self._process.close()
            self._frames.release()
            self._closed = True

    async def _ask(self, frame: Frame, kind: Callable[[SharedFrame], Job], timeout_s: float) -> object:
        """The worker's answer to a job.

        Raises VisionWorkerGone where the job was never begun, VisionWorkerDied, VisionTimeout (the worker is killed
        then), VisionFailed, and vision's own VisionError.
        """
        async with self._in_use:
            if self.gone.is_set():
                raise VisionWorkerGone(f"vision worker {self.pid} has ended")
            job = kind(await asyncio.to_thread(self._frames.write, frame))
            try:
                await self._begin(job, timeout_s)
                answer = await self._receive(timeout_s)
            except (VisionTimeout, VisionWorkerDied):
                self.kill()
                await self.gone.wait()
                raise
        match answer:
            case Refused(error, message):
                raise error(message)
            case Broken(message):
                raise VisionFailed(f"reading failed ({message}): keep the photos and report this as a fault")
        return answer

    async def _begin(self, job: Job, timeout_s: float) -> None:
        try:
            self._connection.send(job)
            answer = await self._receive(timeout_s)
        except (OSError, VisionWorkerDied) as error:
            raise VisionWorkerGone(f"vision worker {self.pid} does not listen any more") from error
        if not isinstance(answer, Begun):
            raise VisionWorkerDied(f"vision worker {self.pid} answered {type(answer).__name__} before it began")

    async def _receive(self, timeout_s: float) -> object:
        readable = self._loop.create_future()
        handle = self._connection.fileno()

        def tell() -> None:
            if not readable.done():
                readable.set_result(None)

        self._loop.add_reader(handle, tell)
        try:
            async with asyncio.timeout(timeout_s):
                await readable
            message: object = self._connection.recv()
        except TimeoutError as error:
            raise VisionTimeout(
                f"vision worker {self.pid} gave no answer in {timeout_s:g} s: it is replaced"
            ) from error
        except (EOFError, OSError) as error:
            raise VisionWorkerDied(f"vision worker {self.pid} died at work") from error
        finally:
            self._loop.remove_reader(handle)
        return message

    def _ended(self) -> None:
        self._loop.remove_reader(self._process.sentinel)
        self.gone.set()


def _unexpected(answer: object) -> VisionFailed:
    return VisionFailed(f"a vision worker answered {type(answer).__name__}: report this as a fault")
