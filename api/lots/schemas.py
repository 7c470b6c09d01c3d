"""What a search for lots answers."""

from datetime import datetime

from pydantic import BaseModel


class NearLot(BaseModel):
    """A lot, how far away it is, and the spaces that were free for visitors at `as_of`, with their bounds.

    Nobody enters one that is `members_only` without a pass or the lot's leave.
    """

    lot_id: str
    name: str
    address: str
    latitude: float
    longitude: float
    distance_m: int
    spaces: int
    free_spaces: int
    free_least: int
    free_most: int
    members_only: bool
    as_of: datetime
    time_zone: str

    @property
    def visitors_free(self) -> int:
        return self.free_spaces

    @property
    def visitors_least(self) -> int:
        return self.free_least

    @property
    def visitors_most(self) -> int:
        return self.free_most


class NearLots(BaseModel):
    lots: list[NearLot]
