"""A picture as the input of a network that another maker trained, by what its card says."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.card import Card
from models.decoding import Pixels
from models.errors import BadCard
from vision.types import Image

Planes = NDArray[np.float32] | NDArray[np.uint8]
Order = Literal["planes first", "planes last"]


def channel_order(card: Card) -> Order:
    """Whether the input is (B, 3, H, W) or (B, H, W, 3). Raises BadCard where it is neither."""
    shape = card.input.shape
    if len(shape) == 4 and card.input.type in ("float32", "uint8"):
        if shape[1] == 3:
            return "planes first"
        if shape[3] == 3:
            return "planes last"
    raise BadCard(f"{card.path}: the input must be [batch, 3, height, width] or [batch, height, width, 3] of pixels")


def input_size(card: Card) -> tuple[int | str, int | str]:
    """Height and width of the input, as numbers where they are fixed. Raises BadCard."""
    shape = card.input.shape
    return (shape[2], shape[3]) if channel_order(card) == "planes first" else (shape[1], shape[2])


def network_input(image: Image, card: Card, pixels: Pixels) -> Planes:
    """One BGR picture (H, W, 3) uint8 as the card's input, of a batch of one. Raises BadCard."""
    picture = image[:, :, ::-1] if pixels.channels == "rgb" else image
    mean, deviation = (np.asarray(values, dtype=np.float32) for values in (pixels.mean, pixels.deviation))
    values = (picture.astype(np.float32) - mean) / deviation
    if channel_order(card) == "planes first":
        values = values.transpose(2, 0, 1)
    whole = np.ascontiguousarray(values[None])
    return np.clip(np.rint(whole), 0, 255).astype(np.uint8) if card.input.type == "uint8" else whole
