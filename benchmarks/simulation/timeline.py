"""Shows a day as it happens: lines of what is going on, and below them, on a terminal, how the lot stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.live import Live
from rich.text import Text

from benchmarks.simulation.scenario import TIME_ZONE
from lot_server.domain.clock import Clock

_STYLES = {"chapter": "bold", "incident": "bold yellow", "lane": "", "money": "green", "person": "cyan", "fault": "red"}


class Timeline:
    """Lines carry the simulated local time. Without a terminal they are plain and nothing is redrawn."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console, self._clock = console, clock
        self._live: Live | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """While the day runs."""
        if not self._console.is_terminal:
            yield
            return
        with Live(Text(), console=self._console, refresh_per_second=8, transient=True) as self._live:
            yield
        self._live = None

    def say(self, kind: str, text: str) -> None:
        """One line; `kind` is one of chapter, incident, lane, money, person, fault."""
        local = self._clock.now().astimezone(ZoneInfo(TIME_ZONE))
        if kind == "chapter":
            text = f"── {text} ──"
        self._console.print(Text(f"{local:%H:%M}  {text}", style=_STYLES[kind]), soft_wrap=True)

    def stand(self, text: str) -> None:
        """How the lot stands now, in one line."""
        if self._live is not None:
            local = self._clock.now().astimezone(ZoneInfo(TIME_ZONE))
            self._live.update(Text(f" {local:%H:%M}  {text} ", style="reverse"))
