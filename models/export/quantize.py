"""Makes an int8 copy of a float ONNX file, as fast kernels on a CPU want it.

Unsigned 8-bit activations and signed weights by output channel (U8S8), in QDQ form: the combination that pays on
x86 with VNNI; signed activations were slower than float there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

OPERATORS = ("Conv", "Relu", "Concat", "Add", "MaxPool", "Resize", "Split")
"""What is quantised. With convolutions alone each Relu keeps a pair of conversions on either side, and int8 gains
nothing: 19.6 ms against 19.4 ms in float for the detector on 640 x 384 (one thread, AVX-512 VNNI), 13.2 ms with these.
"""


class _Inputs(CalibrationDataReader):  # type: ignore[misc,unused-ignore]
    """Hands calibration arrays to onnxruntime one by one."""

    def __init__(self, name: str, arrays: Iterable[NDArray[np.float32]]) -> None:
        self._name = name
        self._arrays: Iterator[NDArray[np.float32]] = iter(arrays)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        array = next(self._arrays, None)
        return None if array is None else {self._name: array}


def quantize(
    source: Path,
    target: Path,
    input_name: str,
    inputs: Iterable[NDArray[np.float32]],
    *,
    keep_float: Sequence[str] = (),
    first_in_float: bool = False,
    percentile: float | None = None,
) -> None:
    """Writes `target`, the int8 form of `source`, its ranges taken from running `inputs` through the float network.

    `keep_float` names nodes left as they are, with all that follows them (a head's last layers, say), and
    `first_in_float` leaves the layer that takes the picture: with three channels the int8 kernel does poorly (the
    detector's takes 3.4 ms of 18 on 640 x 384, in float 2.9 with the conversions after it, and int8 in all 1.6 to 1.7
    times as fast as float where it was 1.4). Ranges are the extremes seen, or, given a `percentile` such as 99.99, that
    share of them.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(target),
            _Inputs(input_name, inputs),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(OPERATORS),
            nodes_to_exclude=sorted(
                _left_in_float(prepared, input_name, keep_float)
                | (_first_layer(prepared, input_name) if first_in_float else set())
            ),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax if percentile is None else CalibrationMethod.Percentile,
            extra_options={} if percentile is None else {"CalibPercentile": percentile},
        )


def _left_in_float(model: Path, input_name: str, names: Sequence[str]) -> set[str]:
    """The named nodes, every node that takes, however indirectly, what they give, and all that works on sizes only.

    A grid of positions is built from the sizes of a feature map; in eight bits it would be pixels off.
    """
    left: set[str] = set()
    after_named: set[str] = set()
    from_picture = {input_name}
    for node in onnx.load(str(model)).graph.node:  # a graph lists a node after all that it depends on
        takes_picture = any(name in from_picture for name in node.input)
        if takes_picture and node.op_type != "Shape":
            from_picture.update(node.output)
        follows = node.name in names or any(name in after_named for name in node.input)
        if follows:
            after_named.update(node.output)
        if follows or not takes_picture:
            left.add(node.name)
    return left


def _first_layer(model: Path, input_name: str) -> set[str]:
    """The nodes that take the input, and those that take what these give."""
    nodes = onnx.load(str(model)).graph.node
    takers = [node for node in nodes if input_name in node.input]
    given = {name for node in takers for name in node.output}
    return {node.name for node in [*takers, *(node for node in nodes if given & set(node.input))]}
