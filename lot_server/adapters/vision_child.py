"""What runs in a vision worker's own process, and the messages between it and the server."""

import logging
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Protocol

import numpy as np

from lot_server.adapters.shared_frames import FrameView, SharedFrames
from vision.errors import VisionError
from vision.grammar import RegionHint
from vision.pipeline import Pipeline
from vision.session import Provider
from vision.types import EvidenceFrame, Frame, PlateRead, Sighting

WARM_UP_SHAPE = (720, 1280, 3)

log = logging.getLogger(__name__)


class Sighter(Protocol):
    """What reads in a worker; `vision.pipeline.Pipeline` does."""

    def sight(self, frames: Sequence[Frame]) -> Sighting | None: ...


SighterFactory = Callable[[], Sighter]
"""Called once in each worker; it is pickled, so it must be a function of a module or a partial of one."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker can read."""


@dataclass(frozen=True, slots=True)
class Begun:
    """The worker has the job before it: should it die now, the frames may be why."""


@dataclass(frozen=True, slots=True)
class StartFailed:
    """The worker cannot read, and why: an error's code and message."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A sighting without its evidence frames, which the server has: their indexes and reads. None: no plate."""

    sighting: Sighting | None
    evidence: tuple[tuple[int, PlateRead], ...]

    def attach(self, frames: Sequence[Frame]) -> Sighting | None:
        """The sighting with the server's own frames as evidence."""
        if self.sighting is None:
            return None
        evidence = tuple(EvidenceFrame(frames[index], read) for index, read in self.evidence)
        return replace(self.sighting, evidence=evidence)


@dataclass(frozen=True, slots=True)
class Refused:
    """These frames cannot be read, by vision's own word."""

    kind: type[VisionError]
    message: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Reading failed in a way that vision does not know: a fault to report."""

    message: str


def load_pipeline(detector: str, reader: str, region: RegionHint, provider: Provider) -> Sighter:
    """The shipped reader, run once, so that the first vehicle does not wait for it. Raises as `Pipeline.load`."""
    pipeline = Pipeline.load(detector, reader, region=region, provider=provider)
    pipeline.sight([Frame(np.zeros(WARM_UP_SHAPE, np.uint8), "warm-up")])
    return pipeline


def serve(connection: Connection, factory: SighterFactory) -> None:
    """Answer jobs until the server closes its end, be it by dying."""
    # Ctrl-C in a terminal reaches the whole process group; it is the server that ends its workers then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        sighter = factory()
    except Exception as error:  # whatever it is, the server must hear the reason
        connection.send(StartFailed(getattr(error, "code", "vision_failed"), str(error) or type(error).__name__))
        return
    connection.send(Ready())
    view = FrameView()
    try:
        while True:
            job = connection.recv()
            connection.send(Begun())
            connection.send(_answer(sighter, view, job))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _answer(sighter: Sighter, view: FrameView, job: SharedFrames) -> Seen | Refused | Broken:
    try:
        frames = view.frames(job)
        sighting = sighter.sight(frames)
        return Seen(None, ()) if sighting is None else _without_pixels(sighting, frames)
    except VisionError as error:
        return Refused(type(error), str(error))
    except Exception as error:
        log.exception("reading failed")
        return Broken(f"{type(error).__name__}: {error}")


def _without_pixels(sighting: Sighting, frames: Sequence[Frame]) -> Seen:
    places = {id(frame): index for index, frame in enumerate(frames)}
    evidence = tuple((places[id(each.frame)], each.read) for each in sighting.evidence)
    return Seen(replace(sighting, evidence=()), evidence)
