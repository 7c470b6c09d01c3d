"""Who may ask for a fee, how often, and the trace it leaves."""

import ipaddress
import uuid

from sqlmodel.ext.asyncio.session import AsyncSession

from api.deps import Cloud
from api.errors import PlateNotInside
from api.fees.service import Priced, price
from api.lots.service import described
from api.tables import FeeQuery
from lot_server.domain.plate import normalise


def admit(cloud: Cloud, lot_id: str, spelling: str, address: str) -> str:
    """The normalised plate of a question that is within the limits. Raises BadPlate or TooManyRequests."""
    # One subscriber holds a whole /64 of IPv6.
    cloud.by_address.check((network(address, 32, 64), lot_id))
    plate = normalise(spelling)
    cloud.by_plate.check((plate, lot_id))
    return plate


async def ask(cloud: Cloud, lot_id: str, spelling: str, address: str) -> Priced:
    """Answer one question in one transaction. Raises PlateNotInside, UnknownLot and what `admit` raises."""
    plate = admit(cloud, lot_id, spelling, address)
    async with cloud.database.writing() as session:
        priced = await price_and_note(session, cloud, lot_id, plate, address)
    return inside(priced)


def inside(priced: Priced | None) -> Priced:
    """Raises PlateNotInside, which must come after the transaction that notes the question."""
    if priced is None:
        raise PlateNotInside("no vehicle with this plate is inside this lot: check the plate and the lot")
    return priced


async def price_and_note(session: AsyncSession, cloud: Cloud, lot_id: str, plate: str, address: str) -> Priced | None:
    """The price, or None; either way a row says that somebody asked. Raises UnknownLot."""
    lot = await described(session, lot_id)
    now = cloud.clock.now()
    priced = await price(session, lot, plate, now)
    session.add(
        FeeQuery(
            lot_id=lot_id,
            query_id=uuid.uuid4().hex,
            asked_at=now,
            network=network(address, 24, 48),
            outcome="plate_not_inside" if priced is None else "priced",
        )
    )
    return priced


def network(address: str, bits_4: int, bits_6: int) -> str:
    """The network around an address; the address itself where it is none of the Internet's."""
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{address}/{bits_4 if version == 4 else bits_6}", strict=False))
