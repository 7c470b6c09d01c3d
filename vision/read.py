"""The reader: a plate's pixels to its text, behind the `Reader` port."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from models.errors import BadCard
from vision.alphabet import ALPHABET
from vision.geometry import to_quad
from vision.grammar import Grammar, Hypothesis, printed_form
from vision.read_decode import Calibration, DecodedText, calibrated, decode
from vision.rectify import reader_input, rectify_single, rectify_stacked
from vision.session import Session
from vision.types import Color, Detection, Image, Layout, PlateRead, PositionDistribution, Region

COLORS: tuple[Color, ...] = get_args(Color)
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
REGIONS: tuple[Region, ...] = get_args(Region)
"""The order of the classes of the reader's small heads."""

SURELY_SINGLE, SURELY_DOUBLE = 0.1, 0.9
"""Probability of two rows below and above which the plate is looked at in one way only; between them both ways are
tried and the better one kept."""

LEAST_CONFIDENCE = 0.3
"""Probability of being right under which a text is only a guess."""

LIKELIEST = 5
"""Characters that a position keeps by name; the others are its rest."""


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """One straightened view of a plate and what the network says of it."""

    layout: Layout
    decoded: DecodedText
    confidence: float
    color: NDArray[np.float32]
    double: float
    region: NDArray[np.float32]


class OnnxReader:
    """Reads plates with a network whose card is of kind `reader`."""

    def __init__(self, session: Session, grammar: Grammar) -> None:
        """Raises BadCard when the card's alphabet or calibration is not that of `vision`."""
        card = session.card
        if card.alphabet != ALPHABET:
            raise BadCard(f"{card.path}: the alphabet is not that of vision/alphabet.py; train and export it again")
        self._session = session
        self._grammar = grammar
        unknown = set(card.calibration) - {field.name for field in fields(Calibration)}
        if unknown:
            raise BadCard(f"{card.path}: [calibration] has no {', '.join(sorted(unknown))}; correct or remove it")
        self._calibration = Calibration(**card.calibration)

    def read(self, image: Image, detection: Detection) -> PlateRead:
        """What the plate says; `text` is None where the confidence is under LEAST_CONFIDENCE."""
        look = self._best_look(image, to_quad(detection.corners))
        decoded = look.decoded
        region = self._grammar.region_of(decoded.text, dict(zip(REGIONS, look.region.tolist(), strict=True)))
        return PlateRead(
            detection=detection,
            text=decoded.text if decoded.text and look.confidence >= LEAST_CONFIDENCE else None,
            guess=decoded.text,
            printed=printed_form(decoded.text, region),
            confidence=look.confidence,
            char_confidences=decoded.char_confidences,
            positions=tuple(map(distribution, decoded.positions, decoded.deletions)),
            insertions=tuple(float(p) for p in decoded.insertions),
            region=region,
            color=COLORS[int(look.color.argmax())],
            layout=look.layout,
        )

    def _best_look(self, image: Image, quad: NDArray[np.float32]) -> _Look:
        single = self._look(rectify_single(image, quad), "single")
        if single.double < SURELY_SINGLE:
            return single
        stacked = self._look(rectify_stacked(image, quad), "double")
        if single.double > SURELY_DOUBLE:
            return stacked
        by_single, by_stacked = single.confidence * (1 - single.double), stacked.confidence * single.double
        return single if by_single >= by_stacked else stacked

    def _look(self, view: Image, layout: Layout) -> _Look:
        outputs = self._session.run(reader_input([view]))
        decoded = decode(outputs["logits"][0], self._calibration, self._grammar.weight)
        raw = [Hypothesis(decoded.text, decoded.likelihood), *(Hypothesis(*other) for other in decoded.alternatives)]
        chosen = next(h.probability for h in self._grammar.weigh(raw) if h.text == decoded.text)
        return _Look(
            layout=layout,
            decoded=decoded,
            confidence=calibrated(chosen, self._calibration) if decoded.text else 0.0,
            color=_softmax(outputs["color"][0]),
            double=float(_softmax(outputs["layout"][0])[LAYOUTS.index("double")]),
            region=_softmax(outputs["region"][0]),
        )


def distribution(row: NDArray[np.float32], deletion: np.float32) -> PositionDistribution:
    """One position's probabilities over the alphabet, float32 (len(ALPHABET),), as the value that leaves `vision`."""
    best = np.argsort(-row, kind="stable")[:LIKELIEST]
    characters = tuple((ALPHABET[int(k)], float(row[k])) for k in best)
    return PositionDistribution(characters, max(0.0, 1.0 - sum(p for _, p in characters)), float(deletion))


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum(), dtype=np.float32)
