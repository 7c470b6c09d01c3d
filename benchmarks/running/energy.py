"""What the processor packages use, by Intel's and AMD's RAPL counters where Linux lets them be read.

The counters are the whole machine's: one candidate at a time is at work, so that the difference is its own and the
machine's idle draw.
"""

from collections.abc import Mapping
from pathlib import Path

_ROOT = Path("/sys/class/powercap")
_MICRO = 1e-6


class EnergyMeter:
    """Reads every package's counter; `joules` gives None where there is none that may be read."""

    def __init__(self, root: Path = _ROOT) -> None:
        self._counters = {path / "energy_uj": _whole(path / "max_energy_range_uj") for path in _packages(root)}

    def read(self) -> Mapping[Path, int]:
        """The counters now, in microjoules."""
        return {path: value for path in self._counters if (value := _whole(path)) is not None}

    def joules(self, since: Mapping[Path, int]) -> float | None:
        """What was used since an earlier `read`; a counter that began anew at its range's end once is followed."""
        used = []
        for path, now in self.read().items():
            if path in since:
                range_end = self._counters[path] or 0
                used.append(now - since[path] if now >= since[path] else now - since[path] + range_end)
        return sum(used) * _MICRO if used else None


def _packages(root: Path) -> list[Path]:
    """The zones that are a whole package, `intel-rapl:0`; those below them, `intel-rapl:0:1`, are parts of it."""
    return sorted(path for path in root.glob("*-rapl:*") if path.name.count(":") == 1) if root.is_dir() else []


def _whole(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
