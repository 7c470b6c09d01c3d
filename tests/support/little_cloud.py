"""A real HTTP and WebSocket server over the in-memory cloud, with faults on demand, and a lot's loopback beside it."""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from cloud_sync.errors import BadSignature
from cloud_sync.in_memory import InMemoryCloud
from cloud_sync.signing import new_key, verify_request
from cloud_sync.wire import Ack, Batch, DeliveryAck, Refusal, decode, downlink_path, encode
from lot_server.domain.clock import Clock, SystemClock
from lot_server.domain.codec import from_body
from lot_server.domain.refund import Refund
from lot_server.domain.stay import Settlement

TOKEN = "a-token-of-this-test"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that only ever reach this machine: loading the system's authorities for each takes longer than a test."""
STATUS = {
    "malformed_batch": 400,
    "bad_signature": 401,
    "unknown_lot": 404,
    "sequence_gap": 409,
    "ledger_fork": 409,
    "batch_too_large": 413,
    "unknown_event": 422,
}


def eventually(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until `condition` holds; fails where it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for never came"
        time.sleep(0.01)


class ServerThread:
    """Serves an ASGI app on a free loopback port, which it keeps over stop and start."""

    def __init__(self, app) -> None:
        self._app = app
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        config = uvicorn.Config(
            self._app,
            host="127.0.0.1",
            port=self.port,
            log_level="critical",
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        eventually(lambda: self._server.started)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error) -> None:
        self.stop()


class LittleCloud:
    """The in-memory cloud behind HTTP. Each of `faults` spoils one posted batch:

    "500" answers 500 and applies nothing, "lost" applies and breaks off the answer, "slow" answers late,
    a Refusal is answered as it is, ("before", f) calls f before the batch is applied, ("after", f) between that and
    the answer, and None spoils nothing.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.cloud = InMemoryCloud(self.clock)
        self.faults: deque = deque()
        self.batches: list[list[int]] = []
        self.posts = 0
        self.connections = 0
        self.answers: list[DeliveryAck] = []
        self.garbage: list[str] = []
        self._keys: dict[str, str] = {}
        self.server = ServerThread(self._app())

    def enrol(self, lot_id: str) -> str:
        """Enrol a lot with a fresh key; returns the private one."""
        private, public = new_key()
        self.cloud.enrol(lot_id, public)
        self._keys[lot_id] = public
        return private

    def reset(self, lot_id: str, envelopes=()) -> None:
        """The cloud's database was lost, or put back from a copy that holds `envelopes`."""
        self.cloud.enrol(lot_id, self._keys[lot_id])
        self.cloud._lots[lot_id].envelopes += envelopes

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/v1/lots/{lot_id}/batches")
        async def batches(lot_id: str, request: Request) -> Response:
            content = await request.body()
            self.posts += 1
            fault = self.faults.popleft() if self.faults else None
            moment, strike = fault if isinstance(fault, tuple) else (fault, None)
            if moment == "500":
                return Response("out of order", 500)
            if isinstance(moment, Refusal):
                return self._answer(moment)
            if moment == "slow":
                await asyncio.sleep(0.5)
            if moment == "before":
                strike()
            before = len(self.cloud.envelopes(lot_id)) if lot_id in self._keys else 0
            answer = self.cloud.receive(lot_id, content, request.headers)
            if isinstance(answer, Ack):
                self.batches.append([each.seq for each in self.cloud.envelopes(lot_id)[before:]])
            if moment == "after":
                strike()
            return Response(b"{", headers={"content-length": "999"}) if moment == "lost" else self._answer(answer)

        @app.get("/v1/lots/{lot_id}/ledger")
        async def ledger(lot_id: str, request: Request) -> Response:
            return self._answer(self.cloud.ledger(lot_id, request.headers))

        @app.get("/v1/lots/{lot_id}/ledger/{seq}")
        async def ledger_after(lot_id: str, seq: int, request: Request) -> Response:
            return self._answer(self.cloud.ledger_after(lot_id, seq, request.headers))

        @app.websocket("/v1/lots/{lot_id}/downlink")
        async def downlink(lot_id: str, socket: WebSocket) -> None:
            try:
                verify_request(
                    self._keys.get(lot_id, ""), "GET", downlink_path(lot_id), b"", socket.headers, self.clock
                )
            except BadSignature:
                await socket.close()
                return
            await socket.accept()
            self.connections += 1
            sender = asyncio.create_task(self._send(lot_id, socket))
            with contextlib.suppress(WebSocketDisconnect):
                while True:
                    self.answers.append(decode(DeliveryAck, await socket.receive_text()))
                    self.cloud.acknowledged(lot_id, self.answers[-1])
            sender.cancel()

        return app

    async def _send(self, lot_id: str, socket: WebSocket) -> None:
        sent: set[str] = set()
        for text in self.garbage:
            await socket.send_text(text)
        while True:
            for delivery in self.cloud.waiting(lot_id):
                if delivery.delivery_id not in sent:
                    sent.add(delivery.delivery_id)
                    await socket.send_text(encode(delivery).decode())
            await asyncio.sleep(0.01)

    def _answer(self, answer: Ack | Batch | Refusal) -> Response:
        status = STATUS[answer.code] if isinstance(answer, Refusal) else 200
        return Response(encode(answer), status, media_type="application/json")


class LittleLot:
    """A lot's loopback API that remembers what it was told. It knows the stays in `stays`."""

    def __init__(self, stays: set[str]) -> None:
        self.stays = stays
        self.settlements: dict[str, Settlement] = {}
        self.refunds: dict[str, Refund] = {}
        self.handed_over = 0
        self.acks: list[int] = []
        self.not_understood: set[str] = set()
        self.before_answer: Callable[[], None] = lambda: None
        self.server = ServerThread(self._app())

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/loopback/v1/settlements")
        async def settlements(request: Request) -> Response:
            if request.headers["authorization"] != f"Bearer {TOKEN}":
                return JSONResponse({"code": "unauthorized", "message": "no"}, 401)
            settlement = from_body(Settlement, await request.json())
            self.handed_over += 1
            if settlement.settlement_id in self.not_understood:
                return JSONResponse({"code": "bad_body", "message": "what is this?"}, 422)
            if settlement.stay_id not in self.stays:
                return JSONResponse({"code": "unknown_stay", "message": "no such stay"}, 404)
            known = settlement.settlement_id in self.settlements
            self.settlements[settlement.settlement_id] = settlement
            self.before_answer()
            return JSONResponse({"outcome": "already_applied" if known else "applied"})

        @app.post("/loopback/v1/refunds")
        async def refunds(request: Request) -> Response:
            refund = from_body(Refund, await request.json())
            if refund.settlement_id not in self.settlements:
                return JSONResponse({"code": "unknown_settlement", "message": "no such payment"}, 404)
            known = refund.refund_id in self.refunds
            self.refunds[refund.refund_id] = refund
            return JSONResponse({"outcome": "already_applied" if known else "applied"})

        @app.post("/loopback/v1/acks")
        async def acks(request: Request) -> Response:
            if request.headers["authorization"] != f"Bearer {TOKEN}":
                return JSONResponse({"code": "unauthorized", "message": "no"}, 401)
            self.acks.append((await request.json())["applied_seq"])
            return Response(status_code=204)

        return app
