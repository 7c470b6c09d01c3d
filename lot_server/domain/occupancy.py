"""How many vehicles a lot holds, how sure that is, and how many more may enter.

Vehicles are counted by closing loops. What drives through one outside any stay is a stray; a stay whose vehicle is
believed gone is an orphan. `docs/occupancy.md` says why the bounds are what they are.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from lot_server.domain.stay import Direction

StrayCause = Literal["unread", "opened_without_stay", "held_open"]
"""unread: behind another vehicle; opened_without_stay: let out by a person; held_open: while all barriers were open."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A vehicle that drove through a lane outside any stay, by its passage."""

    passage_id: str
    lane_id: str
    direction: Direction
    cause: StrayCause
    passed_at: datetime


@dataclass(frozen=True, slots=True)
class SpaceCount:
    """How sure a number of free spaces is: between `least` and `most`; `kept` of them are for pass holders."""

    least: int
    most: int
    kept: int


@dataclass(frozen=True, slots=True)
class Occupancy:
    """What a lot's spaces are counted by.

    `stays` counts the open ones, `arriving` intended ones: admitted, not yet past the closing loop; `passes` are those
    of both that park by a pass. `orphans` are open stays whose vehicle is believed gone, where no recount came since;
    `strays_in` and `strays_out` those since the last recount that nothing has explained. `uncounted` is what that
    recount found beyond the stays, below 0 where it found less; `older` stays began before it.
    """

    spaces: int
    stays: int
    arriving: int = 0
    passes: int = 0
    kept_for_passes: int = 0
    orphans: int = 0
    strays_in: int = 0
    strays_out: int = 0
    uncounted: int = 0
    older: int = 0

    @property
    def inside(self) -> int:
        """Vehicles, as far as the closing loops tell."""
        return max(0, self._counted)

    @property
    def least_inside(self) -> int:
        """No stray that came in was one, and every orphan has left that no stray out explains for sure."""
        # A stray out may have come in as one, or have been counted while an older stay's vehicle was not there.
        nameless = self.strays_in + max(0, self.uncounted) + self.older
        explained = max(0, self.strays_out - nameless)
        return max(0, self._counted - self.strays_in - max(0, self.orphans - explained))

    @property
    def most_inside(self) -> int:
        """No stray that went out was one."""
        return max(0, self._counted + self.strays_out)

    @property
    def free(self) -> int:
        """Spaces without a vehicle; below 0 while passes or operators brought in more than the lot has."""
        return self.spaces - self.inside

    @property
    def kept(self) -> int:
        """Spaces that wait for pass holders who are not here."""
        return max(0, self.kept_for_passes - self.passes)

    @property
    def full(self) -> bool:
        """Whether a visitor finds no space: every one is taken, promised, or kept for a pass holder."""
        return self.free - self.arriving <= self.kept

    @property
    def count(self) -> SpaceCount | None:
        """How sure `free` is; None where it is exact and nothing is kept."""
        count = SpaceCount(self.spaces - self.most_inside, self.spaces - self.least_inside, self.kept)
        return None if count == SpaceCount(self.free, self.free, 0) else count

    def after(self, **changes: int) -> "Occupancy":
        """The same with these numbers added."""
        return replace(self, **{name: getattr(self, name) + change for name, change in changes.items()})

    @property
    def _counted(self) -> int:
        return self.stays + self.uncounted + self.strays_in - self.strays_out
