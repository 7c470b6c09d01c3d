"""Which stays are worth aligning with a read: all but those whose probability is far below what could matter.

Most vehicles inside differ from the one at the exit in several of the last characters of their plates. An upper bound,
a product over those characters, drops them after two or three.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lot_server.domain.alignment import Row, plate_row, told_row
from lot_server.domain.evidence import PPM, ReadEvidence

FEWEST_POSITIONS = 4
"""A read of fewer is of a bumper as soon as of a plate, and two such reads look alike whatever they show."""

MOST_ASTRAY = 3
"""Reads whose lengths differ by more are of different plates."""

TOO_FEW_PPM = 2000
"""Characters of an entry's read below this are not looked at one by one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of the plate of a stay: a row to align with, and from its last character to its first what stands
    there: characters with their shares, and the share of anything else."""

    plate: str | None
    evidence: ReadEvidence | None
    row: Row
    backwards: tuple[tuple[tuple[tuple[str, float], ...], float], ...]


def entry_of(plate: str | None, evidence: ReadEvidence | None) -> Entry | None:
    """What is known of a stay's plate; None where nothing is. A plate that somebody corrected is what it is."""
    if evidence is None or len(evidence.positions) < FEWEST_POSITIONS:
        return None if plate is None else _of_plate(plate, evidence)
    if plate is not None and plate != likeliest_text(evidence):
        return _of_plate(plate, evidence)
    backwards = []
    for position in reversed(evidence.positions):
        named = tuple((each, ppm / PPM) for each, ppm in position.characters if ppm >= TOO_FEW_PPM)
        backwards.append((named, 1 - sum(share for _, share in named) + position.deletion / PPM))
    return Entry(plate, evidence, told_row(evidence), tuple(backwards))


def likeliest_text(read: ReadEvidence) -> str:
    """The likeliest character of every position."""
    return "".join(position.characters[0][0] for position in read.positions if position.characters)


def _of_plate(plate: str, evidence: ReadEvidence | None) -> Entry:
    return Entry(plate, evidence, plate_row(plate), tuple((((each, 1.0),), 0.0) for each in reversed(plate)))


@dataclass(frozen=True, slots=True)
class _Window:
    """Where one character of a plate may stand in the read: sums over places that no alignment exceeds."""

    named: Mapping[str, float]
    other: float
    most: float


class Shortlist:
    """The stays that a read may be of: those whose probability may reach `negligible`."""

    def __init__(self, read: Row, negligible: float) -> None:
        self._read = read
        self._negligible = negligible
        self._windows: dict[int, tuple[_Window, ...]] = {}

    def holds(self, entry: Entry) -> bool:
        """Whether the entry is worth aligning."""
        length = len(entry.backwards)
        windows = self._windows.get(length)
        if windows is None:
            if abs(length - len(self._read.places)) > MOST_ASTRAY:
                return False
            windows = tuple(_window(self._read, length, place) for place in reversed(range(length)))
            self._windows[length] = windows
        bound, level = 1.0, self._negligible
        for window, (named, left) in zip(windows, entry.backwards, strict=True):
            fits = left * window.most
            for character, share in named:
                fits += window.named.get(character, window.other) * share
            bound *= fits
            if bound < level:
                return False
        return True


def _window(read: Row, length: int, place: int) -> _Window:
    """The places of the read within one of where a character stands, further where one row is longer."""
    longer = len(read.places) - length
    first, last = place - 1 + min(0, longer), place + 1 + max(0, longer)
    places = read.places[max(0, first) : last + 1]
    # A missed character may be any one.
    missed = sum(read.missed[max(0, first) : last + 2])
    other = sum(each.other for each in places) + missed
    characters = {character for each in places for character in each.characters}
    named = {each: sum(there.characters.get(each, there.other) for there in places) + missed for each in characters}
    return _Window(named, other, max(named.values(), default=other))
