"""One normal form of a plate, whatever way it is spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.errors import BadPlate
from lot_server.domain.plate import MAX_LENGTH, normalise


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("苏E·05EV8", "苏E05EV8"),
        ("苏e 05ev8", "苏E05EV8"),
        ("苏Ｅ．０５ＥＶ８", "苏E05EV8"),
        (" ab-12-cd\n", "AB12CD"),
        ("1—AAA–999", "1AAA999"),
        ("粤Z1234港", "粤Z1234港"),
        ("a" * 12, "A" * 12),
    ],
)
def test_spellings(text: str, normal: str) -> None:
    """Case, width and separators do not matter."""
    assert normalise(text) == normal


@pytest.mark.parametrize("text", ["", " · ", "A" * 13, "AB'; DROP", "ÄB12", "AB?12", "ab\x00", "🚗"])
def test_what_cannot_be_a_plate_is_refused(text: str) -> None:
    """Empty, too long or holding what no plate has: an error, never a stored plate."""
    with pytest.raises(BadPlate):
        normalise(text)


@given(st.text(max_size=20))
def test_normal_forms_stay_as_they_are(text: str) -> None:
    """What was normalised once is normal, bounded and upper case."""
    try:
        normal = normalise(text)
    except BadPlate:
        return
    assert normalise(normal) == normal == normal.upper()
    assert 1 <= len(normal) <= MAX_LENGTH
