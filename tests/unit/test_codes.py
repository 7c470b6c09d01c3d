"""QR codes that a driver holds up, read from rendered pictures of phones and slips."""

import numpy as np
import pytest
import segno

from benchmarks.codes.cli import example_codes
from benchmarks.codes.pictures import Surface, picture
from vision.codes import LONGEST_SIDE, CodeReader


@pytest.mark.parametrize("surface", ["phone", "paper"])
@pytest.mark.parametrize("name", ["ticket", "receipt"])
def test_a_code_is_read_from_four_pixels_a_module_on(name: str, surface: Surface) -> None:
    """At 4 pixels a module the code is read in three looks of four, slanted, blurred and noisy as it is there."""
    code, rng, reader = example_codes()[name], np.random.default_rng(3), CodeReader()
    read = [reader.read(picture(rng, code, surface, 4.0)) for _ in range(4)]
    assert read.count((code,)) >= 3


def test_what_shows_no_code_gives_none() -> None:
    """A grey picture, and one of noise, hold no code."""
    rng, reader = np.random.default_rng(1), CodeReader()
    assert reader.read(np.full((240, 320, 3), 90, np.uint8)) == ()
    assert reader.read(rng.integers(0, 255, (240, 320, 3), dtype=np.uint8)) == ()


def test_a_code_of_bytes_that_are_no_text_is_nobodys() -> None:
    """A code in no text encoding of ours does not stop the reading."""
    dark = np.array([list(row) for row in segno.make(b"\xff\xfe\xfd\xfa" * 4, micro=False).matrix_iter(border=4)])
    grey = np.kron(1 - (dark > 0), np.full((6, 6), 255)).astype(np.uint8)
    assert all(not text.isascii() for text in CodeReader().read(np.repeat(grey[..., None], 3, axis=2)))


def test_a_large_picture_is_looked_at_smaller() -> None:
    """A code that is large enough in a picture of 4K is read from one of half its size."""
    code, rng = example_codes()["ticket"], np.random.default_rng(3)
    small = picture(rng, code, "phone", 6.0)
    large = np.repeat(np.repeat(small, 3, axis=0), 3, axis=1)
    assert max(large.shape) > LONGEST_SIDE
    assert CodeReader().read(large) == (code,)
