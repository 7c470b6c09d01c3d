"""What this process and its children held and used: memory at its most, and processor time."""

import multiprocessing
import os
import resource
import sys
from pathlib import Path

from benchmarks.running.messages import Spent

_KIB = 1024


def spent() -> Spent:
    """Since the process began. Children that it waits for count by the largest of them, live ones each."""
    workers = [child.pid for child in multiprocessing.active_children() if child.pid is not None]
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    times = os.times()
    return Spent(
        _peak_rss(None) + sum(map(_peak_rss, workers)) + ended.ru_maxrss * _RSS_UNIT,
        times.user + times.system + times.children_user + times.children_system + sum(map(_cpu_s, workers)),
    )


_RSS_UNIT = 1 if sys.platform == "darwin" else _KIB
"""Bytes of one unit of getrusage's `ru_maxrss` (getrusage(2))."""


def _peak_rss(pid: int | None) -> int:
    """Bytes of a process (None: this one) at its most, by Linux' VmHWM: `ru_maxrss` of a process also counts what the
    one that started it held. 0 for another process where there is no /proc."""
    try:
        status = Path(f"/proc/{pid or 'self'}/status").read_text(encoding="utf-8")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT if pid is None else 0
    held = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(held.split()[1]) * _KIB


def _cpu_s(pid: int) -> float:
    """Seconds that a live child used (proc(5): fields 14 and 15 of its `stat`); 0 where there is no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
