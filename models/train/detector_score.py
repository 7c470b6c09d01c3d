"""How well a detector finds plates in labelled scenes: recall, precision and how far its corners are off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.train.datasets import PlateLabel
from vision.detect_decode import decode, letterbox
from vision.geometry import Quad, bounds, iou, to_quad
from vision.types import Detection, Image

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""(1, 3, H, W) float32 RGB 0..1 to (1, 13, N) float32."""

LEAST_WIDTH = 10.0
"""Plates narrower than this on the network's input, in pixels, are not asked for: nobody could read them."""


@dataclass(frozen=True, slots=True)
class DetectorScore:
    """`corner_error` is the mean distance of a found plate's corners from the true ones, in plate heights."""

    plates: int
    found: int
    false_alarms: int
    corner_error: float

    @property
    def recall(self) -> float:
        return self.found / max(1, self.plates)

    @property
    def precision(self) -> float:
        return self.found / max(1, self.found + self.false_alarms)

    def __str__(self) -> str:
        return (
            f"recall {self.recall:.4f} ({self.found}/{self.plates}) precision {self.precision:.4f} "
            f"corner error {self.corner_error:.3f}"
        )


def score_detector(
    network: Network,
    pictures: Iterable[tuple[Image, Sequence[PlateLabel]]],
    long_side: int,
    score_threshold: float = 0.25,
    iou_threshold: float = 0.5,
) -> DetectorScore:
    """Runs the network over pictures; a plate is found by a detection overlapping its box by an IoU of 0.5 or more.

    Precision is a lower bound: the sets leave some plates unlabelled.
    """
    plates = found = false_alarms = 0
    corner_errors: list[float] = []
    for image, labels in pictures:
        planes, transform = letterbox(image, long_side)
        detections = decode(network(planes), transform, score_threshold, iou_threshold)
        matches = match(detections, [label.quad for label in labels])
        matched = {index for index in matches if index is not None}
        false_alarms += len(detections) - len(matched)
        for label, index in zip(labels, matches, strict=True):
            if bounds(label.quad).width * transform.scale_x < LEAST_WIDTH:
                continue
            plates += 1
            if index is None:
                continue
            found += 1
            if label.has_corners:
                corner_errors.append(corner_error(to_quad(detections[index].corners), label.quad))
    return DetectorScore(plates, found, false_alarms, float(np.mean(corner_errors)) if corner_errors else 0.0)


def match(detections: Sequence[Detection], quads: Sequence[Quad]) -> list[int | None]:
    """For each true plate the detection that finds it, each detection used once, best scores first."""
    matches: list[int | None] = [None] * len(quads)
    for index, detection in enumerate(detections):
        overlaps = [
            iou(detection.box, bounds(quad)) if matches[number] is None else 0.0 for number, quad in enumerate(quads)
        ]
        if overlaps and max(overlaps) >= 0.5:
            matches[int(np.argmax(overlaps))] = index
    return matches


def corner_error(found: Quad, true: Quad) -> float:
    """Mean distance between the corners of two quads (4, 2), in heights of the true one."""
    height = (np.linalg.norm(true[3] - true[0]) + np.linalg.norm(true[2] - true[1])) / 2
    return float(np.linalg.norm(found - true, axis=1).mean() / max(height, 1e-6))
