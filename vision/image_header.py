"""What a picture file says of itself before any pixel is decoded: format, size, alpha, and whether its end is there.

JPEG (ITU-T T.81 annex B), PNG (W3C PNG, chunks), WebP (RFC 9649) and BMP (BITMAPINFOHEADER) are known.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

import numpy as np

Format = Literal["jpeg", "png", "webp", "bmp"]

_PNG = b"\x89PNG\r\n\x1a\n"
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers that no length follows."""
_VP8X_ALPHA = 0x10


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Stated width and height in pixels, before any rotation; `complete` is False when the file ends too early."""

    format: Format
    width: int
    height: int
    has_alpha: bool
    complete: bool


def parse_header(content: bytes) -> ImageHeader | None:
    """The header of a picture file, or None for any other bytes, and for a file cut off before its size is told."""
    try:
        if content.startswith(b"\xff\xd8"):
            return _jpeg(content)
        if content.startswith(_PNG):
            return _png(content)
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _webp(content)
        if content.startswith(b"BM"):
            return _bmp(content)
    except (struct.error, IndexError):
        return None
    return None


def _jpeg(content: bytes) -> ImageHeader | None:
    size: tuple[int, int] | None = None
    position = 2
    complete = False
    while position + 1 < len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == _END_OF_IMAGE:
            complete = True
            break
        position += 2
        if marker in _ALONE:
            continue
        (length,) = struct.unpack_from(">H", content, position)
        if marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", content, position + 3)
            size = (width, height)
        position += length
        if marker == _START_OF_SCAN:
            position = _end_of_scan(content, position)
    return ImageHeader("jpeg", *size, has_alpha=False, complete=complete) if size else None


def _end_of_scan(content: bytes, position: int) -> int:
    """Where the first marker after a scan's data stands: no stuffed zero, fill byte or restart. The end if none."""
    following = np.frombuffer(content, np.uint8)[position:]
    places = np.flatnonzero(following[:-1] == 0xFF)
    codes = following[places + 1]
    ends = places[(codes != 0) & (codes != 0xFF) & ((codes < 0xD0) | (codes > 0xD7))]
    return position + int(ends[0]) if len(ends) else len(content)


def _png(content: bytes) -> ImageHeader:
    width, height, _depth, color_type = struct.unpack_from(">IIBB", content, 16)
    has_alpha, complete = color_type in (4, 6), False
    position = len(_PNG)
    while position + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        position += 12 + length
        has_alpha = has_alpha or kind == b"tRNS"
        if kind == b"IEND":
            complete = position <= len(content)
            break
    return ImageHeader("png", width, height, has_alpha, complete)


def _webp(content: bytes) -> ImageHeader | None:
    (stated,) = struct.unpack_from("<I", content, 4)
    complete = stated + 8 <= len(content)
    kind = content[12:16]
    if kind == b"VP8X":
        flags = content[20]
        width = 1 + int.from_bytes(content[24:27], "little")
        height = 1 + int.from_bytes(content[27:30], "little")
        return ImageHeader("webp", width, height, bool(flags & _VP8X_ALPHA), complete)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return ImageHeader("webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1), complete)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return ImageHeader("webp", width & 0x3FFF, height & 0x3FFF, False, complete)
    return None


def _bmp(content: bytes) -> ImageHeader:
    start, header_size = struct.unpack_from("<II", content, 10)
    if header_size == 12:
        width, height, _planes, depth = struct.unpack_from("<HHHH", content, 18)
        compression = 0
    else:
        width, height, _planes, depth, compression = struct.unpack_from("<iiHHI", content, 18)
    width, height = abs(width), abs(height)
    pixels = -(-width * depth // 32) * 4 * height if compression == 0 else 1
    return ImageHeader("bmp", width, height, False, start + pixels <= len(content))
