"""A picture file's bytes to pixels, upright and in colour, refused with a reason where that cannot be done honestly."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.errors import ImageTooLarge, UnreadableImage
from vision.image_header import parse_header
from vision.types import Frame, Image

LONGEST_SIDE = 16_384
MOST_PIXELS = 50_000_000
"""Limits on the stated size; a file of a few kilobytes can state gigabytes of pixels."""

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
"""Names of files that a folder is searched for, in lower case."""

_WHITE = 255
_JPEG = b"\xff\xd8"


def load_image(path: Path | str) -> Image:
    """The picture in a file, as `decode_image` gives it. Raises UnreadableImage, also for a missing file, and
    ImageTooLarge."""
    return decode_image(_content(path), str(path))


def load_frame(path: Path | str, source: str, index: int = 0, captured_at: datetime | None = None) -> Frame:
    """The picture in a file as a frame of a source. Raises as `load_image`."""
    return decode_frame(_content(path), source, index, captured_at)


def decode_frame(content: bytes, source: str, index: int = 0, captured_at: datetime | None = None) -> Frame:
    """A frame that came as a file's bytes, which are kept with it if they are a JPEG. Raises as `decode_image`."""
    image = decode_image(content, source)
    return Frame(image, source, index, captured_at, content if content.startswith(_JPEG) else None)


def decode_image(content: bytes, name: str = "the picture") -> Image:
    """The picture (H, W, 3) uint8 BGR that a JPEG, PNG, WebP or BMP file holds.

    Turned upright where its EXIF orientation says so, so that positions are those a viewer shows. Grey becomes
    colour, 16 bits become 8, CMYK becomes BGR, and what is transparent shows white. Raises UnreadableImage for empty,
    truncated or other bytes, and ImageTooLarge by the stated size, before a pixel is decoded. `name` is how messages
    call the picture.
    """
    if not content:
        raise UnreadableImage(f"{name} is empty; copy it from its origin again")
    header = parse_header(content)
    if header is None:
        raise UnreadableImage(f"{name} is no JPEG, PNG, WebP or BMP picture; convert it to one of these")
    width, height = header.width, header.height
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise ImageTooLarge(
            f"{name} states {width} x {height} pixels; at most {LONGEST_SIDE} a side and {MOST_PIXELS} in all are "
            "read: scale it down"
        )
    if not header.complete or width == 0 or height == 0:
        raise UnreadableImage(f"{name} is cut off before its end; copy it from its origin again")
    flags = cv2.IMREAD_UNCHANGED if header.has_alpha else cv2.IMREAD_COLOR
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error as error:
        raise UnreadableImage(f"{name} cannot be decoded ({error.err}); save it again as JPEG or PNG") from error
    if pixels is None:
        raise UnreadableImage(f"{name} cannot be decoded; save it again as JPEG or PNG")
    return _on_white(_eight_bits(np.asarray(pixels)))


def _content(path: Path | str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UnreadableImage(f"cannot read {path}: {error.strerror}; check the path and its permissions") from error


def _eight_bits(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint16:
        return np.asarray(pixels.astype(np.uint16) >> 8, dtype=np.uint8)
    return np.asarray(pixels, dtype=np.uint8)


def _on_white(pixels: NDArray[np.uint8]) -> Image:
    """Grey (H, W), BGR or BGRA as BGR, transparent parts over white."""
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[:, :, 3:].astype(np.float32) / 255
    blended = pixels[:, :, :3] * alpha + _WHITE * (1 - alpha)
    return np.asarray(blended + 0.5, dtype=np.uint8)
