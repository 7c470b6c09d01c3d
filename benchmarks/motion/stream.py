"""A stream as a lane's camera sends it for an hour: mostly idle, a vehicle now and then, each with a plate of its own.

The idle frames are a clip's own, played forwards and backwards; the vehicles are drawn into them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import numpy as np

from benchmarks.errors import ClipNotWritten
from benchmarks.motion.idle import idle_frames
from benchmarks.motion.passages import Fleet, timetable
from benchmarks.videos.truth import SUFFIX, Span, make_truth, write_truth
from vision.errors import SourceUnavailable
from vision.types import Image

_CODING = {"preset": "veryfast", "tune": "zerolatency", "crf": "23", "sc_threshold": "0", "threads": "1"}
"""Of libx264; cameras, too, code each frame at once and start no group because a vehicle comes."""


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """What is built: `vehicles` come in `minutes`; `aside` as in `Fleet`; a keyframe every `keyframe_s` seconds."""

    minutes: float
    vehicles: int
    seed: int = 0
    aside: float = 0.2
    keyframe_s: float = 1.5


def build_stream(clip: Path, plan: StreamPlan, file: Path, tell: Callable[[int, int], None]) -> None:
    """Write the stream as H.264, and its truth beside it. `tell` hears of frames written and in all.

    The frames come at the clip's own rate. The same clip and plan show the same vehicles at the same times. Raises
    NoIdleStretch, TooBusy, SourceUnavailable, ClipNotWritten.
    """
    rate = _rate(clip)
    idle = idle_frames(clip, float(rate))
    height, width = idle[0].shape[:2]
    count = round(plan.minutes * 60 * rate)
    rng = np.random.default_rng([plan.seed, 0])
    passages = timetable(rng, count, plan.vehicles, float(rate))
    fleet = Fleet(plan.vehicles, plan.seed, width, height, plan.aside)
    spans: list[Span] = []

    def pictures() -> Iterator[Image]:
        lane = _to_and_fro(idle)
        shown = 0
        for passage in passages:
            yield from islice(lane, passage.start - shown)
            seen = []
            for index, (layer, is_seen) in enumerate(fleet.layers(passage, float(rate)), passage.start):
                empty = next(lane)
                yield empty if layer is None else layer.over(empty)
                if is_seen:
                    seen.append(index)
            shown = passage.start + passage.frames
            spans.append(Span(fleet.text(passage.car), min(seen), max(seen)))
        yield from islice(lane, count - shown)

    _encode(pictures(), file, rate, round(plan.keyframe_s * rate), lambda written: tell(written, count))
    # a generated plate is nobody's, so the same salt may serve every time
    write_truth(make_truth(file, spans, salt=f"{plan.seed:032x}"), file.with_name(file.name + SUFFIX))


def _to_and_fro(frames: Sequence[Image]) -> Iterator[Image]:
    """The frames forwards and backwards for ever, so that each is next to one that was next to it in the clip."""
    return cycle([*frames, *frames[-2:0:-1]])


def _rate(clip: Path) -> Fraction:
    """Frames a second. Raises SourceUnavailable."""
    try:
        with av.open(str(clip)) as container:
            rate = container.streams.video[0].average_rate
    except (av.FFmpegError, IndexError) as error:
        raise SourceUnavailable(f"{clip} cannot be opened as a video; convert it to MP4 with H.264") from error
    if not rate:
        raise SourceUnavailable(f"{clip} does not say how many frames it has a second; convert it to MP4 with H.264")
    return rate.limit_denominator(1000)


def _encode(pictures: Iterator[Image], file: Path, rate: Fraction, group: int, tell: Callable[[int], None]) -> None:
    """Write H.264 as cameras send it: a keyframe every `group` frames, none coded out of order."""
    try:
        with av.open(str(file), "w") as container:
            stream = container.add_stream("libx264", rate=rate, options={**_CODING, "g": str(group)})
            for written, picture in enumerate(pictures, 1):
                frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
                if written == 1:
                    stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
                container.mux(stream.encode(frame))
                tell(written)
            container.mux(stream.encode())
    except (av.FFmpegError, OSError) as error:
        raise ClipNotWritten(f"{file} cannot be written ({error}): choose another folder") from error
