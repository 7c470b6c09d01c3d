"""Where a lane's camera is, as lot.toml names it."""

from dataclasses import dataclass
from typing import Literal, cast, get_args

from lot_server.errors import BadConfig

CameraKind = Literal["simulated", "rtsp", "rtsps", "http", "https", "usb", "folder", "video"]


@dataclass(frozen=True, slots=True)
class CameraAddress:
    """`kind` says how to reach it; `place` is the whole address, a number, or a path."""

    kind: CameraKind
    place: str


def camera_address(text: str) -> CameraAddress:
    """Raises BadConfig for what names no camera; the text is not repeated, since it may hold a password."""
    kind, _, rest = text.partition(":")
    if kind in get_args(CameraKind):
        if kind == "simulated" and not rest:
            return CameraAddress("simulated", "")
        if kind in ("rtsp", "rtsps", "http", "https") and len(rest) > 2 and rest.startswith("//"):
            return CameraAddress(cast(CameraKind, kind), text)
        if (kind == "usb" and rest.isdecimal()) or (kind in ("folder", "video") and rest):
            return CameraAddress(cast(CameraKind, kind), rest)
    raise BadConfig("camera must be rtsp://ADDRESS, http://ADDRESS, usb:NUMBER, folder:PATH, video:PATH or simulated")
