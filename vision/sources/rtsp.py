"""A network camera: RTSP, or motion JPEG over HTTP."""

from __future__ import annotations

from urllib.parse import urlsplit

import cv2

from vision.sources.live import Capture, LiveSource, Patience

SCHEMES = ("rtsp", "rtsps", "http", "https")
_TIMEOUT_MS = 10_000


class RtspSource(LiveSource):
    """The newest frames of the camera at an address such as `rtsp://user:word@10.0.0.5/stream1`."""

    def __init__(self, address: str, patience: Patience | None = None) -> None:
        """Messages and frames call the camera by its address without user and password."""

        def connect() -> Capture | None:
            options = [
                *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _TIMEOUT_MS),
                *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, _TIMEOUT_MS),
                *(cv2.CAP_PROP_N_THREADS, 1),
            ]
            capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, options)
            return capture if capture.isOpened() else None

        super().__init__(without_credentials(address), connect, patience)


def without_credentials(address: str) -> str:
    """The address with user and password taken out, fit to be logged."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
