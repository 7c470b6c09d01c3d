"""Picture files are decoded honestly or refused with a reason."""

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image as Picture

from vision.decode_image import decode_image, load_image
from vision.errors import ImageTooLarge, UnreadableImage
from vision.image_header import parse_header

RED_OVER_BLUE = np.zeros((60, 80, 3), np.uint8)
RED_OVER_BLUE[:30], RED_OVER_BLUE[30:] = (200, 30, 30), (30, 30, 200)
RED, BLUE = (30, 30, 200), (200, 30, 30)
"""In BGR."""

FORMATS = ["JPEG", "PNG", "WEBP", "BMP"]


def _encoded(picture: Picture.Image, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def _picture() -> Picture.Image:
    return Picture.fromarray(RED_OVER_BLUE)


def _shows(image: np.ndarray, row: int, column: int, color: tuple[int, int, int]) -> bool:
    return bool(np.abs(image[row, column].astype(int) - color).max() <= 12)


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_gives_the_same_picture(kind: str) -> None:
    """Red stays above and blue below in every format, as BGR bytes."""
    image = decode_image(_encoded(_picture(), format=kind))
    assert image.shape == (60, 80, 3)
    assert image.dtype == np.uint8
    assert _shows(image, 5, 40, RED)
    assert _shows(image, 55, 40, BLUE)


def test_progressive_jpeg_is_read() -> None:
    """A JPEG of many scans is as complete as one of a single scan."""
    assert decode_image(_encoded(_picture(), format="JPEG", progressive=True)).shape == (60, 80, 3)


def test_cmyk_jpeg_keeps_its_colours() -> None:
    """A print shop's CMYK JPEG shows red as red, not inverted."""
    image = decode_image(_encoded(_picture().convert("CMYK"), format="JPEG"))
    assert _shows(image, 5, 40, RED)
    assert _shows(image, 55, 40, BLUE)


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA"])
def test_grey_palette_and_alpha_become_three_channels(mode: str) -> None:
    """Any kind of PNG comes out as BGR."""
    assert decode_image(_encoded(_picture().convert(mode), format="PNG")).shape == (60, 80, 3)


def test_sixteen_bits_become_eight() -> None:
    """A 16-bit PNG keeps its colours in 8 bits."""
    _, content = cv2.imencode(".png", RED_OVER_BLUE[:, :, ::-1].astype(np.uint16) * 257)
    assert _shows(decode_image(content.tobytes()), 5, 40, RED)


def test_what_is_transparent_shows_white() -> None:
    """Colours hidden under full transparency do not come to light."""
    layers = np.dstack([RED_OVER_BLUE, np.full((60, 80), 255, np.uint8)])
    layers[30:, :, 3] = 0
    image = decode_image(_encoded(Picture.fromarray(layers), format="PNG"))
    assert _shows(image, 5, 40, RED)
    assert _shows(image, 55, 40, (255, 255, 255))


@pytest.mark.parametrize(("orientation", "place"), [(1, (5, 40)), (3, (55, 40)), (6, (40, 55)), (8, (40, 5))])
def test_exif_rotation_is_undone(orientation: int, place: tuple[int, int]) -> None:
    """A photo held sideways comes out upright, its red side where a viewer shows it."""
    exif = Picture.Exif()
    exif[0x0112] = orientation
    image = decode_image(_encoded(_picture(), format="JPEG", exif=exif))
    assert image.shape == ((60, 80, 3) if orientation in (1, 3) else (80, 60, 3))
    assert _shows(image, *place, RED)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_cut_anywhere_is_refused(kind: str) -> None:
    """No proper beginning of a picture file is read as if it were whole."""
    content = _encoded(_picture(), format=kind)
    for size in range(0, len(content), max(1, len(content) // 200)):
        with pytest.raises(UnreadableImage):
            decode_image(content[:size])


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"%PDF-1.7 ...", b"\xff\xd8", b"BM", b"RIFF....WEBP", b"GIF89a" * 9]
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    """Empty files, texts and bare magic numbers are UnreadableImage with what to do."""
    with pytest.raises(UnreadableImage, match=r"copy it|convert it"):
        decode_image(content, "x.jpg")


def _png_that_states(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(16_385, 1), (1, 16_385), (8_000, 8_000), (2**31 - 1, 2**31 - 1)])
def test_a_huge_picture_is_refused_by_its_header(size: tuple[int, int]) -> None:
    """A file of a few bytes that states a huge picture is refused before any memory is taken for it."""
    with pytest.raises(ImageTooLarge, match="scale it down"):
        decode_image(_png_that_states(*size))


def test_a_jpeg_header_is_checked_too() -> None:
    """The limit holds for the size that a JPEG's frame header states."""
    content = bytearray(_encoded(_picture(), format="JPEG"))
    place = content.index(b"\xff\xc0") + 5
    content[place : place + 4] = struct.pack(">HH", 60_000, 60_000)
    with pytest.raises(ImageTooLarge):
        decode_image(bytes(content))


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF\x40\x00\x00\x00WEBPVP8 "]),
)
@example(b"\xff" * 64, b"\xff\xd8")
def test_no_bytes_crash_the_header(content: bytes, start: bytes) -> None:
    """Whatever follows a magic number, the header is parsed or refused, never an exception of another kind."""
    header = parse_header(start + content)
    assert header is None or (header.width >= 0 and header.height >= 0)


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    """A path that leads nowhere is an error of the file, with the system's reason."""
    with pytest.raises(UnreadableImage, match="No such file"):
        load_image(tmp_path / "none.jpg")
