"""Frozen dataclasses to JSON bodies and back, exactly and strictly.

Only the types the wire knows: str, int, bool, None, aware datetimes, tuples of these, further dataclasses of
them, and JSON objects where the hint is a dict. Floats are refused, because two languages may print one float
differently and the ledger hashes bytes.

A field that came after a release is declared with the metadata `ADDED`: bodies from before it lack it, and where it
has its default it is not written, so that what was written once keeps its bytes.
"""

import types
import typing
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from lot_server.domain.clock import from_text, to_text
from lot_server.domain.errors import BadBody

Json = dict[str, Any]
T = TypeVar("T")
ADDED = MappingProxyType({"added": True})
"""The metadata of a dataclass field that came after a release; its default is what older bodies meant."""


def to_body(value: object) -> Json:
    """The JSON object of a dataclass value. Raises BadBody for a field of a type the wire does not know."""
    if not is_dataclass(value) or isinstance(value, type):
        raise BadBody(f"{type(value).__name__} is not a dataclass value")
    late = _added_fields(type(value))
    found = ((each.name, getattr(value, each.name)) for each in fields(value))
    return {name: _encode(item) for name, item in found if name not in late or item != late[name]}


def from_body(kind: type[T], body: object) -> T:
    """The value of a JSON object. Raises BadBody naming the field that is missing, unknown or of a wrong type."""
    if not isinstance(body, dict):
        raise BadBody(f"{kind.__name__} wants a JSON object, not {type(body).__name__}")
    hints = _field_hints(cast(Any, kind))
    late = _added_fields(cast(Any, kind))
    for name in hints:
        if name not in body and name not in late:
            raise BadBody(f"{kind.__name__} lacks the field {name!r}")
    for name in body:
        if name not in hints:
            raise BadBody(f"{kind.__name__} has no field {name!r}")
    given = {name: hint for name, hint in hints.items() if name in body}
    return kind(**{name: _decode(hint, body[name], f"{kind.__name__}.{name}") for name, hint in given.items()})


@cache
def _field_hints(kind: type[Any]) -> dict[str, Any]:
    # Resolving hints takes longer than decoding, and a lot decodes thousands of reads at once.
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}


@cache
def _added_fields(kind: type[Any]) -> dict[str, Any]:
    return {each.name: each.default for each in fields(kind) if "added" in each.metadata}


def _encode(value: object) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, dict):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if is_dataclass(value):
        return to_body(value)
    raise BadBody(f"{type(value).__name__} has no place on the wire: use integers, texts, times or tuples of them")


def _decode(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        (hint,) = (argument for argument in arguments if argument is not type(None))
        return _decode(hint, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise BadBody(f"{where} wants a list, not {type(value).__name__}")
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_decode(arguments[0], item, where) for item in value)
        if len(value) != len(arguments):
            raise BadBody(f"{where} wants {len(arguments)} items, not {len(value)}")
        return tuple(_decode(each, item, where) for each, item in zip(arguments, value, strict=True))
    if origin is typing.Literal:
        if value not in arguments:
            raise BadBody(f"{where} must be one of {', '.join(map(repr, arguments))}")
        return value
    if hint is datetime:
        if not isinstance(value, str):
            raise BadBody(f"{where} wants an ISO 8601 time, not {type(value).__name__}")
        return from_text(value)
    if is_dataclass(hint) and isinstance(hint, type):
        return from_body(hint, value)
    if origin is dict:
        if not isinstance(value, dict):
            raise BadBody(f"{where} wants a JSON object, not {type(value).__name__}")
        return value
    if type(value) is not hint:
        raise BadBody(f"{where} wants {getattr(hint, '__name__', hint)}, not {type(value).__name__}")
    return value
