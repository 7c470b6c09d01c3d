"""Vehicles of rendered clips drive as their recipes say, and grow as they come near."""

import numpy as np
import pytest

from benchmarks.videos.camera import HEIGHT, WIDTH, PinholeCamera, lay_over
from benchmarks.videos.clips import RECIPES, Drive, recipes


def test_a_drive_passes_its_points_and_stands_between_equal_ones() -> None:
    """At each named second a vehicle is where it is said to be, and between two equal places it does not move."""
    drive = Drive(0, ((0.0, 14.0), (2.0, 5.0), (3.0, 5.0), (5.0, -4.0)))
    assert [drive.metres(second) for second in (0.0, 2.0, 2.5, 3.0, 5.0, 9.0)] == [14.0, 5.0, 5.0, 5.0, -4.0, -4.0]
    approach = [drive.metres(second) for second in np.linspace(0, 2, 20)]
    assert approach == sorted(approach, reverse=True)


def test_a_plate_half_as_far_is_twice_as_wide() -> None:
    """A pinhole camera that looks level shows widths by the inverse of the distance."""
    camera = PinholeCamera(pitch=0.0)

    def width(distance: float) -> float:
        ends = camera.project(np.array([[-0.22, 0.5, distance], [0.22, 0.5, distance]], np.float32))
        return float(ends[1, 0] - ends[0, 0])

    assert width(4.0) == pytest.approx(2 * width(8.0), rel=1e-5)


def test_a_layer_covers_its_quad_and_nothing_else() -> None:
    """What is laid over a picture replaces the quad's inside, also where that reaches out of the picture."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    layer = np.full((40, 80, 4), 255, np.uint8)
    quad = np.array([[-50, 100], [150, 100], [150, 200], [-50, 200]], np.float32)
    lay_over(picture, layer, quad)
    assert picture[150, 10].tolist() == [255, 255, 255]
    assert picture[:95].max() == picture[205:].max() == picture[:, 155:].max() == 0


def test_recipes_are_told_apart() -> None:
    """Every recipe has a name and a seed of its own, in each round, so that no two clips show one plate."""
    every = [recipe for seed in range(5) for recipe in recipes(seed)]
    assert len({recipe.name for recipe in RECIPES}) == len(RECIPES)
    assert len({recipe.seed for recipe in every}) == len(every)
