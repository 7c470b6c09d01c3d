"""A signed receipt as the text of a QR code: `OLR1:`, base45 of the deflated text and its signature, and a full stop,
since a space at the end, which base45 may have, is lost where a code is typed in by a hand-held reader.

Base45 (RFC 9285) is made of QR's alphanumeric characters alone, so a receipt takes 53 or 57 modules a side, where its
text and a base64 signature take 57 or 61; with error correction M, with which it is read best, one step more. Only the
receipt's text is signed; how it was packed does not matter.
"""

import zlib

from lot_server.domain.errors import BadReceipt

FORM, END = "OLR1:", "."
SIGNATURE_BYTES = 64
MOST_TEXT = 1024
"""Characters of a receipt's text; no more is unpacked, whatever a code claims."""
_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(_CHARACTERS)}


def to_code(text: str, signature: bytes) -> str:
    """The code of a receipt's text and the Ed25519 signature of its digest (64 bytes)."""
    return FORM + _base45(zlib.compress(text.encode(), 9) + signature) + END


def from_code(code: str) -> tuple[str, bytes]:
    """A code's text and signature, neither checked yet. Raises BadReceipt."""
    if not (code.startswith(FORM) and code.endswith(END)):
        raise BadReceipt("this code is not an openlot receipt: show the code of the payment")
    try:
        raw = _from_base45(code[len(FORM) : -len(END)])
        unpacked = zlib.decompressobj()
        text = unpacked.decompress(raw[:-SIGNATURE_BYTES], MOST_TEXT)
        if not unpacked.eof or unpacked.unused_data:
            raise ValueError("it is cut off, too long, or has something behind it")
        return text.decode(), raw[-SIGNATURE_BYTES:]
    except (ValueError, zlib.error) as error:
        raise BadReceipt(f"the receipt is damaged ({error}): show the code again") from error


def _base45(raw: bytes) -> str:
    parts = []
    for at in range(0, len(raw), 2):
        pair = raw[at : at + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            parts.append(_CHARACTERS[digit])
    return "".join(parts)


def _from_base45(text: str) -> bytes:
    raw = bytearray()
    for at in range(0, len(text), 3):
        group = text[at : at + 3]
        if len(group) == 1 or any(character not in _VALUES for character in group):
            raise ValueError("it is no base45")
        value = sum(_VALUES[character] * 45**place for place, character in enumerate(group))
        if value >= 256 ** (len(group) - 1):
            raise ValueError("it is no base45")
        raw += value.to_bytes(len(group) - 1, "big")
    return bytes(raw)
