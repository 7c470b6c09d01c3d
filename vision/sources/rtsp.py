"""A network camera: RTSP, or motion JPEG over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import av

from vision.picture import Picture, Sleeper
from vision.sources.coded_video import CodedVideo
from vision.sources.live import Capture, LiveSource, Patience
from vision.sources.sleep import SleepyVideo

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

    def pictures(self, sleeper: Sleeper) -> Iterator[Picture]:
        """The pictures until the stream breaks off."""
        with suppress(av.FFmpegError):
            yield from SleepyVideo(self._video, sleeper).pictures()

    def release(self) -> None:
        """Ends the connection."""
        self._video.close()


def without_credentials(address: str) -> str:
    """The address with user and password taken out, fit to be logged."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
