"""Plates marked on a copy of a picture, for a person to check."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from vision.geometry import to_quad
from vision.types import Image, PlateRead

_FONT_PACKAGE = "cvttf_NotoSansCJK_Bold"
"""Brings a font with Chinese characters; comes with the extras `benchmarks` and `train`, as Pillow does."""

_SURE, _UNSURE = (60, 180, 0), (0, 140, 255)
"""BGR: green for a text that is given, orange for a guess."""


def draw(image: Image, plates: Sequence[PlateRead]) -> Image:
    """A copy of a BGR picture with each plate's outline and text; `image` is left as it is.

    Characters that are no ASCII need a font: without the extra `benchmarks` they are shown as their code points.
    """
    canvas = image.copy()
    thickness = max(1, round(max(image.shape[:2]) / 800))
    for plate in plates:
        color = _SURE if plate.text else _UNSURE
        quad = to_quad(plate.detection.corners)
        cv2.polylines(canvas, [np.round(quad).astype(np.int32)], True, color, thickness, cv2.LINE_AA)
        label = f"{plate.printed if plate.text else plate.guess + '?'} {plate.confidence:.0%}"
        size = max(14, round(plate.detection.box.height * 0.6))
        canvas = _label(canvas, label, (int(quad[:, 0].min()), int(quad[:, 1].min()) - size - 4), size, color)
    return canvas


def _label(canvas: Image, text: str, place: tuple[int, int], size: int, color: tuple[int, int, int]) -> Image:
    """`text` with its top left at `place`, moved into the picture, `size` pixels high."""
    x, y = max(0, place[0]), max(0, place[1])
    font = _font_file()
    if text.isascii() or font is None:
        plain = text.replace("·", "-").encode("ascii", "backslashreplace").decode()
        cv2.putText(canvas, plain, (x, y + size), cv2.FONT_HERSHEY_SIMPLEX, size / 30, color, max(1, size // 12))
        return canvas
    from PIL import Image as Picture
    from PIL import ImageDraw, ImageFont

    picture = Picture.fromarray(np.ascontiguousarray(canvas[:, :, ::-1]))
    ImageDraw.Draw(picture).text((x, y), text, font=ImageFont.truetype(str(font), size), fill=color[::-1])
    return np.ascontiguousarray(np.asarray(picture, dtype=np.uint8)[:, :, ::-1])


def _font_file() -> Path | None:
    package = find_spec(_FONT_PACKAGE)
    if package is None or package.origin is None or find_spec("PIL") is None:
        return None
    return next(Path(package.origin).parent.glob("*.otf"), None)
