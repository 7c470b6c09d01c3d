"""Things that a detector must not take for plates."""

import numpy as np
import pytest

from models.train.synthetic.boards import BOARDS
from models.train.synthetic.clutter import add_clutter


@pytest.mark.parametrize("place", range(len(BOARDS)), ids=[make.__name__ for make, _, _ in BOARDS])
def test_every_board_is_a_picture_with_its_cover(place: int) -> None:
    """Each board is a BGR picture and a cover of the same size that hides something and never more than all."""
    make, chance, (least, most) = BOARDS[place]
    assert 0 < chance < 1
    assert 0 < least < most < 1
    for seed in range(20):
        picture, cover = make(np.random.default_rng(seed))
        assert picture.dtype == np.uint8
        assert picture.shape == (*cover.shape, 3)
        assert cover.min() >= 0
        assert 0 < cover.max() <= 1


def test_one_seed_draws_one_clutter() -> None:
    """The same seed changes the same pixels, so that a training sample can be drawn again."""
    first, second = np.full((200, 200, 3), 90, np.uint8), np.full((200, 200, 3), 90, np.uint8)
    for seed in range(10):
        add_clutter(np.random.default_rng(seed), first, [])
        add_clutter(np.random.default_rng(seed), second, [])
    assert (first == second).all()
    assert (first != 90).any()
