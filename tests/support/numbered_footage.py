"""Short H.264 clips of numbered grey frames, as cameras show them."""

from pathlib import Path

import av
import numpy as np

from benchmarks.cameras.mark import draw_number


def write_clip(file: Path, *, frames: int, rate: int, width: int = 320, height: int = 180, noise: int = 0) -> Path:
    """A clip whose frames are numbered from 0, with a keyframe every fifth; noise makes large pictures."""
    rng = np.random.default_rng(0)
    with av.open(str(file), "w") as container:
        coded = container.add_stream("libx264", rate=rate, options={"g": "5", "bf": "0", "preset": "ultrafast"})
        coded.width, coded.height, coded.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            picture = np.full((height, width, 3), 90, np.uint8)
            if noise:
                picture += rng.integers(0, noise, picture.shape, np.uint8)
            draw_number(picture, number)
            container.mux(coded.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(coded.encode())
    return file
