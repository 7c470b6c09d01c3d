"""A change of view is told from everything that happens within one."""

import cv2
import numpy as np
import pytest
from seen_plates import shown

from vision.scene_cut import SceneCut
from vision.types import Image, Luma


def _after(first: Image, second: Image) -> bool:
    cut = SceneCut()
    assert not cut.happened(_grey(first))
    return cut.happened(_grey(second))


def _grey(image: Image) -> Luma:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def _noisy(image: Image, sigma: float) -> Image:
    noise = np.random.default_rng(5).normal(0, sigma, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), dtype=np.uint8)


def test_another_view_is_a_cut() -> None:
    """Where the edges lie elsewhere the stream shows something else; the frame after that is no cut again."""
    cut = SceneCut()
    happened = [cut.happened(_grey(shown(index, view=index // 3).image)) for index in range(6)]
    assert happened == [False, False, False, True, False, False]


@pytest.mark.parametrize("light", [0.35, 0.6, 1.3])
def test_light_is_no_cut(light: float) -> None:
    """A lamp, a cloud or another exposure leaves the edges where they are."""
    scene = shown(0).image
    other = cv2.convertScaleAbs(scene, alpha=light, beta=12)
    assert not _after(scene, np.asarray(other, dtype=np.uint8))


def test_a_vehicle_that_fills_a_third_of_the_picture_is_no_cut() -> None:
    """A van that drives up between two frames of a slow camera does not end what else is in view."""
    assert not _after(shown(0).image, shown(1, [(120, 120, 180, 140)]).image)


def test_noise_is_no_cut() -> None:
    """A noisy night is the same view in every frame."""
    scene = shown(0, light=0.5).image
    assert not _after(_noisy(scene, 15), _noisy(scene, 16))


def test_darkness_cannot_be_told_from_darkness() -> None:
    """Frames that show nothing are never another view, nor is what follows them."""
    black = np.zeros((240, 320, 3), np.uint8)
    assert not _after(_noisy(black, 6), _noisy(black, 5))
    assert not _after(black, shown(0).image)


def test_a_size_that_changes_is_no_cut() -> None:
    """A camera that comes back with other settings shows the same lane."""
    scene = shown(0).image
    small = cv2.resize(scene, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    assert not _after(scene, np.asarray(small, dtype=np.uint8))
