"""How long who fails to sign in has to wait, with a clock of the test's own."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lot_server.console.lockout import ACCOUNT, ADDRESS, FORGET_S, MOST_KEPT, Leniency, Lockout
from lot_server.domain.account import ROLES, Account, SignIn
from lot_server.domain.errors import BadAccount
from lot_server.errors import TooManySignIns

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Seconds:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def refusal(lockout: Lockout, account: str, address: str) -> int:
    """The seconds to wait for one more attempt; 0 where it may be made, which counts."""
    try:
        lockout.attempt(account, address)
    except TooManySignIns as refused:
        return refused.wait_s
    return 0


def test_each_failure_doubles_the_wait_of_an_account() -> None:
    """The first few are free; then it is 1, 2, 4 seconds and so on, and at most a minute."""
    clock = Seconds()
    lockout = Lockout(clock)
    waits = []
    for number in range(14):
        waits.append(refusal(lockout, "ann", f"10.0.0.{number}"))
        clock.now += waits[-1]
        assert not waits[-1] or refusal(lockout, "ann", f"10.0.0.{number}") == 0
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_an_address_waits_longer_than_an_account() -> None:
    """One address that tries many accounts is locked for up to a quarter of an hour, and no other address with it."""
    clock = Seconds()
    lockout = Lockout(clock)
    for number in range(40):
        clock.now += refusal(lockout, f"account-{number}", "10.0.0.1")
        refusal(lockout, f"account-{number}", "10.0.0.1")
    assert refusal(lockout, "somebody", "10.0.0.1") == ADDRESS.longest_s
    assert refusal(lockout, "somebody", "10.0.0.2") == 0


def test_waiting_costs_nothing_and_success_forgets() -> None:
    """Attempts that are refused do not make the wait longer; the right password ends it, and so does an hour."""
    clock = Seconds()
    lockout = Lockout(clock)
    while not (wait := refusal(lockout, "ann", "10.0.0.1")):
        pass
    assert refusal(lockout, "ann", "10.0.0.1") == wait
    clock.now += wait
    assert refusal(lockout, "ann", "10.0.0.1") == 0
    lockout.succeeded("ann", "10.0.0.1")
    assert [refusal(lockout, "ann", "10.0.0.1") for _ in range(ACCOUNT.free)] == [0] * ACCOUNT.free
    clock.now += FORGET_S + 1
    assert [refusal(lockout, "ann", "10.0.0.1") for _ in range(ACCOUNT.free)] == [0] * ACCOUNT.free


def test_a_flood_of_names_takes_bounded_room() -> None:
    """The oldest counts give way to new ones."""
    lockout = Lockout(Seconds())
    for number in range(MOST_KEPT):
        refusal(lockout, f"account-{number}", f"address-{number}")
    assert len(lockout._counts) == MOST_KEPT


@given(st.integers(0, 10_000), st.integers(0, 20), st.floats(1, 1e6))
def test_waits_grow_and_end(failures: int, free: int, longest_s: float) -> None:
    """One more failure never makes the wait shorter, and none makes it longer than the longest."""
    leniency = Leniency(free, longest_s)
    assert 0 <= leniency.wait_s(failures) <= leniency.wait_s(failures + 1) <= longest_s


def test_roles_cover_those_below_them() -> None:
    """An administrator may do all that an operator may, who may do all that a viewer may."""
    for has in ROLES:
        account = Account("ann", has, "", False, NOW)
        assert [account.may(needed) for needed in ROLES] == [ROLES.index(has) >= ROLES.index(each) for each in ROLES]


@pytest.mark.parametrize("name", ["", "a b", "x" * 41, "ann\n", "<b>"])
def test_a_name_can_stand_in_a_log(name: str) -> None:
    """Anything else than letters, digits and a few signs is no name."""
    with pytest.raises(BadAccount):
        Account(name, "viewer", "", False, NOW)


@pytest.mark.parametrize(
    ("began", "seen", "holds"),
    [(0, 0, True), (5, 0.9, True), (5, 1, False), (12, 0, False), (11.9, 0, True), (-1, -1, True)],
)
def test_a_sign_in_holds_while_it_is_used_and_not_too_old(began: float, seen: float, holds: bool) -> None:
    """It ends an hour after the last page and twelve after it began; a clock that went back ends nothing."""
    sign_in = SignIn("x", "ann", NOW - timedelta(hours=began), NOW - timedelta(hours=seen))
    assert sign_in.holds(NOW, timedelta(hours=1), timedelta(hours=12)) is holds
