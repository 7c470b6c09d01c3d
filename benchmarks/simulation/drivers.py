"""Drivers and their money: a phone for the fee by plate and the pay page, a card for the barrier's terminal."""

import asyncio
import itertools
import uuid
from dataclasses import dataclass
from typing import Any

import httpx2

from benchmarks.simulation.errors import ServiceSilent
from benchmarks.simulation.journal import Journal, Payment
from benchmarks.simulation.lot_client import LaneSeen, LotClient
from benchmarks.simulation.scenario import Vehicle
from lot_server.domain.money import Money

TERMINAL = "terminal"
"""The provider's name of the card terminal at the barrier."""
TIMEOUT_S = 15.0
PAID_WITHIN_S = 20.0
"""Real seconds a driver looks at "one moment" after paying."""
ASK_AGAIN_S = 0.5
ASKS = 4
"""How often a driver types the plate before giving up on the phone: the lot may only just have told the cloud."""


@dataclass(frozen=True, slots=True)
class Fee:
    """What the phone shows for a plate."""

    plate: str
    due: Money


class Phone:
    """What drivers do with their phones, all over HTTP.

    Raises ServiceSilent where the cloud or the provider does not answer as promised. Drivers know their own true plate:
    where the lot misread it at the entry, the phone finds nothing.
    """

    def __init__(self, cloud_url: str, lot_id: str, journal: Journal, glance_s: float = 0.1) -> None:
        """`glance_s`: real seconds between two looks at "one moment" after paying."""
        self._cloud, self._lot_id, self._journal, self._glance_s = cloud_url, lot_id, journal, glance_s
        self._http = httpx2.AsyncClient(timeout=TIMEOUT_S, trust_env=False, follow_redirects=True)

    async def close(self) -> None:
        await self._http.aclose()

    async def nearby(self, latitude: float, longitude: float) -> dict[str, int]:
        """Free spaces of the lots near a point, the nearest first."""
        query = {"latitude": str(latitude), "longitude": str(longitude)}
        response = await self._send("GET", f"{self._cloud}/v1/lots", params=query)
        return {lot["lot_id"]: lot["free_spaces"] for lot in _answer(response)["lots"]}

    async def fee(self, vehicle: Vehicle, asks: int = ASKS) -> Fee | None:
        """What the vehicle owes; None where the lot knows none of its plates."""
        for ask in range(asks):
            for plate in vehicle.car.plates:
                response = await self._send("POST", f"{self._cloud}/v1/lots/{self._lot_id}/fees", json={"plate": plate})
                if response.status_code == 429:
                    await asyncio.sleep(float(response.headers["Retry-After"]))
                elif response.status_code not in (404, 409):
                    body = _answer(response)
                    return Fee(plate, Money(body["due"], body["currency"]))
            if ask + 1 < asks:
                await asyncio.sleep(ASK_AGAIN_S)
        return None

    async def pay(self, vehicle: Vehicle, fee: Fee) -> Money | None:
        """Order, pay at the provider's page, wait until the cloud has heard of it.

        None where nothing is due after all, or the driver was too slow for the price and has to ask again.
        """
        response = await self._send(
            "POST",
            f"{self._cloud}/v1/lots/{self._lot_id}/payments",
            json={"plate": fee.plate},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )
        if response.status_code == 409 and response.json().get("code") == "nothing_due":
            return None
        order = _answer(response)
        if not await self._confirm(order["pay_url"]):
            return None
        amount = Money(order["amount"], order["currency"])
        self._journal.payments.append(Payment(vehicle.vehicle_id, "phone", order["order_id"], amount))
        await self._until_paid(order["order_id"])
        return amount

    async def _confirm(self, pay_url: str) -> bool:
        """Open the provider's page and press its button, which leads back to the cloud's page; False if too late."""
        page = await self._send("GET", pay_url)
        if page.is_success:
            page = await self._send("POST", f"{pay_url}/confirm")
        if page.status_code == 409:
            return False
        if page.is_error:
            raise ServiceSilent(_complaint(page))
        return True

    async def _until_paid(self, order_id: str) -> None:
        deadline = asyncio.get_running_loop().time() + PAID_WITHIN_S
        while True:
            state = _answer(await self._send("GET", f"{self._cloud}/v1/payments/{order_id}"))["state"]
            if state == "paid":
                return
            if asyncio.get_running_loop().time() > deadline:
                raise ServiceSilent(f"order {order_id} is still {state} {PAID_WITHIN_S:.0f} s after it was paid")
            await asyncio.sleep(self._glance_s)

    async def _send(self, method: str, url: str, **content: Any) -> httpx2.Response:
        try:
            return await self._http.request(method, url, **content)
        except httpx2.HTTPError as error:
            raise ServiceSilent(f"no answer to {method} {url}: {error!r}") from error


class Terminal:
    """The card terminal at the exit, and the record that its provider keeps of it."""

    def __init__(self, lot: LotClient, journal: Journal) -> None:
        self._lot, self._journal = lot, journal
        self._numbers = itertools.count(1)

    async def pay(self, lane_id: str, vehicle: Vehicle, lane: LaneSeen) -> Money:
        """Pay what the lane's display shows. Raises LotRefused where nothing waits for it, and takes no money."""
        assert lane.due is not None
        reference = f"card-{next(self._numbers):04}"
        await self._lot.pay_at_terminal(lane_id, lane.due, TERMINAL, reference)
        self._journal.payments.append(Payment(vehicle.vehicle_id, "barrier", reference, lane.due))
        return lane.due


def _answer(response: httpx2.Response) -> Any:
    if response.is_error:
        raise ServiceSilent(_complaint(response))
    return response.json()


def _complaint(response: httpx2.Response) -> str:
    what = f"{response.request.method} {response.url.path}"
    return f"the cloud or the provider answers {response.status_code} to {what}: {response.text[:300]}"
