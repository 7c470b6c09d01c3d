"""Vision workers: frames go over in shared memory, a dead worker costs nothing but time, and every failure is typed."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import segno
from lot_process import support_path
from odd_lookers import OddLooker, dying, tampered

import models.card
from lot_server.adapters.vision_child import LookerFactory, load_pipeline
from lot_server.adapters.vision_workers import VisionWorkers
from lot_server.errors import VisionFailed, VisionTimeout, VisionUnavailable, VisionWorkerDied
from vision.errors import SourceUnavailable, UnreadableImage
from vision.grammar import Grammar
from vision.types import Frame, Sighting

T = TypeVar("T")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def frame(value: int, source: str = "gate", index: int = 0, size: tuple[int, int] = (90, 160)) -> Frame:
    return Frame(np.full((*size, 3), value, np.uint8), source, index, NOON)


async def burst(*frames: Frame) -> AsyncIterator[Frame]:
    for each in frames:
        yield each


async def read(workers: VisionWorkers, *frames: Frame) -> Sighting | None:
    return await workers.sight(burst(*frames))


def wait_for(file: Path) -> None:
    while not file.exists():
        time.sleep(0.001)


def with_workers(
    scenario: Callable[[VisionWorkers], Awaitable[T]],
    factory: LookerFactory = OddLooker,
    count: int = 1,
    timeout_s: float = 30.0,
) -> T:
    """Run a scenario on started workers and close them."""

    async def run() -> T:
        workers = VisionWorkers(factory, count, timeout_s, Grammar())
        await workers.start()
        try:
            return await scenario(workers)
        finally:
            await workers.close()

    return asyncio.run(run())


def shared_segments(pid: int) -> list[Path]:
    """The shared memory that a process made and nobody gave back."""
    return list(Path("/dev/shm").glob(f"openlot-{pid}-*"))


def test_evidence_is_the_callers_own_frames() -> None:
    """Pixels arrive whole, and the sighting's evidence refers to the very frames that were given."""
    frames = [frame(10), frame(10, index=1, size=(33, 77))]

    async def scenario(workers: VisionWorkers) -> None:
        sighting = await read(workers, *frames)
        assert sighting is not None
        assert sighting.text == "10"
        assert shared_segments(os.getpid())
        assert all(any(each.frame is given for each in sighting.evidence) for given in frames)
        larger = await read(workers, frame(77, size=(1080, 1920)), frame(77, index=1, size=(1080, 1920)))
        assert larger is not None
        assert [each.read.text for each in larger.evidence] == ["77", "77"]
        assert await read(workers, frame(0, "empty")) is None

    with_workers(scenario)
    assert shared_segments(os.getpid()) == []


def test_a_frame_is_read_while_the_next_one_is_on_its_way(tmp_path: Path) -> None:
    """A camera that gives its second frame only after the first was read does not wait in vain."""
    was_read = tmp_path / "read"

    async def patient_camera() -> AsyncIterator[Frame]:
        yield frame(10, f"touch:{was_read}")
        await asyncio.to_thread(wait_for, was_read)
        yield frame(10, index=1)

    async def scenario(workers: VisionWorkers) -> Sighting | None:
        return await workers.sight(patient_camera())

    sighting = with_workers(scenario)
    assert sighting is not None
    assert sighting.frames_read == 2


def test_codes_are_read_where_plates_are() -> None:
    """A worker reads a QR code on one frame and a plate on the next."""
    dark = np.array([list(row) for row in segno.make("OLT1", micro=False).matrix_iter(border=4)])
    grey = np.kron(1 - (dark > 0), np.full((8, 8), 230)).astype(np.uint8)
    shown = Frame(np.repeat(grey[..., None], 3, axis=2), "gate", 0, NOON)

    async def scenario(workers: VisionWorkers) -> None:
        assert await workers.codes(shown) == ("OLT1",)
        assert await workers.codes(frame(10)) == ()
        sighting = await read(workers, frame(10))
        assert sighting is not None
        assert sighting.text == "10"

    with_workers(scenario)


