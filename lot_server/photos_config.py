"""[photos]: how long photos stay, and how much room they may take."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lot_server.errors import BadConfig
from lot_server.store.kept_photos import PhotoKind

MOST_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class PhotosSection:
    """How many days photos stay after their stay has ended, by what became of it, and how many GB they may take in all.

    `refused_days` is for vehicles that never came in, `disputed_days` runs from the end of the dispute.
    """

    paid_days: int = 30
    unpaid_days: int = 180
    disputed_days: int = 365
    refused_days: int = 7
    budget_gb: float = 50.0

    def check(self) -> None:
        """Raises BadConfig."""
        for kind, days in self.days.items():
            if not 0 <= days <= MOST_DAYS:
                raise BadConfig(f"[photos] {kind}_days must be 0 to {MOST_DAYS}")
        if not 0 < self.budget_gb < float("inf"):
            raise BadConfig("[photos] budget_gb must be above 0")

    @property
    def days(self) -> Mapping[PhotoKind, int]:
        """The days of each kind."""
        return {
            "refused": self.refused_days,
            "paid": self.paid_days,
            "unpaid": self.unpaid_days,
            "disputed": self.disputed_days,
        }

    def limits(self, now: datetime) -> dict[PhotoKind, datetime]:
        """Until when a stay of each kind must have ended for its photos to be dropped now."""
        return {kind: now - timedelta(days=days) for kind, days in self.days.items()}
