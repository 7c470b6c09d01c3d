"""Any `detect` or `pose` model of ultralytics, saved as a `.pt` file, behind the `Detector` port.

Needs the extra `ultralytics`. A `.pt` file is a pickle, which can run any program when it is opened; so it is first
read in ultralytics' safe mode, which refuses all but the classes that a checkpoint is made of. ultralytics is kept
from installing packages and from going online.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import UnknownModel
from vision.alternatives.torch_stack import require_extra, torch_device
from vision.errors import WrongModelShape
from vision.geometry import Quad, clamp, is_clockwise_convex, order_clockwise, to_corners
from vision.session import Provider
from vision.types import Box, Detection, Image

SCORE_THRESHOLD = 0.25
IOU_THRESHOLD = 0.5
"""A candidate is dropped under this score, or overlapping a better one by more than this."""

_KEPT_TO_ITSELF = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}
_CORNERS = 4


class UltralyticsDetector:
    """Finds plates with a `.pt` file, at the picture size that the file was trained with or another.

    A pose model with four keypoints gives corners, clockwise from the plate's own top left; any other model's boxes
    become upright corners. Of several classes, those with `plate` in their name count.
    """

    def __init__(self, weights: Path, provider: Provider = "cpu", long_side: int | None = None) -> None:
        """Sets torch to one thread for the whole process. `long_side` is the other size, in pixels.

        Raises ExtraMissing, ProviderUnavailable, UnknownModel where there is no such file, and WrongModelShape where
        it is no checkpoint of a detect or pose model, or knows no plates.
        """
        if not weights.is_file():
            raise UnknownModel(f"there is no file {weights}; give the path of an ultralytics .pt file")
        require_extra("ultralytics")
        from vision.alternatives.torchvision_ops import ensure_torchvision

        self._device = torch_device(provider)
        self._size = {"imgsz": long_side} if long_side else {}
        for name, value in _KEPT_TO_ITSELF.items():
            os.environ.setdefault(name, value)
        ensure_torchvision()
        import torch
        from ultralytics import YOLO
        from ultralytics.nn.tasks import torch_safe_load

        torch.set_num_threads(1)
        try:
            torch_safe_load(weights, safe_only=True)
            self._model = YOLO(weights)
        except Exception as error:  # a broken or foreign pickle fails in many ways
            raise WrongModelShape(f"ultralytics cannot open {weights} ({error}); give a checkpoint it saved") from error
        if self._model.task not in ("detect", "pose"):
            raise WrongModelShape(f"{weights} is a {self._model.task} model; give a detect or a pose model")
        self._classes = plate_classes(self._model.names)
        if not self._classes:
            names = ", ".join(self._model.names.values())
            raise WrongModelShape(f"{weights} finds {names}, no plates; give a model with a class named plate")

    def detect(self, image: Image) -> list[Detection]:
        """The plates of a BGR picture, likeliest first.

        Boxes and corners are clamped to the picture, as ultralytics does: of a plate that its edge cuts off, the
        corners of the part that is seen.
        """
        found = self._model.predict(
            image,
            conf=SCORE_THRESHOLD,
            iou=IOU_THRESHOLD,
            classes=self._classes,
            device=self._device,
            verbose=False,
            **self._size,
        )[0].cpu()
        boxes = np.asarray(found.boxes.xyxy, dtype=np.float32)
        scores = np.asarray(found.boxes.conf, dtype=np.float32)
        quads = quads_of(boxes, None if found.keypoints is None else np.asarray(found.keypoints.data, np.float32))
        height, width = image.shape[:2]
        detections = [
            Detection(
                box=clamp(Box(*(float(value) for value in boxes[k])), width, height),
                corners=to_corners(quads[k]),
                confidence=min(max(float(scores[k]), 0.0), 1.0),
            )
            for k in np.argsort(-scores, kind="stable")
        ]
        return [detection for detection in detections if detection.box.area > 0]


def plate_classes(names: Mapping[int, str]) -> list[int]:
    """The classes that are plates: the only one, or of several those whose name holds `plate`, in any case."""
    return [number for number, name in names.items() if len(names) == 1 or "plate" in name.lower()]


def quads_of(boxes: NDArray[np.float32], keypoints: NDArray[np.float32] | None) -> list[Quad]:
    """Four corners for each box (N, 4) as x1 y1 x2 y2: its keypoints (N, 4, 2 or 3), else the box's own corners."""
    if keypoints is None or keypoints.shape[1] != _CORNERS:
        return [box[[[0, 1], [2, 1], [2, 3], [0, 3]]] for box in boxes]
    quads = keypoints[:, :, :2]
    return [quad if is_clockwise_convex(quad) else order_clockwise(quad) for quad in quads]
