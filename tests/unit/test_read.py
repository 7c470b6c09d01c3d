"""What a read does with the corners and the score that the detector gave it."""

import numpy as np
import pytest

from vision.read import cut, with_score

LEVEL = np.array([[100, 50], [200, 50], [200, 80], [100, 80]], np.float32)
TURNED = np.array([[0, 100], [0, 0], [30, 0], [30, 100]], np.float32)
"""A plate 100 long whose text runs upwards."""


@pytest.mark.parametrize(
    ("quad", "shares", "expected"),
    [
        (LEVEL, (0.1, 0, 0), [[90, 50], [200, 50], [200, 80], [90, 80]]),
        (LEVEL, (0, 0.1, 0), [[100, 50], [210, 50], [210, 80], [100, 80]]),
        (LEVEL, (0, 0, 0.1), [[100, 47], [200, 47], [200, 83], [100, 83]]),
        (LEVEL, (-0.1, -0.1, -0.1), [[110, 53], [190, 53], [190, 77], [110, 77]]),
        (TURNED, (0.1, 0, 0), [[0, 110], [0, 0], [30, 0], [30, 110]]),
    ],
    ids=["left", "right", "above and below", "tighter", "left of a turned plate"],
)
def test_a_cut_grows_the_sides_it_names(
    quad: np.ndarray, shares: tuple[float, float, float], expected: list[list[float]]
) -> None:
    """Left and right are the plate's own, whichever way it is turned."""
    assert cut(quad, *shares) == pytest.approx(np.array(expected), abs=1e-3)


@pytest.mark.parametrize("confidence", [0.0, 0.2, 0.9, 1.0])
def test_the_detectors_score_moves_a_reads_confidence_its_way(confidence: float) -> None:
    """A neutral score changes nothing, a high one raises and a low one lowers; certainty stays certain."""
    assert with_score(confidence, 2 / 3) == pytest.approx(confidence)
    assert with_score(confidence, 0.3) <= confidence <= with_score(confidence, 1.0)
    assert 0 <= with_score(confidence, 0.0) <= 1
