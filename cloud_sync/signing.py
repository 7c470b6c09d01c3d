"""Signed requests: Ed25519 over method, path, time and the body's SHA-256.

The lot holds the private key; the cloud knows the public one by lot. Keys are raw bytes, written as base64.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cloud_sync.errors import BadSignature
from lot_server.domain.clock import from_text, to_text
from lot_server.domain.errors import DomainError

TIME_HEADER = "openlot-time"
SIGNATURE_HEADER = "openlot-signature"
TOLERANCE = timedelta(minutes=5)


def new_key() -> tuple[str, str]:
    """A fresh key pair as (private, public), base64 of the 32 raw bytes each."""
    private = Ed25519PrivateKey.generate()
    return _text(private.private_bytes_raw()), _text(private.public_key().public_bytes_raw())


def sign_request(private_key: str, method: str, path: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that make a request ours."""
    time = to_text(now)
    key = Ed25519PrivateKey.from_private_bytes(_bytes(private_key))
    return {TIME_HEADER: time, SIGNATURE_HEADER: _text(key.sign(_statement(method, path, time, body)))}


def verify_request(
    public_key: str,
    method: str,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> None:
    """Raises BadSignature unless the request was signed by the key's owner within `tolerance` of `now`."""
    time, signature = headers.get(TIME_HEADER), headers.get(SIGNATURE_HEADER)
    if time is None or signature is None:
        raise BadSignature(f"the request lacks {TIME_HEADER} or {SIGNATURE_HEADER}: sign it with the lot's key")
    try:
        age = abs(now - from_text(time))
        key = Ed25519PublicKey.from_public_bytes(_bytes(public_key))
        key.verify(_bytes(signature), _statement(method, path, time, body))
    except (InvalidSignature, DomainError) as error:
        raise BadSignature("the signature does not fit the request: check the lot's key on both sides") from error
    if age > tolerance:
        raise BadSignature(f"the request is {age} away from this clock: set the lot's clock")


def _statement(method: str, path: str, time: str, body: bytes) -> bytes:
    return f"{method}\n{path}\n{time}\n{hashlib.sha256(body).hexdigest()}".encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSignature("a key or signature is not base64") from error
