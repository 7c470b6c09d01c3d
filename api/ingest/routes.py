"""Where a lot sends its batches and asks how far they are applied."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from api.deps import Cloud, TheCloud
from api.errors import RequestRefused
from api.ingest.service import apply_batch, envelopes_after, ledger_of
from api.signed import authenticate, time_header
from cloud_sync.errors import BatchTooLarge, MalformedBatch
from cloud_sync.wire import MAX_BATCH_BYTES, Ack, Batch, Refusal, decode_batch, encode

MOST_SEQ = 2**63 - 1

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
    return _answer(ack, cloud)


@router.get("/v1/lots/{lot_id}/ledger", response_class=Response)
async def read_ledger(lot_id: str, request: Request, cloud: TheCloud) -> Response:
    """How far the lot's ledger is applied, as an `Ack`."""
    await authenticate(cloud, request, "GET", lot_id)
    async with cloud.database.reading() as session:
        ack = await ledger_of(session, lot_id)
    return _answer(ack, cloud)


@router.get("/v1/lots/{lot_id}/ledger/{seq}", response_class=Response)
async def read_ledger_after(
    lot_id: str, seq: Annotated[int, Path(ge=0, le=MOST_SEQ)], request: Request, cloud: TheCloud
) -> Response:
    """The lot's own envelopes that follow `seq`, as a `Batch`, so that a lot put back from a backup catches up."""
    await authenticate(cloud, request, "GET", lot_id)
    async with cloud.database.reading() as session:
        batch = await envelopes_after(session, lot_id, seq)
    return _answer(batch, cloud)


def _answer(message: Ack | Batch, cloud: Cloud) -> Response:
    headers = {"Cache-Control": "no-store", **time_header(cloud.clock)}
    return Response(encode(message), media_type="application/json", headers=headers)


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
