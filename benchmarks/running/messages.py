"""What a candidate's process and the one that runs it say to each other: JSON lines, one message each.

The process is told its candidate in the first line, and then batches of photos; it answers `ready` or `refused`, and
for each batch an `outcome` a photo and then what it has `spent` so far. The end of its input is the end of its work,
also in the middle of a batch.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from benchmarks.candidates.outcome import Nature, Outcome


@dataclass(frozen=True, slots=True)
class Batch:
    """Photos to read, in this order."""

    photos: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """The candidate is loaded."""

    nature: Nature
    what: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True)
class Refused:
    """The candidate cannot be loaded: the error's code and message."""

    code: str
    message: str
    what: Literal["refused"] = "refused"


@dataclass(frozen=True, slots=True)
class Read:
    """What became of the next photo of the batch."""

    outcome: Outcome
    what: Literal["read"] = "read"


@dataclass(frozen=True, slots=True)
class Spent:
    """The batch is done; what the process and its children held and used since they started."""

    peak_rss_bytes: int
    cpu_s: float
    what: Literal["spent"] = "spent"


Answer = Annotated[Ready | Refused | Read | Spent, Field(discriminator="what")]

BATCH = TypeAdapter(Batch)
ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)
