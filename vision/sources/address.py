"""Which source a text names: the one place where a kind of source is chosen."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from vision.errors import SourceUnavailable, VisionError
from vision.ports import FrameSource
from vision.sources.folder import FolderSource
from vision.sources.rtsp import SCHEMES, RtspSource
from vision.sources.usb import UsbSource
from vision.sources.video import VideoSource

_USB = re.compile(r"(?:usb:|/dev/video)(\d+)")


def open_source(text: str, report: Callable[[Path, VisionError], None] | None = None) -> FrameSource:
    """The source that `text` names: an rtsp or http address, `usb:0` or `/dev/video0`, a folder, or a video file.

    `report` is told of a folder's pictures that cannot be read. Raises SourceUnavailable for anything else.
    """
    if urlsplit(text).scheme in SCHEMES:
        return RtspSource(text)
    usb = _USB.fullmatch(text)
    if usb:
        return UsbSource(int(usb[1]))
    path = Path(text)
    if path.is_dir():
        return FolderSource(path, report)
    if path.is_file():
        return VideoSource(path)
    raise SourceUnavailable(
        f"{text} is no folder, video, rtsp:// or http:// address, nor a camera such as usb:0; check the spelling"
    )
