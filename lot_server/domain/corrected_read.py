"""A read that an operator looked at: what a model of plates can be measured by."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CorrectedRead:
    """The read of one passage, and what the plate says.

    `photo` is the archive's name of the passage's first photo; `read` is None where nothing was read surely enough.
    """

    photo: str
    read: str | None
    text: str
    taken_at: datetime
    lane_id: str
