"""The display pages of a lot: read-only, without a login, each for the screen at its lane alone."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from html import escape
from pathlib import Path

import segno
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, StreamingResponse

from lot_server.adapters.display import TextDisplay
from lot_server.ports import LaneMessage, MessageCode

BEAT_SECONDS = 2.0
_HERE = ("127.0.0.1", "::1")
_STATIC = Path(__file__).parent / "static"
_TYPES = {"display.css": "text/css", "display.js": "text/javascript"}
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
_TONES: dict[MessageCode, str] = {
    "please_enter": "go",
    "take_ticket": "go",
    "goodbye": "go",
    "drive_on": "go",
    "lot_full": "stop",
    "no_admission": "stop",
    "out_of_order": "stop",
    "please_pay": "act",
    "please_top_up": "act",
    "see_operator": "act",
}
"""How a message looks: go, stop, act (the driver does something), or calm."""


def display_app(
    displays: Mapping[str, TextDisplay], screens: Mapping[str, str | None], simulated: bool, ending: asyncio.Event
) -> FastAPI:
    """`/lanes/ID` for each display. `screens` are the addresses that may see a lane besides this computer's own.

    `simulated`: the lot's clock is no real one, which every page says. `ending` ends what is still followed live.
    """
    app = FastAPI(title="openlot displays", openapi_url=None)

    def refusal(request: Request, lane_id: str) -> Response | None:
        if lane_id not in displays:
            return JSONResponse({"error": {"code": "unknown_lane", "message": f"no lane {lane_id!r}"}}, 404)
        host = request.client.host if request.client is not None else ""
        if host not in (*_HERE, screens[lane_id]):
            text = f"{host} is not the screen of {lane_id}: set [[lanes]] screen to its address"
            return JSONResponse({"error": {"code": "not_the_screen", "message": text}}, 403)
        return None

    @app.get("/lanes/{lane_id}")
    async def page(request: Request, lane_id: str) -> Response:
        return refusal(request, lane_id) or HTMLResponse(
            _page(lane_id, displays[lane_id].words("out_of_order"), simulated), headers=_HEADERS
        )

    @app.get("/lanes/{lane_id}/live")
    async def live(request: Request, lane_id: str) -> Response:
        return refusal(request, lane_id) or StreamingResponse(
            _events(displays[lane_id], ending), media_type="text/event-stream", headers=_HEADERS
        )

    @app.get("/favicon.ico")
    async def icon() -> Response:
        return Response(status_code=204)

    @app.get("/static/{name}")
    async def static(name: str) -> Response:
        if name not in _TYPES:
            return JSONResponse({"error": {"code": "not_found", "message": "no such file"}}, 404)
        return FileResponse(_STATIC / name, media_type=_TYPES[name], headers=_HEADERS)

    return app


def picture(display: TextDisplay, message: LaneMessage) -> dict[str, object]:
    """What the page needs to show a message; `qr` is SVG."""
    return {
        "code": message.code,
        "tone": _TONES.get(message.code, "calm"),
        "words": _texts(display.words(message.code)),
        "plate": message.plate or message.ticket,
        "due": None if message.due is None else str(message.due),
        "notices": [] if message.notice is None else _texts(display.notices(message.notice)),
        "why": [
            {"words": [{"lang": language, "text": text} for language, text in words.items()], "amount": amount}
            for words, amount in display.why(message)
        ],
        "qr": None if message.qr is None else _qr(message.qr),
    }


async def _events(display: TextDisplay, ending: asyncio.Event) -> AsyncIterator[str]:
    """Server-sent events: each message as it comes, and a beat while nothing changes."""
    end = asyncio.create_task(ending.wait())
    seen: LaneMessage | None = None
    try:
        while not end.done():
            change = asyncio.create_task(display.next_message(seen))
            await asyncio.wait((change, end), timeout=BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if change.done():
                seen = change.result()
                yield f"event: message\ndata: {json.dumps(picture(display, seen), ensure_ascii=False)}\n\n"
            else:
                change.cancel()
                with suppress(asyncio.CancelledError):
                    await change
                yield "event: beat\ndata: {}\n\n"
    finally:
        end.cancel()


def _texts(words: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"lang": language, "text": text} for language, text in words.items()]


def _qr(text: str) -> str:
    return str(segno.make(text, micro=False, error="q").svg_inline(border=2, dark="#000", light="#fff", omitsize=True))


def _page(lane_id: str, out_of_order: Mapping[str, str], simulated: bool) -> str:
    lost = json.dumps(_texts(out_of_order), ensure_ascii=False)
    note = '<p class="simulated">Simulated clock</p>' if simulated else ""
    return f"""<!doctype html>
<html lang="{escape(next(iter(out_of_order)))}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(lane_id)}</title>
<link rel="stylesheet" href="/static/display.css">
<body data-lane="{escape(lane_id)}" data-lost="{escape(lost)}" data-tone="calm">
<main>
<section class="said" aria-live="polite">
<div id="words"></div>
<p id="plate" hidden></p>
<p id="due" hidden></p>
<div id="notices" hidden></div>
<ol id="why" hidden></ol>
</section>
<div id="qr" hidden></div>
</main>
{note}
<script src="/static/display.js"></script>
</body>
</html>
"""
