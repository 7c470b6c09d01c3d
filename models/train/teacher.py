"""Texts for real crops that came without one or with a doubtful one: read twice by an existing reader, kept only where
both reads agree.

    python -m models.train.teacher --data $OPENLOT_DATA --out models/train/runs/teacher.csv

Latin plates are read by `cct_xs_v1_global` (MIT), Chinese ones by `plate_rec_color`; both lie in the collection's
`peers` folder and never ship with openlot. Validation photos are never touched."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from vision.rectify import rectify
from vision.types import Image

_CHINESE = (
    "#京沪津渝冀晋蒙辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川贵云藏陕甘青宁新学警港澳挂使领民航危"
    "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ险品"
)
_LATIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
LATIN_SETS = (
    "eu_crops",
    "eu_crops_two_row",
    "world_scenes",
    "es_scenes",
    "ro_dashcam",
    "us_ph_scenes",
    "us_scenes_small",
)
CHINESE_SETS = ("cn_ccpd_samples", "cn_crops_toll", "cn_crops_su")


@dataclass(frozen=True, slots=True)
class Row:
    """One plate of a set's labels.csv: where it is (None = the whole picture), what is known of its text, and whether
    that text is itself some model's reading."""

    file: str
    text: str
    read: bool
    box: tuple[float, float, float, float] | None
    corners: NDArray[np.float32] | None


def rows(folder: Path) -> Iterator[Row]:
    """The labelled plates of one set, in file order."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as table:
        for line in csv.DictReader(table):
            values = [line[k] for k in ("x1", "y1", "x2", "y2")]
            points = [line[f"c{axis}{k}"] for k in range(1, 5) for axis in "xy"]
            box = None if not values[0] else (float(values[0]), float(values[1]), float(values[2]), float(values[3]))
            corners = np.array([float(p) for p in points], np.float32).reshape(4, 2) if points[0] else None
            yield Row(line["file"], line["text"], line["text_source"] == "teacher", box, corners)


def box_corners(box: tuple[float, float, float, float], grow: float = 0.0) -> NDArray[np.float32]:
    """The four corners of an upright box, grown by a share of its size on every side."""
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * grow, (y2 - y1) * grow
    return np.array([[x1 - dx, y1 - dy], [x2 + dx, y1 - dy], [x2 + dx, y2 + dy], [x1 - dx, y2 + dy]], np.float32)


class Teacher:
    """One existing reader behind a plain call."""

    def __init__(self, peers: Path, chinese: bool) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        name = "plate_rec_color.onnx" if chinese else "cct_xs_v1_global.onnx"
        self._session = ort.InferenceSession(str(peers / name), options, providers=["CPUExecutionProvider"])
        self._chinese = chinese

    def read(self, image: Image, corners: NDArray[np.float32]) -> tuple[str, float]:
        """The text and the least probability among its characters."""
        return self._read_chinese(image, corners) if self._chinese else self._read_latin(image, corners)

    def _read_chinese(self, image: Image, corners: NDArray[np.float32]) -> tuple[str, float]:
        crop = rectify(image, corners, 168, 48)
        tensor = ((crop.astype(np.float32) / 255 - 0.588) / 0.193).transpose(2, 0, 1)[None]
        logits = np.asarray(self._session.run(None, {"input": tensor})[0])[0]
        p = np.exp(logits - logits.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        best, text, least, last = p.argmax(-1), "", 1.0, -1
        for frame, k in enumerate(best):
            if k and k != last:
                text += _CHINESE[int(k)]
                least = min(least, float(p[frame, k]))
            last = int(k)
        return text, least if text else 0.0

    def _read_latin(self, image: Image, corners: NDArray[np.float32]) -> tuple[str, float]:
        crop = rectify(image, corners, 128, 64)[:, :, ::-1]
        p = np.asarray(self._session.run(None, {"input": np.ascontiguousarray(crop[None])})[0])[0]
        return "".join(_LATIN[int(k)] for k in p.argmax(-1)).replace("_", ""), float(p.max(-1).min())


def agreed_text(teacher: Teacher, image: Image, corners: NDArray[np.float32], least: float) -> str:
    """The text if reads of the plate as it is and slightly wider agree and both are sure; else the empty string."""
    centre = corners.mean(0)
    wider = (centre + (corners - centre) * np.float32(1.06)).astype(np.float32)
    (first, sure_a), (second, sure_b) = teacher.read(image, corners), teacher.read(image, wider)
    return first if first == second and 4 <= len(first) <= 9 and min(sure_a, sure_b) >= least else ""


def _matches(known: str, read: str) -> bool:
    return len(known) == len(read) and all(k in ("?", r) for k, r in zip(known, read, strict=True))


def teach(data: Path, out: Path, least: float) -> None:
    """Write `set,row,text` for each plate that got a text; `row` counts the lines of the set's labels.csv from 0.

    A text that the set's makers had from a model of theirs is confirmed, or written as empty: among a set's few plates
    of a rare province most were misread ones of its commonest, and such plates are drawn often.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["set", "row", "text"])
        for names, chinese in ((CHINESE_SETS, True), (LATIN_SETS, False)):
            teacher = Teacher(data / "peers", chinese)
            for name in names:
                kept = seen = 0
                for number, row in enumerate(rows(data / name)):
                    if row.text and "?" not in row.text and not (chinese and row.read):
                        continue
                    image = cv2.imread(str(data / name / row.file))
                    if image is None or (row.box is None and "scenes" in name):
                        continue
                    seen += 1
                    whole = (0.0, 0.0, float(image.shape[1]), float(image.shape[0]))
                    corners = box_corners(row.box or whole)
                    if chinese and row.corners is not None:
                        corners = row.corners
                    text = agreed_text(teacher, np.asarray(image, np.uint8), corners, least)
                    if text and (not row.text or _matches(row.text, text)):
                        kept += 1
                        writer.writerow([name, number, text])
                    elif row.read:
                        writer.writerow([name, number, ""])
                print(f"{name}: {kept} of {seen} texts kept", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models/train/runs/teacher.csv"))
    parser.add_argument("--least", type=float, default=0.85)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    teach(args.data, args.out, args.least)
