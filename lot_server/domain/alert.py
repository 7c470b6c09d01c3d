"""An alert that nobody has resolved yet."""

from dataclasses import dataclass
from datetime import datetime

from lot_server.domain.events import AlertRaised


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """What was raised, and when."""

    raised: AlertRaised
    raised_at: datetime
