"""Inputs and outputs on this computer's own GPIO lines, through the kernel's character device (extra `gpio`)."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, Protocol

from lot_server.errors import DeviceAway, DeviceFault, ExtraMissing

Bias = Literal["as-is", "pull-up", "pull-down", "disabled"]


class GpioLines(Protocol):
    """The requested lines of one chip, by offset; every call may raise OSError."""

    def level(self, offset: int) -> bool:
        """Whether a line is active."""
        ...

    def drive(self, offset: int, on: bool) -> None:
        """Make an output line active or not."""
        ...

    def release(self) -> None:
        """Give the lines back to the kernel."""
        ...


class GpioDevice:
    """The lines of one chip. They are requested at the first call, and again after one has failed."""

    def __init__(
        self,
        name: str,
        request: Callable[[Mapping[int, bool]], GpioLines],
        timeout_s: float,
        inputs: Mapping[str, int],
        outputs: Mapping[str, int],
    ) -> None:
        """`request` takes the lines, drives the outputs it is given from the start, and may raise OSError.

        `inputs` and `outputs` give offsets by name.
        """
        self.name = name
        self._request = request
        self._timeout_s = timeout_s
        self._inputs = inputs
        self._outputs = outputs
        self._lines: GpioLines | None = None
        self._driven: dict[int, bool] = {}
        self._in_use = asyncio.Lock()

    async def inputs(self) -> Mapping[str, bool]:
        """The levels of all inputs. Raises DeviceAway."""
        return await self._call(lambda lines: {name: lines.level(offset) for name, offset in self._inputs.items()})

    async def output(self, name: str) -> bool:
        """What the line is driven to. Raises DeviceAway."""
        return (await self._call(lambda lines: {name: lines.level(self._outputs[name])}))[name]

    async def switch(self, name: str, on: bool) -> None:
        """Drive the line; it must read the same afterwards. Raises DeviceAway, DeviceFault."""
        offset = self._outputs[name]

        def drive(lines: GpioLines) -> dict[str, bool]:
            # Lines that must be taken anew start with what they were told last: a held barrier must not fall.
            self._driven[offset] = on
            lines.drive(offset, on)
            return {name: lines.level(offset)}

        if (await self._call(drive))[name] != on:
            raise DeviceFault(f"device {self.name} did not take line {offset}: check that nothing else drives it")

    async def end(self) -> None:
        """Give the lines back; the kernel decides what the outputs do then."""
        async with self._in_use:
            self._drop()

    async def _call(self, job: Callable[[GpioLines], dict[str, bool]]) -> dict[str, bool]:
        def work() -> dict[str, bool]:
            if self._lines is None:
                self._lines = self._request(self._driven)
            return job(self._lines)

        async with self._in_use:
            try:
                # A line behind an I2C expander may block for long.
                async with asyncio.timeout(self._timeout_s):
                    return await asyncio.to_thread(work)
            except TimeoutError:
                raise DeviceAway(f"device {self.name} did not answer within {self._timeout_s:g} s: check it") from None
            except OSError as error:
                self._drop()
                raise DeviceAway(
                    f"the GPIO lines of device {self.name} cannot be used ({error}): check [[devices]] chip, "
                    "its offsets, and that no other program holds them"
                ) from error

    def _drop(self) -> None:
        lines, self._lines = self._lines, None
        if lines is not None:
            lines.release()


def kernel_lines(
    chip: str, inputs: tuple[int, ...], outputs: tuple[int, ...], bias: Bias, outputs_active_low: bool
) -> Callable[[Mapping[int, bool]], GpioLines]:
    """What requests lines of a chip such as `/dev/gpiochip0`; outputs start inactive. Raises ExtraMissing."""
    try:
        import gpiod
        from gpiod.line import Bias as LineBias
        from gpiod.line import Direction, Value
    except ImportError as error:
        raise ExtraMissing("GPIO lines need the package gpiod: pip install 'openlot[gpio]'") from error
    biases = {
        "as-is": LineBias.AS_IS,
        "pull-up": LineBias.PULL_UP,
        "pull-down": LineBias.PULL_DOWN,
        "disabled": LineBias.DISABLED,
    }

    class KernelLines:
        def __init__(self, driven: Mapping[int, bool]) -> None:
            settings: dict[Iterable[int | str] | int | str, gpiod.LineSettings | None] = {
                offset: gpiod.LineSettings(direction=Direction.INPUT, bias=biases[bias]) for offset in inputs
            }
            for offset in outputs:
                settings[offset] = gpiod.LineSettings(
                    direction=Direction.OUTPUT,
                    active_low=outputs_active_low,
                    output_value=Value.ACTIVE if driven.get(offset, False) else Value.INACTIVE,
                )
            self._held = gpiod.request_lines(chip, consumer="openlot", config=settings)

        def level(self, offset: int) -> bool:
            return self._held.get_value(offset) is Value.ACTIVE

        def drive(self, offset: int, on: bool) -> None:
            self._held.set_value(offset, Value.ACTIVE if on else Value.INACTIVE)

        def release(self) -> None:
            self._held.release()

    return KernelLines
