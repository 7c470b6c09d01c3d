"""RTSP 1.0 as far as a camera speaks it (RFC 2326): requests from bytes, responses to bytes, and its SDP."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.cameras.h264 import Footage

REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    501: "Not Implemented",
}
TRACK = "track"
"""What the one stream of a camera is called under its address."""
PAYLOAD_TYPE = 96
CLOCK = 90_000
"""Ticks a second of the time stamps of video (RFC 6184, 8.2.1)."""
_INTERLEAVED = ord("$")


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names in lower case."""

    method: str
    address: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        """The address's path without the track and slashes around it."""
        parts = [part for part in urlsplit(self.address).path.split("/") if part]
        return "/".join(parts[:-1] if parts and parts[-1] == TRACK else parts)


class Inbox:
    """Bytes of a connection as requests; what a client interleaves (its RTCP reports) is passed over."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def take(self, more: bytes) -> list[Request]:
        """The requests that are whole now. Raises ValueError for what is none."""
        self._bytes += more
        found = []
        while self._bytes:
            if self._bytes[0] == _INTERLEAVED:
                whole = 4 + int.from_bytes(self._bytes[2:4], "big")
                if len(self._bytes) < max(4, whole):
                    break
                del self._bytes[:whole]
                continue
            head, end, rest = bytes(self._bytes).partition(b"\r\n\r\n")
            if not end:
                break
            request = _request(head.decode("utf-8"))
            length = int(request.headers.get("content-length", 0))
            if len(rest) < length:
                break
            self._bytes = bytearray(rest[length:])
            found.append(request)
        return found


def response(request: Request, status: int, headers: Mapping[str, str] | None = None, body: str = "") -> bytes:
    """The bytes of a response to `request`."""
    lines = [f"RTSP/1.0 {status} {REASONS[status]}", f"CSeq: {request.headers.get('cseq', '0')}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    content = body.encode()
    if content:
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode() + content


def description(footage: Footage) -> str:
    """The SDP of a camera that shows `footage` (RFC 4566; RFC 6184, 8.2.1)."""
    sequence, picture = footage.parameters
    sets = ",".join(base64.b64encode(each).decode() for each in (sequence, picture))
    profile = sequence[1:4].hex()
    lines = [
        "v=0",
        "o=- 0 0 IN IP4 127.0.0.1",
        "s=gate",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK}",
        f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={sets}",
        f"a=framerate:{footage.rate:g}",
        f"a=control:{TRACK}",
    ]
    return "\r\n".join([*lines, ""])


def _request(head: str) -> Request:
    first, *rest = head.lstrip("\r\n").split("\r\n")
    words = first.split()
    if len(words) != 3 or words[2] != "RTSP/1.0":
        raise ValueError(f"no RTSP request: {first[:80]!r}")
    pairs = (line.partition(":") for line in rest)
    return Request(words[0], words[1], {name.strip().lower(): value.strip() for name, _, value in pairs})
