"""A video file as frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av

from vision.errors import SourceUnavailable
from vision.picture import Awake, Sleeper
from vision.sources.coded_video import CodedPicture, CodedVideo
from vision.sources.sleep import SleepyVideo
from vision.types import Frame


class VideoSource:
    """Every frame of a video file, in order, decoded on one thread."""

    def __init__(self, path: Path) -> None:
        """Raises SourceUnavailable for a file that is missing or no video."""
        self._path = path
        if not path.is_file():
            raise SourceUnavailable(f"there is no video {path}; check the path")
        try:
            self._video = CodedVideo(av.open(str(path)), str(path))
        except (av.FFmpegError, ValueError) as error:
            raise SourceUnavailable(f"{path} cannot be opened as a video; convert it to MP4 with H.264") from error

    def frames(self) -> Iterator[Frame]:
        """The frames. Raises SourceUnavailable when the file gives none at all, or reading it fails."""
        for picture in self.pictures(Awake()):
            yield picture.frame()

    def pictures(self, sleeper: Sleeper) -> Iterator[CodedPicture]:
        """The frames; while the sleeper sleeps and nothing moves, only keyframes. Raises as `frames`."""
        some = False
        try:
            for picture in SleepyVideo(self._video, sleeper).pictures():
                some = True
                yield picture
        except av.FFmpegError as error:
            raise SourceUnavailable(f"{self._path} cannot be read on ({error}); copy it from its origin") from error
        if not some:
            raise SourceUnavailable(f"{self._path} holds no frame that can be decoded; copy it from its origin again")

    def close(self) -> None:
        """Closes the file."""
        self._video.close()
