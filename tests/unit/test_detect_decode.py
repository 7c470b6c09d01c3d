"""A picture goes into the detector and its candidates come back in the picture's own pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.detect_decode import PADDING, Letterbox, decode, fit, letterbox, suppress
from vision.errors import WrongModelShape
from vision.types import Box

SAME = Letterbox(scale_x=1.0, scale_y=1.0, pad_x=0, pad_y=0, width=640, height=384)
"""A picture that is already as the network wants it."""


def candidate(
    box: tuple[float, float, float, float], score: float, quad: list[list[float]] | None = None
) -> list[float]:
    """One column of the network's output for a box x1 y1 x2 y2; corners default to the box's own."""
    x1, y1, x2, y2 = box
    corners = quad if quad is not None else [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]
    return [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, score, *(value for point in corners for value in point)]


def output(*candidates: list[float]) -> NDArray[np.float32]:
    return np.array(candidates, dtype=np.float32).reshape(-1, 13).T[None]


def test_a_wide_frame_is_padded_to_whole_cells_only() -> None:
    """A 16:9 picture becomes 640 x 384, not 640 x 640, with grey bands and the picture's colours as RGB in 0..1."""
    picture = np.zeros((1080, 1920, 3), dtype=np.uint8)
    picture[..., 0] = 255
    planes, transform = letterbox(picture, 640)
    assert planes.shape == (1, 3, 384, 640)
    assert planes.dtype == np.float32
    assert planes.flags.c_contiguous
    assert planes[0, :, 192, 320].tolist() == [0.0, 0.0, 1.0]
    assert planes[0, :, 0, 0] == pytest.approx([PADDING / 255] * 3)
    assert (transform.pad_x, transform.pad_y) == (0, 12)


def test_the_callers_picture_is_left_alone() -> None:
    """Fitting a picture that already has the right size still gives a new one."""
    picture = np.full((64, 64, 3), 7, dtype=np.uint8)
    fitted, _ = fit(picture, 64)
    fitted[:] = 0
    assert (picture == 7).all()


@settings(deadline=None, max_examples=40)
@given(
    st.integers(20, 900), st.integers(20, 900), st.sampled_from([320, 512, 640]),
    st.floats(0.1, 0.5), st.floats(0.1, 0.5), st.floats(0.1, 0.4), st.floats(0.05, 0.2),
)  # fmt: skip
def test_what_is_found_lies_where_it_was_put(
    width: int, height: int, side: int, left: float, top: float, across: float, down: float
) -> None:
    """For any picture size, a box drawn on the network's input comes back at its place in the picture."""
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    _, transform = fit(picture, side)
    box = np.array([left * width, top * height, (left + across) * width, (top + down) * height])
    scale = np.array([transform.scale_x, transform.scale_y] * 2)
    pad = np.array([transform.pad_x, transform.pad_y] * 2)
    x1, y1, x2, y2 = (box * scale + pad).tolist()
    (found,) = decode(output(candidate((x1, y1, x2, y2), 0.9)), transform, 0.3, 0.5)
    assert [found.box.x1, found.box.y1, found.box.x2, found.box.y2] == pytest.approx(box.tolist(), abs=0.01)
    assert found.corners[2] == pytest.approx((box[2], box[3]), abs=0.01)


def test_weak_and_overlapping_candidates_are_dropped_and_the_best_comes_first() -> None:
    """Of candidates on one plate the best is kept; others below the threshold are not reported at all."""
    found = decode(
        output(
            candidate((10, 10, 110, 40), 0.6),
            candidate((12, 11, 112, 41), 0.9),
            candidate((300, 10, 400, 40), 0.7),
            candidate((300, 200, 400, 230), 0.1),
        ),
        SAME,
        0.3,
        0.5,
    )
    assert [round(detection.confidence, 2) for detection in found] == [0.9, 0.7]
    assert found[0].box == Box(12, 11, 112, 41)


def test_boxes_are_clamped_and_corners_are_not() -> None:
    """A plate cut off by the picture's edge keeps its true corners, and its box ends at the edge."""
    (found,) = decode(output(candidate((-30, 100, 70, 130), 0.8)), SAME, 0.3, 0.5)
    assert found.box == Box(0, 100, 70, 130)
    assert found.corners[0] == (-30, 100)


def test_a_candidate_outside_the_picture_is_no_plate() -> None:
    """A box that lies wholly in the padding is not reported."""
    assert decode(output(candidate((700, 100, 800, 130), 0.8)), SAME, 0.3, 0.5) == []


def test_crossed_corners_are_put_in_order() -> None:
    """Corners that cross each other are reported clockwise from the top left."""
    (found,) = decode(output(candidate((0, 0, 100, 30), 0.8, [[100, 0], [0, 0], [100, 30], [0, 30]])), SAME, 0.3, 0.5)
    assert found.corners == ((0, 0), (100, 0), (100, 30), (0, 30))


def test_an_empty_lane_gives_nothing() -> None:
    """No candidate above the threshold gives an empty list, also for an output with no candidates."""
    assert decode(output(candidate((0, 0, 10, 10), 0.01)), SAME, 0.3, 0.5) == []
    assert decode(np.zeros((1, 13, 0), dtype=np.float32), SAME, 0.3, 0.5) == []


@pytest.mark.parametrize(
    "shape", [(13, 100), (1, 5, 100), (1, 100, 13), (2, 13, 100), (1, 13)], ids=lambda shape: "x".join(map(str, shape))
)
def test_an_output_of_another_shape_is_a_named_error(shape: tuple[int, ...]) -> None:
    """An ONNX file that is no plate detector is refused with what to do, not read as an empty lane."""
    with pytest.raises(WrongModelShape, match=r"models\.export\.detector") as caught:
        decode(np.zeros(shape, dtype=np.float32), SAME, 0.3, 0.5)
    assert caught.value.code == "wrong_model_shape"


def test_suppression_keeps_the_better_of_two() -> None:
    """Greedy suppression goes by score, not by order, and keeps boxes that overlap little."""
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [8, 0, 18, 10]], dtype=np.float32)
    assert suppress(boxes, np.array([0.5, 0.9, 0.4], dtype=np.float32), 0.5) == [1, 2]
