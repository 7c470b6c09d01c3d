"""Frames come from folders, videos and cameras, and a dead source says so."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.errors import NoImages, SourceUnavailable, UnreadableImage, VisionError
from vision.picture import Picture, Sleeper, WholePicture
from vision.sources.address import open_source
from vision.sources.folder import FolderSource
from vision.sources.live import Capture, LiveSource, Patience
from vision.sources.rtsp import RtspSource, without_credentials
from vision.sources.usb import UsbSource
from vision.sources.video import VideoSource
from vision.types import Frame

IMPATIENT = Patience(first_pause=0.05, longest_pause=0.2, in_all=0.8)


def _picture(path: Path, grey: int = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((40, 60, 3), grey, np.uint8))
    return path


def test_a_folder_gives_its_pictures_sorted_and_walks_down(tmp_path: Path) -> None:
    """Pictures come by path, those below in their place; other files are no frames."""
    for name in ("b.jpg", "a/z.png", "a/c.JPG"):
        _picture(tmp_path / name)
    (tmp_path / "truth.json").write_text("{}")
    frames = list(open_source(str(tmp_path)).frames())
    assert [Path(frame.source).relative_to(tmp_path).as_posix() for frame in frames] == ["a/c.JPG", "a/z.png", "b.jpg"]
    assert [frame.index for frame in frames] == [0, 1, 2]


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    """An empty folder does not look like an empty lane."""
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(NoImages, match="holds no picture"):
        list(open_source(str(tmp_path)).frames())


def test_a_broken_picture_is_reported_and_the_rest_still_come(tmp_path: Path) -> None:
    """With someone to report to, one bad file does not end the source; with no one, it does."""
    _picture(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_bytes(b"broken")
    _picture(tmp_path / "c.jpg")
    told: list[tuple[Path, VisionError]] = []
    frames = list(FolderSource(tmp_path, lambda path, error: told.append((path, error))).frames())
    assert [frame.index for frame in frames] == [0, 2]
    assert [(path.name, error.code) for path, error in told] == [("b.jpg", "unreadable_image")]
    with pytest.raises(UnreadableImage):
        list(FolderSource(tmp_path).frames())


def test_a_video_gives_every_frame(tmp_path: Path) -> None:
    """As many frames come out of a video as went in, in order."""
    path = tmp_path / "v.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for grey in range(0, 200, 20):
        writer.write(np.full((48, 64, 3), grey, np.uint8))
    writer.release()
    source = open_source(str(path))
    greys = [int(frame.image.mean()) for frame in source.frames()]
    source.close()
    assert len(greys) == 10
    assert greys == sorted(greys)


@pytest.mark.parametrize("content", [b"", b"not a video"])
def test_a_file_that_is_no_video_is_unavailable(tmp_path: Path, content: bytes) -> None:
    """A file that cannot be played is an error that says what would work."""
    path = tmp_path / "v.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceUnavailable, match="video"):
        open_source(str(path))


def test_a_text_that_names_no_source_is_refused() -> None:
    """A misspelt path is not taken for a camera."""
    with pytest.raises(SourceUnavailable, match="check the spelling"):
        open_source("no/such/place")
    with pytest.raises(SourceUnavailable, match="there is no video"):
        VideoSource(Path("no/such/file.mp4"))


def test_a_dead_stream_raises_within_its_patience() -> None:
    """A camera that refuses every connection is SourceUnavailable, not an endless wait; its password stays unsaid."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    source = RtspSource(f"rtsp://user:secret@127.0.0.1:{port}/live", IMPATIENT)
    with pytest.raises(SourceUnavailable, match="check its power") as caught:
        list(source.frames())
    assert "secret" not in str(caught.value)


def test_a_missing_usb_camera_raises() -> None:
    """A number that no camera has is SourceUnavailable."""
    with pytest.raises(SourceUnavailable, match="usb:63"):
        list(UsbSource(63, IMPATIENT).frames())


@given(st.text("abc:/", max_size=8))
def test_credentials_leave_the_address(password: str) -> None:
    """Whatever the password, only host and path remain."""
    safe = password.replace("/", "").replace(":", "")
    assert without_credentials(f"rtsp://me:{safe}@10.0.0.5:554/s?a=1") == "rtsp://10.0.0.5:554/s?a=1"


class _Stream(BaseHTTPRequestHandler):
    """Motion JPEG: a few frames, then the connection ends; the next one has another size."""

    connections = 0

    def do_GET(self) -> None:
        _Stream.connections += 1
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        side = 64 if _Stream.connections % 2 else 96
        _, jpeg = cv2.imencode(".jpg", np.full((side, side, 3), 128, np.uint8))
        try:
            for _ in range(60):
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
                self.wfile.write(head + jpeg.tobytes() + b"\r\n")
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def stream() -> Iterator[str]:
    """The address of a network camera that drops its connections."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Stream)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/video.mjpg"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_network_camera_is_connected_again_and_may_change_its_size(stream: str) -> None:
    """When a stream drops, frames come on from a new connection, here with another size."""
    source = RtspSource(stream, Patience(first_pause=0.05, longest_pause=0.2, in_all=20))
    sizes: set[int] = set()
    for frame in source.frames():
        assert frame.captured_at is not None
        sizes.add(frame.width)
        if sizes == {64, 96}:
            source.close()
    assert sizes == {64, 96}


class _Counting:
    """A camera whose frames are numbered, as many as it is asked for."""

    def __init__(self, release: threading.Event) -> None:
        self._count = 0
        self._release = release

    def pictures(self, sleeper: Sleeper) -> Iterator[Picture]:
        while True:
            self._count += 1
            if self._count > 50:
                self._release.set()
                threading.Event().wait(0.01)
            yield WholePicture(Frame(np.full((2, 2, 3), min(self._count, 50), np.uint8), "counting"))

    def release(self) -> None:
        """Nothing is held."""


def test_a_slow_reader_gets_the_newest_frame() -> None:
    """Frames that were not fetched in time are dropped: the next one is the newest, not the oldest."""
    many_came = threading.Event()

    def connect() -> Capture:
        return _Counting(many_came)

    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    source = LiveSource("counting", connect, IMPATIENT, now=lambda: noon)
    frames = source.frames()
    first = next(frames)
    many_came.wait(10)
    second = next(frames)
    source.close()
    assert first.captured_at == second.captured_at == noon
    assert int(second.image[0, 0, 0]) == 50
    assert list(frames) == []


@given(st.integers(1, 1000))
def test_pauses_grow_but_stay_bounded(failures: int) -> None:
    """However often a camera fails, the pause stays between half its step and the longest."""
    patience = Patience(first_pause=0.5, longest_pause=15)
    assert 0.25 <= patience.pause(failures) <= 15
