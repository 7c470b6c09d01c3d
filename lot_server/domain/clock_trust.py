"""When a lot's clock is in doubt, why, and what ends the doubt."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

DoubtReason = Literal["behind_last_fact", "before_openlot", "not_synchronised", "stepped", "cloud_differs", "told"]
"""behind_last_fact: the machine's clock shows a time before what is recorded; before_openlot: one before this software;
not_synchronised: its time service has not set it since it started; stepped: it was set while the lot ran;
cloud_differs: the cloud's shows another time; told: an operator set it."""
DoubtEnd = Literal["operator", "time_service", "cloud", "machine", "restart"]
"""Who ended a doubt. machine: the clock that was set while the lot ran was set back; restart: nobody, the machine
started again first, and how far off the clock was will never be known."""

FIRST_POSSIBLE = datetime(2026, 1, 1, tzinfo=UTC)
"""No lot ran this before."""
TOLERANCE = timedelta(seconds=2)
"""What two clocks that agree may differ by; the leap of a second is less."""


@dataclass(frozen=True, slots=True)
class ClockDoubt:
    """The facts after `since_seq` were recorded by a clock that may be wrong; `seq` is the fact that says so.

    It was said as the clock showed `doubted_at`, `boot_us` microseconds after the start of the machine `boot_id`.
    `shift` is by how much the clock was moved when the doubt ended, None while it has not.
    """

    seq: int
    doubted_at: datetime
    reason: DoubtReason
    since_seq: int
    boot_id: str
    boot_us: int
    shift: timedelta | None

    def now(self, elapsed_s: float) -> datetime:
        """What the clock shows `elapsed_s` real seconds after that same start of the machine."""
        since = timedelta(seconds=elapsed_s) - timedelta(microseconds=self.boot_us)
        return self.doubted_at + since + (self.shift or timedelta())


def doubt_at_start(
    shown: datetime, last_recorded: datetime | None, synchronised: bool | None, has_service: bool
) -> DoubtReason | None:
    """Why the machine's clock, which shows `shown` as the lot starts, is not to be believed; None where it may be.

    `synchronised` is what the kernel says, None where it does not; without a time service (`has_service`) nobody would
    ever synchronise it, and the machine's battery-backed clock is believed as far as it contradicts nothing.
    """
    if last_recorded is not None and shown < last_recorded - TOLERANCE:
        return "behind_last_fact"
    if shown < FIRST_POSSIBLE:
        return "before_openlot"
    return "not_synchronised" if has_service and synchronised is False else None
