"""The lot's server over its loopback API: money, acknowledged positions and the time go in here, nothing else."""

from datetime import datetime
from pathlib import Path

import httpx2

from cloud_sync.errors import LoopbackRefused, LoopbackUnavailable
from cloud_sync.ports import SettlementOutcome
from lot_server.domain.clock import to_text
from lot_server.domain.codec import Json, to_body
from lot_server.domain.refund import Refund
from lot_server.domain.stay import Settlement

TIMEOUT = httpx2.Timeout(10.0, connect=2.0)
"""Real seconds without progress."""
UNAUTHORIZED = 401
NEVER_TAKEN = (
    "unknown_stay",
    "settlement_conflict",
    "currency_mismatch",
    "unknown_settlement",
    "refund_conflict",
    "refund_exceeds",
)
"""Codes by which the lot says that money is not for any stay or payment of its own."""


class LoopbackClient:
    """Reaches the lot's server at `url`. The token is read for every request, because a restart may renew it."""

    def __init__(self, client: httpx2.AsyncClient, url: str, token_file: Path) -> None:
        self._client = client
        self._url = url.rstrip("/") + "/loopback/v1"
        self._token_file = token_file

    async def settle(self, settlement: Settlement) -> SettlementOutcome:
        return await self._hand_over("/settlements", to_body(settlement))

    async def refund(self, refund: Refund) -> SettlementOutcome:
        return await self._hand_over("/refunds", to_body(refund))

    async def _hand_over(self, path: str, body: Json) -> SettlementOutcome:
        response = await self._post(path, body)
        answer = self._answer(response)
        if response.is_client_error and answer.get("code") in NEVER_TAKEN:
            return "refused"
        self._require_success(response, answer)
        match answer.get("outcome"):
            case "applied":
                return "applied"
            case "already_applied":
                return "already_applied"
            case other:
                raise LoopbackRefused(f"the lot server answers {other!r} to {path}: run one openlot on both sides")

    async def acknowledge(self, applied_seq: int, head: str) -> None:
        response = await self._post("/acks", {"applied_seq": applied_seq, "head": head})
        self._require_success(response, self._answer(response))

    async def tell_time(self, at: datetime, round_trip_s: float) -> None:
        body: Json = {"at": to_text(at), "round_trip_ms": round(round_trip_s * 1000)}
        response = await self._post("/clock/cloud", body)
        self._require_success(response, self._answer(response))

    async def _post(self, path: str, body: Json) -> httpx2.Response:
        try:
            token = self._token_file.read_text(encoding="ascii").strip()
            headers = {"authorization": f"Bearer {token}"}
            return await self._client.post(self._url + path, json=body, headers=headers, timeout=TIMEOUT)
        except (OSError, UnicodeDecodeError) as error:
            raise LoopbackUnavailable(f"cannot read the token in {self._token_file}: is the lot server up?") from error
        except httpx2.HTTPError as error:
            raise LoopbackUnavailable(f"the lot server does not answer: {type(error).__name__}") from error

    def _answer(self, response: httpx2.Response) -> Json:
        try:
            answer = response.json()
        except ValueError:
            return {}
        return answer if isinstance(answer, dict) else {}

    def _require_success(self, response: httpx2.Response, answer: Json) -> None:
        if response.is_success:
            return
        said = f"the lot server answers {response.status_code} ({answer.get('code', 'no code')})"
        if response.is_client_error and response.status_code != UNAUTHORIZED:
            raise LoopbackRefused(f"{said}: {answer.get('message', 'look at its log')}")
        raise LoopbackUnavailable(f"{said}: look at its log")
