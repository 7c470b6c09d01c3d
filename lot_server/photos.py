"""The lot's photos, each once, under the SHA-256 of its JPEG: `photos/3f/3fa9….jpg`.

A photo is on disk before the transaction that refers to it begins. One that no transaction came to refer to is
harmless: nobody reads the folder but by a name that the store gives.
"""

import contextlib
import errno
import hashlib
import os
import tempfile
import time
from pathlib import Path

import cv2

from lot_server.durable import sync
from lot_server.errors import DiskFull, PhotoUnavailable, StoreError
from vision.types import Frame, Image

JPEG_QUALITY = 90
PREFIXES = tuple(f"{number:02x}" for number in range(256))
"""The names of the archive's folders: what the names of the photos in each begin with."""


class PhotoFolder:
    """Keeps and gives back photos below a folder; may be called from several threads and processes at once."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder where it is missing. Raises StoreError."""
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder} cannot hold photos ({error.strerror}): check its path and mode") from error

    def keep(self, frame: Frame) -> str:
        """Put a frame on disk, as the JPEG that the camera sent or else as one made of its pixels.

        The SHA-256 of its bytes, 64 hex digits. A photo that is there already is not written again. Raises DiskFull,
        StoreError.
        """
        content = frame.jpeg or _as_jpeg(frame.image)
        name = hashlib.sha256(content).hexdigest()
        path = self.path(name)
        try:
            if not path.exists():
                _write_whole(path, content)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(f"no room for photos in {self._folder}: free some space, then try again") from error
            raise StoreError(f"a photo cannot be written to {self._folder} ({error.strerror}): check it") from error
        return name

    def read(self, name: str) -> bytes:
        """The JPEG of a name that `keep` gave. Raises PhotoUnavailable where it is missing or was changed."""
        try:
            content = self.path(name).read_bytes()
        except OSError as error:
            raise PhotoUnavailable(f"photo {name[:12]}… is not in {self._folder}: restore it from a copy") from error
        if hashlib.sha256(content).hexdigest() != name:
            raise PhotoUnavailable(f"photo {name[:12]}… was changed on disk: restore it from a copy")
        return content

    def drop(self, name: str) -> int:
        """Remove a photo; how many bytes it had, 0 where it was gone already. Raises PhotoUnavailable, StoreError."""
        path = self.path(name)
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise StoreError(f"{path} cannot be removed ({error.strerror}): check its folder's mode") from error
        return size

    def files(self, prefix: str) -> dict[str, tuple[int, float]]:
        """The photos of one of the archive's folders, by name: bytes, and when each was written (seconds, Unix)."""
        found = {}
        for path in (self._folder / prefix).glob(f"{prefix}*.jpg"):
            with contextlib.suppress(FileNotFoundError):
                stat = path.stat()
                found[path.stem] = (stat.st_size, stat.st_mtime)
        return found

    def drop_unfinished(self, prefix: str, older_than_s: float) -> None:
        """Clear away what a kill left half written, if it is older than so many seconds of real time."""
        for path in (self._folder / prefix).glob(".*.part"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > older_than_s:
                    path.unlink()

    def path(self, name: str) -> Path:
        """Where the photo of a name stands, or would. Raises PhotoUnavailable for what is no SHA-256."""
        if len(name) != 64 or set(name) - set("0123456789abcdef"):
            raise PhotoUnavailable("a photo's name has 64 hexadecimal digits: take it from the stay")
        return self._folder / name[:2] / f"{name}.jpg"


def _as_jpeg(image: Image) -> bytes:
    encoded, buffer = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not encoded:
        raise StoreError(f"a picture of shape {image.shape} cannot be written as JPEG: check the camera's format")
    return buffer.tobytes()


def _write_whole(path: Path, content: bytes) -> None:
    """The file is there with all its bytes after a power loss, or not at all."""
    if not path.parent.exists():
        path.parent.mkdir(exist_ok=True)
        sync(path.parent.parent)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
    sync(path.parent)
