"""Price lists as TOML: the `[[tariffs]]` of a lot's configuration, or of a file that holds nothing else."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lot_server.domain.errors import BadToml
from lot_server.domain.tariff import Tariff
from lot_server.domain.toml_file import read_toml
from lot_server.domain.toml_section import from_table
from lot_server.errors import BadConfig

_LOCAL = ("windows", "calendar_day_cap")


def tariffs_of(
    tables: Sequence[tuple[str, Mapping[str, object]]], folder: Path, currency: str, time_zone: str
) -> tuple[Tariff, ...]:
    """The price lists of named tables; the lot's currency and zone hold where one gives none. Raises BadConfig."""
    try:
        return tuple(
            from_table(Tariff, where, {"currency": currency, **_zone(table, time_zone), **table}, folder)
            for where, table in tables
        )
    except BadToml as error:
        raise BadConfig(str(error)) from error


def load_tariffs(file: Path) -> tuple[Tariff, ...]:
    """The price lists of a file of `[[tariffs]]` alone, each with its currency and zone. Raises BadConfig."""
    try:
        found = read_toml(file, ("tariffs",))
    except BadToml as error:
        raise BadConfig(str(error)) from error
    try:
        tables = found.tables("tariffs")
        if not tables:
            raise BadToml("[[tariffs]] are missing: write [[tariffs]] above each price list")
        return tuple(from_table(Tariff, where, table, found.folder) for where, table in tables)
    except BadToml as error:
        raise BadConfig(found.complaint(error)) from error


def _zone(table: Mapping[str, object], time_zone: str) -> dict[str, object]:
    """The lot's zone where local time counts; other lists have none, and stay what they were if the lot moves."""
    classes = table.get("classes", [])
    tables = [table, *(each for each in classes if isinstance(each, Mapping))] if isinstance(classes, list) else [table]
    local = table.get("restart") == "midnight" or any(key in each for each in tables for key in _LOCAL)
    return {"time_zone": time_zone} if local else {}
