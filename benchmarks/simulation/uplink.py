"""The lot's line to the cloud: bytes are passed on until somebody cuts it."""

import asyncio
import contextlib

CHUNK = 64 * 1024


class Uplink:
    """Listens on `port` and passes every connection on to `target_port`, both on 127.0.0.1.

    A cut line ends every connection and refuses new ones, as a router without a line does.
    """

    def __init__(self, port: int, target_port: int) -> None:
        self._port, self._target_port = port, target_port
        self._server: asyncio.Server | None = None
        self._carrying: set[asyncio.Task[None]] = set()

    @property
    def up(self) -> bool:
        return self._server is not None

    async def restore(self) -> None:
        """Pass connections on from now."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)

    async def cut(self) -> None:
        """Let nothing through from now, not even what is under way."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for carrying in list(self._carrying):
            carrying.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carrying = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(carrying)
        carrying.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            try:
                await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
            finally:
                await _end(far_writer)
        except OSError:
            pass  # nobody listens behind the line: the caller sees its end, as behind a real router
        finally:
            await _end(writer)


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
