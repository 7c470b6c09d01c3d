"""Signed requests: Ed25519 over method, path, time and the body's SHA-256; and receipts, signed by the cloud.

For requests the lot holds the private key and the cloud knows the public one by lot; for receipts it is the other way
round. Keys are raw bytes, written as base64.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cloud_sync.errors import BadKey, BadSignature
from lot_server.domain.clock import Clock, from_text, to_text
from lot_server.domain.errors import DomainError
from lot_server.domain.receipt import Receipt, digest
from lot_server.domain.receipt import to_text as receipt_text
from lot_server.domain.receipt_code import to_code

TIME_HEADER = "openlot-time"
SIGNATURE_HEADER = "openlot-signature"
TOLERANCE = timedelta(minutes=5)


def new_key() -> tuple[str, str]:
    """A fresh key pair as (private, public), base64 of the 32 raw bytes each."""
    private = Ed25519PrivateKey.generate()
    return _text(private.private_bytes_raw()), _text(private.public_key().public_bytes_raw())


def public_half(private_key: str) -> str:
    """The public half of a private key, to enrol at the cloud. Raises BadKey."""
    return _text(_private(private_key).public_key().public_bytes_raw())


def sign_request(private_key: str, method: str, path: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that make a request ours; `path` starts with `/v1/`. Raises BadKey."""
    time = to_text(now)
    signature = _private(private_key).sign(_statement(method, path, time, body))
    return {TIME_HEADER: time, SIGNATURE_HEADER: _text(signature)}


def verify_request(
    public_key: str,
    method: str,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    clock: Clock,
    tolerance: timedelta = TOLERANCE,
) -> None:
    """Raises BadSignature unless the request was signed by the key's owner within `tolerance` of `clock`.

    `headers` finds names in lower case. The tolerance is of real time, because it makes room for the network: on a
    simulated clock that runs 300 times as fast, five minutes would be one second.
    A copy of a request passes again within the tolerance; every signed request is one that may be repeated.
    """
    time, signature = headers.get(TIME_HEADER), headers.get(SIGNATURE_HEADER)
    if time is None or signature is None:
        raise BadSignature(f"the request lacks {TIME_HEADER} or {SIGNATURE_HEADER}: sign it with the lot's key")
    try:
        age = abs(clock.now() - from_text(time))
        key = Ed25519PublicKey.from_public_bytes(_bytes(public_key))
        key.verify(_bytes(signature), _statement(method, path, time, body))
    except (InvalidSignature, DomainError, ValueError) as error:
        raise BadSignature("the signature does not fit the request: check the lot's key on both sides") from error
    if clock.real(age) > tolerance.total_seconds():
        raise BadSignature(f"the request is {age} away from this clock: set the lot's clock")


def sign_receipt(private_key: str, receipt: Receipt) -> str:
    """The text of the QR code that a lot without uplink takes for a payment. Raises BadKey, NaiveTime."""
    text = receipt_text(receipt)
    return to_code(text, _private(private_key).sign(digest(text)))


def _private(key: str) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(_bytes(key))
    except ValueError as error:
        raise BadKey("not an Ed25519 private key of 32 bytes in base64: make one with `openlot sync keygen`") from error


def _statement(method: str, path: str, time: str, body: bytes) -> bytes:
    return f"{method}\n{path}\n{time}\n{hashlib.sha256(body).hexdigest()}".encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
