"""A camera plugged into this computer."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from vision.picture import Picture, Sleeper, WholePicture
from vision.sources.live import Capture, LiveSource, Patience
from vision.types import Frame


class UsbSource(LiveSource):
    """The newest frames of the camera with a number, as the system counts them from 0 (`/dev/video0`)."""

    def __init__(self, number: int, patience: Patience | None = None) -> None:
        name = f"usb:{number}"

        def connect() -> Capture | None:
            device = cv2.VideoCapture(number, cv2.CAP_ANY)
            return _UsbCapture(device, name) if device.isOpened() else None

        super().__init__(name, connect, patience)


class _UsbCapture:
    """The pictures of a camera that OpenCV has opened; each is whole by itself."""

    def __init__(self, device: cv2.VideoCapture, name: str) -> None:
        self._device = device
        self._name = name

    def pictures(self, sleeper: Sleeper) -> Iterator[Picture]:  # noqa: ARG002 - nothing is saved by leaving one out
        """The pictures until the camera stops sending."""
        while True:
            came, image = self._device.read()
            if not came:
                return
            yield WholePicture(Frame(np.asarray(image, dtype=np.uint8), self._name))

    def release(self) -> None:
        """Lets the camera go."""
        self._device.release()
