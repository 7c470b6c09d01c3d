"""The `[clock]` section of every service's configuration: the world's clock, or a simulated one that says so."""

from collections.abc import Mapping
from datetime import datetime

from lot_server.domain.clock import Clock, SimulatedClock, SystemClock, from_text
from lot_server.domain.errors import BadClock, DomainError

_KEYS = {"simulated", "origin", "speed", "started_at"}


def clock_from_config(section: Mapping[str, object] | None) -> Clock:
    """The clock that a configuration's `[clock]` section asks for; without the section, the machine's.

    `origin` (what the clock shows first), `speed` (its seconds a real second) and `started_at` (the machine's time at
    `origin`) are accepted only with `simulated = true`, and then all three are wanted; times are ISO 8601 texts or
    TOML times, with a zone. Raises BadClock naming the key.
    """
    section = section or {}
    for key in section:
        if key not in _KEYS:
            raise BadClock(f"[clock] has no key {key!r}: it takes {', '.join(sorted(_KEYS))}")
    simulated = section.get("simulated", False)
    if not isinstance(simulated, bool):
        raise BadClock("[clock] simulated must be true or false")
    if not simulated:
        if set(section) - {"simulated"}:
            raise BadClock("[clock] origin, speed and started_at are accepted only with simulated = true")
        return SystemClock()
    return SimulatedClock(_instant(section, "origin"), _speed(section), _instant(section, "started_at"))


def _instant(section: Mapping[str, object], key: str) -> datetime:
    value = section.get(key)
    if not isinstance(value, str | datetime):
        raise BadClock(f'[clock] {key} must be a time with a zone, like "2026-01-31T08:00:00Z"')
    try:
        return from_text(value if isinstance(value, str) else value.isoformat())
    except DomainError as error:
        raise BadClock(f"[clock] {key}: {error}") from error


def _speed(section: Mapping[str, object]) -> float:
    value = section.get("speed")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise BadClock("[clock] speed must be a number above 0: the clock's seconds a real second")
    return float(value)
