"""The connection a lot holds, and by which settlements reach it at once."""

import asyncio

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from api.deps import Cloud, cloud_of
from api.downlink.service import take_answer, undelivered
from api.errors import RequestRefused
from api.signed import authenticate
from cloud_sync.errors import MalformedBatch
from cloud_sync.wire import DeliveryAck, decode, encode

RESEND_S = 5.0
"""Real seconds after which what is not answered is sent again, and the table looked at without a ring."""
POLICY_VIOLATION = 1008

router = APIRouter()


@router.websocket("/v1/lots/{lot_id}/downlink")
async def downlink(socket: WebSocket, lot_id: str) -> None:
    """Send every unanswered delivery, then each new one as it is committed, until the lot has answered it."""
    cloud = cloud_of(socket)
    try:
        await authenticate(cloud, socket, "GET", lot_id)
    except RequestRefused as refused:
        await socket.send_denial_response(JSONResponse(refused.body(), refused.status))
        return
    await socket.accept()
    tasks = {asyncio.create_task(_send(cloud, socket, lot_id)), asyncio.create_task(_receive(cloud, socket, lot_id))}
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        error = task.exception()
        if error is not None and not isinstance(error, WebSocketDisconnect):
            raise error


async def _send(cloud: Cloud, socket: WebSocket, lot_id: str) -> None:
    sent: dict[str, float] = {}
    loop = asyncio.get_running_loop()
    with cloud.bell.listening(lot_id) as heard:
        while True:
            heard.clear()
            async with cloud.database.reading() as session:
                waiting = await undelivered(session, lot_id)
            now = loop.time()
            sent = {each.delivery_id: sent[each.delivery_id] for each in waiting if each.delivery_id in sent}
            for delivery in waiting:
                if now - sent.get(delivery.delivery_id, -RESEND_S) >= RESEND_S:
                    await socket.send_text(encode(delivery).decode())
                    sent[delivery.delivery_id] = now
            try:
                await asyncio.wait_for(heard.wait(), RESEND_S)
            except TimeoutError:
                continue


async def _receive(cloud: Cloud, socket: WebSocket, lot_id: str) -> None:
    while True:
        try:
            answer = decode(DeliveryAck, await socket.receive_text())
        except (MalformedBatch, KeyError):
            await socket.close(POLICY_VIOLATION, "answer with the text of a DeliveryAck")
            return
        async with cloud.database.writing() as session:
            await take_answer(session, lot_id, answer, cloud.clock.now())
