"""What a check found."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`text` says what is, `advice` what to do about it, empty where all is well.

    `warn` is something to look at soon, `fail` something that stops the lot or loses facts.
    """

    check: str
    verdict: Verdict
    text: str
    advice: str = ""
