"""Finds lots: near a point, or by name."""

from typing import Literal

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.errors import UnknownLot
from api.lots.geometry import bounding_box, distance_m
from api.lots.schemas import NearLot
from api.tables import LotRow
from cloud_sync.wire import LOT_ID

E6 = 1_000_000
Order = Literal["distance", "free_spaces"]


async def near(
    session: AsyncSession, latitude: float, longitude: float, radius_m: float, order: Order, limit: int
) -> list[NearLot]:
    """The lots within `radius_m` of a point: the nearest first, or those with the most free spaces first."""
    box = bounding_box(latitude, longitude, radius_m)
    rows = await session.exec(
        select(LotRow).where(
            col(LotRow.latitude_e6).between(int(box.south * E6) - 1, int(box.north * E6) + 1),
            or_(
                *(
                    col(LotRow.longitude_e6).between(int(west * E6) - 1, int(east * E6) + 1)
                    for west, east in box.longitudes
                )
            ),
        )
    )
    found = [_near(row, latitude, longitude) for row in rows]
    inside = [lot for lot in found if lot.distance_m <= radius_m]
    if order == "distance":
        inside.sort(key=lambda lot: (lot.distance_m, lot.lot_id))
    else:
        inside.sort(key=lambda lot: (lot.members_only, -lot.free_spaces, lot.distance_m, lot.lot_id))
    return inside[:limit]


async def by_name(session: AsyncSession, limit: int) -> list[LotRow]:
    """The first lots by name, for a driver whose place is not known."""
    rows = await session.exec(select(LotRow).order_by(LotRow.name, LotRow.lot_id).limit(limit))
    return list(rows)


async def described(session: AsyncSession, lot_id: str) -> LotRow:
    """A lot as it describes itself. Raises UnknownLot, also for one that has not sent its description yet."""
    row = await session.get(LotRow, lot_id) if LOT_ID.fullmatch(lot_id) else None
    if row is None:
        raise UnknownLot("there is no such lot here: check the lot's id in the link or QR code")
    return row


def _near(row: LotRow, latitude: float, longitude: float) -> NearLot:
    lot_latitude, lot_longitude = row.latitude_e6 / E6, row.longitude_e6 / E6
    return NearLot(
        lot_id=row.lot_id,
        name=row.name,
        address=row.address,
        latitude=lot_latitude,
        longitude=lot_longitude,
        distance_m=round(distance_m(latitude, longitude, lot_latitude, lot_longitude)),
        spaces=row.spaces,
        free_spaces=row.visitors_free,
        free_least=row.visitors_least,
        free_most=row.visitors_most,
        members_only=row.members_only,
        as_of=row.as_of,
        time_zone=row.time_zone,
    )
