"""Writes the detector's card (schema: models/card.py) from what its export measured."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from models.train.detector_score import DetectorScore

Value = str | int | float | Sequence[str | int]


def table(name: str, entries: Mapping[str, Value]) -> str:
    """One TOML table. JSON's text, numbers and lists are TOML's too."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def file_table(precision: str, path: Path, root: Path) -> str:
    """The table of a weight file that lies under `root`: path, checksum, size."""
    content = path.read_bytes()
    return table(
        f"files.{precision}",
        {
            "path": path.relative_to(root).as_posix(),
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
        },
    )


def score_tables(precision: str, scores: Mapping[str, DetectorScore]) -> str:
    """One table a group of held-out pictures, under `metrics`."""
    return "\n".join(
        table(
            f"metrics.{precision}.{group}",
            {
                "plates": score.plates,
                "found": score.found,
                "false_alarms": score.false_alarms,
                "recall": round(score.recall, 4),
                "precision": round(score.precision, 4),
                "corner_error": round(score.corner_error, 4),
            },
        )
        for group, score in scores.items()
    )
