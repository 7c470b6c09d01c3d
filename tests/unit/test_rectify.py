import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vision.rectify import (
    CHINESE_ROWS,
    EVEN_ROWS,
    READER_HEIGHT,
    READER_WIDTH,
    reader_input,
    rectify,
    rectify_single,
    rectify_stacked,
    timed_rectifying,
)

UPRIGHT = np.array([[40, 30], [208, 30], [208, 78], [40, 78]], np.float32)


def pattern(height: int, width: int) -> NDArray[np.uint8]:
    """A smooth picture in which every place looks different."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 255 / width, y * 255 / height, (x + y) * 255 / (width + height)]
    return np.stack(planes, axis=-1).astype(np.uint8)


def test_an_upright_plate_is_cut_out_as_it_stands() -> None:
    """Corners that already form the target rectangle give back exactly those pixels."""
    image = pattern(120, 260)
    assert (rectify_single(image, UPRIGHT) == image[30:78, 40:208]).all()


@pytest.mark.parametrize("turn", [-12.0, 7.0, 25.0])
def test_a_tilted_plate_comes_out_straight(turn: float) -> None:
    """A plate turned in the picture reads like the same plate seen straight."""
    plate = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 255, (48, 168, 3), dtype=np.uint8), (0, 0), 3)
    matrix = cv2.getRotationMatrix2D((150.0, 150.0), turn, 1.2)
    corners = (np.array([[66, 126], [234, 126], [234, 174], [66, 174]]) @ matrix[:, :2].T + matrix[:, 2]).astype(
        np.float32
    )
    source = np.array([[0, 0], [168, 0], [168, 48], [0, 48]], np.float32)
    scene = cv2.warpPerspective(plate, cv2.getPerspectiveTransform(source, corners), (300, 300))
    straight = rectify_single(scene.astype(np.uint8), corners)
    inner = (slice(3, -3), slice(3, -3))
    assert np.abs(straight[inner].astype(int) - plate[inner].astype(int)).mean() < 6


def test_corners_outside_the_picture_repeat_its_border() -> None:
    """A plate that leaves the picture still gives a whole crop, without black bars."""
    image = np.full((50, 100, 3), 200, np.uint8)
    beyond = np.array([[-30, -10], [130, -10], [130, 60], [-30, 60]], np.float32)
    assert (rectify_single(image, beyond) == 200).all()


def test_a_large_plate_is_averaged_not_sampled() -> None:
    """Fine stripes of a near plate become grey instead of an accidental pattern."""
    image = np.zeros((400, 1400, 3), np.uint8)
    image[:, ::2] = 255
    whole = np.array([[0, 0], [1344, 0], [1344, 384], [0, 384]], np.float32)
    crop = rectify_single(image, whole)
    assert crop.std() < 20
    assert 100 < crop.mean() < 155


def test_rows_stand_side_by_side() -> None:
    """The upper row of a two-row plate comes to the left half, the lower one to the right."""
    image = np.zeros((96, 168, 3), np.uint8)
    image[:30] = 255
    corners = np.array([[0, 0], [168, 0], [168, 96], [0, 96]], np.float32)
    for rows in (EVEN_ROWS, CHINESE_ROWS):
        stacked = rectify_stacked(image, corners, rows)
        assert stacked.shape == (READER_HEIGHT, READER_WIDTH, 3)
        left, right = stacked[:, : READER_WIDTH // 2], stacked[:, READER_WIDTH // 2 :]
        assert left[:24].min() > 250
        assert right.max() == 0


@pytest.mark.parametrize(
    "corners",
    [np.zeros((3, 2), np.float32), np.array([[0, 0], [np.nan, 0], [9, 9], [0, 9]], np.float32)],
    ids=["three points", "not a number"],
)
def test_impossible_corners_are_refused(corners: NDArray[np.float32]) -> None:
    """Anything but four finite points is an error rather than a strange crop."""
    with pytest.raises(ValueError, match="four finite points"):
        rectify(pattern(50, 50), corners, 20, 10)


def test_the_network_sees_red_first_and_values_around_zero() -> None:
    """Crops in BGR become planes in RGB between -1 and 1, one a crop."""
    crop = np.zeros((READER_HEIGHT, READER_WIDTH, 3), np.uint8)
    crop[:, :, 2] = 255
    batch = reader_input([crop, 255 - crop])
    assert batch.shape == (2, 3, READER_HEIGHT, READER_WIDTH)
    assert batch.dtype == np.float32
    assert (batch[0, 0] == 1).all()
    assert (batch[0, 1:] == -1).all()
    assert (batch[1, 0] == -1).all()


def test_each_cut_is_timed_where_somebody_asks() -> None:
    """One entry a call, in the list of the innermost block around it; none for calls outside."""
    image = pattern(120, 260)
    rectify_single(image, UPRIGHT)
    with timed_rectifying() as seconds:
        rectify_single(image, UPRIGHT)
        with timed_rectifying() as inner:
            rectify_stacked(image, UPRIGHT, EVEN_ROWS)
    rectify_single(image, UPRIGHT)
    assert (len(seconds), len(inner)) == (1, 1)
    assert min(seconds + inner) > 0
