"""What truly happened at the gates, line by line in a file that outlives every kill of the server.

The file belongs to the world, not to the lot: the barriers' own log, where vehicles are, and what their drivers paid.
One `write` a line, so that a line is there whole once the call returned, whatever becomes of the process.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from lot_server.domain.stay import Direction

Deed = Literal["arrive", "open", "cross", "unseen", "pay", "counted", "acked", "lost", "kill"]
MORNING = datetime(2026, 3, 2, 6, tzinfo=UTC)
A_LINE = timedelta(seconds=20)
"""How much of the simulated day passes with each line."""

_KINDS = ("entry", "exit")


@dataclass
class World:
    """The state of the world as its lines tell it; `gates` hold the vehicle (by number) that stands before each."""

    file: Path
    lines: int = 0
    arrived: int = 0
    """Vehicles so far: they are numbered from 1 and come in this order."""
    inside: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    gates: dict[Direction, int] = field(default_factory=dict)
    opened: Counter[tuple[Direction, int]] = field(default_factory=Counter)
    """How often a barrier was told to open while a vehicle stood there; 0 stands for no vehicle."""
    through: set[Direction] = field(default_factory=set)
    """The gates whose barrier has opened for the vehicle that stands there now."""
    unseen: set[tuple[Direction, int]] = field(default_factory=set)
    """Vehicles that drove through while no server ran."""
    last: dict[Direction, int] = field(default_factory=dict)
    """The vehicle that came to each gate last."""
    cut_short: set[tuple[Direction, int]] = field(default_factory=set)
    """The vehicles that had come to a gate last when a server was killed."""
    paid: dict[int, int] = field(default_factory=dict)
    counted: set[int] = field(default_factory=set)
    acked: int = 0
    lost: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.file.exists():
            for line in self.file.read_text(encoding="ascii").splitlines():
                self._take(*line.split())
        self._handle = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    @property
    def time(self) -> datetime:
        """The time of the simulated day."""
        return MORNING + self.lines * A_LINE

    def tell(self, deed: Deed, *words: object) -> None:
        """Let something have happened."""
        line = " ".join(str(word) for word in (deed, *words))
        os.write(self._handle, f"{line}\n".encode("ascii"))
        self._take(*line.split())

    def close(self) -> None:
        os.close(self._handle)

    def _take(self, deed: str, *words: str) -> None:
        self.lines += 1
        numbers = [int(word) for word in words if word not in _KINDS]
        gate: Direction = "entry" if "entry" in words else "exit"
        match deed:
            case "arrive":
                self.gates[gate] = numbers[0]
                self.last[gate] = numbers[0]
                self.arrived = max(self.arrived, numbers[0])
            case "open":
                self.opened[gate, numbers[0]] += 1
                self.through.add(gate)
            case "cross" | "unseen":
                self._cross(gate, numbers[0])
                if deed == "unseen":
                    self.unseen.add((gate, numbers[0]))
            case "pay":
                self.paid[numbers[0]] = numbers[1]
            case "counted":
                self.counted.add(numbers[0])
            case "acked":
                self.acked = max(self.acked, numbers[0])
            case "kill":
                self.cut_short |= set(self.last.items())
            case "lost":
                self.lost.append(numbers[0])

    def _cross(self, gate: Direction, number: int) -> None:
        del self.gates[gate]
        self.through.discard(gate)
        if gate == "entry":
            self.inside.append(number)
        else:
            self.inside.remove(number)
            self.gone.append(number)
