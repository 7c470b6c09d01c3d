"""The photo archive: content-addressed, whole or absent, each once."""

import errno
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from lot_server.errors import DiskFull, PhotoUnavailable, StoreError
from lot_server.photos import PhotoFolder
from vision.decode_image import decode_frame
from vision.types import Frame


def frame(seed: int) -> Frame:
    return Frame(np.random.default_rng(seed).integers(0, 255, (90, 160, 3), dtype=np.uint8), "gate")


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_photo_is_named_by_its_bytes_and_decodes(tmp_path: Path) -> None:
    """`keep` names the file by the SHA-256 of what is on disk, a JPEG of the same size."""
    photos = PhotoFolder(tmp_path / "photos")
    name = photos.keep(frame(1))
    content = photos.read(name)
    assert hashlib.sha256(content).hexdigest() == name
    assert photos.path(name) == tmp_path / "photos" / name[:2] / f"{name}.jpg"
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == (90, 160, 3)


def test_what_a_camera_sent_is_kept_as_it_came(tmp_path: Path) -> None:
    """The photo of a frame that came as a JPEG has the very bytes that the camera sent."""
    _, sent = cv2.imencode(".jpg", frame(1).image, [cv2.IMWRITE_JPEG_QUALITY, 55])
    photos = PhotoFolder(tmp_path)
    assert photos.read(photos.keep(decode_frame(sent.tobytes(), "gate"))) == sent.tobytes()


def test_the_same_picture_is_stored_once(tmp_path: Path) -> None:
    """Keeping a picture again, also from many threads at once, leaves one file and no partial ones."""
    photos = PhotoFolder(tmp_path)
    with ThreadPoolExecutor(8) as threads:
        names = set(threads.map(lambda _: photos.keep(frame(1)), range(32)))
    assert [path.stem for path in files(tmp_path)] == list(names)


def test_a_full_disk_leaves_no_partial_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ENOSPC while writing becomes DiskFull, and nothing half-written stays."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    photos = PhotoFolder(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(DiskFull, match="free some space"):
            photos.keep(frame(1))
    assert files(tmp_path) == []
    assert photos.keep(frame(1))


def test_a_changed_photo_is_not_given_out(tmp_path: Path) -> None:
    """A photo whose bytes no longer have its name's hash raises PhotoUnavailable."""
    photos = PhotoFolder(tmp_path)
    name = photos.keep(frame(1))
    photos.path(name).write_bytes(b"something else")
    with pytest.raises(PhotoUnavailable, match="changed"):
        photos.read(name)


@pytest.mark.parametrize(
    "name", ["0" * 64, "../../etc/passwd", "", "A" * 64], ids=["missing", "path", "empty", "upper"]
)
def test_only_a_kept_name_gives_a_photo(tmp_path: Path, name: str) -> None:
    """A name that was never kept, or is none, raises PhotoUnavailable and reads no file."""
    with pytest.raises(PhotoUnavailable):
        PhotoFolder(tmp_path).read(name)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A path below a file raises StoreError."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="photos"):
        PhotoFolder(tmp_path / "file" / "photos")
