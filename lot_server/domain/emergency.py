"""An emergency: from its first moment until a person ends it, every barrier of the lot is held open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

HoldSource = Literal["input", "operator"]


@dataclass(frozen=True, slots=True)
class Emergency:
    """Since when, by whom or which input, and why; `seq` is that of the fact that began it."""

    seq: int
    began_at: datetime
    source: HoldSource
    actor: str
    reason: str
