"""The clips that are rendered: who drives how before which camera, by what light, and what is printed over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

FRAMES_A_SECOND = 12.5

Overlay = Literal["none", "strip", "strip_and_inset"]
"""Text that a recorder prints along the top; and, besides, the picture of another plate in a corner."""


@dataclass(frozen=True, slots=True)
class Drive:
    """One vehicle's way: (second, metres before the camera) between which it speeds up and slows down smoothly.

    `car` counts the vehicles of a clip: a car that comes twice drives twice. `side` is metres off the lane's middle.
    """

    car: int
    way: tuple[tuple[float, float], ...]
    side: float = 0.0

    def metres(self, second: float) -> float:
        """How far the vehicle is before the camera at `second`."""
        for (start, here), (end, there) in zip(self.way, self.way[1:], strict=False):
            if second < end:
                share = float(np.clip((second - start) / (end - start), 0, 1))
                return here + (there - here) * share * share * (3 - 2 * share)
        return self.way[-1][1]


@dataclass(frozen=True, slots=True)
class Shot:
    """A part of a clip taken without a break: `view` picks the lane and where its camera stands."""

    seconds: float
    drives: tuple[Drive, ...]
    view: int = 0
    light: float = 1.0
    """From 0 (night) to 1 (day)."""
    noise: float = 4.0
    """Standard deviation in grey levels."""
    overlay: Overlay = "none"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A clip by its name, seed and shots."""

    name: str
    seed: int
    shots: tuple[Shot, ...]


_FAR, _GATE, _PAST = 14.0, 4.6, -5.0
"""Metres before the camera: where vehicles appear, stop, and are out of its sight."""

_ROLL_UP_AND_THROUGH = ((0.0, _FAR), (2.4, _GATE), (3.6, _GATE), (5.4, _PAST))
_BEHIND = 6.3
"""Metres from one front to the next, nose to tail."""


def _followed_by(gap: float) -> tuple[tuple[float, float], ...]:
    """The way of a vehicle that closes up `gap` metres behind the one at the gate and takes its place there."""
    return ((0.0, _FAR + gap), (2.4, _GATE + gap), (3.8, _GATE + gap), (5.8, _GATE), (6.6, _GATE), (8.2, _PAST))


RECIPES: tuple[Recipe, ...] = (
    Recipe("approach_and_stop", 11, (Shot(5.6, (Drive(0, _ROLL_UP_AND_THROUGH),)),)),
    Recipe("reverse_out", 12, (Shot(6.4, (Drive(0, ((0.0, _FAR), (2.2, _GATE + 0.4), (3.2, 5.0), (5.8, 15.0))),)),)),
    Recipe(
        "nose_to_tail",
        13,
        (Shot(8.4, (Drive(0, _ROLL_UP_AND_THROUGH), Drive(1, _followed_by(_BEHIND))), view=1),),
    ),
    Recipe("night", 14, (Shot(5.6, (Drive(0, _ROLL_UP_AND_THROUGH, side=0.2),), light=0.13, noise=9.0),)),
    Recipe(
        "spliced",
        15,
        (
            Shot(2.8, (Drive(0, _ROLL_UP_AND_THROUGH),), view=0),
            Shot(3.4, (Drive(1, ((0.0, _GATE + 1.0), (0.8, _GATE + 0.4), (1.6, _GATE + 0.4), (3.2, _PAST))),), view=2),
        ),
    ),
    Recipe("overlay", 16, (Shot(7.0, (Drive(0, _ROLL_UP_AND_THROUGH),), view=1, overlay="strip_and_inset"),)),
    Recipe(
        "spliced_overlay",
        17,
        (
            Shot(2.6, (Drive(0, ((0.0, 9.0), (1.0, _GATE), (1.8, _GATE), (2.6, 1.0))),), view=1, overlay="strip"),
            Shot(3.0, (Drive(1, ((0.0, 10.0), (1.6, _GATE), (3.0, _GATE))),), view=3, overlay="strip"),
        ),
    ),
)
"""What `openlot bench video` renders. All plates are generated; no two clips share one."""
_SEEDS_APART = 100


def recipes(seed: int) -> list[Recipe]:
    """The clips with other vehicles, plates and noise for each `seed`, as they stand for 0."""
    return [replace(recipe, seed=recipe.seed + _SEEDS_APART * seed) for recipe in RECIPES]
