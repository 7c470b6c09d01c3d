"""How a plate is taken out of facts that are recorded already, by lot and cloud alike.

A fact's hash is over its body as it was, so a body that changes can no longer be checked against it. The fact of the
erasure therefore names, for every body it changed, the digest of the new one; that fact is chained like any other. From
then on nobody can change those bodies unseen, and what they say of money and time stands as it stood.
"""

from collections.abc import Collection, Mapping
from typing import Any

from lot_server.domain.codec import Json

PSEUDONYM = "ERASED"
"""How every pseudonym begins; it is a text that no read gives, and short enough for a plate."""

_PLATES = ("plate", "read_plate")
_LISTS = ("photos", "other_plates")
_GONE: Mapping[str, Any] = {"printed": None, "evidence": None}


def without_plate(body: Json, texts: Collection[str], pseudonym: str, own: bool) -> Json:
    """A body with `pseudonym` in place of each of `texts`; `own` bodies, about the vehicle's stays and passages, lose
    whatever was read there, and their photos, as well."""
    written = {name: _without(name, value, texts, pseudonym, own) for name, value in body.items()}
    return written | {name: [] for name in _LISTS if own and name in written}


def is_about(body: Json, stay_ids: Collection[str], passage_ids: Collection[str]) -> bool:
    """Whether a body, or what it holds, is about one of these stays or passages."""
    parts = (body, *(part for part in body.values() if isinstance(part, dict)))
    return any(part.get("stay_id") in stay_ids or part.get("passage_id") in passage_ids for part in parts)


def replaced(text: str, texts: Collection[str], pseudonym: str) -> str:
    """A text with the pseudonym in place of each of `texts`, the longest first."""
    for each in sorted(texts, key=len, reverse=True):
        text = text.replace(each, pseudonym)
    return text


def _without(name: str, value: Any, texts: Collection[str], pseudonym: str, own: bool) -> Any:
    if own and value is not None and name in _PLATES:
        return pseudonym
    if own and name in _GONE:
        return _GONE[name]
    if isinstance(value, str):
        return replaced(value, texts, pseudonym)
    if isinstance(value, list):
        return [_without(name, item, texts, pseudonym, own) for item in value]
    if isinstance(value, dict):
        return {key: _without(key, item, texts, pseudonym, own) for key, item in value.items()}
    return value
