"""The bench's cameras speak RTSP: to FFmpeg, to a hand-written client, and to openlot's own source."""

import socket
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numbered_footage import write_clip

from benchmarks.cameras.errors import BadClip
from benchmarks.cameras.h264 import MOST_BYTES, AccessUnit, Footage, load_footage, payloads
from benchmarks.cameras.mark import number_in
from benchmarks.cameras.rtsp import Inbox
from benchmarks.cameras.rtsp_server import RtspServer, Show
from vision.sources.live import Patience
from vision.sources.rtsp import RtspSource

FRAMES, RATE = 40, 50


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    """Noisy frames, so that pictures take several packets."""
    return load_footage(write_clip(tmp_path_factory.mktemp("clip") / "a.mp4", frames=FRAMES, rate=RATE, noise=60))


@pytest.fixture
def server(footage: Footage) -> Iterator[RtspServer]:
    """A camera called gate."""
    server = RtspServer({"gate": Show(footage)})
    with server.running():
        yield server


def test_ffmpeg_gets_every_frame_in_order_over_and_over(server: RtspServer) -> None:
    """From the keyframe before the frame asked for, no picture is lost or changed places, also where the clip turns."""
    with av.open(server.address("gate", 18), options={"rtsp_transport": "tcp"}) as container:
        frames = container.decode(video=0)
        numbers = [number_in(next(frames).to_ndarray(format="gray")) for _ in range(60)]
    assert numbers == [(15 + place) % FRAMES for place in range(60)]


def test_a_client_is_answered_as_rtsp_says(server: RtspServer) -> None:
    """Every method has its answer, and what cannot be done its status; reports of the client are passed over."""
    with socket.create_connection(server.server_address) as client:
        replies = client.makefile("rb")

        def ask(method: str, path: str = "gate/0", body: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
            lines = [f"{method} rtsp://127.0.0.1/{path} RTSP/1.0", "CSeq: 7"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            client.sendall("\r\n".join([*lines, "", body]).encode())
            status = int(replies.readline().split()[1])
            told = {}
            while line := replies.readline().strip().decode():
                name, _, value = line.partition(": ")
                told[name] = value
            assert told["CSeq"] == "7"
            return status, told, replies.read(int(told.get("Content-Length", 0))).decode()

        assert "DESCRIBE" in ask("OPTIONS")[1]["Public"]
        assert ask("DESCRIBE", "exit/0")[0] == ask("DESCRIBE", "gate/first")[0] == 404
        _, told, sdp = ask("DESCRIBE")
        assert told["Content-Type"] == "application/sdp"
        assert "packetization-mode=1" in sdp
        assert f"a=framerate:{RATE}" in sdp
        assert ask("PLAY")[0] == 455
        assert ask("SETUP", "gate/0/track", Transport="RTP/AVP;unicast;client_port=5000-5001")[0] == 461
        status, told, _ = ask("SETUP", "gate/0/track", Transport="RTP/AVP/TCP;unicast;interleaved=4-5")
        assert (status, told["Transport"]) == (200, "RTP/AVP/TCP;unicast;interleaved=4-5")
        session = told["Session"].partition(";")[0]
        client.sendall(b"$\x05\x00\x04\r\n\r\n")
        assert ask("GET_PARAMETER", Session=session)[0] == 200
        assert ask("GET_PARAMETER", "gate/0", "abc", Session="another", **{"Content-Length": "3"})[0] == 454
        assert ask("PAUSE", Session=session)[0] == 501
        status, told, _ = ask("PLAY", Session=session)
        assert (status, told["Session"]) == (200, session)
        head = replies.read(4)
        assert head[:2] == b"$\x04"
        assert replies.read(int.from_bytes(head[2:], "big"))[1] & 0x7F == 96


def test_what_is_no_rtsp_ends_the_connection(server: RtspServer) -> None:
    """A browser that comes by is told that it is wrong here."""
    with socket.create_connection(server.server_address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: gate\r\n\r\n")
        assert client.makefile("rb").read().startswith(b"RTSP/1.0 400")


@given(st.lists(st.binary(min_size=1, max_size=4 * MOST_BYTES), min_size=1, max_size=4))
def test_fragments_make_up_what_was_sent(nals: list[bytes]) -> None:
    """However large a NAL unit, its payloads fit a packet and put together are it again (RFC 6184, 5.8)."""
    nals = [bytes([nal[0] & 0x60 | 5]) + nal[1:] for nal in nals]
    together: list[bytearray] = []
    for payload in payloads(AccessUnit(tuple(nals), is_key=True)):
        assert len(payload) <= MOST_BYTES
        if payload[0] & 0x1F != 28:
            together.append(bytearray(payload))
            continue
        if payload[1] & 0x80:
            together.append(bytearray([payload[0] & 0xE0 | payload[1] & 0x1F]))
        together[-1] += payload[2:]
    assert together == nals


@given(st.lists(st.integers(1, 40), max_size=12))
def test_requests_are_found_however_they_arrive(cuts: list[int]) -> None:
    """Requests and reports in between come out whole, in whatever pieces the network brings them."""
    sent = b"OPTIONS rtsp://a/gate/5 RTSP/1.0\r\nCSeq: 1\r\n\r\n$\x01\x00\x03abc" * 2
    inbox, found = Inbox(), []
    for cut in cuts:
        found += inbox.take(sent[:cut])
        sent = sent[cut:]
    found += inbox.take(sent)
    assert [(request.method, request.path) for request in found] == [("OPTIONS", "gate/5")] * 2


def test_a_video_without_h264_is_refused(tmp_path: Path) -> None:
    """A clip in another coding is named, not sent as rubbish."""
    writer = cv2.VideoWriter(str(tmp_path / "v.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    with pytest.raises(BadClip, match=r"H\.264"):
        load_footage(tmp_path / "v.avi")


def test_a_camera_that_hangs_up_is_connected_again_though_its_pictures_have_another_size(
    server: RtspServer, footage: Footage, tmp_path: Path
) -> None:
    """After a camera restarts with other pictures, the same source gives those, without anything being done."""
    server.shows["gate"] = Show(footage, frames_a_connection=30)
    other = load_footage(write_clip(tmp_path / "b.mp4", frames=FRAMES, rate=RATE, width=480, height=272))
    source = RtspSource(server.address("gate"), Patience(first_pause=0.05, longest_pause=0.2, in_all=20))
    sizes = []
    for frame in source.frames():
        sizes.append((frame.width, frame.height))
        server.shows["gate"] = Show(other)
        if sizes[-1] != sizes[0]:
            source.close()
    assert set(sizes) == {(320, 180), (480, 272)}
