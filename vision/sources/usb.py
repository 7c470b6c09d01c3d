"""A camera plugged into this computer."""

from __future__ import annotations

import cv2

from vision.sources.live import Capture, LiveSource, Patience


class UsbSource(LiveSource):
    """The newest frames of the camera with a number, as the system counts them from 0 (`/dev/video0`)."""

    def __init__(self, number: int, patience: Patience | None = None) -> None:
        def connect() -> Capture | None:
            capture = cv2.VideoCapture(number, cv2.CAP_ANY)
            return capture if capture.isOpened() else None

        super().__init__(f"usb:{number}", connect, patience)
