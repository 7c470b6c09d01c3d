"""What the HTTP uplink makes of a cloud that is down, broken, or not a cloud."""

import asyncio

import httpx2
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from little_cloud import NO_TLS, ServerThread
from outbox_file import facts

from cloud_sync import http_uplink
from cloud_sync.errors import UplinkUnavailable
from cloud_sync.http_uplink import HttpUplink
from cloud_sync.signing import new_key
from cloud_sync.wire import Ack, Batch, Refusal, encode
from lot_server.domain.clock import SystemClock

PAGE = "<html>Welcome to our network</html>"


def post(url):
    async def send():
        async with httpx2.AsyncClient(verify=NO_TLS) as to_cloud:
            uplink = HttpUplink(to_cloud, url, "demo", new_key()[0], SystemClock())
            return await uplink.send(Batch("demo", tuple(facts("demo", 1))))

    return asyncio.run(send())


def answering(response):
    app = FastAPI()

    @app.post("/v1/lots/demo/batches")
    async def batches(request: Request) -> Response:
        await request.body()
        return response

    @app.post("/elsewhere")
    async def elsewhere() -> Response:
        return Response(encode(Ack("demo", 1, "0" * 64)))

    return ServerThread(app)


@pytest.mark.parametrize(
    "response",
    [
        HTMLResponse(PAGE),
        HTMLResponse(PAGE, 404),
        HTMLResponse(PAGE, 500),
        HTMLResponse(PAGE, 503),
        Response(status_code=204),
        Response(b"{}", 401),
        RedirectResponse("/elsewhere", 307),
        Response(encode(Ack("other", 1, "0" * 64))),
        Response(b"{", headers={"content-length": "999"}),
    ],
    ids=["page", "404 page", "500", "503", "no content", "empty refusal", "redirect", "another lot", "broken off"],
)
def test_what_no_cloud_answers_is_no_answer(response):
    """Pages, errors, redirects and half answers mean: try again later; they never count as an ack or a refusal."""
    with answering(response) as server, pytest.raises(UplinkUnavailable):
        post(server.url)


def test_a_proxys_limit_asks_for_smaller_batches():
    """A 413 that is no cloud's own still says that the batch was too large."""
    with answering(HTMLResponse(PAGE, 413)) as server:
        answer = post(server.url)
    assert isinstance(answer, Refusal)
    assert answer.code == "batch_too_large"


def test_a_cloud_that_is_down_is_unavailable():
    """A closed port is reported as such, with the address to look at."""
    server = answering(Response())
    with pytest.raises(UplinkUnavailable, match=server.url):
        post(server.url)


def test_a_cloud_that_hangs_is_given_up(monkeypatch):
    """A request ends at its real time-out, whatever the lot's clock shows."""
    monkeypatch.setattr(http_uplink, "TIMEOUT", httpx2.Timeout(0.2))
    app = FastAPI()

    @app.post("/v1/lots/demo/batches")
    async def batches() -> Response:
        await asyncio.sleep(1)
        return Response()

    with ServerThread(app) as server, pytest.raises(UplinkUnavailable, match="ReadTimeout"):
        post(server.url)


def test_a_cloud_may_stand_below_a_path():
    """The configured address may hold a path; the signed one begins at /v1."""
    inner = FastAPI()

    @inner.post("/v1/lots/demo/batches")
    async def batches() -> Response:
        return Response(encode(Ack("demo", 1, "0" * 64)))

    outer = FastAPI()
    outer.mount("/parking", inner)
    with ServerThread(outer) as server:
        assert post(server.url + "/parking/") == Ack("demo", 1, "0" * 64)
