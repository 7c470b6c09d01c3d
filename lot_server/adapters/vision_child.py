"""What runs in a vision worker's own process, and the messages between it and the server."""

import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Protocol

import numpy as np

from lot_server.adapters.shared_frame import FrameView, SharedFrame
from lot_server.domain.clock import Clock
from lot_server.log import LogSection, start_logging
from vision.codes import CodeReader
from vision.errors import VisionError
from vision.grammar import RegionHint
from vision.pipeline import Pipeline
from vision.session import Provider
from vision.types import Frame, PlateRead

WARM_UP_SHAPE = (720, 1280, 3)

log = logging.getLogger(__name__)


class Looker(Protocol):
    """What reads in a worker; `vision.pipeline.Pipeline` does."""

    def look(self, frame: Frame) -> tuple[PlateRead, ...]: ...


LookerFactory = Callable[[], Looker]
"""Called once in each worker; it is pickled, so it must be a function of a module or a partial of one."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker can read."""


@dataclass(frozen=True, slots=True)
class Begun:
    """The worker has the job before it: should it die now, the frame may be why."""


@dataclass(frozen=True, slots=True)
class StartFailed:
    """The worker cannot read, and why: an error's code and message."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PlateJob:
    """Read the plates on a frame."""

    frame: SharedFrame


@dataclass(frozen=True, slots=True)
class CodeJob:
    """Read the QR codes on a frame."""

    frame: SharedFrame


Job = PlateJob | CodeJob


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read on the frame."""

    reads: tuple[PlateRead, ...]


@dataclass(frozen=True, slots=True)
class CodesSeen:
    """The texts of the QR codes on the frame."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """This frame cannot be read, by vision's own word."""

    kind: type[VisionError]
    message: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Reading failed in a way that vision does not know: a fault to report."""

    message: str


def load_pipeline(detector: str, reader: str, region: RegionHint, provider: Provider) -> Looker:
    """The shipped reader, run once, so that the first vehicle does not wait for it. Raises as `Pipeline.load`."""
    pipeline = Pipeline.load(detector, reader, region=region, provider=provider)
    pipeline.look(Frame(np.zeros(WARM_UP_SHAPE, np.uint8), "warm-up"))
    return pipeline


def logged(section: LogSection, clock: Clock, factory: LookerFactory) -> Looker:
    """What `factory` makes, with this process's log set up as the server's is."""
    start_logging(section, clock)
    return factory()


def serve(connection: Connection, factory: LookerFactory) -> None:
    """Answer jobs until the server closes its end, be it by dying."""
    # Ctrl-C in a terminal reaches the whole process group; it is the server that ends its workers then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        looker = factory()
    except Exception as error:  # whatever it is, the server must hear the reason
        connection.send(StartFailed(getattr(error, "code", "vision_failed"), str(error) or type(error).__name__))
        return
    connection.send(Ready())
    view, codes = FrameView(), CodeReader()
    try:
        while True:
            job = connection.recv()
            connection.send(Begun())
            connection.send(_answer(looker, codes, view, job))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _answer(looker: Looker, codes: CodeReader, view: FrameView, job: Job) -> Seen | CodesSeen | Refused | Broken:
    try:
        frame = view.frame(job.frame)
        if isinstance(job, CodeJob):
            return CodesSeen(codes.read(frame.image))
        return Seen(looker.look(frame))
    except VisionError as error:
        return Refused(type(error), str(error))
    except Exception as error:
        log.exception("reading failed")
        return Broken(f"{type(error).__name__}: {error}")
