"""One ONNX network run by onnxruntime on one thread, checked against its card before it is trusted.

Several cores are used by several processes with a session each: that beats one session on several threads two to
three times.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.card import Card, Precision, TensorSpec
from models.registry import read_weights
from models.toml_table import Dimension
from vision.errors import ProviderUnavailable, WrongModelShape

Provider = Literal["cpu", "cuda", "tensorrt", "openvino"]

PROVIDERS: Mapping[Provider, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
"""Our names of the execution providers, and onnxruntime's."""

_PACKAGES = {"cuda": "onnxruntime-gpu", "tensorrt": "onnxruntime-gpu", "openvino": "onnxruntime-openvino"}
_ELEMENT_TYPES = {"float32": "tensor(float)", "uint8": "tensor(uint8)", "int64": "tensor(int64)"}
_SELF_TEST_ROUNDS = 5
_WORTH_IT = 0.95
"""int8 must need at most this share of fp32's time: it costs a little accuracy, so a draw goes to fp32."""
_USUAL_WIDTH = 320
"""Pixels that a network without a long side is tried on where its width may vary."""
_QUIET = 4
"""onnxruntime's log severity: fatal only. What goes wrong is raised, not logged."""


@dataclass(frozen=True, slots=True)
class PrecisionChoice:
    """Which file of a card runs, and why: the best time of each candidate in the start-up self-test, in seconds.

    `seconds` is empty where there was nothing to choose."""

    chosen: Precision
    seconds: Mapping[Precision, float]


class Session:
    """A network ready to run. `choice` tells which precision was taken."""

    def __init__(self, card: Card, provider: Provider = "cpu", precision: Precision | None = None) -> None:
        """Loads the card's network; `precision` None lets a self-test choose the faster file.

        Raises MissingWeights, TamperedWeights, UnsafeModel or UnknownModel (see `models.registry`),
        ProviderUnavailable when onnxruntime lacks the provider, WrongModelShape when the network is not what its
        card promises.
        """
        self.card = card
        wanted = [precision] if precision else list(card.files)
        candidates = {name: _open(card, name, provider) for name in wanted}
        sample = _synthetic_input(card)
        for session in candidates.values():
            _check(card, session, sample)
        seconds = _race(candidates, sample) if len(candidates) > 1 else {}
        chosen = _faster(seconds) if seconds else wanted[0]
        self.choice = PrecisionChoice(chosen, seconds)
        self._session = candidates[chosen]
        self._outputs = [spec.name for spec in card.outputs]

    @property
    def notes(self) -> Mapping[str, str]:
        """What the network's maker wrote into the file beside the graph (ONNX metadata), by key."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, tensor: NDArray[np.float32] | NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """The network's outputs by name, for one input of the shape that the card states."""
        values = self._session.run(self._outputs, {self.card.input.name: tensor})
        return dict(zip(self._outputs, values, strict=True))


def require_provider(provider: Provider) -> None:
    """Raises ProviderUnavailable when this onnxruntime was built without `provider`."""
    if PROVIDERS[provider] not in onnxruntime.get_available_providers():
        package = _PACKAGES.get(provider, "onnxruntime")
        raise ProviderUnavailable(
            f"this onnxruntime has no {PROVIDERS[provider]}; install {package} in its place, or use --provider cpu"
        )


def _open(card: Card, precision: Precision, provider: Provider) -> onnxruntime.InferenceSession:
    require_provider(provider)
    content = read_weights(card, precision)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _QUIET
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    asked = [PROVIDERS["tensorrt"], PROVIDERS["cuda"]] if provider == "tensorrt" else [PROVIDERS[provider]]
    try:
        session = onnxruntime.InferenceSession(content, options, providers=asked)
    except Exception as error:  # onnxruntime's errors share no base class of their own
        raise WrongModelShape(
            f"onnxruntime cannot open {card.files[precision].path} ({error}); export the model again"
        ) from error
    if PROVIDERS[provider] not in session.get_providers():
        raise ProviderUnavailable(
            f"onnxruntime has {PROVIDERS[provider]} but could not start it (it offers {session.get_providers()}); "
            "check the driver and its libraries, or use --provider cpu"
        )
    return session


