"""Inputs and outputs behind an MQTT broker (extra `mqtt`): the box tells levels as retained messages.

A broker answers for boxes that are long dead, so a level counts only while the box's availability topic, which its
last will sets, says that it is there.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lot_server.adapters.device import pause_after
from lot_server.errors import DeviceAway, DeviceFault, ExtraMissing

if TYPE_CHECKING:
    from aiomqtt import Client

log = logging.getLogger(__name__)
KEEPALIVE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class MqttTopics:
    """Where a box listens and speaks, by the names of its inputs and outputs; `states` tell what outputs are.

    `on` and `off` are the payloads of levels and commands; `available` is what `availability` says while it is there.
    """

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    states: Mapping[str, str]
    availability: str
    available: str
    on: str
    off: str


@dataclass(frozen=True, slots=True)
class MqttLogin:
    """Who speaks to the broker."""

    user: str
    password: str


class MqttDevice:
    """One box. The connection is kept by a task of its own, which begins with the first call."""

    def __init__(
        self, name: str, host: str, port: int, tls: bool, login: MqttLogin | None, timeout_s: float, topics: MqttTopics
    ) -> None:
        """Raises ExtraMissing where aiomqtt is not installed."""
        try:
            import aiomqtt
        except ImportError as error:
            raise ExtraMissing("MQTT boxes need the package aiomqtt: pip install 'openlot[mqtt]'") from error
        self._library = aiomqtt
        self.name = name
        self._host = host
        self._port = port
        self._tls = ssl.create_default_context() if tls else None
        self._login = login
        self._timeout_s = timeout_s
        self._topics = topics
        self._keeper: asyncio.Task[None] | None = None
        self._client: Client | None = None
        self._why_away = "it was not connected to yet"
        self._said: dict[str, str] = {}
        self._heard = asyncio.Condition()

    async def inputs(self) -> Mapping[str, bool]:
        """The levels last told. Raises DeviceAway where the broker or box is away or told nothing, DeviceFault."""
        await self._available(*self._topics.inputs.values())
        return {name: self._level(topic) for name, topic in self._topics.inputs.items()}

    async def output(self, name: str) -> bool:
        """What the box last told of the output. Raises DeviceAway, DeviceFault."""
        topic = self._state_topic(name)
        await self._available(topic)
        return self._level(topic)

    async def switch(self, name: str, on: bool) -> None:
        """Publish the command; where the output has a state topic, wait until the box tells that it followed."""
        client = await self._available()
        payload = self._topics.on if on else self._topics.off
        state = self._topics.states.get(name)
        before = None if state is None else self._said.pop(state, None)
        try:
            # Never retained: a command must not be carried out again when the box comes back.
            await client.publish(self._topics.outputs[name], payload, qos=1, timeout=self._timeout_s)
        except (self._library.MqttError, ValueError) as error:
            raise self._away(str(error)) from error
        if state is None:
            return
        try:
            async with asyncio.timeout(self._timeout_s), self._heard:
                await self._heard.wait_for(lambda: self._said.get(state) == payload or self._client is None)
        except TimeoutError:
            told = self._said.setdefault(state, before) if before is not None else self._said.get(state)
            raise DeviceFault(
                f"device {self.name} was told {payload!r} for {name} and says {told!r}: look at it"
            ) from None
        if self._client is None:
            raise self._away(self._why_away)

    async def end(self) -> None:
        """Disconnect from the broker."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    async def _available(self, *topics: str) -> "Client":
        """The connection, once the box is known to be there and has told of these topics."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())
        wanted = self._topics.availability
        try:
            async with asyncio.timeout(self._timeout_s), self._heard:
                await self._heard.wait_for(lambda: self._said.keys() >= {wanted, *topics})
        except TimeoutError:
            pass
        client = self._client
        if client is None:
            raise self._away(self._why_away)
        if self._said.get(wanted) != self._topics.available:
            raise self._away(f"its availability is {self._said.get(wanted)!r}")
        return client

    def _level(self, topic: str) -> bool:
        said = self._said.get(topic)
        if said is None:
            raise self._away(f"it has told nothing on {topic} yet")
        if said not in (self._topics.on, self._topics.off):
            raise DeviceFault(f"device {self.name} says {said!r} on {topic}: check [[devices]] on and off")
        return said == self._topics.on

    def _state_topic(self, name: str) -> str:
        if name not in self._topics.states:
            raise DeviceFault(f"device {self.name} has no state topic for {name}: give it one in states")
        return self._topics.states[name]

    def _away(self, why: str) -> DeviceAway:
        return DeviceAway(f"device {self.name} is away ({why}): check it and the broker at {self._host}:{self._port}")

    async def _keep(self) -> None:
        failures = 0
        while True:
            try:
                async with self._library.Client(
                    self._host,
                    self._port,
                    username=self._login.user if self._login else None,
                    password=self._login.password if self._login else None,
                    tls_context=self._tls,
                    timeout=self._timeout_s,
                    keepalive=KEEPALIVE_SECONDS,
                ) as client:
                    topics = self._topics
                    for topic in {topics.availability, *topics.inputs.values(), *topics.states.values()}:
                        await client.subscribe(topic, qos=1)
                    self._client, failures = client, 0
                    async for message in client.messages:
                        await self._hear(str(message.topic), message.payload)
            except (self._library.MqttError, OSError) as error:
                self._why_away = str(error)
                log.error("device %s: the broker is away: %s", self.name, error)
            finally:
                # What was said before may not hold any longer.
                self._client = None
                self._said.clear()
            async with self._heard:
                self._heard.notify_all()
            failures += 1
            await asyncio.sleep(pause_after(failures))

    async def _hear(self, topic: str, payload: object) -> None:
        async with self._heard:
            self._said[topic] = (
                payload.decode("utf-8", "replace") if isinstance(payload, bytes | bytearray) else str(payload)
            )
            self._heard.notify_all()
