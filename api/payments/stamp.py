"""Stamps a body with the time and a shared secret: HMAC-SHA256 over the time's text, a newline and the raw body."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta

from lot_server.domain.clock import Clock, from_text, to_text
from lot_server.domain.errors import DomainError

TIME_HEADER = "sandbox-time"
SIGNATURE_HEADER = "sandbox-signature"
TOLERANCE = timedelta(minutes=5)
"""Of real time, whatever the speed of the clock: it makes room for the network."""


class Forged(Exception):
    """The stamp is missing or does not fit."""


class Stale(Exception):
    """The stamp fits, but its time is too far from the clock."""


def stamp(secret: bytes, body: bytes, clock: Clock) -> dict[str, str]:
    """The headers that prove who sent `body`, and when."""
    time = to_text(clock.now())
    return {TIME_HEADER: time, SIGNATURE_HEADER: _digest(secret, time, body)}


def check(secret: bytes, body: bytes, headers: Mapping[str, str], clock: Clock) -> None:
    """Raises Forged or Stale unless `body` was stamped with `secret` within TOLERANCE of `clock`."""
    time, signature = headers.get(TIME_HEADER, ""), headers.get(SIGNATURE_HEADER, "")
    if not hmac.compare_digest(_digest(secret, time, body).encode(), signature.encode()):
        raise Forged(f"{SIGNATURE_HEADER} does not fit the time and the body: check the shared secret")
    try:
        age = abs(clock.now() - from_text(time))
    except DomainError as error:
        raise Forged(f"{TIME_HEADER} is no time: {error}") from error
    if clock.real(age) > TOLERANCE.total_seconds():
        raise Stale(f"stamped {age} away from this clock, more than {TOLERANCE} is refused: check both clocks")


def _digest(secret: bytes, time: str, body: bytes) -> str:
    return hmac.new(secret, time.encode() + b"\n" + body, hashlib.sha256).hexdigest()
