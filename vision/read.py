"""The reader: a plate's pixels to its text, behind the `Reader` port."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import BadCard
from vision.alphabet import ALPHABET
from vision.geometry import Quad, expand_quad, to_quad
from vision.grammar import Grammar, Hypothesis, printed_form
from vision.read_decode import Calibration, DecodedText, calibrated, decode
from vision.rectify import CHINESE_ROWS, EVEN_ROWS, RowCut, reader_input, rectify_single, rectify_stacked
from vision.session import Session
from vision.types import Color, Detection, Image, Layout, PlateRead, PositionDistribution, Region

COLORS: tuple[Color, ...] = get_args(Color)
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
REGIONS: tuple[Region, ...] = get_args(Region)
"""The order of the classes of the reader's small heads."""

SURELY_SINGLE, SURELY_DOUBLE = 0.1, 0.9
"""Probability of two rows below and above which the plate is looked at in one way only; between them both ways are
tried and the better one kept. The same bounds tell, by the probability of a Chinese plate, where two rows part."""

SURE, PLAUSIBLE = 0.9, 0.5
"""Confidence and weight of the grammar from which the first look at a plate is enough; under either, the plate is
looked at again, cut otherwise."""
ASKEW = (0.015, 0.05)
"""Shares of the plate's width and height by which found corners may be off for the first look to stand."""
OTHER_CUTS = ((0.02, 0.02, 0.02), (-0.01, -0.01, -0.02), (0.06, 0.0, 0.0), (0.0, 0.06, 0.0))
"""Further looks: shares of the plate's width added on its left and right, and of its height above and below. Found
corners are off by a few per cent, and half a lost first character reads as none at all."""

NEUTRAL_SCORE = 2 / 3
"""Score of the detector at which it speaks neither for nor against a read; above it a read is surer, below it less.
Fitted on scenes with and without plates, none of them for validation."""
_LEAST_SCORE, _GREATEST_SCORE = 0.05, 0.95

LEAST_CONFIDENCE = 0.3
"""Probability of being right under which a text is only a guess."""

LIKELIEST = 5
"""Characters that a position keeps by name; the others are its rest."""


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """One straightened view of a plate and what the network says of it."""

    rows: RowCut | None
    decoded: DecodedText
    double: float
    seen: Mapping[Region, float]
    colors: Mapping[Color, float]
    quad: Quad
    """Where the network sees the plate's own corners, in pixels of the picture: float32 (4, 2)."""

    @property
    def layout(self) -> Layout:
        """Whether the plate was looked at as having one row or two."""
        return "double" if self.rows else "single"


