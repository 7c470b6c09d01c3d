"""One service of a simulated site: a child process of the installed `openlot` command, its log, and its end."""

import asyncio
import contextlib
import os
import signal
import sysconfig
from pathlib import Path
from typing import IO

import httpx2

from benchmarks.simulation.errors import ServiceDied, ServiceSilent, SimulationError

GRACE_S = 8.0
"""Real seconds that a service has to end by itself when asked."""
READY_S = 60.0
"""Real seconds a service has to become ready; the lot's includes loading its networks."""
LOG_TAIL = 25
"""Lines of a log that a report of a death shows."""


def openlot_command() -> Path:
    """The installed `openlot` of this Python. Raises ServiceDied where there is none."""
    command = Path(sysconfig.get_path("scripts")) / "openlot"
    if not command.is_file():
        raise ServiceDied(f"{command} is not there: install openlot into this environment with pip")
    return command


async def openlot(*arguments: str) -> str:
    """The output of a short `openlot` command. Raises SimulationError with what it said when it fails."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(openlot_command(), *arguments, stdout=pipe, stderr=pipe)
    said, complained = await process.communicate()
    if process.returncode:
        raise SimulationError(f"openlot {' '.join(arguments[:2])} failed: {complained.decode(errors='replace')}")
    return said.decode()


class Service:
    """A process group of its own, so that one Ctrl-C reaches only the demo, which then ends its services in order."""

    def __init__(self, name: str, arguments: tuple[str, ...], log: Path, program: tuple[str, ...] = ()) -> None:
        """`program` stands in for the installed `openlot` command."""
        self.name = name
        self._program = program
        self._arguments = arguments
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._ends_as_asked = False
        self.starts = 0

    async def start(self) -> None:
        """Start it, or start it anew; its log goes on in the same file."""
        self._ends_as_asked = False
        with self._log.open("ab") as log:
            self._process = await self._spawn(log)
        self.starts += 1

    async def _spawn(self, log: IO[bytes]) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(self._program or (openlot_command(),)),
            *self._arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1", "NO_PROXY": "127.0.0.1"},
        )

    async def until_answers(self, url: str) -> None:
        """Wait until it answers at an address. Raises ServiceDied, ServiceSilent."""
        async with httpx2.AsyncClient(trust_env=False) as http:
            for _ in range(int(READY_S / 0.1)):
                self.check()
                with contextlib.suppress(httpx2.HTTPError):
                    if (await http.get(url)).is_success:
                        return
                await asyncio.sleep(0.1)
        raise ServiceSilent(f"{self.name} does not answer at {url}; the end of its log:\n{self.log_tail()}")

    def check(self) -> None:
        """Raises ServiceDied unless the process runs or was asked to end."""
        status = self._process.returncode if self._process is not None else None
        if status is not None and not self._ends_as_asked:
            raise ServiceDied(self.obituary(status))

    def obituary(self, status: int) -> str:
        return f"{self.name} ended with status {status} without being asked; the end of its log:\n{self.log_tail()}"

    def log_tail(self) -> str:
        """The last lines it wrote."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL:])

    def log_has(self, text: str) -> bool:
        return text in self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        """Its process, while it runs."""
        return self._process.pid if self._process is not None else 0

    async def kill(self) -> None:
        """kill -9: no last words, no flush."""
        await self._end(0.0)

    async def stop(self) -> None:
        """Ask it to end, and insist when it does not."""
        await self._end(GRACE_S)

    async def _end(self, grace_s: float) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        self._ends_as_asked = True
        if grace_s:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), grace_s)
        # The whole group, so that no child of it is left behind either.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
