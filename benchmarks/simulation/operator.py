"""The person at the operator's desk: looks at both photos, or at the ticket, and says which stay it is."""

from benchmarks.simulation.lot_client import LotClient
from benchmarks.simulation.scenario import Vehicle

NAME = "demo-operator"


class Operator:
    """Knows a vehicle again by sight: `stays` are those that came in, by the vehicle the operator sees on the photo."""

    def __init__(self, lot: LotClient, stays: dict[str, str]) -> None:
        self._lot = lot
        self._stays = stays

    async def resolve(self, lane_id: str, vehicle: Vehicle) -> bool:
        """Tell the lot whose vehicle stands at the exit; False where the operator never saw it come in."""
        stay_id = self._stays.get(vehicle.vehicle_id)
        if stay_id is None:
            return False
        reason = "same vehicle on both photos" if vehicle.has_plate else "ticket shown"
        await self._lot.resolve(lane_id, stay_id, NAME, reason)
        return True
