"""What counts as a plate found, how far corners are off, and that an export which differs is an error."""

import numpy as np
import pytest
from numpy.typing import NDArray

from models.export.parity import ParityError, check_parity
from models.train.datasets import PlateLabel
from models.train.detector_score import corner_error, match, score_detector
from vision.geometry import bounds, to_corners
from vision.types import Detection

QUAD = np.array([[100, 100], [200, 100], [200, 130], [100, 130]], dtype=np.float32)


def detection(quad: NDArray[np.float32], confidence: float = 0.9) -> Detection:
    return Detection(bounds(quad), to_corners(quad), confidence)


def test_a_detection_finds_one_plate_only() -> None:
    """Two plates side by side need two detections; a second detection on the same plate finds nothing."""
    other = QUAD + np.float32([150, 0])
    assert match([detection(QUAD), detection(QUAD + 2)], [QUAD, other]) == [0, None]
    assert match([detection(other), detection(QUAD + 2)], [QUAD, other]) == [1, 0]


def test_corner_error_is_in_plate_heights() -> None:
    """Corners three pixels off on a plate thirty high are a tenth of its height off."""
    assert corner_error(QUAD + np.float32([3, 0]), QUAD) == pytest.approx(0.1)


def test_the_score_counts_found_missed_and_false() -> None:
    """A network that sees one of two plates and one that is not there scores one half of both."""
    picture = np.zeros((384, 640, 3), dtype=np.uint8)
    labels = [PlateLabel(QUAD, True), PlateLabel(QUAD + np.float32([200, 100]), True)]
    given = np.zeros((1, 13, 2), dtype=np.float32)
    for column, quad in enumerate((QUAD, QUAD + np.float32([0, 200]))):
        low, high = quad.min(axis=0), quad.max(axis=0)
        given[0, :, column] = [*(low + high) / 2, *(high - low), 0.9, *quad.ravel()]
    score = score_detector(lambda _: given, [(picture, labels)], 640)
    assert (score.plates, score.found, score.false_alarms) == (2, 1, 1)
    assert score.recall == score.precision == 0.5
    assert score.corner_error == pytest.approx(0.0, abs=1e-4)


def test_plates_too_small_to_read_are_not_asked_for() -> None:
    """A plate six pixels wide on the network's input counts neither as found nor as missed."""
    picture = np.zeros((384, 640, 3), dtype=np.uint8)
    tiny = PlateLabel(np.array([[0, 0], [6, 0], [6, 2], [0, 2]], dtype=np.float32), True)
    score = score_detector(lambda _: np.zeros((1, 13, 0), dtype=np.float32), [(picture, [tiny])], 640)
    assert (score.plates, score.found, score.false_alarms) == (0, 0, 0)


def test_an_export_that_differs_is_an_error() -> None:
    """Rounding passes; a different value, a different shape or nothing to compare does not."""
    inputs = [np.ones((1, 3, 4, 4), dtype=np.float32)]

    def trained(planes: NDArray[np.float32]) -> NDArray[np.float32]:
        return planes * 10

    assert check_parity(trained, lambda planes: planes * 10 + np.float32(1e-3), inputs) == pytest.approx(1e-3, rel=0.01)
    with pytest.raises(ParityError, match="off by 1"):
        check_parity(trained, lambda planes: planes * 11, inputs)
    with pytest.raises(ParityError, match="shape"):
        check_parity(trained, lambda planes: planes[..., :2] * 10, inputs)
    with pytest.raises(ParityError, match="nothing was compared"):
        check_parity(trained, trained, [])
