"""A TOML table as a frozen dataclass: unknown keys refused, every value of its field's type."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from lot_server.domain.clock import from_text
from lot_server.domain.errors import BadToml, DomainError

T = TypeVar("T")
_NAMES: dict[object, str] = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def from_table(kind: type[T], where: str, table: object, folder: Path) -> T:
    """The value of a table. `where` names it in errors; relative paths start at `folder`.

    A field without a default may be left out only where None is one of its types. Raises BadToml.
    """
    if not isinstance(table, Mapping):
        raise BadToml(f"{where} must be a table: write {where} above its keys")
    hints = get_type_hints(kind)
    expected = fields(cast(Any, kind))
    names = [field.name for field in expected]
    for key in table:
        if key not in names:
            raise BadToml(f"{where} has no key {key!r}: it takes {', '.join(names)}")
    values: dict[str, object] = {}
    for field in expected:
        if field.name in table:
            values[field.name] = _value(hints[field.name], f"{where} {field.name}", table[field.name], folder)
        elif _optional(hints[field.name]) and field.default is MISSING:
            values[field.name] = None
        elif field.default is MISSING and field.default_factory is MISSING:
            raise BadToml(f"{where} {field.name} is missing")
    try:
        return kind(**values)
    except DomainError as error:
        raise BadToml(f"{where}: {error}") from error


def _value(hint: Any, where: str, value: object, folder: Path) -> object:
    if _optional(hint):
        hint = next(each for each in get_args(hint) if each is not type(None))
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise BadToml(f"{where} must be a list, not {value!r}")
        return tuple(_value(get_args(hint)[0], f"{where}[{index}]", each, folder) for index, each in enumerate(value))
    if get_origin(hint) is Mapping:
        if not isinstance(value, dict):
            raise BadToml(f"{where} must be a table of names, not {value!r}")
        return {key: _value(get_args(hint)[1], f"{where} {key}", each, folder) for key, each in value.items()}
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise BadToml(f"{where} must be one of {', '.join(map(repr, get_args(hint)))}, not {value!r}")
        return value
    if is_dataclass(hint) and isinstance(hint, type):
        return from_table(hint, where, value, folder)
    if hint is datetime:
        return _instant(where, value)
    if hint is Path:
        return folder / cast(str, _plain(str, where, value))
    if hint is float and type(value) is int:
        return float(value)
    return _plain(hint, where, value)


def _plain(hint: Any, where: str, value: object) -> object:
    if type(value) is not hint:
        raise BadToml(f"{where} must be {_NAMES[hint]}, not {value!r}")
    return value


def _instant(where: str, value: object) -> datetime:
    if not isinstance(value, str | datetime):
        raise BadToml(f"{where} must be a time with a zone, like 2026-01-31T08:00:00Z, not {value!r}")
    try:
        return from_text(value if isinstance(value, str) else value.isoformat())
    except DomainError as error:
        raise BadToml(f"{where}: {error}") from error


def _optional(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType) and type(None) in get_args(hint)
