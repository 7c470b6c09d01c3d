"""A disagreement about a stay, from when somebody brings it up until it is settled."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """Who opened it and why; `ended_at`, `ended_by` and `outcome` are None while it lasts."""

    stay_id: str
    opened_at: datetime
    operator: str
    reason: str
    ended_at: datetime | None
    ended_by: str | None
    outcome: str | None
