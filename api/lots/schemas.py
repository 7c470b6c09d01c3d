"""What a search for lots answers."""

from datetime import datetime

from pydantic import BaseModel


class NearLot(BaseModel):
    """A lot, how far away it is, and its free spaces as they were at `as_of`."""

    lot_id: str
    name: str
    address: str
    latitude: float
    longitude: float
    distance_m: int
    spaces: int
    free_spaces: int
    as_of: datetime
    time_zone: str


class NearLots(BaseModel):
    lots: list[NearLot]
