"""A video file as frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from vision.errors import SourceUnavailable
from vision.types import Frame


class VideoSource:
    """Every frame of a video file, in order, decoded on one thread."""

    def __init__(self, path: Path) -> None:
        """Raises SourceUnavailable for a file that is missing or no video."""
        self._path = path
        if not path.is_file():
            raise SourceUnavailable(f"there is no video {path}; check the path")
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        if not self._capture.isOpened():
            raise SourceUnavailable(f"{path} cannot be opened as a video; convert it to MP4 with H.264")

    def frames(self) -> Iterator[Frame]:
        """The frames. Raises SourceUnavailable when the file gives none at all."""
        index = 0
        while True:
            there, image = self._capture.read()
            if not there:
                break
            yield Frame(np.asarray(image, dtype=np.uint8), str(self._path), index)
            index += 1
        if index == 0:
            raise SourceUnavailable(f"{self._path} holds no frame that can be decoded; copy it from its origin again")

    def close(self) -> None:
        """Closes the file."""
        self._capture.release()
