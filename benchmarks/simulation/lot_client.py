"""The lot as people at its gates meet it: loops to drive on, displays, a payment terminal, the operator's desk."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx2

from benchmarks.simulation.errors import LotRefused, ServiceSilent
from lot_server.domain.money import Money

Behaviour = Literal["cross", "back_out"]
TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class LaneSeen:
    """What a lane's display and the operator's desk show at one instant."""

    state: str
    due: Money | None


@dataclass(frozen=True, slots=True)
class LotSeen:
    """The lot at one instant; `ledger` is (seq, head, acked_seq)."""

    free_spaces: int
    spaces: int
    ledger: tuple[int, str, int]
    lanes: dict[str, LaneSeen]


class LotClient:
    """The lot's loopback API. Every method raises ServiceSilent where the lot does not answer as promised."""

    def __init__(self, url: str, token_file: Path) -> None:
        self._url = f"{url}/loopback/v1"
        self._token_file = token_file
        self._http = httpx2.AsyncClient(timeout=TIMEOUT_S, trust_env=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def seen(self) -> LotSeen:
        body = await self._call("GET", "/state")
        ledger = body["ledger"]
        return LotSeen(
            body["free_spaces"],
            body["spaces"],
            (ledger["seq"], ledger["head"], ledger["acked_seq"]),
            {lane["lane_id"]: _lane(lane) for lane in body["lanes"]},
        )

    async def lane(self, lane_id: str) -> LaneSeen:
        return (await self.seen()).lanes[lane_id]

    async def roll_in(self, lane_id: str, frames: Sequence[Path], behaviour: Behaviour) -> str:
        """A vehicle drives onto the arming loop; its id at the site."""
        body = {"frames": [str(frame) for frame in frames], "behaviour": behaviour}
        return str((await self._call("POST", f"/simulated/lanes/{lane_id}/vehicles", body))["vehicle_id"])

    async def whereabouts(self, number: str, wait_s: float) -> str:
        """waiting, crossed, backed_out or refused; answers early when that changes."""
        return str((await self._call("GET", f"/simulated/vehicles/{number}?wait_s={wait_s}"))["state"])

    async def reverse_away(self, lane_id: str) -> None:
        await self._call("POST", f"/simulated/lanes/{lane_id}/leave")

    async def pay_at_terminal(self, lane_id: str, amount: Money, provider: str, reference: str) -> None:
        money = {"amount_minor": amount.minor, "currency": amount.currency}
        await self._call(
            "POST", f"/lanes/{lane_id}/payment", money | {"provider": provider, "provider_reference": reference}
        )

    async def resolve(self, lane_id: str, stay_id: str, operator: str, reason: str) -> None:
        order = {"stay_id": stay_id, "operator": operator, "reason": reason}
        await self._call("POST", f"/lanes/{lane_id}/resolve", order)

    async def open(self, lane_id: str, operator: str, reason: str) -> None:
        await self._call("POST", f"/lanes/{lane_id}/open", {"operator": operator, "reason": reason})

    async def _call(self, method: str, path: str, body: object = None) -> Any:
        try:
            token = self._token_file.read_text(encoding="ascii").strip()
            headers = {"Authorization": f"Bearer {token}"}
            response = await self._http.request(method, self._url + path, json=body, headers=headers)
        except (OSError, httpx2.HTTPError) as error:
            raise ServiceSilent(f"the lot does not answer {method} {path}: {error!r}") from error
        if response.is_client_error:
            answer = response.json()
            raise LotRefused(answer["code"], f"the lot refuses {method} {path}: {answer['code']}, {answer['message']}")
        if response.is_error:
            raise ServiceSilent(f"the lot answers {response.status_code} to {method} {path}: {response.text[:300]}")
        return response.json()


async def until_lane_is(lot: LotClient, lane_id: str, state: str, patience_s: float) -> bool:
    """Whether a lane reached a state within real seconds."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while (await lot.lane(lane_id)).state != state:
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


def _lane(body: dict[str, Any]) -> LaneSeen:
    due = body["due"]
    money = None if due is None else Money(due["minor"], due["currency"])
    return LaneSeen(body["state"], money)
