"""From the reader's CTC logits to a text, with what might stand there instead; no network needed.

A CTC network gives, for each of T columns of the picture, probabilities over the alphabet and a blank. A text's
likelihood is the sum over all ways to lay it along the columns (Graves et al., 2006). From the forward and backward
sums of the best text follow, exactly, the likelihoods of every text that differs from it in one place; they are what
the per-position distributions are made of."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.alphabet import ALPHABET

Floats = NDArray[np.float64]

_BEAM = 8
_LEAST_IN_BEAM = 1e-3
"""A character under this probability in a column, or not among its _BEAM likeliest classes, opens no new text."""
_FLOOR = 1e-6
"""Least probability of a class in a column: keeps every likelihood above the smallest float64 (1e-6 ** 42 = 1e-252)."""
_CODE = {char: k + 1 for k, char in enumerate(ALPHABET)}


@dataclass(frozen=True, slots=True)
class Calibration:
    """How raw likelihoods become honest probabilities; fitted on the development split, stored on the model's card.

    Logits are divided by `temperature`; the confidence is the logistic of `slope` * log-odds of the text + `offset`."""

    temperature: float = 1.0
    slope: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class DecodedText:
    """The likeliest text of N characters and what else the columns allow.

    `positions` is float32 (N, len(ALPHABET)), each row summing to 1: given that a character stands there, which.
    `deletions` (N,): the probability that nothing stands there. `insertions` (N + 1,): the probability that one more
    character stands before, between or after. `likelihood` is the raw probability of `text` among all texts,
    `confidence` the calibrated one. `alternatives` are further whole texts with raw probabilities, best first."""

    text: str
    positions: NDArray[np.float32]
    deletions: NDArray[np.float32]
    insertions: NDArray[np.float32]
    likelihood: float
    confidence: float
    alternatives: tuple[tuple[str, float], ...]

    @property
    def char_confidences(self) -> tuple[float, ...]:
        """For each character the probability that it is there and is this one."""
        chosen = [self.positions[k, _CODE[c] - 1] for k, c in enumerate(self.text)]
        return tuple(float(p * (1 - d)) for p, d in zip(chosen, self.deletions, strict=True))


def best_path(logits: NDArray[np.float32]) -> str:
    """The greedy text of logits (T, 1 + alphabet), class 0 the CTC blank: repeats merged, blanks dropped."""
    classes = logits.argmax(-1)
    kept = [int(k) for k, before in zip(classes, np.concatenate([[0], classes[:-1]]), strict=True) if k and k != before]
    return "".join(ALPHABET[k - 1] for k in kept)


def decode(
    logits: NDArray[np.float32], calibration: Calibration, weigh: Callable[[str], float] | None = None
) -> DecodedText:
    """Decode one plate's logits, float32 (T, 1 + len(ALPHABET)), class 0 the blank.

    `weigh` gives a text's weight beside its likelihood when the best one is chosen; all likelihoods stay raw.
    Raises ValueError for another shape or values that are not finite."""
    if logits.ndim != 2 or logits.shape[1] != len(ALPHABET) + 1 or not np.isfinite(logits).all():
        raise ValueError(f"logits must be finite and of shape (T, {len(ALPHABET) + 1}), not {logits.shape}")
    columns = column_probabilities(logits, calibration.temperature)
    texts = _beam_search(columns)
    if weigh is not None:
        texts.sort(key=lambda item: -item[1] * weigh("".join(ALPHABET[k - 1] for k in item[0])))
    labels = list(texts[0][0])
    positions, deletions, insertions, likelihood = _neighbours(columns, labels)
    return DecodedText(
        text="".join(ALPHABET[k - 1] for k in labels),
        positions=positions.astype(np.float32),
        deletions=deletions.astype(np.float32),
        insertions=insertions.astype(np.float32),
        likelihood=likelihood,
        confidence=calibrated(likelihood, calibration),
        alternatives=tuple(("".join(ALPHABET[k - 1] for k in prefix), p) for prefix, p in texts[1:]),
    )


def column_probabilities(logits: NDArray[np.float32], temperature: float = 1.0) -> Floats:
    """Softmax over classes of logits (T, C) at a temperature, floored and summing to 1 in each column."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(-1, keepdims=True))
    floored = np.maximum(powers / powers.sum(-1, keepdims=True), _FLOOR)
    return np.asarray(floored / floored.sum(-1, keepdims=True), dtype=np.float64)


def text_likelihood(columns: Floats, text: str) -> float:
    """The probability of exactly this text; columns as from `column_probabilities`. KeyError off the alphabet."""
    return float(_likelihoods(columns, [[_CODE[c] for c in text]])[0])


def calibrated(likelihood: float, calibration: Calibration) -> float:
    """A raw likelihood as the probability of being right (Platt scaling on its log-odds)."""
    p = min(max(likelihood, 1e-9), 1 - 1e-9)
    score = calibration.slope * (math.log(p) - math.log1p(-p)) + calibration.offset
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, score))))


