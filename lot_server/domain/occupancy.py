"""How many vehicles a lot holds and how many more may enter."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Occupancy:
    """`inside` counts open stays, `arriving` intended ones: admitted, not yet past the closing loop."""

    spaces: int
    inside: int
    arriving: int = 0

    @property
    def free(self) -> int:
        """Spaces without a vehicle; below 0 while passes or operators brought in more than the lot has."""
        return self.spaces - self.inside

    @property
    def full(self) -> bool:
        """Whether every space is taken or promised."""
        return self.free <= self.arriving
