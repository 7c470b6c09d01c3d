"""An exported network must say what the trained one says: compared on real inputs, a difference is an error."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class ParityError(ModelError):
    """The exported network's output differs from the trained one's by more than rounding."""

    code = "export_differs"


def check_parity(
    trained: Network,
    exported: Network,
    inputs: Iterable[NDArray[np.float32]],
    *,
    absolute: float = 1e-3,
    relative: float = 1e-3,
) -> float:
    """Runs both networks on every input and returns the greatest absolute difference seen.

    An element may differ by `absolute` + `relative` * |trained|. Raises ParityError for one that differs more, for a
    shape that differs, and where there was nothing to compare.
    """
    greatest = -1.0
    for number, planes in enumerate(inputs):
        wanted, given = trained(planes), exported(planes)
        if wanted.shape != given.shape:
            raise ParityError(f"input {number}: the export gives shape {given.shape}, the network {wanted.shape}")
        difference = np.abs(wanted - given)
        if not (difference <= absolute + relative * np.abs(wanted)).all():
            raise ParityError(
                f"input {number}: the export is off by {float(difference.max()):.3g}; "
                "export again with the versions of torch and onnx that models/train names"
            )
        greatest = max(greatest, float(difference.max()))
    if greatest < 0:
        raise ParityError("nothing was compared; give at least one input")
    return greatest
