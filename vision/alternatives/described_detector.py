"""Any network that finds plates or lines of text, if its card says how, behind the `Detector` port."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.card import Card
from models.decoding import Candidates, TextMap
from models.errors import BadCard
from vision.alternatives.described_input import input_size, network_input
from vision.detect_decode import VALUES_PER_CANDIDATE, Letterbox, decode, fit
from vision.errors import WrongModelShape
from vision.geometry import Quad, bounds, clamp, order_clockwise, to_corners
from vision.session import Session
from vision.types import Detection, Image

_MULTIPLE = 32
"""The sides of an input that may vary are multiples of this."""
_LEAST_SIDE = 3.0
"""Pixels of the input that a region's shorter side needs at least to be text."""


class DescribedDetector:
    """Finds plates with a network whose card has `[pixels]` and `[decode]`: candidates of the YOLO family, with or
    without objectness and corners, or the lines of a text map. Boxes without corners become upright corners."""

    def __init__(self, session: Session) -> None:
        """Raises BadCard where the card does not say how the network is used, or says what cannot be."""
        card, decoding = session.card, session.card.decoding
        if not isinstance(decoding, Candidates | TextMap) or card.pixels is None:
            raise BadCard(f"{card.path}: add [pixels] and [decode] (see models/decoding.py)")
        if len(card.outputs) != 1:
            raise BadCard(f"{card.path}: name the one output that holds what was found, and no other")
        self._session = session
        self._decoding = decoding
        self._pixels = card.pixels
        self._long_side, self._multiple = _picture_size(card)
        self._score = card.threshold("score")
        if isinstance(decoding, Candidates):
            self._iou = card.threshold("iou")
            _check_places(card, decoding)
        else:
            self._pixel = card.threshold("map")

    def detect(self, image: Image) -> list[Detection]:
        """The plates of a BGR picture, likeliest first. Raises WrongModelShape for an output the card does not say."""
        canvas, transform = fit(image, self._long_side, self._multiple)
        (output,) = self._session.run(network_input(canvas, self._session.card, self._pixels)).values()
        if isinstance(self._decoding, Candidates):
            return decode(as_ours(output, self._decoding), transform, self._score, self._iou)
        if output.shape != (1, 1, *canvas.shape[:2]):
            raise WrongModelShape(f"the map is of shape {output.shape} for a picture of {canvas.shape[:2]}")
        found = text_lines(output[0, 0], self._pixel, self._score, self._decoding.grow)
        return _in_picture(found, transform)


def as_ours(output: NDArray[np.float32], form: Candidates) -> NDArray[np.float32]:
    """Candidates of any order, (1, N, values) or (1, values, N), as `vision.detect_decode` takes them: (1, 13, N)."""
    values = output[0].T if form.each == "row" else output[0]
    ours = np.empty((VALUES_PER_CANDIDATE, values.shape[1]), np.float32)
    ours[:4] = values[:4]
    ours[4] = values[slice(*form.scores)].max(axis=0)
    if form.objectness is not None:
        ours[4] *= values[form.objectness]
    if form.corners is not None:
        places = [form.corners + form.corner_values * corner + axis for corner in range(4) for axis in (0, 1)]
        ours[5:] = values[places]
    else:
        x, y, half_width, half_height = values[0], values[1], values[2] / 2, values[3] / 2
        left, right, top, bottom = x - half_width, x + half_width, y - half_height, y + half_height
        ours[5:] = left, top, right, top, right, bottom, left, bottom
    return ours[None]


def text_lines(pixels: NDArray[np.float32], least: float, score: float, grow: float) -> list[tuple[Quad, float]]:
    """The regions of a text map (H, W) as turned rectangles (4, 2), each with its mean, best first.

    A map marks the core of a line; the line is that much larger on every side as `grow` times the core's area over its
    outline (Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", 2020, section 3.4).
    """
    outlines, _ = cv2.findContours((pixels > least).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for outline in outlines:
        middle, (width, height), angle = cv2.minAreaRect(outline)
        if min(width, height) < _LEAST_SIDE:
            continue
        x, y, across, down = cv2.boundingRect(outline)
        inside = np.zeros((down, across), np.uint8)
        cv2.fillPoly(inside, [outline - [x, y]], 1)  # type: ignore[list-item]
        mean = float(pixels[y : y + down, x : x + across][inside > 0].mean())
        if mean < score:
            continue
        more = 2 * grow * (width * height) / (2 * (width + height))
        corners = cv2.boxPoints((middle, (width + more, height + more), angle))
        found.append((order_clockwise(np.asarray(corners, np.float32)), mean))
    return sorted(found, key=lambda line: -line[1])


def _in_picture(found: list[tuple[Quad, float]], transform: Letterbox) -> list[Detection]:
    offset = np.array([transform.pad_x, transform.pad_y], dtype=np.float32)
    scale = np.array([transform.scale_x, transform.scale_y], dtype=np.float32)
    detections = []
    for quad, score in found:
        corners = ((quad - offset) / scale).astype(np.float32)
        box = clamp(bounds(corners), transform.width, transform.height)
        if box.area > 0:
            detections.append(Detection(box, to_corners(corners), min(max(score, 0.0), 1.0)))
    return detections


def _picture_size(card: Card) -> tuple[int, int]:
    """The long side of the picture in the input, and what both sides of the input are multiples of."""
    height, width = input_size(card)
    side = card.long_side or 0
    if isinstance(height, str) and isinstance(width, str):
        return side, _MULTIPLE
    if (height, width) != (side, side):
        raise BadCard(f"{card.path}: the input must be square with `long_side` as its side, or of any height and width")
    return side, side


def _check_places(card: Card, form: Candidates) -> None:
    """Raises BadCard where the output that the card promises has no such values."""
    shape = card.outputs[0].shape
    values = shape[2 if form.each == "row" else 1] if len(shape) == 3 else None
    if not isinstance(values, int) or values < form.needed:
        raise BadCard(f"{card.path}: [decode] names {form.needed} values of a candidate, the output has {values}")
