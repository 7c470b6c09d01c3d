"""How long to wait after a failure, as a value: nothing here sleeps.

Exponential with full jitter, as in M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: a
uniform share of a bound that doubles, so that lots which lost the cloud together do not come back together.
"""

from dataclasses import dataclass

from cloud_sync.errors import BadConfig


@dataclass(frozen=True, slots=True)
class Backoff:
    """Bounds in real seconds: `base_s` after the first failure, doubling up to `cap_s`; `halted_s` after a refusal.

    A refusal needs a person, so it is asked about again rarely. Raises BadConfig unless 0 < base_s <= cap_s and
    0 < halted_s.
    """

    base_s: float = 0.5
    cap_s: float = 30.0
    halted_s: float = 300.0

    def __post_init__(self) -> None:
        if not 0 < self.base_s <= self.cap_s < float("inf") or not 0 < self.halted_s < float("inf"):
            raise BadConfig("[backoff] wants 0 < base_s <= cap_s and 0 < halted_s")

    def after_failures(self, failures: int, share: float) -> float:
        """What to wait after `failures` (at least 1) in a row; `share` is a uniform draw from 0 to 1."""
        doublings = min(failures - 1, 64)
        return share * min(self.cap_s, self.base_s * 2.0**doublings)

    def after_refusal(self, share: float) -> float:
        """What to wait when the other side said no: between half of `halted_s` and all of it."""
        return self.halted_s * (1 + share) / 2
