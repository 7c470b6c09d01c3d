"""The `[occupancy]` section: when the count is reconciled, and when a stay is believed to have ended unseen."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from lot_server.errors import BadConfig


@dataclass(frozen=True, slots=True)
class OccupancySection:
    """`reconcile_at` is a time of the lot's day like 04:00.

    A visitor inside for `orphan_after_days` is believed gone; a stay whose vehicle is believed gone for
    `write_off_after_days` is written off, one that a stray out explains after `look_first_hours`.
    """

    reconcile_at: str = "04:00"
    orphan_after_days: int = 14
    write_off_after_days: int = 7
    look_first_hours: int = 12

    def check(self) -> None:
        """Raises BadConfig."""
        try:
            time.fromisoformat(self.reconcile_at)
        except ValueError as error:
            raise BadConfig("[occupancy] reconcile_at must be a time of day like 04:00") from error
        for name in ("orphan_after_days", "write_off_after_days", "look_first_hours"):
            if getattr(self, name) < 1:
                raise BadConfig(f"[occupancy] {name} must be at least 1")

    def last_due(self, now: datetime, zone: str) -> datetime:
        """The latest instant up to `now` at which a reconciliation was due, in the lot's zone."""
        place = ZoneInfo(zone)
        local = now.astimezone(place)
        due = datetime.combine(local.date(), time.fromisoformat(self.reconcile_at), place)
        # Aware times are compared across the change of clocks, where a local time of day may be skipped or doubled.
        if due.timestamp() > now.timestamp():
            due = datetime.combine(local.date() - timedelta(days=1), due.timetz().replace(tzinfo=None), place)
        return due

    @property
    def orphan_after(self) -> timedelta:
        return timedelta(days=self.orphan_after_days)

    @property
    def write_off_after(self) -> timedelta:
        return timedelta(days=self.write_off_after_days)

    @property
    def look_first(self) -> timedelta:
        return timedelta(hours=self.look_first_hours)
