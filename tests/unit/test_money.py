"""Amounts: integers of one currency, never mixed."""

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lot_server.domain.errors import CurrencyMismatch
from lot_server.domain.money import Money


@given(st.integers(), st.integers())
def test_sums_are_exact(first: int, second: int) -> None:
    """Amounts add, subtract and compare as their minor units do."""
    one, two = Money(first, "CNY"), Money(second, "CNY")
    assert (one + two - two, (one < two), (one <= two)) == (one, first < second, first <= second)


@pytest.mark.parametrize("mix", [operator.add, operator.sub, operator.lt, operator.le])
def test_currencies_do_not_mix(mix: Callable[[Any, Any], Any]) -> None:
    """No operation takes two currencies."""
    with pytest.raises(CurrencyMismatch):
        mix(Money(1, "CNY"), Money(1, "EUR"))


@pytest.mark.parametrize(
    ("minor", "text"), [(0, "0.00 CNY"), (5, "0.05 CNY"), (1234, "12.34 CNY"), (-5, "-0.05 CNY"), (-1234, "-12.34 CNY")]
)
def test_amounts_as_people_read_them(minor: int, text: str) -> None:
    """Minor units are shown with two digits, also below zero."""
    assert str(Money(minor, "CNY")) == text
