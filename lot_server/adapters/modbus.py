"""A Modbus TCP box: discrete inputs (function 2) and coils (functions 1 and 5), one connection for all lanes.

Addresses are those on the wire, counted from 0; a manual that counts from 1, 10001 or 00001 is one off.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from lot_server.errors import DeviceAway, DeviceFault

MOST_BITS = 2000
"""Inputs one request may ask for (Modbus Application Protocol 1.1b3, 6.2)."""


class ModbusDevice:
    """One unit at one address. A connection that fails a call is dropped, and made anew by the next one."""

    def __init__(
        self, name: str, host: str, port: int, unit: int, timeout_s: float, inputs: Mapping[str, int],
        outputs: Mapping[str, int],
    ) -> None:  # fmt: skip
        """`inputs` and `outputs` give addresses by name; `timeout_s` bounds each call, connecting included."""
        self.name = name
        self._host = host
        self._port = port
        self._unit = unit
        self._timeout_s = timeout_s
        self._inputs = inputs
        self._outputs = outputs
        self._client: AsyncModbusTcpClient | None = None
        self._in_use = asyncio.Lock()

    async def inputs(self) -> Mapping[str, bool]:
        """The levels of all inputs, in one request. Raises DeviceAway, DeviceFault."""
        if not self._inputs:
            # A box of outputs alone is asked for one of them, to see that it answers.
            for name in list(self._outputs)[:1]:
                await self.output(name)
            return {}
        first, last = min(self._inputs.values()), max(self._inputs.values())
        bits = await self._bits(
            lambda client: client.read_discrete_inputs(first, count=last - first + 1, device_id=self._unit),
            2,
            last - first + 1,
        )
        return {name: bits[address - first] for name, address in self._inputs.items()}

    async def output(self, name: str) -> bool:
        """What the coil is. Raises DeviceAway, DeviceFault."""
        address = self._outputs[name]
        return (await self._bits(lambda client: client.read_coils(address, count=1, device_id=self._unit), 1, 1))[0]

    async def switch(self, name: str, on: bool) -> None:
        """Write the coil; the device's echo must say the same. Raises DeviceAway, DeviceFault."""
        address = self._outputs[name]
        echo = await self._bits(lambda client: client.write_coil(address, on, device_id=self._unit), 5, 1)
        if echo[0] != on:
            raise DeviceFault(f"device {self.name} did not take coil {address}: check that it may be written")

    async def end(self) -> None:
        """Close the connection."""
        self._drop()

    async def _bits(
        self, ask: Callable[[AsyncModbusTcpClient], Awaitable[ModbusPDU]], function: int, count: int
    ) -> list[bool]:
        async with self._in_use:
            # A task of its own: the library may take a cancellation for a lost connection and carry on.
            call = asyncio.ensure_future(self._ask(ask))
            try:
                await asyncio.wait((call,), timeout=self._timeout_s)
                if not call.done():
                    raise DeviceAway(
                        f"device {self.name} did not answer within {self._timeout_s:g} s: "
                        "check its power and its network"
                    )
                answer = call.result()
            except (ModbusException, OSError) as error:
                self._drop()
                raise DeviceAway(f"device {self.name} is away ({error}): check its power and its network") from error
            except BaseException:
                # A late answer must not be taken for that of the next call.
                call.add_done_callback(partial(_forget, self._client))
                call.cancel()
                self._drop()
                raise
        if answer.isError():
            raise DeviceFault(
                f"device {self.name} refused with Modbus exception {answer.exception_code}: "
                "check its unit and the addresses of its inputs and outputs"
            )
        if answer.function_code != function or len(answer.bits) < count:
            self._drop()
            raise DeviceFault(
                f"device {self.name} answered function {answer.function_code} with {len(answer.bits)} bits where "
                f"function {function} and {count} were asked for: check that it speaks Modbus TCP"
            )
        return [bool(bit) for bit in answer.bits]

    async def _ask(self, ask: Callable[[AsyncModbusTcpClient], Awaitable[ModbusPDU]]) -> ModbusPDU:
        return await ask(await self._connected())

    async def _connected(self) -> AsyncModbusTcpClient:
        client = self._client
        if client is not None and client.connected:
            return client
        self._drop()
        # The calls here have their own time-out and their own new connections.
        client = self._client = AsyncModbusTcpClient(
            self._host, port=self._port, timeout=self._timeout_s, retries=0, reconnect_delay=0, name=self.name
        )
        if not await client.connect():
            raise DeviceAway(
                f"device {self.name} does not take a connection at {self._host}:{self._port}: "
                "check its power and its network"
            )
        return client

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _forget(client: AsyncModbusTcpClient | None, call: "asyncio.Future[ModbusPDU]") -> None:
    """What comes of a call that nobody waits for is of no use; a connection it still made is closed."""
    if not call.cancelled():
        call.exception()
    if client is not None:
        client.close()
