"""Strict reading of TOML: every key is known, every value has its type, and an error names the file and the key."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from api.errors import BadConfig

T = TypeVar("T", str, int, float, bool)


class Section:
    """One table of a TOML file. Take each key once, then `finish()`."""

    def __init__(self, file: Path, name: str, values: Mapping[str, object]) -> None:
        self._file, self._name, self._left = file, name, dict(values)

    @property
    def empty(self) -> bool:
        return not self._left

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        """The value of `key`. Raises BadConfig where it is missing without a default, or of another type."""
        if key not in self._left:
            if default is None:
                raise BadConfig(f"{self.where(key)} is missing: give it a {kind.__name__}")
            return default
        value = self._left.pop(key)
        if kind is float and type(value) is int:
            value = float(value)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise BadConfig(f"{self.where(key)} must be a {kind.__name__}, not {value!r}")
        return value

    def positive(self, key: str, default: int) -> int:
        """A whole number of at least 1."""
        value = self.take(key, int, default)
        if value < 1:
            raise BadConfig(f"{self.where(key)} must be at least 1, not {value}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty where the key is missing."""
        value = self._left.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise BadConfig(f"{self.where(key)} must be a list of texts, not {value!r}")
        return tuple(value)

    def path(self, key: str) -> Path:
        """A path, relative ones from the configuration file's folder."""
        return self._file.parent / self.take(key, str)

    def rest(self) -> dict[str, object]:
        """All that is left, taken."""
        left, self._left = self._left, {}
        return left

    def finish(self) -> None:
        """Raises BadConfig for a key nobody took."""
        for key in self._left:
            raise BadConfig(f"{self.where(key)} is not a known key: remove it or check its spelling")

    def where(self, key: str) -> str:
        return f"{self._file}: {self._name}.{key}"


def sections(file: Path, known: tuple[str, ...]) -> dict[str, Section]:
    """The tables of a file by name, an empty one for each known name that is missing. Raises BadConfig."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfig(f"{file} cannot be read ({error.strerror}): give an existing file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"{file} is not TOML: {error}") from error
    for name, values in content.items():
        if name not in known or not isinstance(values, dict):
            raise BadConfig(f"{file}: [{name}] is not a known section; known: {', '.join(known)}")
    return {name: Section(file, name, content.get(name, {})) for name in known}
