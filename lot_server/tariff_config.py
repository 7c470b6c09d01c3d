"""Price lists as TOML: the `[[tariffs]]` of a lot's configuration, or of a file that holds nothing else."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from lot_server.domain.tariff import Tariff
from lot_server.errors import BadConfig
from lot_server.toml_lines import line_of
from lot_server.toml_section import from_table

_LOCAL = ("windows", "calendar_day_cap")


def tariffs_of(
    tables: Sequence[tuple[str, Mapping[str, object]]], folder: Path, currency: str, time_zone: str
) -> tuple[Tariff, ...]:
    """The price lists of named tables; the lot's currency and zone hold where one gives none. Raises BadConfig."""
    return tuple(
        from_table(Tariff, where, {"currency": currency, **_zone(table, time_zone), **table}, folder)
        for where, table in tables
    )


def load_tariffs(file: Path) -> tuple[Tariff, ...]:
    """The price lists of a file of `[[tariffs]]` alone, each with its currency and zone. Raises BadConfig."""
    try:
        text = file.read_text(encoding="utf-8")
        sections = tomllib.loads(text)
    except OSError as error:
        raise BadConfig(f"{file} cannot be read ({error.strerror}): give an existing file") from error
    except ValueError as error:
        raise BadConfig(f"{file} is not TOML: {error}") from error
    try:
        for name in sections:
            if name != "tariffs":
                raise BadConfig(f"there is no section {name!r}: a file of price lists takes [[tariffs]] alone")
        tables = sections.get("tariffs", [])
        if not isinstance(tables, list) or not tables or not all(isinstance(each, dict) for each in tables):
            raise BadConfig("[[tariffs]] are missing: write [[tariffs]] above each price list")
        return tuple(
            from_table(Tariff, f"[[tariffs]] number {number}", table, file.parent)
            for number, table in enumerate(tables, start=1)
        )
    except BadConfig as error:
        raise at_line(file, text, error) from error


def at_line(file: Path, text: str, error: Exception) -> BadConfig:
    """The same error, with the file and, where it is about a value there, the line."""
    line = line_of(text, str(error))
    return BadConfig(f"{file}: {error}" if line is None else f"{file}:{line}: {error}")


def _zone(table: Mapping[str, object], time_zone: str) -> dict[str, object]:
    """The lot's zone where local time counts; other lists have none, and stay what they were if the lot moves."""
    classes = table.get("classes", [])
    tables = [table, *(each for each in classes if isinstance(each, Mapping))] if isinstance(classes, list) else [table]
    local = table.get("restart") == "midnight" or any(key in each for each in tables for key in _LOCAL)
    return {"time_zone": time_zone} if local else {}
