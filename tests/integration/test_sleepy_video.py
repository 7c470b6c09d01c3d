"""While nothing moves before the camera only keyframes are decoded, and no frame of what comes is lost."""

from collections.abc import Callable, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vision.motion import MotionGate
from vision.sources.video import VideoSource
from vision.types import Frame, Image, Luma

FRAMES, GROUP = 120, 15
"""Of a clip of 10 frames a second: a keyframe every second and a half."""


class _Sleeper:
    """Looks at pictures with nothing but the motion gate."""

    def __init__(self) -> None:
        self._gate = MotionGate()
        self.seen: list[int] = []

    @property
    def sleeps(self) -> bool:
        return self._gate.rests

    def is_woken_by(self, luma: Luma) -> bool:
        return self._gate.is_moved_by(luma)

    def look(self, frame: Frame, luma: Luma) -> None:
        self._gate.passes(luma, True)
        self.seen.append(frame.index)


def _scene(index: int, come: Sequence[int]) -> Image:
    rng = np.random.default_rng(5)
    road = cv2.resize(rng.integers(60, 140, (12, 16, 3), dtype=np.uint8), (160, 120), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(road + np.random.default_rng(index).normal(0, 2, road.shape), 0, 255).astype(np.uint8)
    if index in come:
        at = 10 + index - come[0]
        picture[45:75, at : at + 45] = rng.integers(0, 255, (30, 45, 3), dtype=np.uint8)
    return np.asarray(picture, dtype=np.uint8)


@pytest.fixture
def clip(tmp_path: Path) -> Callable[..., Path]:
    """Writes a clip in which something comes in the given frames."""

    def write(come: Sequence[int], group: int = GROUP, **options: str) -> Path:
        path = tmp_path / "lane.mp4"
        coding = {"preset": "ultrafast", "g": str(group), "sc_threshold": "0", "threads": "1", **options}
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=10, options=coding)
            stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
            for index in range(FRAMES):
                frame = av.VideoFrame.from_ndarray(_scene(index, come), format="bgr24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write


def _seen(path: Path) -> list[int]:
    sleeper, source = _Sleeper(), VideoSource(path)
    whole = [frame.image for frame in VideoSource(path).frames()]
    assert len(whole) == FRAMES
    for picture in source.pictures(sleeper):
        frame = picture.frame()
        assert np.array_equal(frame.image, whole[frame.index])
        sleeper.look(frame, picture.luma)
    source.close()
    assert sleeper.seen == sorted(set(sleeper.seen))
    return sleeper.seen


@pytest.mark.parametrize("options", [{"tune": "zerolatency"}, {"bf": "2", "preset": "veryfast"}], ids=["plain", "b"])
@pytest.mark.parametrize(
    "come",
    [range(67, 100), range(75, 100), range(74, 76), range(113, 120)],
    ids=["between keyframes", "with a keyframe", "round a keyframe", "after the last"],
)
def test_nothing_that_comes_is_lost(clip: Callable[..., Path], come: range, options: dict[str, str]) -> None:
    """Every frame of something that comes is given, as it is in the whole video, from its group's keyframe on; of
    idle groups before it only the keyframe is, whether or not frames are coded out of order."""
    seen = _seen(clip(come, **options))
    assert set(come) <= set(seen)
    assert set(seen) & set(range(45, 60)) == {45}


def test_what_comes_and_goes_between_two_keyframes_is_seen(clip: Callable[..., Path]) -> None:
    """The weight of its packets wakes the sleeper, though no keyframe shows it."""
    come = range(77, 85)
    seen = _seen(clip(come, tune="zerolatency"))
    assert set(come) <= set(seen)
    assert len(seen) < FRAMES / 2 + GROUP


def test_a_still_lane_is_looked_at_by_its_keyframes(clip: Callable[..., Path]) -> None:
    """After the first groups only keyframes are given until the last one, after which none comes."""
    seen = _seen(clip((), tune="zerolatency"))
    assert set(seen) & set(range(2 * GROUP, FRAMES - GROUP)) == set(range(2 * GROUP, FRAMES - GROUP, GROUP))


def test_long_groups_are_not_slept_through(clip: Callable[..., Path]) -> None:
    """Where keyframes are many seconds apart, every frame is given."""
    assert _seen(clip(range(70, 80), group=60)) == list(range(FRAMES))
