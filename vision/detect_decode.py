"""What stands around the detector network: a picture into its input, its output into detections. Pure numpy and OpenCV.

Training (`models.train.detector`) uses the same `letterbox`, so that the network sees at the gate what it learnt on.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.errors import WrongModelShape
from vision.geometry import clamp, iou_matrix, is_clockwise_convex, order_clockwise, to_corners
from vision.types import Box, Detection, Image

PADDING = 114
"""Grey level of the border around a letterboxed picture, the one YOLO networks are trained with."""

VALUES_PER_CANDIDATE = 13
"""Centre x, centre y, width, height, score, then x and y of four corners."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture was fitted into the network's input: input = picture * (scale_x, scale_y) + (pad_x, pad_y)."""

    scale_x: float
    scale_y: float
    pad_x: int
    pad_y: int
    width: int
    height: int


def fit(image: Image, long_side: int, multiple: int = 32) -> tuple[Image, Letterbox]:
    """Scales a picture (H, W, 3) so that its longer side is `long_side` and pads both sides to `multiple`, centred.

    Returns the padded picture, uint8 in the picture's own channel order, and the transform that `decode` undoes.
    """
    height, width = image.shape[:2]
    scale = long_side / max(height, width)
    inner_width, inner_height = max(1, round(width * scale)), max(1, round(height * scale))
    outer_width, outer_height = -(-inner_width // multiple) * multiple, -(-inner_height // multiple) * multiple
    pad_x, pad_y = (outer_width - inner_width) // 2, (outer_height - inner_height) // 2
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.full((outer_height, outer_width, 3), PADDING, dtype=np.uint8)
    canvas[pad_y : pad_y + inner_height, pad_x : pad_x + inner_width] = cv2.resize(
        image, (inner_width, inner_height), interpolation=interpolation
    )
    return canvas, Letterbox(inner_width / width, inner_height / height, pad_x, pad_y, width, height)


def letterbox(image: Image, long_side: int, multiple: int = 32) -> tuple[NDArray[np.float32], Letterbox]:
    """A BGR picture (H, W, 3) uint8 as the network's input: (1, 3, h, w) float32, RGB, 0..1. See `fit`."""
    canvas, transform = fit(image, long_side, multiple)
    rgb = cv2.cvtColor(canvas, cv2.COLOR_BGR2RGB)
    planes = np.ascontiguousarray(rgb.transpose(2, 0, 1)[None]).astype(np.float32)
    planes *= 1 / 255
    return planes, transform


def decode(
    output: NDArray[np.float32], transform: Letterbox, score_threshold: float, iou_threshold: float
) -> list[Detection]:
    """The network's output for one picture, (1, 13, N), as detections in pixels of the picture, best first.

    Candidates below `score_threshold` are dropped, then those overlapping a better one by more than `iou_threshold`.
    Boxes are clamped to the picture; corners are not, since a plate may be cut off by its edge. Raises
    WrongModelShape when the output is not that of a plate detector.
    """
    if output.ndim != 3 or output.shape[0] != 1 or output.shape[1] != VALUES_PER_CANDIDATE:
        raise WrongModelShape(
            f"the detector gave an output of shape {tuple(output.shape)} where (1, {VALUES_PER_CANDIDATE}, N) is "
            "expected; use a detector exported by `python -m models.export.detector`"
        )
    candidates = output[0].T
    candidates = candidates[candidates[:, 4] >= score_threshold]
    if not len(candidates):
        return []
    centres, sizes = candidates[:, :2], np.clip(candidates[:, 2:4], 0, None)
    boxes = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)
    detections = []
    for index in suppress(boxes, candidates[:, 4], iou_threshold):
        detection = _detection(boxes[index], candidates[index, 4], candidates[index, 5:].reshape(4, 2), transform)
        if detection.box.area > 0:
            detections.append(detection)
    return detections


def suppress(boxes: NDArray[np.float32], scores: NDArray[np.float32], iou_threshold: float) -> list[int]:
    """Greedy non-maximum suppression over boxes (N, 4) as x1 y1 x2 y2; the kept indices, best score first."""
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(int(best))
        order = order[iou_matrix(boxes[best][None], boxes[order])[0] <= iou_threshold]
    return kept


def _detection(
    box: NDArray[np.float32], score: np.float32, quad: NDArray[np.float32], transform: Letterbox
) -> Detection:
    offset = np.array([transform.pad_x, transform.pad_y], dtype=np.float32)
    scale = np.array([transform.scale_x, transform.scale_y], dtype=np.float32)
    x1, y1, x2, y2 = ((box.reshape(2, 2) - offset) / scale).ravel().tolist()
    corners = ((quad - offset) / scale).astype(np.float32)
    if not is_clockwise_convex(corners):
        corners = order_clockwise(corners)
    return Detection(
        box=clamp(Box(x1, y1, x2, y2), transform.width, transform.height),
        corners=to_corners(corners),
        confidence=min(max(float(score), 0.0), 1.0),
    )
