import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision import read_decode
from vision.alphabet import ALPHABET
from vision.read_decode import Calibration, best_path, calibrated, column_probabilities, decode, text_likelihood

PLAIN = Calibration()
CLASSES = len(ALPHABET) + 1


def logits_of(*columns: dict[str, float]) -> NDArray[np.float32]:
    """Columns given as {character: probability}, `_` the blank, the rest of the mass spread over all others."""
    rows = np.full((len(columns), CLASSES), 1e-7)
    for row, column in zip(rows, columns, strict=True):
        for char, p in column.items():
            row[0 if char == "_" else ALPHABET.index(char) + 1] = p
    return np.asarray(np.log(rows / rows.sum(-1, keepdims=True)), dtype=np.float32)


def random_logits(seed: int, columns: int, scale: float) -> NDArray[np.float32]:
    return (np.random.default_rng(seed).normal(0, scale, (columns, CLASSES))).astype(np.float32)


def brute_force(columns: NDArray[np.float64], characters: str) -> dict[str, float]:
    """Every text over a few characters with its probability, by walking all alignments."""
    codes = [0, *(ALPHABET.index(c) + 1 for c in characters)]
    found: dict[str, float] = {}
    for path in itertools.product(codes, repeat=len(columns)):
        merged = [k for k, before in zip(path, (0, *path[:-1]), strict=True) if k and k != before]
        text = "".join(ALPHABET[k - 1] for k in merged)
        found[text] = found.get(text, 0.0) + float(np.prod([columns[t, k] for t, k in enumerate(path)]))
    return found


def test_repeats_merge_and_blanks_part() -> None:
    """A character held over columns counts once, and twice when a blank stands between."""
    logits = logits_of({"A": 1}, {"A": 1}, {"_": 1}, {"A": 1}, {"8": 1}, {"8": 1})
    assert best_path(logits) == "AA8"
    assert decode(logits, PLAIN).text == "AA8"


def test_a_lookalike_keeps_its_share() -> None:
    """Where B and 8 compete in one column, the position's distribution holds both in proportion."""
    decoded = decode(logits_of({"A": 1}, {"_": 1}, {"B": 0.6, "8": 0.4}, {"_": 1}, {"C": 1}), PLAIN)
    assert decoded.text == "ABC"
    row = decoded.positions[1]
    assert row[ALPHABET.index("B")] == pytest.approx(0.6, abs=1e-3)
    assert row[ALPHABET.index("8")] == pytest.approx(0.4, abs=1e-3)
    assert decoded.alternatives[0][0] == "A8C"


def test_a_doubtful_character_may_be_absent() -> None:
    """A character that competes with the blank shows its chance of absence as a deletion."""
    decoded = decode(logits_of({"A": 1}, {"_": 1}, {"1": 0.7, "_": 0.3}, {"_": 1}), PLAIN)
    assert decoded.text == "A1"
    assert decoded.deletions == pytest.approx([0.0, 0.3], abs=1e-2)


def test_a_missed_character_may_be_inserted() -> None:
    """A character that lost against the blank shows as an insertion at its gap and nowhere else."""
    decoded = decode(logits_of({"A": 1}, {"_": 1}, {"1": 0.3, "_": 0.7}, {"_": 1}, {"B": 1}), PLAIN)
    assert decoded.text == "AB"
    assert decoded.insertions == pytest.approx([0.0, 0.3, 0.0], abs=1e-2)


def test_nothing_is_an_answer() -> None:
    """A crop without characters decodes to the empty text with the shapes of no position."""
    decoded = decode(logits_of(*[{"_": 1.0}] * 6), PLAIN)
    assert decoded.text == ""
    assert decoded.positions.shape == (0, len(ALPHABET))
    assert decoded.insertions.shape == (1,)
    assert decoded.likelihood > 0.99


@pytest.mark.parametrize("logits", [np.zeros((4, 3), np.float32), np.zeros(CLASSES, np.float32)])
def test_wrong_shapes_are_refused(logits: NDArray[np.float32]) -> None:
    """Logits over another alphabet are an error, not a text."""
    with pytest.raises(ValueError, match="shape"):
        decode(logits, PLAIN)


def test_values_that_are_no_numbers_are_refused() -> None:
    """A network that returns NaN is an error, not an empty plate."""
    logits = random_logits(0, 5, 1.0)
    logits[2, 3] = np.nan
    with pytest.raises(ValueError, match="finite"):
        decode(logits, PLAIN)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_likelihoods_agree_with_walking_every_alignment(seed: int) -> None:
    """The forward sums give each text exactly the probability that enumeration gives it."""
    columns = column_probabilities(random_logits(seed, 5, 2.0))
    truth = brute_force(columns, "AB1")
    for text in ("", "A", "AA", "AB1", "BAB", "11"):
        assert text_likelihood(columns, text) == pytest.approx(truth[text], rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_neighbours_agree_with_whole_texts(seed: int) -> None:
    """Substitution, deletion and insertion probabilities equal those from the full likelihood of each changed text."""
    columns = column_probabilities(random_logits(seed, 9, 2.5))
    text = "A7A"
    labels = [ALPHABET.index(c) + 1 for c in text]
    positions, deletions, insertions, likelihood = read_decode._neighbours(columns, labels)
    assert likelihood == pytest.approx(text_likelihood(columns, text), rel=1e-9)
    for place in range(3):
        swapped = [text_likelihood(columns, text[:place] + c + text[place + 1 :]) for c in ALPHABET]
        assert positions[place] == pytest.approx(np.array(swapped) / sum(swapped), rel=1e-6)
        shorter = text_likelihood(columns, text[:place] + text[place + 1 :])
        assert deletions[place] == pytest.approx(shorter / (shorter + sum(swapped)), rel=1e-6)
    for gap in range(4):
        # A text that doubles a neighbour arises from two gaps; each gap counts every character it could add.
        longer = sum(text_likelihood(columns, text[:gap] + c + text[gap:]) for c in ALPHABET)
        assert insertions[gap] == pytest.approx(longer / (longer + likelihood), rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 8.0))
def test_what_is_decoded_is_well_formed(seed: int, scale: float) -> None:
    """Whatever the logits, rows sum to one, probabilities stay within 0..1 and the alternatives are other texts."""
    decoded = decode(random_logits(seed, 42, scale), PLAIN)
    assert decoded.positions.sum(-1) == pytest.approx(np.ones(len(decoded.text)), abs=1e-4)
    for values in (decoded.deletions, decoded.insertions, np.array(decoded.char_confidences)):
        assert ((values >= 0) & (values <= 1)).all()
    assert decoded.text not in [text for text, _ in decoded.alternatives]
    assert 0 <= decoded.confidence <= 1


@given(st.floats(0, 1), st.floats(0, 1))
def test_calibration_keeps_order(a: float, b: float) -> None:
    """A likelier text never gets the lower confidence."""
    calibration = Calibration(temperature=1.0, slope=0.8, offset=-0.3)
    low, high = sorted((a, b))
    assert calibrated(low, calibration) <= calibrated(high, calibration)
