"""Cameras that speak RTSP, all at one port: each shows its footage over and over, at its pace, to whoever connects.

An address is rtsp://HOST:PORT/NAME or …/NAME/FRAME, which begins with the last keyframe at or before that frame. Frames
travel in the connection itself (interleaved), as most cameras are read; UDP is refused.
"""

from __future__ import annotations

import secrets
import select
import socketserver
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.cameras.h264 import Footage, payloads
from benchmarks.cameras.rtsp import CLOCK, PAYLOAD_TYPE, TRACK, Inbox, Request, description, response

_PATIENCE_S = 10.0
"""Seconds after which a client that takes no more bytes is let go."""
_VERSION = 2 << 6
_LAST_OF_PICTURE = 1 << 7
_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN"


@dataclass(frozen=True, slots=True)
class Show:
    """What a camera shows. After `frames_a_connection` it hangs up, as one does that restarts; None: never."""

    footage: Footage
    frames_a_connection: int | None = None


class RtspServer(socketserver.ThreadingTCPServer):
    """Serves `shows` by name, on a free port of 127.0.0.1; what a name shows may be changed for later connections."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, shows: Mapping[str, Show]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.shows = dict(shows)

    def address(self, name: str, frame: int = 0) -> str:
        """Where a camera is read, from a frame on."""
        return f"rtsp://127.0.0.1:{self.server_address[1]}/{name}/{frame}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """While it answers, in a thread of its own."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class _Connection(socketserver.BaseRequestHandler):
    """One client: requests are answered in between the frames."""

    server: RtspServer

    def setup(self) -> None:
        self.request.settimeout(_PATIENCE_S)
        self._inbox = Inbox()
        self._session = secrets.token_hex(8)
        self._channel: int | None = None
        self._playing: _Playing | None = None

    def handle(self) -> None:
        try:
            while self._answer_until_due():
                if self._playing is not None and not self._playing.send_next():
                    return
        except OSError:  # the client has gone, or takes nothing more
            return

    def _answer_until_due(self) -> bool:
        """Answers what is asked until a frame is due; False once the client is done."""
        while True:
            pause = None if self._playing is None else self._playing.due - time.monotonic()
            readable, _, _ = select.select([self.request], [], [], None if pause is None else max(0.0, pause))
            if not readable:
                return True
            more = self.request.recv(65536)
            if not more:
                return False
            try:
                requests = self._inbox.take(more)
            except ValueError:
                self.request.sendall(response(Request("", "", {}), 400))
                return False
            for request in requests:
                self.request.sendall(self._answer(request))
                if request.method == "TEARDOWN":
                    return False
            if self._playing is not None and self._playing.due <= time.monotonic():
                return True

    def _answer(self, request: Request) -> bytes:
        name, _, frame = request.path.partition("/")
        show = self.server.shows.get(name)
        if request.method == "OPTIONS":
            return response(request, 200, {"Public": _METHODS})
        if show is None or not (frame or "0").isdecimal():
            return response(request, 404)
        match request.method:
            case "DESCRIBE":
                headers = {"Content-Base": f"{request.address.rstrip('/')}/", "Content-Type": "application/sdp"}
                return response(request, 200, headers, description(show.footage))
            case "SETUP":
                return self._set_up(request)
            case "PLAY":
                if self._channel is None:
                    return response(request, 455)
                if not self._is_own(request):
                    return response(request, 454)
                self._playing = _Playing(self, show, int(frame or "0"), self._channel)
                return response(request, 200, {"Session": self._session, "RTP-Info": self._playing.told(request)})
            case "GET_PARAMETER" | "SET_PARAMETER" | "TEARDOWN":
                return response(request, 200 if self._is_own(request) else 454, {"Session": self._session})
            case _:
                return response(request, 501)

    def _set_up(self, request: Request) -> bytes:
        for offer in request.headers.get("transport", "").split(","):
            words = offer.strip().split(";")
            channels = next((word.partition("=")[2] for word in words if word.startswith("interleaved=")), "0-1")
            first = channels.partition("-")[0]
            if words[0].upper() == "RTP/AVP/TCP" and first.isdecimal() and int(first) < 256:
                self._channel = int(first)
                transport = f"RTP/AVP/TCP;unicast;interleaved={channels}"
                return response(request, 200, {"Transport": transport, "Session": f"{self._session};timeout=60"})
        return response(request, 461)

    def _is_own(self, request: Request) -> bool:
        return request.headers.get("session", "").partition(";")[0] == self._session


class _Playing:
    """Footage on its way to one client."""

    def __init__(self, connection: _Connection, show: Show, frame: int, channel: int) -> None:
        self._socket, self._channel = connection.request, channel
        self._footage, self._most = show.footage, show.frames_a_connection
        self._first = show.footage.keyframe_before(frame)
        self._sent = 0
        self._sequence, self._stamp = secrets.randbits(16), secrets.randbits(32)
        self._source = secrets.randbits(32)
        self._began = time.monotonic()

    @property
    def due(self) -> float:
        """When the next frame is to leave, by `time.monotonic`."""
        return self._began + self._sent / self._footage.rate

    def told(self, request: Request) -> str:
        """The header that says how sequence numbers and stamps begin (RFC 2326, 12.33)."""
        address = request.address.rstrip("/").removesuffix(f"/{TRACK}")
        return f"url={address}/{TRACK};seq={self._sequence};rtptime={self._stamp}"

    def send_next(self) -> bool:
        """Sends the frame that is due; False once the camera hangs up. Raises OSError."""
        if self._most is not None and self._sent >= self._most:
            return False
        unit = self._footage.units[(self._first + self._sent) % len(self._footage.units)]
        stamp = (self._stamp + round(self._sent * CLOCK / self._footage.rate)) & 0xFFFFFFFF
        parts = payloads(unit)
        packets = bytearray()
        for place, payload in enumerate(parts, 1):
            kind = PAYLOAD_TYPE | (_LAST_OF_PICTURE if place == len(parts) else 0)
            head = struct.pack("!BBHII", _VERSION, kind, self._sequence, stamp, self._source)
            packets += struct.pack("!cBH", b"$", self._channel, len(head) + len(payload)) + head + payload
            self._sequence = self._sequence + 1 & 0xFFFF
        self._socket.sendall(packets)
        self._sent += 1
        return True
