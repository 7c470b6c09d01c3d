"""The person at the operator's desk: looks at both photos, or at the ticket, and says which stay it is."""

from benchmarks.simulation.errors import LotRefused
from benchmarks.simulation.lot_client import LotClient
from benchmarks.simulation.scenario import Vehicle

NAME = "demo-operator"


class Operator:
    """Knows a vehicle again by sight: `stays` are those that came in, by the vehicle the operator sees on the photo."""

    def __init__(self, lot: LotClient, stays: dict[str, str]) -> None:
        self._lot = lot
        self._stays = stays

    async def resolve(self, lane_id: str, vehicle: Vehicle) -> None:
        """Tell the lot whose vehicle stands at the exit, or let it out where that stay has ended without it."""
        reason = "same vehicle on both photos" if vehicle.has_plate else "ticket shown"
        try:
            await self._lot.resolve(lane_id, self._stays[vehicle.vehicle_id], NAME, reason)
        except LotRefused as refusal:
            if refusal.reason != "unknown_stay":
                raise
            await self._lot.open(lane_id, NAME, "its stay has ended with another vehicle")
