"""Makes `import torchvision` work where its compiled operators are missing.

A torchvision wheel built for another torch installs and then fails at import, because it registers shape rules for
`torchvision::nms` and `torchvision::qnms`, which only its compiled library defines. ultralytics and EasyOCR import
torchvision and, for what they do here, never call more of its operators than `nms`.
"""

from __future__ import annotations

import importlib.util
import sys

import torch

_library: torch.library.Library | None = None


def ensure_torchvision() -> None:
    """Imports torchvision; defines `torchvision::nms` in plain torch first if the compiled one cannot be loaded.

    Where torchvision matches torch (CPU or CUDA) nothing is defined. Raises ImportError if torchvision is not
    installed at all.
    """
    global _library
    if _library is not None or "torchvision" in sys.modules:
        return
    if importlib.util.find_spec("torchvision") is None:
        raise ImportError("torchvision is not installed; run: pip install torchvision")
    try:
        import torchvision
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        _library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            _library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _library.impl("nms", _nms, "CPU")
        import torchvision.extension

        # Only after the import: while it runs, True would make torchvision register rules for operators it lacks.
        torchvision.extension._has_ops = lambda: True


def _nms(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """Greedy non-maximum suppression: boxes (N, 4) as x1 y1 x2 y2, scores (N,); returns kept indices, best first."""
    order = scores.argsort(descending=True)
    areas = (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(1)
    kept: list[int] = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        top_left = torch.maximum(boxes[best, :2], boxes[rest, :2])
        bottom_right = torch.minimum(boxes[best, 2:], boxes[rest, 2:])
        overlap = (bottom_right - top_left).clamp(min=0).prod(1)
        order = rest[overlap / (areas[best] + areas[rest] - overlap).clamp(min=1e-9) <= iou_threshold]
    return torch.tensor(kept, dtype=torch.int64)
