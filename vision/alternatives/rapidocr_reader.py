"""RapidOCR's recogniser of text lines, Chinese characters included, as a card for `DescribedReader`.

Needs the extra `rapidocr`, whose package brings the weights. Only they are used: RapidOCR's own code gives one score a
line, where its network says how likely each character is. Nothing is downloaded.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from models.card import Card, load_card
from vision.errors import ExtraMissing


def rapidocr_card() -> Card:
    """The card of the recogniser in the installed package. Raises ExtraMissing.

    Another version of the package may bring other weights; opening these raises TamperedWeights or MissingWeights.
    """
    package = find_spec("rapidocr")
    if package is None or package.origin is None:
        raise ExtraMissing("rapidocr is not installed; run: pip install 'openlot[rapidocr]'")
    return load_card(Path(__file__).with_name("rapidocr.toml"), Path(package.origin).parent)
