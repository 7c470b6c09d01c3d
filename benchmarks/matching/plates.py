"""Plates of vehicles that visit a lot, by Chinese grammar, and twins of them."""

import random

from benchmarks.matching.patterns import Order
from vision.alphabet import DIGITS
from vision.formats import OFFICE_LETTERS

SERIAL_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""I and O are not used in serials (GA 36-2014, 5.8)."""
HOME = "苏E"
"""Where the lot lies: its province, its town."""
FROM_TOWN, FROM_PROVINCE = 0.75, 0.15
"""Shares of the plates that are of the town and of the rest of its province; the others are of anywhere. Stated."""
MARKS = "警学挂港澳领"
TWIN_LOOK_ALIKE, MISTAKES = 0.5, 6
"""Share of twins whose other character is among a character's so many likeliest mistakes. Stated."""


class Plates:
    """Draws plates of given kinds (`patterns.kinds_of`)."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def draw(self, kinds: str) -> str:
        """A new plate; two in a million are alike."""
        chance, start = self._chance, ""
        if kinds.startswith("PS"):
            origin = chance.random()
            if origin < FROM_TOWN:
                start = HOME
            else:
                province = HOME[0] if origin < FROM_TOWN + FROM_PROVINCE else chance.choice(list(OFFICE_LETTERS))
                start = province + chance.choice(OFFICE_LETTERS[province])
        return start + "".join(self._character(kind) for kind in kinds[len(start) :])

    def twin(self, plate: str, order: Order) -> str:
        """A plate that differs from `plate` in one of its last five digits and letters: half of the time by one of the
        likeliest mistakes there, else by any character."""
        places = [i for i, each in enumerate(plate) if each.isascii()][-5:]
        place = self._chance.choice(places)
        alike = [each for each in order[plate[place]][1 : 1 + MISTAKES] if each in DIGITS + SERIAL_LETTERS]
        pool = alike if alike and self._chance.random() < TWIN_LOOK_ALIKE else list(DIGITS + SERIAL_LETTERS)
        new = self._chance.choice([each for each in pool if each != plate[place]])
        return plate[:place] + new + plate[place + 1 :]

    def _character(self, kind: str) -> str:
        if kind == "P":
            return self._chance.choice(list(OFFICE_LETTERS))
        if kind == "M":
            return self._chance.choice(MARKS)
        # Five serial characters hold two letters at most, one on average.
        return self._chance.choice(DIGITS if self._chance.random() < 0.8 else SERIAL_LETTERS)


def within_one(text: str, other: str) -> bool:
    """Whether two texts differ by one character changed, added or left out at most."""
    if len(text) > len(other):
        text, other = other, text
    if len(other) - len(text) > 1:
        return False
    for i, (a, b) in enumerate(zip(text, other, strict=False)):
        if a != b:
            return text[i + 1 :] == other[i + 1 :] if len(text) == len(other) else text[i:] == other[i + 1 :]
    return True
