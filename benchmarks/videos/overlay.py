"""What recorders print on a picture: a strip with time, camera and a vehicle's number; the picture of a plate."""

import cv2

from vision.types import Image

_STRIP = 26
"""Pixels of the strip's height."""
_INSET_WIDTH = 130
_WHITE = (240, 240, 240)


def print_strip(picture: Image, number: int, plate: str) -> None:
    """A black strip along the top with white text, on the picture (H, W, 3) BGR itself; `number` counts frames.

    Characters of `plate` that the drawn font lacks are left out.
    """
    letters = "".join(char for char in plate if char.isascii())
    text = f"2026-11-22 08:04:{number // 12 % 60:02d}  LANE 3 - {letters} - PAID"
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 0.62, 1)
    left = picture.shape[1] - width - 8
    cv2.rectangle(picture, (left - 6, 0), (picture.shape[1], _STRIP), (0, 0, 0), -1)
    cv2.putText(picture, text, (left, _STRIP - 7), cv2.FONT_HERSHEY_DUPLEX, 0.62, _WHITE, 1, cv2.LINE_AA)


def print_inset(picture: Image, plate: Image) -> None:
    """The picture of a plate (h, w, 3) BGR in the lower left corner, framed, on the picture itself."""
    height = round(_INSET_WIDTH * plate.shape[0] / plate.shape[1])
    bottom = picture.shape[0] - 16
    cv2.rectangle(picture, (12, bottom - height - 4), (20 + _INSET_WIDTH, bottom + 4), _WHITE, -1)
    small = cv2.resize(plate, (_INSET_WIDTH, height), interpolation=cv2.INTER_AREA)
    picture[bottom - height : bottom, 16 : 16 + _INSET_WIDTH] = small
