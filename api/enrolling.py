"""Enrols lots: whose signed requests the cloud accepts."""

import base64
import binascii

from sqlmodel.ext.asyncio.session import AsyncSession

from api.errors import BadConfig
from api.tables import Enrolment
from cloud_sync.wire import LOT_ID
from lot_server.domain.ledger import GENESIS

KEY_BYTES = 32


async def enrol(session: AsyncSession, lot_id: str, public_key: str) -> bool:
    """Accept a lot's key; True for a new lot, False where the key of a known one was replaced. Raises BadConfig."""
    if not LOT_ID.fullmatch(lot_id):
        raise BadConfig(f"--lot-id: {lot_id!r} is no lot id: use 1 to 64 letters, digits, '.', '_' or '-'")
    try:
        raw = base64.b64decode(public_key, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise BadConfig("--public-key: give the base64 of 32 bytes that `openlot sync keygen` prints")
    enrolment = await session.get(Enrolment, lot_id)
    if enrolment is None:
        session.add(Enrolment(lot_id=lot_id, public_key=public_key, applied_seq=0, head=GENESIS))
        return True
    enrolment.public_key = public_key
    session.add(enrolment)
    return False
