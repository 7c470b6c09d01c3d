"""Lots near a point."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import TheCloud
from api.lots.schemas import NearLots
from api.lots.service import Order, near

DEFAULT_RADIUS_M = 20_000
MAX_RADIUS_M = 200_000
MAX_LOTS = 50

router = APIRouter(tags=["lots"])


@router.get("/v1/lots")
async def lots_near(
    cloud: TheCloud,
    latitude: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    longitude: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    order: Order = "distance",
    limit: Annotated[int, Query(ge=1, le=MAX_LOTS)] = 20,
    radius_m: Annotated[float, Query(gt=0, le=MAX_RADIUS_M, allow_inf_nan=False)] = DEFAULT_RADIUS_M,
) -> NearLots:
    """Lots within `radius_m` of a point in degrees (WGS 84), the nearest or the emptiest first."""
    async with cloud.database.reading() as session:
        return NearLots(lots=await near(session, latitude, longitude, radius_m, order, limit))
