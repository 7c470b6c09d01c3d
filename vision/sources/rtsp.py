"""A network camera: RTSP, or motion JPEG over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import av
import numpy as np
from numpy.typing import NDArray

from vision.sources.coded_video import CodedPicture, CodedVideo
from vision.sources.live import Capture, LiveSource, Patience

SCHEMES = ("rtsp", "rtsps", "http", "https")
_TIMEOUT_S = 10.0
_OVER_TCP = {"rtsp_transport": "tcp"}
"""UDP loses packets, and with one of them all frames until the next keyframe."""


class RtspSource(LiveSource):
    """The newest frames of the camera at an address such as `rtsp://user:word@10.0.0.5/stream1`."""

    def __init__(self, address: str, patience: Patience | None = None) -> None:
        """Messages and frames call the camera by its address without user and password."""
        name = without_credentials(address)

        def connect() -> Capture | None:
            options = _OVER_TCP if urlsplit(address).scheme.startswith("rtsp") else {}
            try:
                return _NetworkCapture(CodedVideo(av.open(address, options=options, timeout=_TIMEOUT_S), name))
            except (av.FFmpegError, ValueError):
                return None

        super().__init__(name, connect, patience)


class _NetworkCapture:
    """The pictures of a stream as a `Capture`."""

    def __init__(self, video: CodedVideo) -> None:
        self._video = video
        self._pictures = _decoded(video)

    def read(self) -> tuple[bool, NDArray[np.generic]]:
        """Whether a frame came, and the frame; none comes any more once the stream has broken off."""
        try:
            picture = next(self._pictures, None)
        except av.FFmpegError:
            picture = None
        return (False, np.empty(0, np.uint8)) if picture is None else (True, picture.frame().image)

    def release(self) -> None:
        """Ends the connection."""
        self._video.close()


def _decoded(video: CodedVideo) -> Iterator[CodedPicture]:
    for packet in video.packets():
        yield from video.decode([packet])


def without_credentials(address: str) -> str:
    """The address with user and password taken out, fit to be logged."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
