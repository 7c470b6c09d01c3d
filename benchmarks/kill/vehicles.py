"""The vehicles of a day, each by its number alone: its plate, and what a camera and the reader make of it."""

from collections.abc import AsyncIterator
from random import Random

import numpy as np

from vision.types import Box, Detection, EvidenceFrame, Frame, PlateRead, PositionDistribution, Sighting

PASS_EVERY = 10
"""Every tenth vehicle has a pass."""

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_SURE = 0.97
_CORNERS = ((0.0, 0.0), (9.0, 0.0), (9.0, 3.0), (0.0, 3.0))


def plate_of(number: int) -> str:
    """Plates of a day: no two have more than three characters in common at the same places, so all are told apart."""
    draw = Random(number)
    # The number three times over: two vehicles differ in at least one digit, so at three places.
    digits = f"{number:04d}"
    letters = "".join(_LETTERS[(int(digit) * 2 + 1) % len(_LETTERS)] for digit in digits)
    return f"{digits}{letters}{''.join(draw.choices(_LETTERS, k=2))}"


async def frames_of(number: int, count: int) -> AsyncIterator[Frame]:
    """Pictures of a vehicle, no two vehicles' alike."""
    image = np.random.default_rng(number).integers(0, 255, (8, 16, 3), dtype=np.uint8)
    for index in range(count):
        yield Frame(image, "gate", index)


async def read_of(number: int, frames: AsyncIterator[Frame]) -> Sighting:
    """A sure read of a vehicle's plate on its frames."""
    seen = [frame async for frame in frames]
    text = plate_of(number)
    positions = tuple(PositionDistribution(((character, _SURE),), 1 - _SURE, 0.001) for character in text)
    sure, insertions = (_SURE,) * len(text), (0.001,) * (len(text) + 1)
    found = Detection(Box(0, 0, 9, 3), _CORNERS, 0.9)
    read = PlateRead(found, text, text, text, 0.95, sure, positions, insertions, "eu", "white", "single")
    kept = (EvidenceFrame(seen[0], read),)
    return Sighting(text, text, text, 0.95, sure, positions, insertions, (), "eu", "white", "single", len(seen), kept)
