"""The page for a lane's screen, over real HTTP on loopback."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx2
import pytest

from lot_server.adapters.display import TextDisplay
from lot_server.display.app import display_app
from lot_server.domain.fee_step import QuoteStep
from lot_server.domain.money import Money
from lot_server.loopback.app import LoopbackServer, listen
from lot_server.ports import LaneMessage

SCREEN = "127.0.0.2"
ELSEWHERE = "127.0.0.3"
STEPS = (QuoteStep("blocks", 0, 1, 60, 950, 950), QuoteStep("paid", 0, 1, 0, 0, -500))
PAY = LaneMessage("please_pay", "苏E05EV8", Money(450, "CNY"), "https://park.example/pay?lot=lot-1", steps=STEPS)


@asynccontextmanager
async def served(display: TextDisplay, simulated: bool = False) -> AsyncIterator[str]:
    """The address of the pages of a lot with one lane, whose screen is at SCREEN."""
    ending = asyncio.Event()
    server = LoopbackServer(display_app({"exit-1": display}, {"exit-1": SCREEN}, simulated, ending))
    listener = listen("127.0.0.1", 0)
    serving = asyncio.create_task(server.serve([listener]))
    await server.answers.wait()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ending.set()
        server.should_exit = True
        await serving
        listener.close()


def run(scenario: Callable[[TextDisplay, str], Awaitable[None]], simulated: bool = False) -> None:
    async def main() -> None:
        display = TextDisplay(["zh", "en"])
        async with served(display, simulated) as address:
            await scenario(display, address)

    asyncio.run(main())


def client(source: str = "127.0.0.1") -> httpx2.AsyncClient:
    """A browser at an address."""
    return httpx2.AsyncClient(transport=httpx2.AsyncHTTPTransport(local_address=source), timeout=30.0)


async def pictures(stream: httpx2.Response) -> AsyncIterator[dict[str, object]]:
    async for line in stream.aiter_lines():
        if line.startswith("data: ") and line != "data: {}":
            yield json.loads(line.removeprefix("data: "))


def test_the_screen_follows_what_the_lane_says() -> None:
    """Each message comes live with its words in the lot's languages, plate, fee, why it is that, QR code and look."""

    async def scenario(display: TextDisplay, address: str) -> None:
        await display.show(LaneMessage("welcome"))
        async with client(SCREEN) as http, http.stream("GET", f"{address}/lanes/exit-1/live") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            shown = pictures(stream)
            welcome = await anext(shown)
            assert (welcome["code"], welcome["tone"], welcome["plate"]) == ("welcome", "calm", None)
            await display.show(PAY)
            paying = await anext(shown)
            assert paying["words"] == [{"lang": "zh", "text": "请缴费"}, {"lang": "en", "text": "Please pay"}]
            assert (paying["plate"], paying["due"], paying["tone"]) == ("苏E05EV8", "4.50 CNY", "act")
            assert str(paying["qr"]).startswith("<svg")
            assert paying["why"] == [
                {
                    "words": [
                        {"lang": "zh", "text": "1 × 1 小时，每段 9.50 CNY"},
                        {"lang": "en", "text": "1 × 1 h at 9.50 CNY"},
                    ],
                    "amount": "9.50 CNY",
                },
                {
                    "words": [{"lang": "zh", "text": "已付"}, {"lang": "en", "text": "Already paid"}],
                    "amount": "-5.00 CNY",
                },
            ]
            await display.show(LaneMessage("goodbye", "苏E05EV8"))
            leaving = await anext(shown)
            assert (leaving["tone"], leaving["due"], leaving["qr"]) == ("go", None, None)

    run(scenario)


def test_a_screen_that_hears_nothing_new_hears_a_beat() -> None:
    """A beat comes while nothing changes, so that the page knows what it shows to be true."""

    async def scenario(display: TextDisplay, address: str) -> None:
        await display.show(LaneMessage("welcome"))
        async with client() as http, http.stream("GET", f"{address}/lanes/exit-1/live") as stream:
            async for line in stream.aiter_lines():
                if line == "event: beat":
                    return
        raise AssertionError("the stream ended without a beat")

    run(scenario)


@pytest.mark.parametrize("path", ["/lanes/exit-1", "/lanes/exit-1/live"])
def test_only_the_lanes_own_screen_may_look(path: str) -> None:
    """Another address is refused, this computer and the lane's screen are not, an unknown lane is none."""

    async def scenario(display: TextDisplay, address: str) -> None:
        await display.show(PAY)
        async with client(ELSEWHERE) as http:
            refused = await http.get(address + path)
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_the_screen")
            assert "苏E05EV8" not in refused.text
        for source in ("127.0.0.1", SCREEN):
            async with client(source) as http, http.stream("GET", address + path) as allowed:
                assert allowed.status_code == 200
        async with client() as http:
            unknown = await http.get(address + path.replace("exit-1", "nowhere"))
            assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_lane")

    run(scenario)


def test_the_page_needs_nothing_from_elsewhere() -> None:
    """The page asks for its own style and script alone, both are there, and nothing else is served or taken."""

    async def scenario(_: TextDisplay, address: str) -> None:
        async with client() as http:
            page = await http.get(f"{address}/lanes/exit-1")
            assert "default-src 'self'" in page.headers["content-security-policy"]
            asked = re.findall(r'(?:src|href)="([^"]+)"', page.text)
            assert asked == ["/static/display.css", "/static/display.js"]
            for place in asked:
                part = await http.get(address + place)
                assert part.status_code == 200
                assert "http" not in part.text
            assert (await http.get(f"{address}/static/../app.py")).status_code == 404
            assert (await http.get(f"{address}/docs")).status_code == 404
            assert (await http.post(f"{address}/lanes/exit-1")).status_code == 405

    run(scenario)


def test_the_page_knows_what_to_say_when_the_server_is_gone() -> None:
    """The words for being out of order come with the page, since nobody could send them then."""

    async def scenario(_: TextDisplay, address: str) -> None:
        async with client() as http:
            page = (await http.get(f"{address}/lanes/exit-1")).text
            assert "设备故障，请等候工作人员" in page
            assert "Simulated clock" not in page

    run(scenario)


def test_a_simulated_clock_is_said() -> None:
    """Every page of a lot whose clock is no real one says so."""

    async def scenario(_: TextDisplay, address: str) -> None:
        async with client() as http:
            assert "Simulated clock" in (await http.get(f"{address}/lanes/exit-1")).text

    run(scenario, simulated=True)
