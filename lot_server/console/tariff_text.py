"""A price list as the TOML that an administrator edits, and back; the keys are those of `[[tariffs]]`."""

import json
import tomllib
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lot_server.domain.clock import to_text
from lot_server.domain.events import LotDescribed
from lot_server.domain.quote import Circumstances, fee
from lot_server.domain.tariff import ClassRate, Tariff
from lot_server.errors import BadConfig
from lot_server.tariff_config import tariffs_of

LENGTHS_MINUTES = (15, 30, 60, 90, 120, 180, 240, 360, 480, 720, 1440, 2880)
"""The stays that a preview prices."""
_KEPT_BY_THE_LOT = ("version", "currency")


def write_tariff(tariff: Tariff) -> str:
    """The keys of a price list that say something, without its version and currency: those are the lot's."""
    lines = []
    for field in fields(tariff):
        value = getattr(tariff, field.name)
        if field.name not in _KEPT_BY_THE_LOT and value is not None and value != _default(field):
            lines.append(f"{field.name} = {_toml(value, nested=False)}")
    return "\n".join(lines) + "\n"


def read_tariff(text: str, version: int, facts: LotDescribed) -> Tariff:
    """The price list of a text. Raises BadConfig for what is no TOML, no price list, or contradicts itself."""
    try:
        table = tomllib.loads(text)
    except ValueError as error:
        raise BadConfig(f"this is not TOML: {error}") from error
    for key in _KEPT_BY_THE_LOT:
        if key in table:
            raise BadConfig(f"leave out {key}: the lot gives it itself")
    whole = {"version": version, **table}
    (tariff,) = tariffs_of([("the price list", whole)], Path(), facts.currency, facts.time_zone)
    return tariff


def preview(tariff: Tariff, since: datetime) -> list[tuple[timedelta, tuple[int, ...]]]:
    """What stays of several lengths cost that begin at an instant: without a class, then for each class."""
    kinds = [Circumstances(), *(_of_class(each) for each in tariff.classes)]
    spans = [timedelta(minutes=minutes) for minutes in LENGTHS_MINUTES]
    return [(span, tuple(fee(tariff, since, since + span, facts)[0] for facts in kinds)) for span in spans]


def _of_class(own: ClassRate) -> Circumstances:
    """What a vehicle of a class is priced by."""
    if own.colors:
        return Circumstances(plate_color=own.colors[0])
    return Circumstances(vehicle=own.vehicles[0])


def _default(field: "Field[Any]") -> object:
    return field.default if field.default is not MISSING else None


def _toml(value: object, nested: bool) -> str:
    """A value in one line; a list of tables at the top takes a line for each."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        # JSON's texts are TOML's, but for DEL, which TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, datetime):
        return to_text(value).replace(".000000Z", "Z")
    if isinstance(value, tuple):
        items = [_toml(each, nested=True) for each in value]
        if nested or not any(is_dataclass(each) for each in value):
            return f"[{', '.join(items)}]"
        return "[\n" + "".join(f"  {item},\n" for item in items) + "]"
    if is_dataclass(value) and not isinstance(value, type):
        told = [(field, getattr(value, field.name)) for field in fields(value)]
        pairs = [f"{field.name} = {_toml(each, nested=True)}" for field, each in told if _tells(field, each)]
        return f"{{ {', '.join(pairs)} }}"
    raise TypeError(f"{type(value).__name__} has no place in a price list")


def _tells(field: "Field[Any]", value: object) -> bool:
    return value is not None and (field.default is MISSING or value != field.default)
