"""What plates look like, as weights: a text of a known format is likelier, one of none still reads as it was seen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from vision.alphabet import PROVINCES, SPECIALS
from vision.formats import FORMATS, OFFICE_LETTERS, PlateFormat
from vision.types import Color, Region

RegionHint = Literal["cn", "eu", "us", "br", "any"]

UNKNOWN_LATIN = 0.15
"""Weight of 4 to 8 letters and digits of no known format: vanity plates, countries not listed. A known one weighs 1."""
UNKNOWN_CHINESE = 0.005
"""Weight of a text of no known format on a Chinese plate, nearly always a misread: the formats are few, all listed, and
of 2,454 labelled plates five were of none. One without a Chinese character has lost its province."""
UNKNOWN_OFFICE = 0.3
"""Factor for a Chinese text whose office letter its province does not use."""
LETTERING = 0.03
"""Weight of four letters and more without a digit: a vanity plate at times, a name painted on the vehicle as a rule."""
RARE_LENGTH = 0.03
"""Weight of an unknown text of 3, or of more than 8 letters and digits: few plates are as short or as long."""
FRAGMENT = 0.002
"""Weight of one or two characters: nearly always a part of something else."""
UNLISTED = 0.05
"""Weight of all that was not among the likeliest texts; most of it is of no format."""
PLAUSIBLE_UNLISTED = 0.005
"""Mass of a plausible text that was not listed at all, of weight 1: where every listed text is of a form that no plate
has, the best of them does not become sure for want of others. The greatest that leaves the confidence of reads of
plates outside training and validation as honest as it was."""
TRUST_IN_LOOKS = 0.9
"""Share of what the network says of the region by the plate's look; the rest goes to all regions alike."""
HINT = 4.0
"""How much likelier the region of the hint is held to be than the look alone makes it."""

OTHER_COLOR = 0.25
"""Weight that a Chinese text keeps on a plate that is surely of another colour than its format's: light deceives."""

REGIONS: tuple[Region, ...] = get_args(Region)
EVEN: Mapping[Region, float] = {region: 1 / len(REGIONS) for region in REGIONS}
"""Nothing known of the region."""

_CLASSES = {
    "P": f"[{PROVINCES}]",
    "L": "[A-HJ-Z]",
    "S": "[0-9A-HJ-NP-Z]",
    "N": "[A-HJK]",
    "9": "[0-9]",
}
_SEPARATORS = "· -"


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A whole text and its probability."""

    text: str
    probability: float


class Grammar:
    """The formats, and how much each counts under a hint of the region (`any`: no hint).

    Neither hint nor look forces: a plate from elsewhere wins where it is clearly what is seen.
    """

    def __init__(self, region: RegionHint = "any") -> None:
        self._region = region

    def weight(
        self, text: str, seen: Mapping[Region, float] = EVEN, colors: Mapping[Color, float] | None = None
    ) -> float:
        """How plausible `text` is as a plate, 0..1, beside what its characters look like.

        `seen` and `colors` are the probabilities of region and colour by the plate's look: of a region that is likely a
        format counts more, and a Chinese one more on a plate of its colour.
        """
        return sum(share * _fit(text, region, colors) for region, share in self._regions(seen).items())

    def weigh(
        self,
        hypotheses: Sequence[Hypothesis],
        seen: Mapping[Region, float] = EVEN,
        colors: Mapping[Color, float] | None = None,
    ) -> list[Hypothesis]:
        """The hypotheses with their probabilities weighed, likeliest first. `seen` and `colors` as in `weight`.

        What the hypotheses leave to 1 stands for texts that were not listed and keeps a weight of its own, so that a
        grammar match cannot make a vague read sure; PLAUSIBLE_UNLISTED is added so that neither can being the only one.
        """
        rest = max(0.0, 1.0 - sum(h.probability for h in hypotheses)) * UNLISTED + PLAUSIBLE_UNLISTED
        weighed = [Hypothesis(h.text, h.probability * self.weight(h.text, seen, colors)) for h in hypotheses]
        total = rest + sum(h.probability for h in weighed)
        scaled = [Hypothesis(h.text, h.probability / total) for h in weighed]
        return sorted(scaled, key=lambda h: -h.probability)

    def region_of(self, text: str, seen: Mapping[Region, float] = EVEN) -> Region:
        """The region that `text` and the look of the plate speak for together."""
        if is_chinese(text):
            return "cn"
        shares = self._regions(seen)
        return max(shares, key=lambda region: shares[region] * _fit(text, region))

    def _regions(self, seen: Mapping[Region, float]) -> dict[Region, float]:
        shares = {
            region: (TRUST_IN_LOOKS * seen.get(region, 0.0) + (1 - TRUST_IN_LOOKS) * EVEN[region])
            * (HINT if region == self._region else 1.0)
            for region in REGIONS
        }
        total = sum(shares.values())
        return {region: share / total for region, share in shares.items()}


def printed_form(text: str, region: Region) -> str:
    """`text` as its plate shows it (`苏E·05EV8`); unchanged where the region's formats disagree or none fits."""
    forms = {_print(text, found.pattern) for found in matching_formats(text) if found.region == region}
    return forms.pop() if len(forms) == 1 else text


