"""Corners for boxed plates of the scene sets that came without, and plates that no label names.

    python -m models.train.corner_teacher --data $OPENLOT_DATA --out models/train/runs/corners.csv

An existing detector (y5fu_640, Apache-2.0, in the collection's `peers` folder, never shipped with openlot) looks at
each whole scene and closely at each box. Corners are taken where they agree with the box; a plate that no box names is
taken where the teacher is sure of it, since a plate left unlabelled would teach the network to overlook plates.
Validation photos are never touched."""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.train.teacher import rows
from vision.detect_decode import PADDING, suppress
from vision.geometry import Quad, bounds, iou_matrix
from vision.types import Image

SETS = (
    "cn_ccpd_samples",
    "es_scenes",
    "ro_dashcam",
    "world_scenes",
    "in_scenes",
    "us_ph_scenes",
    "us_scenes_small",
)
SIDE = 640
AGREES = 0.6
"""Overlap (IoU) of the teacher's corners' bounds with the labelled box from which its corners are taken."""
SURE = 0.6
"""The teacher's score from which a plate that no label names is taken."""
UNNAMED = 0.1
"""Overlap with a labelled box under which a plate counts as unnamed."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class TaughtPlate:
    """A plate the teacher found: its corners (4, 2) in pixels of the scene and the teacher's score."""

    quad: Quad
    score: float

    @property
    def box(self) -> Box:
        """The upright rectangle round the corners."""
        found = bounds(self.quad)
        return found.x1, found.y1, found.x2, found.y2


class CornerTeacher:
    """The existing detector behind a plain call."""

    def __init__(self, weights: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        self._session = ort.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])

    def look(self, image: Image, least: float) -> list[TaughtPlate]:
        """The plates of a BGR picture, scored at least `least`, best first."""
        height, width = image.shape[:2]
        scale = SIDE / max(height, width)
        inner = (max(1, int(width * scale)), max(1, int(height * scale)))
        left, top = (SIDE - inner[0]) // 2, (SIDE - inner[1]) // 2
        canvas = np.full((SIDE, SIDE, 3), PADDING, np.uint8)
        canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(image, inner)
        planes = (canvas[:, :, ::-1].astype(np.float32) / 255).transpose(2, 0, 1)[None]
        output: NDArray[np.float32] = np.asarray(self._session.run(None, {"input": planes})[0])[0]
        scores = output[:, 4] * output[:, 13:].max(-1)
        output, scores = output[scores >= least], scores[scores >= least]
        if not len(output):
            return []
        boxes = np.concatenate([output[:, :2] - output[:, 2:4] / 2, output[:, :2] + output[:, 2:4] / 2], axis=1)
        offset = np.array([left, top], np.float32)
        return [
            TaughtPlate(((output[k, 5:13].reshape(4, 2) - offset) / scale).astype(np.float32), float(scores[k]))
            for k in suppress(boxes, scores, 0.5)
        ]

    def closely(self, image: Image, box: Box) -> Quad | None:
        """The corners of the plate in `box`, seen in a crop four times as wide; None where they disagree with it."""
        x1, y1, x2, y2 = box
        reach = 1.5 * max(x2 - x1, y2 - y1)
        left, top = max(0, int(x1 - reach)), max(0, int(y1 - reach))
        crop = image[top : int(y2 + reach), left : int(x2 + reach)]
        best: Quad | None = None
        most = AGREES
        for plate in self.look(crop, 0.1):
            quad = plate.quad + np.array([left, top], np.float32)
            agreement = _overlap(TaughtPlate(quad, plate.score).box, box)
            if agreement >= most:
                best, most = quad, agreement
        return best


def _overlap(one: Box, other: Box) -> float:
    return float(iou_matrix(np.array([one], np.float32), np.array([other], np.float32))[0, 0])


def teach(data: Path, out: Path) -> None:
    """Write `set,file,row,cx1,cy1..cx4,cy4`; `row` counts the lines of the set's labels.csv, -1 is an unnamed plate."""
    teacher = CornerTeacher(data / "peers" / "y5fu_640x_sim.onnx")
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["set", "file", "row", *(f"c{axis}{k}" for k in range(1, 5) for axis in "xy")])
        for name in SETS:
            labelled: dict[str, list[tuple[int, Box, bool]]] = {}
            for number, row in enumerate(rows(data / name)):
                labelled.setdefault(row.file, [])
                if row.box is not None:
                    labelled[row.file].append((number, row.box, row.corners is not None))
            cornered = unnamed = 0
            for file, plates in labelled.items():
                decoded = cv2.imread(str(data / name / file))
                if decoded is None:
                    raise OSError(f"cannot read {data / name / file}")
                image = np.asarray(decoded, np.uint8)
                for number, box, has_corners in plates:
                    quad = None if has_corners else teacher.closely(image, box)
                    if quad is not None:
                        writer.writerow([name, file, number, *(f"{value:.1f}" for value in quad.ravel())])
                        cornered += 1
                for plate in teacher.look(image, SURE):
                    if all(_overlap(plate.box, box) < UNNAMED for _, box, _ in plates):
                        writer.writerow([name, file, -1, *(f"{value:.1f}" for value in plate.quad.ravel())])
                        unnamed += 1
            print(f"{name}: {cornered} plates got corners, {unnamed} plates had no label", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models/train/runs/corners.csv"))
    args = parser.parse_args()
    cv2.setNumThreads(1)
    teach(args.data, args.out)