class OnnxReader:
    """Reads plates with a network whose card is of kind `reader`.

    Where the card has no output `corners`, plates are cut at the corners as found.
    """

    def __init__(self, session: Session, grammar: Grammar, calibration: Calibration | None = None) -> None:
        """`calibration` stands in for the card's. Raises BadCard when the card's alphabet or calibration is not that of
        `vision`."""
        card = session.card
        if card.alphabet != ALPHABET:
            raise BadCard(f"{card.path}: the alphabet is not that of vision/alphabet.py; train and export it again")
        self._session = session
        self._grammar = grammar
        unknown = set(card.calibration) - {field.name for field in fields(Calibration)}
        if unknown:
            raise BadCard(f"{card.path}: [calibration] has no {', '.join(sorted(unknown))}; correct or remove it")
        self._calibration = calibration or Calibration(**card.calibration)

    def read(self, image: Image, detection: Detection) -> PlateRead:
        """What the plate says; `text` is None where the confidence is under LEAST_CONFIDENCE.

        A plate seen askew is looked at again, cut where the reader sees its corners; one that is left in doubt again,
        cut a little otherwise, and a text is then as likely as all these looks make it in the mean.
        """
        quad, looks = self._looks(image, to_quad(detection.corners))
        chosen = self._likeliest(looks)
        confidence = self._confidence(chosen, looks)
        if confidence < SURE or self._grammar.weight(chosen.decoded.text, chosen.seen, chosen.colors) < PLAUSIBLE:
            looks += [self._look(image, cut(quad, *grown), chosen.rows) for grown in OTHER_CUTS]
            chosen = self._likeliest(looks)
            confidence = self._confidence(chosen, looks)
        confidence = with_score(confidence, detection.confidence)
        decoded = chosen.decoded
        region = self._grammar.region_of(decoded.text, chosen.seen)
        return PlateRead(
            detection=detection,
            text=decoded.text if decoded.text and confidence >= LEAST_CONFIDENCE else None,
            guess=decoded.text,
            printed=printed_form(decoded.text, region),
            confidence=confidence,
            char_confidences=decoded.char_confidences,
            positions=tuple(map(distribution, decoded.positions, decoded.deletions)),
            insertions=tuple(float(p) for p in decoded.insertions),
            region=region,
            color=max(chosen.colors, key=lambda color: chosen.colors[color]),
            layout=chosen.layout,
        )

    def _looks(self, image: Image, found: Quad) -> tuple[Quad, list[_Look]]:
        """The corners to cut at, and the looks at the plate in the layout that it most likely has.

        The first look takes the corners as found and says where they really are; a plate seen askew is looked at again
        there, and the first look forgotten.
        """
        first = self._look(image, found, None)
        quad = first.quad
        ways: list[tuple[float, _Look]] = []
        if first.double <= SURELY_DOUBLE:
            ways.append((1 - first.double, self._look(image, quad, None) if askew(found, quad) else first))
        if first.double >= SURELY_SINGLE:
            cuts = [CHINESE_ROWS] if first.seen["cn"] > SURELY_SINGLE else []
            if first.seen["cn"] < SURELY_DOUBLE:
                cuts.append(EVEN_ROWS)
            ways += [(first.double, self._look(image, quad, rows)) for rows in cuts]
        _, best = max(ways, key=lambda way: way[0] * self._confidence(way[1], [way[1]]))
        return quad, [best]

    def _likeliest(self, looks: Sequence[_Look]) -> _Look:
        return max(looks, key=lambda look: (self._confidence(look, looks), look.decoded.likelihood))

    def _look(self, image: Image, quad: Quad, rows: RowCut | None) -> _Look:
        view = rectify_stacked(image, quad, rows) if rows else rectify_single(image, quad)
        outputs = self._session.run(reader_input([view]))
        seen = dict(zip(REGIONS, _softmax(outputs["region"][0]).tolist(), strict=True))
        colors = dict(zip(COLORS, _softmax(outputs["color"][0]).tolist(), strict=True))
        weigh = self._grammar.weight
        corners = outputs["corners"][0].reshape(4, 2) if "corners" in outputs and rows is None else None
        return _Look(
            quad=quad if corners is None else moved(quad, corners),
            rows=rows,
            decoded=decode(outputs["logits"][0], self._calibration, lambda text: weigh(text, seen, colors)),
            double=float(_softmax(outputs["layout"][0])[LAYOUTS.index("double")]),
            seen=seen,
            colors=colors,
        )

    def _confidence(self, look: _Look, looks: Sequence[_Look]) -> float:
        """The calibrated probability that the text of `look` is right, by all `looks`."""
        if not look.decoded.text:
            return 0.0
        mean: dict[str, float] = defaultdict(float)
        for other in looks:
            for text, likelihood in ((other.decoded.text, other.decoded.likelihood), *other.decoded.alternatives):
                mean[text] += likelihood / len(looks)
        weighed = self._grammar.weigh([Hypothesis(text, p) for text, p in mean.items()], look.seen, look.colors)
        return calibrated(next(h.probability for h in weighed if h.text == look.decoded.text), self._calibration)


def with_score(confidence: float, score: float) -> float:
    """A read's probability of being right once the detector's score is known too: their odds multiply."""
    bounded = min(max(score, _LEAST_SCORE), _GREATEST_SCORE)
    odds = bounded / (1 - bounded) * (1 - NEUTRAL_SCORE) / NEUTRAL_SCORE
    return confidence * odds / (confidence * odds + 1 - confidence)


def cut(quad: Quad, left: float, right: float, rise: float) -> Quad:
    """A quad (4, 2) grown by shares of its width on the left and right, and of its height above and below."""
    top_left, top_right, bottom_right, bottom_left = quad
    top, bottom = top_right - top_left, bottom_right - bottom_left
    wider = [top_left - top * left, top_right + top * right, bottom_right + bottom * right, bottom_left - bottom * left]
    return expand_quad(np.asarray(wider, dtype=np.float32), 0.0, rise)


def askew(found: Quad, true: Quad) -> bool:
    """Whether corners lie off the true ones by more than a clean cut allows: ASKEW, in widths and heights."""
    across = np.linalg.norm(true[1] - true[0]) + np.linalg.norm(true[2] - true[3])
    down = np.linalg.norm(true[3] - true[0]) + np.linalg.norm(true[2] - true[1])
    off = np.abs(found - true).max(axis=0) / (np.array([across, down]) / 2)
    return bool((off > ASKEW).any())


def moved(quad: Quad, offsets: NDArray[np.float32]) -> Quad:
    """The quad (4, 2) with its corners moved by `offsets` (4, 2), in widths and heights of the view cut at it."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    out_of = cv2.getPerspectiveTransform(unit, quad.astype(np.float32))
    return np.asarray(cv2.perspectiveTransform((unit + offsets)[None], out_of)[0], dtype=np.float32)


def distribution(row: NDArray[np.float32], deletion: np.float32) -> PositionDistribution:
    """One position's probabilities over the alphabet, float32 (len(ALPHABET),), as the value that leaves `vision`."""
    best = np.argsort(-row, kind="stable")[:LIKELIEST]
    characters = tuple((ALPHABET[int(k)], float(row[k])) for k in best)
    return PositionDistribution(characters, max(0.0, 1.0 - sum(p for _, p in characters)), float(deletion))


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum(), dtype=np.float32)
