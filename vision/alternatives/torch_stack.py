"""What the alternatives that run on torch ask of the installation and of the machine."""

from __future__ import annotations

from importlib.util import find_spec

from vision.errors import ExtraMissing, ProviderUnavailable
from vision.session import Provider


def require_extra(extra: str) -> None:
    """Raises ExtraMissing where the package `extra` or torch is not installed; the extra is named like the package."""
    missing = [name for name in (extra, "torch", "torchvision") if find_spec(name) is None]
    if missing:
        raise ExtraMissing(f"{' and '.join(missing)} not installed; run: pip install 'openlot[{extra}]'")


def torch_device(provider: Provider) -> str:
    """Torch's name of the device for `provider`. Raises ProviderUnavailable where torch has none such."""
    if provider not in ("cpu", "cuda"):
        raise ProviderUnavailable(f"{provider} runs ONNX files only; use --provider cpu or cuda with this model")
    import torch

    if provider == "cuda" and not torch.cuda.is_available():
        raise ProviderUnavailable("this torch finds no CUDA device; install torch for CUDA, or use --provider cpu")
    return provider
