"""Any network that reads a line of text, if its card says how, behind the `Reader` port.

What the network says of characters that no plate has is left away, so that every position of the text keeps its
distribution over the alphabet of plates and the text is decoded as the project's own reader's is.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from models.card import Card
from models.decoding import Characters
from models.errors import BadCard
from vision.alphabet import ALPHABET, DIGITS
from vision.alternatives.described_input import input_size, network_input
from vision.alternatives.rows import aspect, looks
from vision.errors import WrongModelShape
from vision.geometry import Quad, to_quad
from vision.grammar import Grammar, Hypothesis, printed_form
from vision.read import LEAST_CONFIDENCE, distribution
from vision.read_decode import Calibration, DecodedText, calibrated, decode
from vision.rectify import rectify
from vision.session import Session
from vision.types import Detection, Image, Layout, PlateRead

NARROWEST, WIDEST = 0.5, 16.0
"""Width over height of a picture of one row, for networks whose input may be of any width."""
_STEP = 8
"""Such a width is a multiple of this many pixels."""
_LEAST = 1e-9
"""Least probability of a class, so that its logarithm is finite."""


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A plate looked at as one row or two, and what was read so."""

    layout: Layout
    decoded: DecodedText
    confidence: float


class DescribedReader:
    """Reads plates with a network whose card has `[pixels]` and `[decode]`.

    Plates of two rows are read row by row, but for a network with `slots`, which takes a plate as it is. Colour is not
    told (`other`). The confidence is as honest as the card's `[calibration]` makes it; without one it is the network's
    own.
    """

    def __init__(self, session: Session, grammar: Grammar) -> None:
        """Raises BadCard where the card does not say how the network is used, or says what cannot be."""
        card, decoding = session.card, session.card.decoding
        if not isinstance(decoding, Characters) or card.pixels is None:
            raise BadCard(f"{card.path}: add [pixels] and [decode] (see models/decoding.py)")
        if len(card.outputs) != 1:
            raise BadCard(f"{card.path}: name the one output that holds the text, and no other")
        unknown = set(card.calibration) - {field.name for field in fields(Calibration)}
        if unknown:
            raise BadCard(f"{card.path}: [calibration] has no {', '.join(sorted(unknown))}; correct or remove it")
        self._session = session
        self._grammar = grammar
        self._decoding = decoding
        self._pixels = card.pixels
        self._height, self._width = _line_size(card)
        self._ours = _classes(card, decoding, session.notes.get(decoding.metadata or "", ""))
        self._calibration = Calibration(**card.calibration)

    def read(self, image: Image, detection: Detection) -> PlateRead:
        """What the plate says; `text` is None where the confidence is under LEAST_CONFIDENCE.

        Raises WrongModelShape for an output that is not what the card promises.
        """
        quad = to_quad(detection.corners)
        ways = looks(quad) if self._decoding.form == "ctc" else looks(quad)[:1]
        seen = [self._look(image, layout, lines) for layout, lines in ways]
        chosen = max(seen, key=lambda look: look.confidence)
        decoded, text = chosen.decoded, chosen.decoded.text
        region = self._grammar.region_of(text)
        return PlateRead(
            detection=detection,
            text=text if text and chosen.confidence >= LEAST_CONFIDENCE else None,
            guess=text,
            printed=printed_form(text, region),
            confidence=chosen.confidence,
            char_confidences=decoded.char_confidences,
            positions=tuple(map(distribution, decoded.positions, decoded.deletions)),
            insertions=tuple(float(p) for p in decoded.insertions),
            region=region,
            color="other",
            layout=chosen.layout,
        )

    def _look(self, image: Image, layout: Layout, lines: list[Quad]) -> _Look:
        columns = np.concatenate([self._columns(image, line) for line in lines])
        decoded = decode(columns, self._calibration, self._grammar.weight)
        if not decoded.text:
            return _Look(layout, decoded, 0.0)
        texts = [(decoded.text, decoded.likelihood), *decoded.alternatives]
        weighed = self._grammar.weigh([Hypothesis(text, p) for text, p in texts])
        right = next(h.probability for h in weighed if h.text == decoded.text)
        return _Look(layout, decoded, calibrated(right, self._calibration))

    def _columns(self, image: Image, line: Quad) -> NDArray[np.float32]:
        """Logits (T, 1 + len(ALPHABET)) of one row, class 0 the blank, ending in a column that is surely blank."""
        shape = min(max(aspect(line), NARROWEST), WIDEST)
        width = self._width or max(_STEP, round(self._height * shape / _STEP) * _STEP)
        view = rectify(image, line, width, self._height)
        missing = self._pixels.least_width - width
        if missing > 0:
            grey = self._pixels.mean if self._pixels.channels == "bgr" else self._pixels.mean[::-1]
            view = np.asarray(cv2.copyMakeBorder(view, 0, 0, 0, missing, cv2.BORDER_CONSTANT, value=grey), np.uint8)
        card = self._session.card
        (output,) = self._session.run(network_input(view, card, self._pixels)).values()
        if output.ndim != 3 or output.shape[0] != 1 or output.shape[2] != len(self._ours):
            raise WrongModelShape(
                f"{card.name} gave an output of shape {output.shape} where (1, T, {len(self._ours)}) is expected; "
                "correct its card"
            )
        return self._of_ours(output[0])

    def _of_ours(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """The network's columns (T, its classes) as logarithms of probabilities over our alphabet."""
        if self._decoding.values == "logits":
            powers = np.exp(values - values.max(-1, keepdims=True))
            values = powers / powers.sum(-1, keepdims=True)
        kept = self._ours >= 0
        summed = np.zeros((len(ALPHABET) + 1, len(values)), np.float32)
        np.add.at(summed, self._ours[kept], values[:, kept].T)
        columns = np.log(np.maximum(summed.T, _LEAST))
        parting = np.full((1, columns.shape[1]), np.log(_LEAST), np.float32)
        parting[0, 0] = 0.0
        # A slot is never one character with its neighbour, nor is the end of one row with the beginning of the next.
        parts = [np.vstack([column, parting]) for column in columns] if self._decoding.form == "slots" else [columns]
        return np.vstack([*parts, parting]).astype(np.float32)


def _line_size(card: Card) -> tuple[int, int]:
    """Height and width of the network's input; 0 for a width that may vary."""
    height, width = input_size(card)
    if isinstance(height, str):
        raise BadCard(f"{card.path}: the height of a reader's input must be fixed")
    return height, width if isinstance(width, int) else 0


def _classes(card: Card, decoding: Characters, noted: str) -> NDArray[np.intp]:
    """For each class of the network the one of ours: 0 the blank, k + 1 character k of ALPHABET, -1 for no plate's.

    Letters count in whatever case and width; what is neither letter nor digit parts characters and is as blank.
    """
    if decoding.metadata and not noted:
        raise BadCard(f"{card.path}: the network holds no list {decoding.metadata!r}; write it into `alphabet`")
    characters = [*noted.split("\n"), *card.alphabet] if decoding.metadata else list(card.alphabet)
    promised = card.outputs[0].shape[-1]
    if promised != len(characters) + 1:
        raise BadCard(
            f"{card.path}: {promised} classes, but {len(characters)} characters and the blank; correct either"
        )
    codes = {character: number + 1 for number, character in enumerate(ALPHABET)}
    ours = []
    for character in characters:
        plain = unicodedata.normalize("NFKC", character).upper()
        ours.append(codes.get(plain, -1 if plain.isalnum() else 0))
    if not set(DIGITS) <= {ALPHABET[code - 1] for code in ours if code > 0}:
        raise BadCard(f"{card.path}: `alphabet` lacks digits, which every reader of plates knows; correct it")
    return np.array([0, *ours] if decoding.blank == "first" else [*ours, 0], dtype=np.intp)
