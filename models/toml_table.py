"""One table of a TOML file, read key by key: what is missing, mistyped or unknown is refused by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from models.errors import BadCard

Dimension = int | str
"""A fixed size, or the name of one that may vary."""

Fact = str | int | float | bool | tuple["Fact", ...] | Mapping[str, "Fact"]
"""What the free tables of a card, `training` and `metrics`, may hold."""


class TomlTable:
    """A table; every key that is asked for is taken out, and `close` refuses what is left."""

    def __init__(self, content: dict[str, object], file: str, name: str) -> None:
        self._content = dict(content)
        self._file = file
        self._name = name

    @property
    def where(self) -> str:
        return f"{self._file} [{self._name}]" if self._name else self._file

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def names(self) -> list[str]:
        return list(self._content)

    def text(self, key: str, pattern: re.Pattern[str] | None = None) -> str:
        value = self._take(key)
        if not isinstance(value, str) or not value or (pattern is not None and not pattern.fullmatch(value)):
            raise BadCard(f"{self.where}: `{key}` must be text{f' like {pattern.pattern}' if pattern else ''}")
        return value

    def choice(self, key: str, words: tuple[str, ...]) -> str:
        value = self.text(key)
        if value not in words:
            raise BadCard(f"{self.where}: `{key}` must be one of {', '.join(words)}, not {value!r}")
        return value

    def whole(self, key: str) -> int:
        value = self._take(key)
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise BadCard(f"{self.where}: `{key}` must be a whole number above 0")
        return value

    def number(self, key: str) -> float:
        value = self._take(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadCard(f"{self.where}: `{key}` must be a number")
        return float(value)

    def vector(self, key: str, length: int) -> tuple[float, ...]:
        value = self._take(key)
        if not isinstance(value, list) or len(value) != length:
            raise BadCard(f"{self.where}: `{key}` must be a list of {length} numbers")
        return tuple(TomlTable({key: item}, self._file, self._name).number(key) for item in value)

    def shape(self, key: str) -> tuple[Dimension, ...]:
        value = self._take(key)
        if not isinstance(value, list) or not value:
            raise BadCard(f"{self.where}: `{key}` must be a list of sizes and names")
        for size in value:
            if isinstance(size, bool) or not isinstance(size, int | str) or (isinstance(size, int) and size < 1):
                raise BadCard(f"{self.where}: `{key}` holds {size!r}; use a size above 0, or a name where it varies")
        return tuple(value)

    def table(self, key: str) -> TomlTable:
        value = self._take(key)
        if not isinstance(value, dict):
            raise BadCard(f"{self.where}: `{key}` must be a table")
        return TomlTable(value, self._file, f"{self._name}.{key}" if self._name else key)

    def numbers(self) -> dict[str, float]:
        return {key: self.number(key) for key in self.names()}

    def facts(self) -> dict[str, Fact]:
        return {key: _fact(value, f"{self.where}: `{key}`") for key, value in self._content.items()}

    def close(self) -> None:
        if self._content:
            raise BadCard(
                f"{self.where}: unknown key {', '.join(sorted(self._content))}; remove it or correct its name"
            )

    def _take(self, key: str) -> object:
        if key not in self._content:
            raise BadCard(f"{self.where}: `{key}` is missing")
        return self._content.pop(key)


def _fact(value: object, where: str) -> Fact:
    if isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list):
        return tuple(_fact(item, where) for item in value)
    if isinstance(value, dict):
        return {str(key): _fact(item, f"{where}.{key}") for key, item in value.items()}
    raise BadCard(f"{where} must be text, a number, a list or a table")