def _beam_search(columns: Floats) -> list[tuple[tuple[int, ...], float]]:
    """Prefix beam search: the likeliest texts as class numbers with their probabilities, best first."""
    beam: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}  # ends in blank, ends in its last character
    for column in columns:
        grown: dict[tuple[int, ...], tuple[float, float]] = {}
        blank = float(column[0])
        top = np.argpartition(column, -_BEAM)[-_BEAM:]
        likely = [(int(k), float(column[k])) for k in top if k and column[k] >= _LEAST_IN_BEAM]
        for prefix, (in_blank, in_char) in beam.items():
            total = in_blank + in_char
            old_blank, old_char = grown.get(prefix, (0.0, 0.0))
            stay = in_char * float(column[prefix[-1]]) if prefix else 0.0
            grown[prefix] = (old_blank + total * blank, old_char + stay)
            for k, p in likely:
                longer = (*prefix, k)
                source = in_blank if prefix and prefix[-1] == k else total
                old_blank, old_char = grown.get(longer, (0.0, 0.0))
                grown[longer] = (old_blank, old_char + source * p)
        kept = sorted(grown.items(), key=lambda item: -sum(item[1]))[:_BEAM]
        beam = dict(kept)
    return [(prefix, sum(parts)) for prefix, parts in sorted(beam.items(), key=lambda item: -sum(item[1]))]


def _likelihoods(columns: Floats, texts: Sequence[Sequence[int]]) -> Floats:
    """Forward sums of several texts of one length at once."""
    states = np.zeros((len(texts), 2 * len(texts[0]) + 1), np.intp)
    states[:, 1::2] = np.array(texts, np.intp).reshape(len(texts), -1)
    skips = np.zeros(states.shape, bool)
    skips[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    forward = np.zeros(states.shape)
    forward[:, :2] = columns[0][states[:, :2]]
    for column in columns[1:]:
        moved = forward.copy()
        moved[:, 1:] += forward[:, :-1]
        moved[:, 2:] += forward[:, :-2] * skips[:, 2:]
        forward = moved * column[states]
    return np.asarray(forward[:, -2:].sum(-1), dtype=np.float64)


def _neighbours(columns: Floats, labels: list[int]) -> tuple[Floats, Floats, Floats, float]:
    """Position distributions, deletion and insertion probabilities, and the likelihood of `labels`.

    A text with one place changed is prefix + run of some class c + suffix. The run is summed over its columns for all
    classes and places at once: `enter` is the forward sum of the prefix up to the column before, `leave` the backward
    sum of the suffix from the column after."""
    count, (columns_n, classes) = len(labels), columns.shape
    before_blank, before_char = _prefix_sums(columns, labels)
    after_blank, after_char = (a[::-1, ::-1] for a in _prefix_sums(columns[::-1], labels[::-1]))
    # before_*[j, t]: the first j labels laid out on the first t columns, ending in a blank / in label j.
    # after_*[j, t]: labels j.. laid out on columns t.., beginning with a blank / with label j.
    slots = [(j, j + 1) for j in range(count)] + [(j, j) for j in range(count + 1)]  # substitutions, then insertions
    start, end = np.array([s for s, _ in slots]), np.array([e for _, e in slots])
    last = np.array([labels[s - 1] if s else 0 for s, _ in slots])
    following = np.array([labels[e] if e < count else 0 for _, e in slots])
    grid = np.arange(classes)
    differs_before, differs_after = grid != last[:, None], grid != following[:, None]
    run = np.zeros((len(slots), classes))
    total = np.zeros((len(slots), classes))
    for t in range(columns_n):
        enter = before_blank[start, t][:, None] + before_char[start, t][:, None] * differs_before
        run = (run + enter) * columns[t]
        leave = after_blank[end, t + 1][:, None] + after_char[end, t + 1][:, None] * differs_after
        total += run * leave
    substituted, inserted = total[:count, 1:], total[count:, 1:].sum(-1)
    likelihood = float(_likelihoods(columns, [labels])[0])
    sums = substituted.sum(-1)
    positions = substituted / sums[:, None] if count else np.zeros((0, classes - 1))
    shorter = _likelihoods(columns, [labels[:j] + labels[j + 1 :] for j in range(count)]) if count else np.zeros(0)
    return positions, shorter / (shorter + sums), inserted / (inserted + likelihood), likelihood


def _prefix_sums(columns: Floats, labels: Sequence[int]) -> tuple[Floats, Floats]:
    """Forward sums [j, t] of the first j labels over the first t columns: ending in a blank, ending in label j.

    The empty prefix on no column counts as ending in a blank."""
    blank, char = np.zeros((2, len(labels) + 1, len(columns) + 1))
    blank[0, 0] = 1.0
    codes = np.array(labels, np.intp)
    joins = np.concatenate([[False], codes[1:] != codes[:-1]])[: len(codes)]  # may follow its neighbour without a blank
    for t, column in enumerate(columns, start=1):
        blank[:, t] = (blank[:, t - 1] + char[:, t - 1]) * column[0]
        fresh = blank[:-1, t - 1] + char[:-1, t - 1] * joins
        char[1:, t] = (char[1:, t - 1] + fresh) * column[codes]
    return blank, char
