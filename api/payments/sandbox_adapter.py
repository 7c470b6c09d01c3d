"""The sandbox as a payment provider: what this project pays with where no money may move."""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import httpx2

from api.config import SandboxAccount
from api.errors import ForgedWebhook, MalformedWebhook, ProviderFailed, StaleWebhook
from api.payments.provider import (
    Checkout,
    Notice,
    OrderExpired,
    OrderOpened,
    OrderPaid,
    Payback,
    PaybackDone,
    PaybackRefused,
)
from api.payments.sandbox_messages import (
    ASK_PATH,
    OPEN_PATH,
    REFUND_PATH,
    AskOrder,
    OpenOrder,
    OrderStatus,
    PayPage,
    RefundAnswer,
    RefundPayment,
    WebhookEvent,
    decode,
    encode,
)
from api.payments.stamp import Forged, Stale, check, stamp
from lot_server.domain.clock import Clock
from lot_server.domain.errors import BadBody

TIMEOUT_S = 5.0
NAME = "sandbox"
T = TypeVar("T")


class SandboxProvider:
    """Speaks to one sandbox service over HTTP."""

    name = NAME

    def __init__(self, account: SandboxAccount, clock: Clock) -> None:
        self._account, self._clock = account, clock
        self._client = httpx2.AsyncClient(base_url=account.url, timeout=TIMEOUT_S)
        parts = urlsplit(account.url)
        self.origin = f"{parts.scheme}://{parts.netloc}"

    async def open(self, checkout: Checkout) -> str:
        message = OpenOrder(
            checkout.order_id,
            checkout.amount,
            checkout.description,
            checkout.expires_at,
            checkout.return_url,
            checkout.notify_url,
        )
        content = await self._post(OPEN_PATH, encode(message))
        if content is None:
            raise ProviderFailed("the payment provider does not know its own address for orders: check sandbox.url")
        return _reply(PayPage, content).pay_url

    async def ask(self, order_id: str) -> Notice | None:
        content = await self._post(ASK_PATH, encode(AskOrder(order_id)))
        if content is None:
            return None
        return _notice(_reply(OrderStatus, content))

    async def pay_back(self, payback: Payback) -> PaybackDone | PaybackRefused:
        message = RefundPayment(payback.refund_id, payback.order_id, payback.reference, payback.amount)
        content = await self._post(REFUND_PATH, encode(message))
        if content is None:
            raise ProviderFailed("the payment provider does not know its own address for refunds: check sandbox.url")
        answer = _reply(RefundAnswer, content)
        if answer.state == "refused":
            return PaybackRefused(answer.why or "the provider says no")
        if answer.reference is None or answer.refunded_at is None:
            raise ProviderFailed("the payment provider says that it gave money back, but not under which reference")
        return PaybackDone(answer.reference, answer.refunded_at)

    def read_webhook(self, headers: Mapping[str, str], body: bytes, clock: Clock) -> Notice:
        try:
            check(self._account.secret, body, headers, clock)
            event = decode(WebhookEvent, body)
        except Forged as error:
            raise ForgedWebhook(str(error)) from error
        except Stale as error:
            raise StaleWebhook(str(error)) from error
        except BadBody as error:
            raise MalformedWebhook(str(error)) from error
        return _notice(event.order)

    async def close(self) -> None:
        await self._client.aclose()

    async def _post(self, path: str, body: bytes) -> bytes | None:
        """The answer's bytes; None for 404. Raises ProviderFailed."""
        headers = {"content-type": "application/json", **stamp(self._account.secret, body, self._clock)}
        try:
            response = await self._client.post(path, content=body, headers=headers)
        except httpx2.HTTPError as error:
            raise ProviderFailed(f"the payment provider did not answer ({type(error).__name__}): try again") from error
        if response.status_code == httpx2.codes.NOT_FOUND:
            return None
        if not response.is_success:
            raise ProviderFailed(f"the payment provider answered {response.status_code}: try again")
        return response.content


def _reply(kind: type[T], content: bytes) -> T:
    try:
        return decode(kind, content)
    except BadBody as error:
        raise ProviderFailed(f"the payment provider's answer cannot be read: {error}") from error


def _notice(order: OrderStatus) -> Notice:
    if order.payment is not None:
        return OrderPaid(order.order_id, order.payment.reference, order.payment.amount, order.payment.paid_at)
    return OrderExpired(order.order_id) if order.state == "expired" else OrderOpened(order.order_id)
