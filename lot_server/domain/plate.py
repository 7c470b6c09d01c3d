"""Plate texts: one normal form, so that any spelling of a plate finds the same stay."""

import re
from typing import Literal

from lot_server.domain.errors import BadPlate

MAX_LENGTH = 12
PlateColor = Literal["blue", "green", "yellow", "white", "black", "other"]
"""A plate's background, as it is read; green stands for new energy in China."""
_SEPARATORS = re.compile(r"[\s·•・.\-_/–—]+")
_ALLOWED = re.compile(r"[0-9A-Z一-鿿]+")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def normalise(text: str) -> str:
    """Upper case, half width, without separators: `苏e·05ev8` and `苏Ｅ 05EV8` become `苏E05EV8`.

    Raises BadPlate for an empty text, more than 12 characters, or characters no plate has.
    """
    plain = _SEPARATORS.sub("", text.translate(_FULL_WIDTH)).upper()
    if not plain or len(plain) > MAX_LENGTH or not _ALLOWED.fullmatch(plain):
        raise BadPlate(f"a plate has 1 to {MAX_LENGTH} letters, digits or Chinese characters; check the spelling")
    return plain
