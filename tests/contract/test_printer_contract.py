"""A ticket printer, against a printer's side of ESC/POS on a real TCP port."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from lot_server.adapters.escpos_printer import EscPosPrinter, code_dots
from lot_server.domain.ticket import to_code
from lot_server.errors import BadConfig, PrinterFault, PrinterOutOfPaper
from lot_server.ports import TicketSlip
from lot_server.printer_config import PrinterSection
from vision.codes import CodeReader

SLIP = TicketSlip(
    "Canal Street", "ABCDE23456", to_code("lot-1", "ABCDE23456"), datetime(2026, 3, 2, 9, 5, tzinfo=UTC),
    "https://park.example/pay?lot=lot-1",
)  # fmt: skip


@dataclass
class PaperPrinter:
    """The other end of the wire: it answers what it is asked, and keeps what it printed."""

    paper: int = 0x12
    cause: int = 0x12
    done: int = 0x00
    mute: bool = False
    hangs_up: bool = False
    printed: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = b""
        try:
            while piece := await reader.read(65536):
                heard += piece
                heard = await self._answer(heard, writer)
                if self.hangs_up:
                    break
            if heard:
                self.printed.append(heard)
        finally:
            writer.close()

    async def _answer(self, heard: bytes, writer: asyncio.StreamWriter) -> bytes:
        for question, answer in (
            (b"\x10\x04\x04", self.paper),
            (b"\x10\x04\x02", self.cause),
            (b"\x1dr\x01", self.done),
        ):
            if heard.endswith(question):
                page = heard.removesuffix(question)
                if page:
                    self.printed.append(page)
                if not self.mute:
                    writer.write(bytes([answer]))
                    await writer.drain()
                return b""
        return heard


@asynccontextmanager
async def at_port(printer: PaperPrinter) -> AsyncIterator[PrinterSection]:
    server = await asyncio.start_server(printer.serve, "127.0.0.1", 0)
    async with server:
        yield PrinterSection("127.0.0.1", server.sockets[0].getsockname()[1], timeout_s=0.3)


def told(story: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(story())


@pytest.mark.parametrize("dots", [384, 576])
def test_a_slip_is_printed_with_a_code_that_is_read(dots: int) -> None:
    """What reaches the printer holds the lot, number, time, where to pay, and a picture whose code a camera reads."""

    async def story() -> None:
        printer = PaperPrinter()
        async with at_port(printer) as section:
            await EscPosPrinter(replace(section, dots=dots)).print(SLIP)
        (page,) = printer.printed
        for text in (b"Canal Street", b"ABCDE 23456", b"2026-03-02 09:05", SLIP.page.encode()):
            assert text in page
        start = page.index(b"\x1dv0\x00") + 4
        width, height = (int.from_bytes(page[start + at : start + at + 2], "little") for at in (0, 2))
        assert width * 8 == dots
        rows = np.frombuffer(page[start + 4 : start + 4 + width * height], np.uint8).reshape(height, width)
        paper = np.where(np.unpackbits(rows, axis=1) > 0, 20, 235).astype(np.uint8)
        assert CodeReader().read(np.repeat(paper[..., None], 3, axis=2)) == (SLIP.code,)
        assert page.endswith(b"\x1dVB\x00")

    told(story)


@pytest.mark.parametrize(
    ("printer", "error", "says"),
    [
        pytest.param(PaperPrinter(paper=0x72), PrinterOutOfPaper, "put a roll in", id="no paper"),
        pytest.param(PaperPrinter(cause=0x16), PrinterFault, "close its cover", id="cover open"),
        pytest.param(PaperPrinter(done=0x0C), PrinterOutOfPaper, "ran out of paper", id="out of paper over a slip"),
        pytest.param(PaperPrinter(mute=True), PrinterFault, "no answer", id="mute"),
        pytest.param(PaperPrinter(hangs_up=True, mute=True), PrinterFault, "hung up", id="hangs up"),
    ],
)
def test_a_printer_that_cannot_says_so(printer: PaperPrinter, error: type[PrinterFault], says: str) -> None:
    """Whatever keeps a slip from coming out is an error that says what to do."""

    async def story() -> None:
        async with at_port(printer) as section:
            with pytest.raises(error, match=says):
                await EscPosPrinter(section).print(SLIP)

    told(story)


def test_a_printer_without_status_is_only_told() -> None:
    """A printer that answers nothing prints all the same, where it is configured so."""

    async def story() -> None:
        printer = PaperPrinter(mute=True)
        async with at_port(printer) as section:
            await EscPosPrinter(replace(section, status=False, cut=False)).print(SLIP)
            await asyncio.sleep(0.05)
        (page,) = printer.printed
        assert page.startswith(b"\x1b@")
        assert b"\x1dV" not in page

    told(story)


def test_a_printer_that_is_off_is_away() -> None:
    """Where nothing listens, the error names the printer."""

    async def story() -> None:
        async with at_port(PaperPrinter()) as section:
            pass
        with pytest.raises(PrinterFault, match=f"127.0.0.1:{section.port} is away"):
            await EscPosPrinter(section).print(SLIP)

    told(story)


def test_text_carries_no_commands() -> None:
    """A lot's name is printed in the printer's characters, and what would be a command in it is left out."""
    page = EscPosPrinter(PrinterSection("x", text="gb18030")).page(replace(SLIP, lot_name="运河街\x1bm\x1d停车场"))
    assert "运河街m停车场".encode("gb18030") in page
    assert EscPosPrinter(PrinterSection("x")).page(replace(SLIP, lot_name="运河")).count(b"??") == 1


def test_a_code_is_as_large_as_the_paper_lets_it() -> None:
    """On paper of 80 mm a module has at least 8 dots: more than a millimetre at 203 dots an inch."""
    dots = code_dots(SLIP.code, 576)
    assert dots.shape[1] == 576
    assert dots.any(axis=0).sum() // 25 >= 8


@pytest.mark.parametrize("section", [PrinterSection(""), PrinterSection("x", 0), PrinterSection("x", dots=577)])
def test_a_printer_that_cannot_be_is_refused(section: PrinterSection) -> None:
    """The configuration names the lane whose printer is wrong."""
    with pytest.raises(BadConfig, match="number 1 printer"):
        section.check("[[lanes]] number 1")
