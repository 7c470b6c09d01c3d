"""How careful matching must be at this lot, by what became of its choices here.

Two figures are watched, each against what was expected, and the worse one divides the doubt that is allowed:

- wrong opens that were found out later, against the stated limit's share of all exits opened without a person;
- choices that a person put right before the barrier opened, against the doubts that matching had stated of them.

One is added to both sides of each, so that little evidence changes little. Nothing makes matching less careful than it
was fitted to be: most wrong opens are never found out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lot_server.domain.evidence import PPM, ReadEvidence
from lot_server.domain.stay import Passage, Stay

MONTHS = 3
"""How many calendar months of exits count, with the present one."""

PSEUDO_EXITS = 20
"""Exits by which a pair of lanes is held to be as usual as any other before it was seen."""


@dataclass(frozen=True, slots=True)
class MatchingRecord:
    """What became of matching's choices lately.

    `opened`: exits opened without a person; `opened_wrong`: those of them that were found to be another vehicle's.
    `asked`: choices that a person decided on; `asked_wrong`: those decided otherwise; `asked_doubt_ppm`: the sum of the
    doubts that were stated of them.
    """

    opened: int
    opened_wrong: int
    asked: int
    asked_wrong: int
    asked_doubt_ppm: int

    def carefulness(self, limit: float) -> float:
        """What the allowed doubt is divided by, at least 1. `limit`: share of exits that may be opened wrongly."""
        opened = (self.opened_wrong + 1) / (limit * self.opened + 1)
        asked = (self.asked_wrong + 1) / (self.asked_doubt_ppm / PPM + 1)
        return max(1.0, opened, asked)


@dataclass(frozen=True, slots=True)
class LanePair:
    """Vehicles that came in by one lane and left by another."""

    entry_lane_id: str
    exit_lane_id: str
    exits: int


@dataclass(frozen=True, slots=True)
class EndedStay:
    """A stay that ended without a person, the passage on which its vehicle is believed to have left, and its read."""

    stay: Stay
    passage: Passage
    read: ReadEvidence


def lane_weights(pairs: tuple[LanePair, ...], exit_lane_id: str) -> Mapping[str, float]:
    """By entry lane, how much oftener its vehicles leave here than vehicles do in general."""
    here = sum(pair.exits for pair in pairs if pair.exit_lane_id == exit_lane_id)
    every = sum(pair.exits for pair in pairs)
    if not here:
        return {}
    usual = here / every
    came: dict[str, int] = {}
    left_here: dict[str, int] = {}
    for pair in pairs:
        came[pair.entry_lane_id] = came.get(pair.entry_lane_id, 0) + pair.exits
        if pair.exit_lane_id == exit_lane_id:
            left_here[pair.entry_lane_id] = pair.exits
    return {
        lane: (left_here.get(lane, 0) + PSEUDO_EXITS * usual) / (exits + PSEUDO_EXITS) / usual
        for lane, exits in came.items()
    }


def month_of(instant: datetime) -> str:
    """The calendar month of an instant (UTC), as `2026-03`; sorts by time."""
    return f"{instant.year:04}-{instant.month:02}"


def first_month(instant: datetime) -> str:
    """The first of the MONTHS that count at an instant."""
    months = instant.year * 12 + instant.month - 1 - (MONTHS - 1)
    return f"{months // 12:04}-{months % 12 + 1:02}"
