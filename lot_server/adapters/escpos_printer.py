"""A ticket printer on the network that speaks ESC/POS over TCP (port 9100).

The few commands used are Epson's, which makers of receipt printers follow: ESC @ (begin anew), ESC a (align), GS !
(size), GS v 0 (a raster picture), GS V (cut), DLE EOT (state now), GS r (state once all before it is printed). The code
is sent as a picture, since not every printer draws QR codes itself.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import segno
from numpy.typing import NDArray

from lot_server.errors import PrinterFault, PrinterOutOfPaper
from lot_server.ports import TicketSlip
from lot_server.printer_config import PrinterSection

_BEGIN, _CENTRE = b"\x1b@", b"\x1ba\x01"
_PLAIN, _LARGE = b"\x1d!\x00", b"\x1d!\x11"
_CUT = b"\x1dVB\x00"
_ASK_PAPER, _ASK_CAUSE, _ASK_DONE = b"\x10\x04\x04", b"\x10\x04\x02", b"\x1dr\x01"
_PAPER_END = 0x60
"""Bits 5 and 6 of the answer to DLE EOT 4."""
_COVER, _STOPPED, _ERROR = 0x04, 0x20, 0x40
"""Bits of the answer to DLE EOT 2."""
_DONE_END = 0x0C
"""Bits 2 and 3 of the answer to GS r 1: the paper has ended."""
_QUIET_MODULES = 4
_SHARE = 0.6
"""Of the paper's width that a code takes: large modules are read from far, and a fold at the edge spoils none."""


class EscPosPrinter:
    """Prints one slip at a time, over a connection of its own: a printer that was off is simply there again."""

    def __init__(self, section: PrinterSection) -> None:
        self._section = section
        self._turn = asyncio.Lock()

    async def print(self, slip: TicketSlip) -> None:
        """Returns once the slip is out, or, with `status` off, once it was sent. Raises PrinterFault."""
        async with self._connected() as (reader, writer):
            await self._check(reader, writer)
            writer.write(self.page(slip))
            async with asyncio.timeout(self._section.timeout_s):
                await writer.drain()
            if self._section.status and await self._ask(reader, writer, _ASK_DONE) & _DONE_END:
                raise PrinterOutOfPaper("the ticket printer ran out of paper over a ticket: put a roll in")

    async def check(self) -> None:
        """Returns where the printer could print now. Raises PrinterFault."""
        async with self._connected() as (reader, writer):
            await self._check(reader, writer)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        section = self._section
        name = f"{section.host}:{section.port}"
        async with self._turn:
            try:
                async with asyncio.timeout(section.timeout_s):
                    reader, writer = await asyncio.open_connection(section.host, section.port)
            except (OSError, TimeoutError) as error:
                raise PrinterFault(f"the ticket printer {name} is away ({error or 'no answer'}): look at it") from error
            try:
                yield reader, writer
            except TimeoutError as error:
                raise PrinterFault(f"the ticket printer {name} gave no answer: look at it") from error
            except (OSError, EOFError) as error:
                raise PrinterFault(f"the ticket printer {name} hung up ({error}): look at it") from error
            finally:
                writer.close()

    async def _check(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._section.status:
            return
        if await self._ask(reader, writer, _ASK_PAPER) & _PAPER_END:
            raise PrinterOutOfPaper("the ticket printer has no paper: put a roll in")
        if await self._ask(reader, writer, _ASK_CAUSE) & (_COVER | _STOPPED | _ERROR):
            raise PrinterFault("the ticket printer cannot print: close its cover, look at its lamp")

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, question: bytes) -> int:
        async with asyncio.timeout(self._section.timeout_s):
            writer.write(question)
            await writer.drain()
            return (await reader.readexactly(1))[0]

    def page(self, slip: TicketSlip) -> bytes:
        """The bytes of a slip: the lot, the code, its number large enough to read out, the time, and where to pay."""
        code = self._encoded(slip.lot_name) + b"\n" + raster(code_dots(slip.code, self._section.dots))
        number = f"{slip.ticket_id[:5]} {slip.ticket_id[5:]}"
        lines = (f"{slip.given_at:%Y-%m-%d %H:%M}", slip.page)
        text = b"".join(self._encoded(line) + b"\n" for line in lines)
        end = b"\n\n\n" + (_CUT if self._section.cut else b"\n\n")
        return _BEGIN + _CENTRE + code + _LARGE + number.encode() + b"\n" + _PLAIN + text + end

    def _encoded(self, text: str) -> bytes:
        """A line in the printer's character set, and nothing in it that is a command."""
        shown = "".join(character for character in text if character.isprintable())
        return shown.encode(self._section.text, errors="replace")


def code_dots(code: str, width: int) -> NDArray[np.bool_]:
    """A QR code as dots, height x width, True being black: as large as fits `_SHARE` of the paper, centred on it."""
    modules = segno.make(code, micro=False, error="q", boost_error=False).matrix_iter(border=_QUIET_MODULES)
    dark = np.array([[bool(module) for module in row] for row in modules])
    size = max(1, int(width * _SHARE) // dark.shape[1])
    dots = np.kron(dark, np.ones((size, size), bool))
    left = max(0, (width - dots.shape[1]) // 2)
    return np.asarray(np.pad(dots, ((0, 0), (left, max(0, width - dots.shape[1] - left)))), np.bool_)


def raster(dots: NDArray[np.bool_]) -> bytes:
    """GS v 0: dots, height x width with a width of whole bytes, True being black."""
    height, width = map(int, dots.shape)
    size = (width // 8).to_bytes(2, "little") + height.to_bytes(2, "little")
    return b"\x1dv0\x00" + size + np.packbits(dots, axis=1).tobytes()
