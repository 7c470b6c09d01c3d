"""What a camera sees: a lane with a vehicle now and then, drawn, or somebody's clip; at so many frames a second.

A camera shows its stream over and over. It is coded as cameras do it: H.264 with a keyframe every two seconds, no
pictures that wait for later ones, about as many bits for every second.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from benchmarks.cameras import mark
from benchmarks.cameras.errors import BadClip
from benchmarks.simulation.grain import Grain
from benchmarks.videos.camera import HEIGHT, WIDTH
from benchmarks.videos.clips import Drive, Recipe, Shot
from benchmarks.videos.render import pictures
from vision.motion import MotionGate
from vision.sources.video import VideoSource
from vision.types import Image

KEYFRAME_S = 2
_PASSAGE = ((0.0, 30.0), (4.0, 4.6), (6.0, 4.6), (7.8, -5.0))
"""A vehicle's way, (second, metres before the camera): it comes from afar, stops for two seconds, and drives on."""
PASSAGE_S = 8.0
_LENGTHWAYS = 0.4
"""Share of the quiet time that lies before the vehicle."""
_NOISE = 3.0
"""Standard deviation in grey levels of a 1080p camera's noise."""
_BITS_A_PIXEL = 0.08
"""What a camera spends: 4 Mbit/s for 25 pictures a second in 1080p."""
_CODING = {"preset": "veryfast", "tune": "zerolatency", "sc_threshold": "0"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What streams are to show: `clip`, its first `seconds`, or drawn traffic where it is None; other vehicles by
    `seed`, in pictures of `height` lines."""

    clip: str | None
    seconds: float
    vehicles_an_hour: float
    height: int
    seed: int


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as it was coded. `plates` are those of its vehicles, None where nobody knows.

    `moving` is the share of frames in which the motion gate does not rest. At the frames `quiet`, all keyframes, and
    for a second before them nothing moves.
    """

    file: str
    rate: int
    frames: int
    width: int
    height: int
    plates: tuple[str, ...] | None
    moving: float
    quiet: tuple[int, ...]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.frames / self.rate


def make_stream(wish: Wish, rate: int, folder: Path) -> Stream:
    """Draw or take over the frames, number them, and code them into `folder`. Raises BadClip, SourceUnavailable."""
    if wish.clip is None:
        plates, shown = _drawn(wish, rate)
    else:
        plates, shown = None, _taken_over(Path(os.path.expandvars(wish.clip)), wish.seconds, rate)
    file = folder / f"{rate}.mp4"
    gate, moves, size = MotionGate(), [], (0, 0)
    with av.open(str(file), "w") as container:
        coded = container.add_stream("libx264", rate=rate, options={**_CODING, "g": str(KEYFRAME_S * rate)})
        coded.thread_count = 1
        for number, picture in enumerate(shown):
            if not number:
                size = (picture.shape[1], picture.shape[0])
                coded.width, coded.height, coded.pix_fmt = *size, "yuv420p"
                coded.bit_rate = round(_BITS_A_PIXEL * size[0] * size[1] * rate)
            mark.draw_number(picture, number)
            gate.passes(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8), False)
            moves.append(not gate.rests)
            container.mux(coded.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(coded.encode())
    quiet = tuple(_quiet(moves, rate))
    # a gate takes the first frame of all for motion, which it is not where the stream goes on as it ended
    settling = moves.index(False) if 0 in quiet else 0
    moving = sum(moves[settling:]) / len(moves)
    return Stream(file.name, rate, len(moves), *size, plates, moving, quiet)


def _quiet(moves: list[bool], rate: int) -> Iterator[int]:
    """Keyframes with a second before them in which nothing moved; that before the first is the stream's last."""
    for number in range(0, len(moves), KEYFRAME_S * rate):
        before = moves[number - rate : number] if number else moves[-rate:]
        if not any(before):
            yield number


def _drawn(wish: Wish, rate: int) -> tuple[tuple[str, ...], Iterator[Image]]:
    """One vehicle, and nothing before and after it for as long as the traffic says; its plate, and the pictures."""
    quiet = 3600 / wish.vehicles_an_hour - PASSAGE_S
    if quiet < 0:
        raise BadClip(f"at most {3600 / PASSAGE_S:g} vehicles an hour can be drawn; give fewer, or a --clip")
    before = round(quiet * _LENGTHWAYS * rate) / rate
    shots = (
        Shot(before, (), noise=0.0),
        Shot(PASSAGE_S, (Drive(0, _PASSAGE),), noise=0.0),
        Shot(quiet - before, (), noise=0.0),
    )
    recipe = Recipe("gate", 500 + wish.seed, shots)
    plates = tuple(vehicle.text for vehicle in next(pictures(recipe, rate))[0].vehicles)
    return plates, _at_size(recipe, rate, wish.height)


def _at_size(recipe: Recipe, rate: int, height: int) -> Iterator[Image]:
    """Pictures are drawn small; noise is laid over them at their full size."""
    width = round(height * WIDTH / HEIGHT / 2) * 2
    rng = np.random.default_rng(recipe.seed)
    grain = Grain(rng, height, width, _NOISE)
    for _, _, picture in pictures(recipe, rate):
        whole = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
        yield grain.over(rng, np.asarray(whole, dtype=np.uint8))


def _taken_over(clip: Path, seconds: float, rate: int) -> Iterator[Image]:
    """The frames of a clip nearest to the wanted moments, in sizes that can be coded."""
    source = VideoSource(clip)
    own = _rate_of(clip)
    if own < rate * 0.99:
        raise BadClip(f"{clip} has {own:g} frames a second; ask for no more by --fps")
    wanted = 0
    for frame in source.frames():
        if wanted >= round(seconds * rate) or wanted >= mark.MOST_FRAMES:
            break
        if frame.index < round(wanted * own / rate):
            continue
        height, width = frame.height // 2 * 2, frame.width // 2 * 2
        if width < mark.WIDTH or height < mark.HEIGHT:
            raise BadClip(f"{clip} is narrower than {mark.WIDTH} pixels; give a larger one")
        yield frame.image[:height, :width].copy()
        wanted += 1
    source.close()


def _rate_of(clip: Path) -> float:
    with av.open(str(clip)) as container:
        rate = container.streams.video[0].average_rate
        if rate is None:
            raise BadClip(f"{clip} tells no frames a second; code it again")
        return float(rate)
