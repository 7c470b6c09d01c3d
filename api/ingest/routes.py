"""Where a lot sends its batches and asks how far they are applied."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.deps import TheCloud
from api.errors import RequestRefused
from api.ingest.service import apply_batch, ledger_of
from api.signed import authenticate
from cloud_sync.errors import BatchTooLarge, MalformedBatch
from cloud_sync.wire import MAX_BATCH_BYTES, Ack, Refusal, decode_batch, encode

router = APIRouter(tags=["ingest"])


@router.post("/v1/lots/{lot_id}/batches", response_class=Response)
async def take_batch(lot_id: str, request: Request, cloud: TheCloud) -> Response:
    """Apply a signed batch, exactly once by lot and sequence; answers an `Ack`, or a `Refusal` and nothing applied."""
    body = await _bounded_body(request)
    await authenticate(cloud, request, "POST", lot_id, body)
    try:
        batch = decode_batch(body, lot_id)
    except BatchTooLarge as error:
        raise RequestRefused(Refusal("batch_too_large", str(error))) from error
    except MalformedBatch as error:
        raise RequestRefused(Refusal("malformed_batch", str(error))) from error
    async with cloud.database.writing() as session:
        ack = await apply_batch(session, batch)
    return _answer(ack)


@router.get("/v1/lots/{lot_id}/ledger", response_class=Response)
async def read_ledger(lot_id: str, request: Request, cloud: TheCloud) -> Response:
    """How far the lot's ledger is applied, as an `Ack`."""
    await authenticate(cloud, request, "GET", lot_id)
    async with cloud.database.reading() as session:
        ack = await ledger_of(session, lot_id)
    return _answer(ack)


def _answer(ack: Ack) -> Response:
    return Response(encode(ack), media_type="application/json", headers={"Cache-Control": "no-store"})


async def _bounded_body(request: Request) -> bytes:
    """The body, refused as soon as it is known to be too large: by its length, or while it is read."""
    too_large = RequestRefused(
        Refusal("batch_too_large", f"a batch has at most {MAX_BATCH_BYTES} bytes: send fewer envelopes")
    )
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > MAX_BATCH_BYTES:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BATCH_BYTES:
            raise too_large
    return bytes(body)
