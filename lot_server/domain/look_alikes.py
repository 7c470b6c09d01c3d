"""How far a read may be from what the plate shows: fitted on reads of plates whose texts are known.

The figures stand in `matching.toml` beside this file, with where they come from; `openlot bench matching fit` writes
it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FITTED = Path(__file__).with_name("matching.toml")

LookAlikes = Mapping[str, tuple[tuple[str, float], ...]]
"""Read character -> what the plate shows in its place, where it is another one, with shares that sum to 1 at most."""


@dataclass(frozen=True, slots=True)
class Misreading:
    """What a reader's own probabilities leave out, as probabilities a character.

    `look_alike`: it is another one, as `look_alikes` says; `other`: it is any other one at all; `ghost`: nothing stands
    there; `missed`: one more character stands beside it.
    """

    look_alike: float
    other: float
    ghost: float
    missed: float
    look_alikes: LookAlikes


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was fitted: how reads fail, and the doubt up to which an exit may be opened without asking.

    `limit` is the share of wrong opens that `most_doubt` was chosen to hold.
    """

    misreading: Misreading
    limit: float
    most_doubt: float


@cache
def fitted() -> Fitted:
    """What ships with this version. Raises FileNotFoundError and KeyError for a broken installation."""
    table = tomllib.loads(FITTED.read_text(encoding="utf-8"))
    misreading = table["misreading"]
    return Fitted(
        Misreading(
            look_alike=misreading["look_alike"],
            other=misreading["other"],
            ghost=misreading["ghost"],
            missed=misreading["missed"],
            look_alikes={
                read: tuple((character, share / 1000) for character, share in shown.items())
                for read, shown in table["look_alikes"].items()
            },
        ),
        limit=table["threshold"]["limit"],
        most_doubt=table["threshold"]["most_doubt"],
    )