def _check(card: Card, session: onnxruntime.InferenceSession, sample: NDArray[np.float32] | NDArray[np.uint8]) -> None:
    inputs = {node.name: node for node in session.get_inputs()}
    outputs = {node.name: node for node in session.get_outputs()}
    if set(inputs) != {card.input.name}:
        raise _mismatch(card, f"its inputs are {sorted(inputs)}, the card promises {card.input.name!r}")
    _check_node(card, card.input, inputs[card.input.name])
    for want, have in zip(card.input.shape, inputs[card.input.name].shape, strict=True):
        if isinstance(want, str) and isinstance(have, int):
            raise _mismatch(card, f"its input takes only {have} where the card lets {want!r} vary")
    for spec in card.outputs:
        if spec.name not in outputs:
            raise _mismatch(card, f"its outputs are {sorted(outputs)}, the card promises {spec.name!r}")
        _check_node(card, spec, outputs[spec.name])
    names = [spec.name for spec in card.outputs]
    try:
        values = session.run(names, {card.input.name: sample})
    except Exception as error:  # as above
        raise _mismatch(card, f"it does not run on an input of shape {sample.shape} ({error})") from error
    for spec, value in zip(card.outputs, values, strict=True):
        if not _fits(spec.shape, value.shape):
            raise _mismatch(card, f"output {spec.name!r} came out as {value.shape}, the card promises {spec.shape}")


def _check_node(card: Card, spec: TensorSpec, node: onnxruntime.NodeArg) -> None:
    if node.type != _ELEMENT_TYPES[spec.type]:
        raise _mismatch(card, f"{spec.name!r} is {node.type}, the card promises {spec.type}")
    stated = [size if isinstance(size, int) else None for size in node.shape]
    fixed = [size if isinstance(size, int) else None for size in spec.shape]
    same = len(stated) == len(fixed) and all(a == b for a, b in zip(stated, fixed, strict=True) if a and b)
    if not same:
        raise _mismatch(card, f"{spec.name!r} has the shape {node.shape}, the card promises {list(spec.shape)}")


def _fits(promised: tuple[Dimension, ...], shape: tuple[int, ...]) -> bool:
    return len(promised) == len(shape) and all(
        not isinstance(want, int) or want == have for want, have in zip(promised, shape, strict=True)
    )


def _mismatch(card: Card, what: str) -> WrongModelShape:
    return WrongModelShape(f"{card.name} is not the network its card describes: {what}; export model and card together")


def _synthetic_input(card: Card) -> NDArray[np.float32] | NDArray[np.uint8]:
    """Noise in the input's shape; a varying height and width become those of a 16:9 picture, a varying batch 1."""
    side = card.long_side or _USUAL_WIDTH
    free = (1, 3, -(-side * 9 // 16 // 32) * 32, side)
    shape = [size if isinstance(size, int) else usual for size, usual in zip(card.input.shape, free, strict=True)]
    noise = np.random.default_rng(0).random(shape, dtype=np.float32)
    return (noise * 255).astype(np.uint8) if card.input.type == "uint8" else noise


def _race(
    candidates: Mapping[Precision, onnxruntime.InferenceSession], sample: NDArray[np.float32] | NDArray[np.uint8]
) -> dict[Precision, float]:
    best: dict[Precision, float] = {}
    for _ in range(_SELF_TEST_ROUNDS):
        for name, session in candidates.items():
            start = time.perf_counter()
            session.run(None, {session.get_inputs()[0].name: sample})
            taken = time.perf_counter() - start
            best[name] = min(best.get(name, taken), taken)
    return best


def _faster(seconds: Mapping[Precision, float]) -> Precision:
    return "int8" if seconds["int8"] <= _WORTH_IT * seconds["fp32"] else "fp32"
