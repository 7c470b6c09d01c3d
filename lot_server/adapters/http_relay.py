"""A box with relays and inputs behind HTTP, such as many building relays: one request a command, JSON answers."""

import asyncio
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import httpx2

from lot_server.errors import BadConfig, DeviceAway, DeviceFault

AuthKind = Literal["none", "basic", "digest", "bearer"]


@dataclass(frozen=True, slots=True)
class SwitchRequest:
    """The request that switches an output; `{point}` and `{state}` in `path` and `body` are filled in.

    `on` and `off` are what `{state}` becomes; `{point}` is the output's own id.
    """

    path: str
    method: Literal["GET", "POST", "PUT", "PATCH"] = "GET"
    on: str = "true"
    off: str = "false"
    body: str | None = None


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """The GET that tells a level: `field` is the dotted way to it in the JSON answer, `on` and `off` what it reads."""

    path: str
    field: str
    on: str = "true"
    off: str = "false"


class HttpRelay:
    """One box. The login comes from a file, so that it is in no configuration, log or error."""

    def __init__(
        self, name: str, base_url: str, timeout_s: float, switch: SwitchRequest, input_status: StatusRequest | None,
        output_status: StatusRequest | None, auth: httpx2.Auth | None, inputs: Mapping[str, str],
        outputs: Mapping[str, str],
    ) -> None:  # fmt: skip
        """`inputs` and `outputs` give the box's own ids by name; an `output_status` is asked after every command."""
        self.name = name
        self._timeout_s = timeout_s
        self._switch = switch
        self._input_status = input_status
        self._output_status = output_status
        self._inputs = inputs
        self._outputs = outputs
        self._http = httpx2.AsyncClient(
            base_url=base_url, auth=auth, timeout=timeout_s, trust_env=False, follow_redirects=False
        )
        self._in_use = asyncio.Lock()

    async def inputs(self) -> Mapping[str, bool]:
        """The levels of all inputs, one request each. Raises DeviceAway, DeviceFault."""
        async with self._in_use:
            if not self._inputs and self._output_status is not None:
                # A box of outputs alone is asked for one of them, to see that it answers.
                for point in list(self._outputs.values())[:1]:
                    await self._level(self._output_status, point)
            return {name: await self._level(self._input_status, point) for name, point in self._inputs.items()}

    async def output(self, name: str) -> bool:
        """What the box says of the output. Raises DeviceAway, DeviceFault."""
        async with self._in_use:
            return await self._level(self._output_status, self._outputs[name])

    async def switch(self, name: str, on: bool) -> None:
        """Send the command; it must be answered with 2xx, and by `output_status` be seen to have been taken."""
        request, point = self._switch, self._outputs[name]
        state = request.on if on else request.off
        async with self._in_use:
            await self._ask(request.method, _filled(request.path, point, state), request.body, point, state)
            if self._output_status is not None and await self._level(self._output_status, point) != on:
                raise DeviceFault(f"device {self.name} took the command for {name} but did not follow it: look at it")

    async def end(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _level(self, status: StatusRequest | None, point: str) -> bool:
        if status is None:
            raise DeviceFault(f"device {self.name} has no status request to ask for {point}: give it one")
        answer = await self._ask("GET", _filled(status.path, point, ""))
        try:
            value: object = answer.json()
            for key in status.field.split("."):
                value = value[int(key)] if isinstance(value, list) else value[key]  # type: ignore[index]
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise DeviceFault(
                f"device {self.name} answered without {status.field} for {point}: check its status request"
            ) from error
        said = value if isinstance(value, str) else json.dumps(value)
        if said not in (status.on, status.off):
            raise DeviceFault(
                f"device {self.name} says {said!r} for {point}, neither {status.on!r} nor {status.off!r}: check it"
            )
        return said == status.on

    async def _ask(
        self, method: str, path: str, body: str | None = None, point: str = "", state: str = ""
    ) -> httpx2.Response:
        content = None if body is None else body.replace("{point}", point).replace("{state}", state)
        headers = None if body is None else {"content-type": "application/json"}
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._http.request(method, path, content=content, headers=headers)
        except (httpx2.TransportError, TimeoutError) as error:
            raise DeviceAway(
                f"device {self.name} did not answer ({type(error).__name__}): check its power and its network"
            ) from error
        except httpx2.HTTPError as error:
            raise DeviceFault(f"device {self.name} answered what is no HTTP ({type(error).__name__})") from error
        if not answer.is_success:
            raise DeviceFault(f"device {self.name} answered {answer.status_code}: check its requests and its login")
        return answer


def login(kind: AuthKind, file: Path | None) -> httpx2.Auth | None:
    """The login in a file: `user:password` for basic and digest, the token alone for bearer. Raises BadConfig."""
    if kind == "none":
        return None
    secret = secret_in(file)
    if kind == "bearer":
        return _Bearer(secret)
    user, colon, password = secret.partition(":")
    if not colon:
        raise BadConfig(f"{file} must hold USER:PASSWORD in one line")
    return httpx2.BasicAuth(user, password) if kind == "basic" else httpx2.DigestAuth(user, password)


def secret_in(file: Path | None) -> str:
    """The one line of a login file. Raises BadConfig."""
    if file is None:
        raise BadConfig("[[devices]] auth needs auth_file: the path of a file with the login")
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise BadConfig(f"{file} cannot be read: give [[devices]] auth_file a file with the login") from error


def _filled(path: str, point: str, state: str) -> str:
    return path.replace("{point}", quote(point, safe="")).replace("{state}", quote(state, safe=""))


class _Bearer(httpx2.Auth):
    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["authorization"] = self._header
        yield request
