"""Pictures of a folder, or one picture, as frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from vision.decode_image import SUFFIXES, load_frame
from vision.errors import NoImages, VisionError
from vision.types import Frame

_PICTURES_TOO = frozenset({".tif", ".tiff", ".gif", ".heic", ".avif", ".jp2"})
"""Names of pictures that cannot be decoded: found as well, so that they are reported and not passed over."""


def picture_files(path: Path) -> list[Path]:
    """The pictures in a folder and below it, sorted by path; a path that is no folder stands for itself.

    Raises NoImages for a folder without any.
    """
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES | _PICTURES_TOO and p.is_file())
    if not found:
        raise NoImages(f"{path} holds no picture (JPEG, PNG, WebP or BMP); give another folder")
    return found


class FolderSource:
    """The pictures of a folder, sorted by path, one frame each.

    A picture that cannot be read is handed to `report`, and the rest are still given; without `report` its error is
    raised.
    """

    def __init__(self, folder: Path, report: Callable[[Path, VisionError], None] | None = None) -> None:
        self._folder = folder
        self._report = report

    def frames(self) -> Iterator[Frame]:
        """The frames. Raises NoImages for a folder without a picture."""
        for index, path in enumerate(picture_files(self._folder)):
            try:
                frame = load_frame(path, str(path), index)
            except VisionError as error:
                if self._report is None:
                    raise
                self._report(path, error)
                continue
            yield frame

    def close(self) -> None:
        """Nothing is held open."""
