"""A service's TOML file: known sections only, each a frozen dataclass, every complaint with the file and the line."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lot_server.domain.clock import Clock
from lot_server.domain.clock_config import clock_from_config
from lot_server.domain.errors import BadToml
from lot_server.domain.toml_lines import line_of
from lot_server.domain.toml_section import from_table

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TomlFile:
    """What is in a file. Relative paths in it start at `folder`, its own."""

    file: Path
    text: str
    sections: Mapping[str, object]

    @property
    def folder(self) -> Path:
        return self.file.absolute().parent

    def section(self, kind: type[T], name: str) -> T:
        """The value of a table; one that is missing has nothing but defaults. Raises BadToml."""
        return from_table(kind, f"[{name}]", self.sections.get(name, {}), self.folder)

    def clock(self) -> Clock:
        """What `[clock]` asks for. Raises BadToml, BadClock."""
        table = self.sections.get("clock", {})
        if not isinstance(table, dict):
            raise BadToml("[clock] must be a table: write [clock] above its keys")
        return clock_from_config(table)

    def tables(self, name: str) -> list[tuple[str, dict[str, object]]]:
        """The tables of a list, each with what complaints call it. Raises BadToml."""
        tables = self.sections.get(name, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise BadToml(f"{name} must be a list of tables: write [[{name}]] above each")
        return [(f"[[{name}]] number {number}", table) for number, table in enumerate(tables, start=1)]

    def complaint(self, error: Exception) -> str:
        """The error's text with the file and, where it is about a value there, the line."""
        line = line_of(self.text, str(error))
        return f"{self.file}: {error}" if line is None else f"{self.file}:{line}: {error}"


def read_toml(file: Path, known: Collection[str]) -> TomlFile:
    """The file, if it can be read and has no sections but those known. Raises BadToml naming the file."""
    try:
        text = file.read_text(encoding="utf-8")
        found = TomlFile(file, text, tomllib.loads(text))
    except OSError as error:
        raise BadToml(f"{file} cannot be read ({error.strerror}): give an existing file") from error
    except ValueError as error:
        raise BadToml(f"{file} is not TOML: {error}") from error
    for name in found.sections:
        if name not in known:
            unknown = BadToml(f"there is no section {name!r}: it takes {', '.join(known)}")
            raise BadToml(found.complaint(unknown))
    return found
