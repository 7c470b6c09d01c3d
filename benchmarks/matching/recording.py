"""The recording that ships: how the shipped reader's reads fail, without anybody's plate.

One JSON value a line. The first says what was recorded and how often each character was taken for which; every other
is one `ReadPattern`, as `_to_line` lays it out. It serves matching, which is fitted to one half of the development part
and judged on all the rest, and simulations that replay reads without reading pictures.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.matching.errors import BadReads
from benchmarks.matching.patterns import Order, PatternPlace, ReadPattern, order_of
from lot_server.domain.codec import Json

SHIPPED = Path(__file__).with_name("reader.jsonl")
FORMAT = 1
_MILLI = 1000


@dataclass(frozen=True, slots=True)
class Recording:
    """Patterns by `reader`, a name and a version. `taken_for`: true character -> another -> how often it was read
    instead, in thousandths of a character, counted on generated plates alone."""

    reader: str
    taken_for: dict[str, dict[str, int]]
    patterns: tuple[ReadPattern, ...]

    @property
    def order(self) -> Order:
        """By what the ranks of the patterns count."""
        return order_of(self.taken_for)

    def fitted_to(self) -> list[ReadPattern]:
        """What matching may be fitted to: every other pattern of the development part."""
        return [each for each in self.patterns if each.part == "development"][::2]

    def held_back(self, chinese: bool) -> list[ReadPattern]:
        """What it is judged on, the rest: of plates with a Chinese character, or of all."""
        rest = [each for each in self.patterns if each.part == "development"][1::2]
        rest += [each for each in self.patterns if each.part == "validation"]
        return [each for each in rest if not chinese or "P" in each.kinds]


def thousandths(taken_for: dict[str, dict[str, float]]) -> dict[str, dict[str, int]]:
    """As a recording keeps them; what is less than one is left out."""
    rounded = {
        true: {seen: round(_MILLI * count) for seen, count in sorted(others.items(), key=lambda each: -each[1])}
        for true, others in sorted(taken_for.items())
    }
    return {true: {seen: count for seen, count in others.items() if count} for true, others in rounded.items()}


def save(reader: str, taken_for: dict[str, dict[str, int]], patterns: Iterable[ReadPattern], file: Path) -> None:
    """Write a recording."""
    with file.open("w", encoding="utf-8") as lines:
        for body in ({"format": FORMAT, "reader": reader, "taken_for": taken_for}, *map(_to_line, patterns)):
            lines.write(json.dumps(body, ensure_ascii=False, separators=(",", ":")) + "\n")


def load(file: Path = SHIPPED) -> Recording:
    """What `save` wrote. Raises BadReads."""
    try:
        first, *others = file.read_text(encoding="utf-8").splitlines()
        head: Json = json.loads(first)
        if head["format"] != FORMAT:
            raise BadReads(f"{file} has format {head['format']}, this openlot reads {FORMAT}: record it again")
        patterns = tuple(_from_line(json.loads(each)) for each in others)
        return Recording(head["reader"], head["taken_for"], patterns)
    except OSError as error:
        raise BadReads(f"{file} cannot be read ({error.strerror}): record it first") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadReads(f"{file} is no recording ({error}): record it again") from error


def _to_line(pattern: ReadPattern) -> list[object]:
    """A pattern as a list, its places as flat lists of numbers, so that thousands make a small file."""
    places = [
        [each.stands, each.guess, each.rest, each.deletion, *(number for pair in each.ranks for number in pair)]
        for each in pattern.places
    ]
    # A fused read has one insertion probability for all its gaps.
    alike = len(set(pattern.insertions)) == 1
    insertions = pattern.insertions[0] if alike else list(pattern.insertions)
    return [
        pattern.source, pattern.part, pattern.kinds, pattern.region, pattern.color, pattern.confidence_ppm, insertions,
        places,
    ]  # fmt: skip


def _from_line(line: list[Any]) -> ReadPattern:
    source, part, kinds, region, color, confidence, insertions, places = line
    read = tuple(
        PatternPlace(stands, guess, tuple(zip(ranks[::2], ranks[1::2], strict=True)), rest, deletion)
        for stands, guess, rest, deletion, *ranks in places
    )
    gaps = (insertions,) * (len(read) + 1) if isinstance(insertions, int) else tuple(insertions)
    return ReadPattern(source, part, kinds, read, gaps if read else (), confidence, region, color)
