"""The cloud's public keys, by which a lot knows a receipt without asking anybody."""

import base64
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lot_server.domain.errors import ForgedReceipt
from lot_server.domain.receipt import Receipt, digest, from_text
from lot_server.domain.receipt_code import from_code
from lot_server.errors import BadConfig


class ReceiptKeys:
    """Ed25519 keys, any of which may have signed: while the cloud changes its key there are two."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are base64 of 32 raw bytes each. Raises BadConfig."""
        self._keys = tuple(_key(each) for each in keys)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def read(self, code: str) -> Receipt:
        """The receipt of a QR code. Raises BadReceipt, and ForgedReceipt where no key signed it."""
        text, signature = from_code(code)
        for key in self._keys:
            try:
                key.verify(signature, digest(text))
            except InvalidSignature:
                continue
            return from_text(text)
        raise ForgedReceipt("no key of the cloud signed this receipt: ask for the payment, look at the code")


def _key(text: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except ValueError as error:
        raise BadConfig("[payment] receipt_keys must be Ed25519 public keys, 32 bytes in base64 each") from error
