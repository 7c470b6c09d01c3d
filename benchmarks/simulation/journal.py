"""What the people of a simulated day saw and did themselves: the other half of the evidence that a verdict needs."""

from dataclasses import dataclass, field
from typing import Literal

from benchmarks.simulation.bursts import Direction
from benchmarks.simulation.scenario import IncidentKind
from lot_server.domain.money import Money

Means = Literal["phone", "barrier"]
End = Literal["crossed", "backed_out", "refused", "gave_up"]
"""How a vehicle's time at a lane ended. gave_up: the barrier stayed shut for as long as anybody waits."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """One vehicle at one lane. `passage_id` is None where the lot never began a passage."""

    vehicle_id: str
    direction: Direction
    end: End
    passage_id: str | None
    with_operator: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """Money a driver handed over. `reference` is the order's id on a phone, the terminal's own at the barrier."""

    vehicle_id: str
    means: Means
    reference: str
    amount: Money


@dataclass(slots=True)
class Journal:
    """Everything in the order in which it happened."""

    crossings: list[Crossing] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    incidents: list[IncidentKind] = field(default_factory=list)
    waited_for_the_line: list[str] = field(default_factory=list)
    """Vehicles that had paid by phone and stood at the exit until the settlement came down."""

    def payments_by(self, means: Means) -> list[Payment]:
        return [each for each in self.payments if each.means == means]

    def crossing(self, vehicle_id: str, direction: Direction) -> Crossing | None:
        """The last one of a vehicle in a direction."""
        found = [each for each in self.crossings if (each.vehicle_id, each.direction) == (vehicle_id, direction)]
        return found[-1] if found else None
