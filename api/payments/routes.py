"""Pay a fee from a phone, and hear from providers."""

from typing import Annotated

from fastapi import APIRouter, Header, Request

from api.deps import TheCloud, client_address
from api.errors import UnknownProvider
from api.fees.schemas import PlateAsked
from api.payments.following import read_order, take_notice
from api.payments.orders import open_order
from api.payments.schemas import Order, WebhookAnswer, order_of

router = APIRouter(tags=["payments"])
IdempotencyKey = Annotated[str, Header(min_length=8, max_length=200, pattern=r"^[!-~]+$")]


@router.post("/v1/lots/{lot_id}/payments", status_code=201)
async def pay(
    lot_id: str, asked: PlateAsked, idempotency_key: IdempotencyKey, request: Request, cloud: TheCloud
) -> Order:
    """Open an order for what the plate owes now; the same key gets the same order again."""
    return order_of(await open_order(cloud, lot_id, asked.plate, idempotency_key, client_address(request)))


@router.get("/v1/payments/{order_id}")
async def order_state(order_id: str, cloud: TheCloud) -> Order:
    """How an order stands; a pending one is asked for at its provider."""
    standing = await read_order(cloud, order_id)
    return order_of(standing.order, standing.leave_by, standing.refunded_minor)


@router.post("/v1/payments/{provider_name}/webhook")
async def webhook(provider_name: str, request: Request, cloud: TheCloud) -> WebhookAnswer:
    """Take a provider's signed notice; repeats and late ones change nothing."""
    provider = cloud.providers.get(provider_name)
    if provider is None:
        raise UnknownProvider(f"there is no payment provider {provider_name!r} in this cloud's configuration")
    notice = provider.read_webhook(request.headers, await request.body(), cloud.clock)
    return WebhookAnswer(outcome=(await take_notice(cloud, provider.name, notice)).outcome)