def test_a_camera_that_fails_in_a_burst_fails_the_read() -> None:
    """What the camera raises after a good frame comes out of the read, and the worker goes on."""

    async def torn() -> AsyncIterator[Frame]:
        yield frame(10)
        raise SourceUnavailable("the camera is gone")

    async def scenario(workers: VisionWorkers) -> None:
        pids = workers.pids
        with pytest.raises(SourceUnavailable, match="is gone"):
            await workers.sight(torn())
        assert await read(workers, frame(2)) is not None
        assert workers.pids == pids

    with_workers(scenario)


def test_workers_read_side_by_side() -> None:
    """More reads than workers all come back, each with its own answer."""

    async def scenario(workers: VisionWorkers) -> list[str]:
        sightings = await asyncio.gather(*(read(workers, frame(value)) for value in range(12)))
        return [each.evidence[0].read.guess for each in sightings if each is not None]

    assert with_workers(scenario, count=2) == [str(value) for value in range(12)]


def test_a_read_survives_its_workers_death(tmp_path: Path) -> None:
    """A worker that dies at work is replaced and the read comes from its successor."""

    async def scenario(workers: VisionWorkers) -> None:
        before = workers.pids
        sighting = await read(workers, frame(5, f"die-once:{tmp_path / 'died'}"))
        assert sighting is not None
        assert sighting.evidence[0].read.text == "5"
        assert workers.pids != before

    with_workers(scenario)


def test_a_worker_killed_while_idle_is_replaced() -> None:
    """After kill -9 of every worker the next read succeeds."""

    async def scenario(workers: VisionWorkers) -> None:
        before = workers.pids
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        sighting = await read(workers, frame(9))
        assert sighting is not None
        assert not set(workers.pids) & set(before)

    with_workers(scenario, count=2)


def test_frames_that_kill_two_workers_are_given_up() -> None:
    """A read that kills its worker twice raises VisionWorkerDied, and the next read works."""

    async def scenario(workers: VisionWorkers) -> None:
        with pytest.raises(VisionWorkerDied, match="ticket"):
            await read(workers, frame(1, "die"))
        assert await read(workers, frame(2)) is not None

    with_workers(scenario)


def test_a_hanging_worker_is_replaced() -> None:
    """A read over its time raises VisionTimeout; its worker is killed, and the next read works."""

    async def scenario(workers: VisionWorkers) -> None:
        hanging = workers.pids
        with pytest.raises(VisionTimeout, match="replaced"):
            await read(workers, frame(1, "hang"))
        workers._timeout_s = 30.0
        assert await read(workers, frame(2)) is not None
        assert workers.pids != hanging

    with_workers(scenario, timeout_s=0.3)


def test_failures_in_a_worker_come_back_typed() -> None:
    """Vision's own errors keep their type and message; any other becomes VisionFailed; the worker goes on."""

    async def scenario(workers: VisionWorkers) -> None:
        pids = workers.pids
        with pytest.raises(UnreadableImage, match="clean the camera"):
            await read(workers, frame(1, "refuse"))
        with pytest.raises(VisionFailed, match="ZeroDivisionError: a fault of ours"):
            await read(workers, frame(1, "break"))
        assert await read(workers, frame(2)) is not None
        assert workers.pids == pids

    with_workers(scenario)


def test_a_cancelled_read_leaves_its_worker_usable() -> None:
    """The worker of a read nobody waits for any more finishes it and takes the next one."""

    async def scenario(workers: VisionWorkers) -> None:
        pids = workers.pids
        given_up = asyncio.create_task(read(workers, frame(1)))
        await asyncio.sleep(0)
        given_up.cancel()
        sighting = await read(workers, frame(3))
        assert sighting is not None
        assert sighting.evidence[0].read.text == "3"
        assert workers.pids == pids

    with_workers(scenario)


