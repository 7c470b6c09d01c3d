"""The fee by plate."""

from fastapi import APIRouter, Request

from api.deps import TheCloud, client_address
from api.fees.query import ask
from api.fees.schemas import Fee, PlateAsked, fee_of

router = APIRouter(tags=["fees"])


@router.post("/v1/lots/{lot_id}/fees")
async def fee_by_plate(lot_id: str, asked: PlateAsked, request: Request, cloud: TheCloud) -> Fee:
    """What the vehicle with this plate owes at this lot now; a POST, so that no log keeps the plate."""
    priced = await ask(cloud, lot_id, asked.plate, client_address(request))
    return fee_of(priced.stay.stay_id, priced.plate, priced.quote)
