"""The sandbox payment provider: a little service of its own that behaves as real ones do, and takes no money.

The cloud opens an order and asks for it (stamped with the shared secret); the driver presses the one button of its
pay page; webhooks tell the cloud. A program pays as the page's button does: `POST {pay_url}/confirm`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader

from api.body_limit import BodyLimit
from api.errors import ApiError, ForgedWebhook, MalformedRequest, StaleWebhook, install_handlers
from api.payments.sandbox_config import SandboxConfig
from api.payments.sandbox_messages import (
    ASK_PATH,
    OPEN_PATH,
    REFUND_PATH,
    AskOrder,
    OpenOrder,
    PayPage,
    RefundPayment,
    decode,
    encode,
)
from api.payments.sandbox_orders import NotPayable, SandboxOrder, SandboxOrders
from api.payments.sandbox_webhooks import Webhooks
from api.payments.stamp import Forged, Stale, check
from api.security_headers import SecurityHeaders
from lot_server.domain.errors import BadBody


class UnknownSandboxOrder(ApiError):
    status = 404
    code = "unknown_order"


def create_sandbox(config: SandboxConfig) -> FastAPI:
    """The sandbox service of `config`, which must say its `public_url`."""
    orders, webhooks = SandboxOrders(), Webhooks(config)
    pages = Environment(loader=PackageLoader("api.payments"), autoescape=True)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await webhooks.close()

    app = FastAPI(title="openlot sandbox provider", lifespan=lifespan, docs_url=None, redoc_url=None)
    install_handlers(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders, form_targets=("*",))

    app.mount("/static", StaticFiles(packages=[("api.payments", "static")]))

    async def stamped(request: Request) -> bytes:
        body = await request.body()
        try:
            check(config.secret, body, request.headers, config.clock)
        except Forged as error:
            raise ForgedWebhook(str(error)) from error
        except Stale as error:
            raise StaleWebhook(str(error)) from error
        return body

    def page(order: SandboxOrder, status: int = 200) -> HTMLResponse:
        text = pages.get_template("sandbox_pay.html").render(
            order=order, state=order.status(config.clock.now()).state, clock=config.clock
        )
        return HTMLResponse(text, status, {"Cache-Control": "no-store"})

    @app.post(OPEN_PATH)
    async def open_order(request: Request) -> Response:
        try:
            terms = decode(OpenOrder, await stamped(request))
        except BadBody as error:
            raise MalformedRequest(str(error)) from error
        order = orders.open(terms)
        pay_url = f"{config.server.public_url}/pay/{order.page}"
        return Response(encode(PayPage(terms.order_id, pay_url)), 200, media_type="application/json")

    @app.post(ASK_PATH)
    async def ask_order(request: Request) -> Response:
        try:
            asked = decode(AskOrder, await stamped(request))
        except BadBody as error:
            raise MalformedRequest(str(error)) from error
        order = orders.find(asked.order_id)
        if order is None:
            raise UnknownSandboxOrder("there is no such order here: open it first")
        return Response(encode(order.status(config.clock.now())), 200, media_type="application/json")

    @app.post(REFUND_PATH)
    async def refund(request: Request) -> Response:
        try:
            wish = decode(RefundPayment, await stamped(request))
        except BadBody as error:
            raise MalformedRequest(str(error)) from error
        return Response(encode(orders.refund(wish, config.clock.now())), 200, media_type="application/json")

    @app.get("/pay/{page_id}", response_class=HTMLResponse)
    async def show(page_id: str) -> HTMLResponse:
        order, first = orders.see(page_id)
        if first:
            webhooks.tell(order.terms.notify_url, order.status(config.clock.now()))
        return page(order)

    @app.post("/pay/{page_id}/confirm")
    async def confirm(page_id: str) -> Response:
        try:
            order, now_paid = orders.pay(page_id, config.clock.now())
        except NotPayable as expired:
            return page(orders.at_page(page_id), expired.status)
        if now_paid:
            webhooks.tell(order.terms.notify_url, order.status(config.clock.now()))
        return RedirectResponse(order.terms.return_url, 303)

    @app.get("/healthz")
    async def health() -> dict[str, object]:
        return {"status": "ok", "simulated": config.clock.simulated}

    return app