@pytest.mark.parametrize(
    ("factory", "reason"),
    [
        pytest.param(tampered, "tampered_weights: detector.onnx", id="tampered-weights"),
        pytest.param(dying, "did not start", id="crash"),
    ],
)
def test_workers_that_cannot_start_say_why(factory: LookerFactory, reason: str) -> None:
    """`start` raises VisionUnavailable with the reason, and leaves no process and no memory behind."""

    async def scenario(_: VisionWorkers) -> None:
        raise AssertionError("started")

    with pytest.raises(VisionUnavailable, match=reason):
        with_workers(scenario, factory, count=2)
    assert shared_segments(os.getpid()) == []


def test_shipped_weights_that_were_changed_are_refused(tmp_path: Path) -> None:
    """One flipped byte in a copy of the shipped detector keeps the workers from starting, with the reason."""
    shipped = Path(models.card.__file__).parent
    card = tmp_path / "cards" / "detector.toml"
    card.parent.mkdir()
    card.write_bytes((shipped / "cards" / "detector.toml").read_bytes())
    shutil.copytree(shipped / "weights", tmp_path / "weights")
    for weights in (tmp_path / "weights").glob("detector*.onnx"):
        content = bytearray(weights.read_bytes())
        content[len(content) // 2] ^= 1
        weights.write_bytes(content)

    async def scenario(_: VisionWorkers) -> None:
        raise AssertionError("started")

    with pytest.raises(VisionUnavailable, match="cannot start: tampered_weights: "):
        with_workers(scenario, partial(load_pipeline, str(card), "reader", "any", "cpu"))


def test_the_shipped_reader_reads_in_a_worker() -> None:
    """The shipped pipeline starts in a worker, and finds no plate in a plain grey picture."""

    async def scenario(workers: VisionWorkers) -> None:
        assert await read(workers, frame(96, size=(720, 1280))) is None

    with_workers(scenario, partial(load_pipeline, "detector", "reader", "any", "cpu"))


SERVER = """
import asyncio, numpy as np, sys
from odd_lookers import OddLooker
from lot_server.adapters.vision_workers import VisionWorkers
from vision.grammar import Grammar
from vision.types import Frame

async def burst():
    yield Frame(np.zeros((720, 1280, 3), np.uint8), "gate")

async def main():
    workers = VisionWorkers(OddLooker, 2, 30.0, Grammar())
    await workers.start()
    await workers.sight(burst())
    print(*workers.pids, flush=True)
    if sys.argv[1] == "close":
        await workers.close()
    else:
        await asyncio.sleep(60)

if __name__ == "__main__":
    asyncio.run(main())
"""


def run_server(tmp_path: Path, word: str) -> subprocess.Popen[str]:
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    environment = os.environ | {"PYTHONPATH": support_path()}
    command = [sys.executable, "-W", "error", str(script), word]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def test_a_clean_end_leaves_no_memory_and_no_complaint(tmp_path: Path) -> None:
    """After `close` the shared memory is gone and neither process nor resource tracker wrote a word."""
    server = run_server(tmp_path, "close")
    _, complaints = server.communicate(timeout=60)
    assert (server.returncode, complaints) == (0, "")
    assert shared_segments(server.pid) == []


def test_workers_end_with_a_killed_server(tmp_path: Path) -> None:
    """kill -9 of the server leaves no worker behind: both ends of the output pipe close, so reading it ends."""
    server = run_server(tmp_path, "stay")
    assert server.stdout is not None
    pids = [int(word) for word in server.stdout.readline().split()]
    assert len(pids) == 2
    server.kill()
    server.communicate(timeout=60)
    assert [pid for pid in pids if Path(f"/proc/{pid}/cmdline").exists() and not _zombie(pid)] == []


def _zombie(pid: int) -> bool:
    return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
