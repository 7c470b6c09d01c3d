"""The pages of a driver's way: a lot nearby, the plate, the fee, the payment, `leave by`."""

import math
import secrets
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Cloud, TheCloud, client_address
from api.driver_page.forms import read_form
from api.driver_page.pages import Pages, status_of
from api.errors import ApiError, UnknownLot
from api.fees.query import ask
from api.fees.service import Priced
from api.lots.routes import DEFAULT_RADIUS_M, MAX_LOTS
from api.lots.service import Order, by_name, described, near
from api.payments.following import read_order
from api.payments.orders import open_order
from api.tables import LotRow
from lot_server.domain.errors import BadPlate

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
async def nearby(
    request: Request, cloud: TheCloud, latitude: str = "", longitude: str = "", order: str = "distance"
) -> HTMLResponse:
    """Lots near a position; without one, all of them by name."""
    pages = Pages(cloud, request)
    if not latitude and not longitude:
        async with cloud.database.reading() as session:
            rows = await by_name(session, MAX_LOTS)
        return pages.show("lots.html", {"lots": rows, "near": None, "problem": None})
    here = _position(latitude, longitude)
    if here is None:
        problem = pages.wording().say("bad_position")
        return pages.show("lots.html", {"lots": [], "near": None, "problem": problem}, 422)
    by: Order = "free_spaces" if order == "free_spaces" else "distance"
    async with cloud.database.reading() as session:
        lots = await near(session, *here, DEFAULT_RADIUS_M, by, MAX_LOTS)
    position = {"latitude": latitude, "longitude": longitude}
    links = {each: "/?" + urlencode({**position, "order": each}) for each in ("distance", "free_spaces")}
    shown = {"order": by, "links": links, "km": DEFAULT_RADIUS_M // 1000}
    return pages.show("lots.html", {"lots": lots, "near": shown, "problem": None})


@router.get("/pay")
async def plate(request: Request, cloud: TheCloud, lot: str = "") -> HTMLResponse:
    """Ask for the plate."""
    pages = Pages(cloud, request)
    try:
        found = await _lot(cloud, lot)
    except UnknownLot as error:
        return pages.refuse(error)
    return pages.show("plate.html", {"plate": "", "problem": None}, lot=found)


@router.post("/pay")
async def fee(request: Request, cloud: TheCloud) -> HTMLResponse:
    """Show the fee; a plate that finds nothing gets the form again, and says why."""
    pages = Pages(cloud, request)
    lot: LotRow | None = None
    spelling = ""
    try:
        lot_id, spelling = await read_form(request, "lot", "plate")
        lot = await _lot(cloud, lot_id)
        priced = await ask(cloud, lot_id, spelling, client_address(request))
    except (ApiError, BadPlate) as error:
        if lot is None:
            return pages.refuse(error)
        status, headers = status_of(error)
        values = {"plate": spelling, "problem": pages.problem(error)}
        return pages.show("plate.html", values, status, lot, headers)
    return pages.show("fee.html", _bill(pages, cloud, priced), lot=lot)


@router.post("/pay/order")
async def pay(request: Request, cloud: TheCloud) -> Response:
    """Open the order, and lead to the provider's page."""
    pages = Pages(cloud, request)
    lot_id = ""
    try:
        lot_id, spelling, key = await read_form(request, "lot", "plate", "key")
        order = await open_order(cloud, lot_id, spelling, key, client_address(request))
    except (ApiError, BadPlate) as error:
        return pages.refuse(error, "/pay?" + urlencode({"lot": lot_id}) if lot_id else "/")
    return RedirectResponse(order.pay_url or f"/pay/status/{order.order_id}", 303)


@router.get("/pay/status/{order_id}")
async def status(request: Request, cloud: TheCloud, order_id: str) -> HTMLResponse:
    """How the payment stands; reloads itself until it is decided."""
    pages = Pages(cloud, request)
    try:
        standing = await read_order(cloud, order_id)
        lot = await _lot(cloud, standing.order.lot_id)
    except ApiError as error:
        return pages.refuse(error)
    order = standing.order
    amount = pages.wording().amount(order.amount_minor, order.currency)
    back = standing.refunded_minor
    values = {
        "order": order,
        "amount": amount,
        "leave_by": standing.leave_by,
        "inside": standing.inside,
        "refunded": pages.wording().amount(back, order.currency) if back else None,
    }
    return pages.show("status.html", values, lot=lot)


async def _lot(cloud: Cloud, lot_id: str) -> LotRow:
    async with cloud.database.reading() as session:
        return await described(session, lot_id)


def _position(latitude: str, longitude: str) -> tuple[float, float] | None:
    try:
        here = float(latitude), float(longitude)
    except ValueError:
        return None
    inside = all(map(math.isfinite, here)) and abs(here[0]) <= 90 and abs(here[1]) <= 180
    return here if inside else None


def _bill(pages: Pages, cloud: Cloud, priced: Priced) -> dict[str, object]:
    words, quote = pages.wording(priced.lot), priced.quote
    currency = quote.due.currency
    hosts = [urlsplit(provider.origin).netloc for provider in cloud.providers.values()]

    def at(instant: datetime | None) -> str | None:
        return None if instant is None else words.time(instant, quote.at)

    return {
        "plate": priced.plate,
        "due": quote.due.minor,
        "paid": words.amount(quote.paid.minor, currency) if quote.paid.minor else None,
        "late": any(step.kind == "grace_over" for step in quote.steps),
        "overpaid": words.amount(quote.overpaid.minor, currency) if quote.overpaid.minor else None,
        "amount": words.amount(quote.due.minor, currency),
        "entered": at(quote.entered_at),
        "duration": words.duration(quote.entered_at, quote.at),
        "honoured_until": at(quote.honoured_until),
        "leave_by": at(quote.leave_by),
        "lines": words.steps(quote.steps, currency),
        "provider_host": hosts[0] if hosts else None,
        # One key a page: pressing the button twice opens one order.
        "key": secrets.token_urlsafe(18),
    }
