"""What truly happened in the week, as the world saw it: the other half of the evidence, beside the databases."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from lot_server.domain.money import Money

DRIVES_THROUGH_S = 4.0
"""A vehicle that came onto the closing loop has left it after so many seconds."""

End = Literal["left", "turned_away", "backed_out", "blocked", "gave_up"]
"""How a visit ended: it parked and left; found the lot full; backed out before the barrier; may not enter; or nobody
let it through for as long as anybody waits."""


@dataclass(slots=True)
class Crossing:
    """One vehicle that drove through a lane, and what the lane had of it as it did."""

    at: float
    lane_id: str
    passage_id: str | None
    stay_id: str | None
    with_operator: bool = False


@dataclass(slots=True)
class Account:
    """One visit as it went. `inside` is whether the vehicle is in the lot, truly."""

    number: int
    came: Crossing | None = None
    left: Crossing | None = None
    end: End | None = None
    inside: bool = False
    from_pixels: bool = False
    followed: bool = False
    """It came in on another's opening."""
    operator: list[str] = field(default_factory=list)
    """What a person had to do for it."""
    paid: list[Money] = field(default_factory=list)
    waited_s: float = 0.0
    """At the exit, from the arming loop to the closing loop."""


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that a driver gave, and the provider's reference of it."""

    number: int
    provider: str
    reference: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Midnight:
    """The lot as one midnight found it, no vehicle being on its way through a lane.

    `told` is what the lot counts as free, `true` what is; `vague` by how many the lot itself says that it may be off.
    """

    day: int
    told: int
    true: int
    vague: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident megabytes of each process at one time of the week."""

    at: float
    megabytes: dict[str, float]


@dataclass(slots=True)
class WeekJournal:
    """All of it."""

    accounts: dict[int, Account] = field(default_factory=dict)
    payments: list[Payment] = field(default_factory=list)
    midnights: list[Midnight] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    """Which faults took place, and how often."""
    notes: list[str] = field(default_factory=list)
    """What went wrong that nothing in the plan asked for."""

    def account(self, number: int) -> Account:
        return self.accounts.setdefault(number, Account(number))

    @property
    def inside(self) -> int:
        """Vehicles that are in the lot, truly."""
        return sum(each.inside for each in self.accounts.values())