def is_chinese(text: str) -> bool:
    """Whether `text` holds a character that only Chinese plates have."""
    return any(character in PROVINCES or character in SPECIALS for character in text)


def _fit(text: str, region: Region, colors: Mapping[Color, float] | None = None) -> float:
    """How well `text` keeps the formats of one region, 0..1."""
    fitting = [found for found in matching_formats(text) if found.region == region]
    if fitting:
        return _office_factor(text) * max(_color_factor(found, colors) for found in fitting)
    if len(text) <= 2:
        return FRAGMENT
    if region == "cn" or is_chinese(text):
        return UNKNOWN_CHINESE
    if len(text) >= 4 and text.isalpha():
        return LETTERING
    return UNKNOWN_LATIN if 4 <= len(text) <= 8 else RARE_LENGTH


def _color_factor(found: PlateFormat, colors: Mapping[Color, float] | None) -> float:
    if not found.colors or colors is None:
        return 1.0
    return OTHER_COLOR + (1 - OTHER_COLOR) * sum(colors.get(color, 0.0) for color in found.colors)


def matching_formats(text: str) -> list[PlateFormat]:
    """The known formats that `text`, without separators, is of."""
    return [found for found, expression in _BY_LENGTH.get(len(text), ()) if expression.fullmatch(text)]


def _expression(found: PlateFormat) -> re.Pattern[str]:
    letters = "".join(c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in found.without)
    parts = []
    for place in found.pattern:
        if place in _SEPARATORS:
            continue
        parts.append(f"[{letters}]" if place == "A" else _CLASSES.get(place, place.upper()))
    return re.compile("".join(parts))


def _group_by_length() -> dict[int, list[tuple[PlateFormat, re.Pattern[str]]]]:
    groups: dict[int, list[tuple[PlateFormat, re.Pattern[str]]]] = {}
    for found in FORMATS:
        length = sum(place not in _SEPARATORS for place in found.pattern)
        groups.setdefault(length, []).append((found, _expression(found)))
    return groups


_BY_LENGTH = _group_by_length()


def _print(text: str, pattern: str) -> str:
    rest = iter(text)
    return "".join(place if place in _SEPARATORS else next(rest) for place in pattern)


def _office_factor(text: str) -> float:
    letters = OFFICE_LETTERS.get(text[0])
    if letters is None or not text[1].isalpha() or not text[1].isascii():
        return 1.0
    if text.endswith("应急"):
        return 1.0
    allowed = letters + "O" if text.endswith("警") else letters
    return 1.0 if text[1] in allowed else UNKNOWN_OFFICE
