"""`openlot lot tariff`: price lists on the desk, before a lot publishes them."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, get_args
from zoneinfo import ZoneInfo

import typer

from lot_server.commands.fees import Language, print_steps
from lot_server.commands.terminal import with_typed_errors
from lot_server.config import load_config
from lot_server.domain.coupon import Coupon, CouponKind
from lot_server.domain.fee_words import FeeLanguage, between, explain
from lot_server.domain.money import Money
from lot_server.domain.plate import PlateColor
from lot_server.domain.quote import Circumstances, quote
from lot_server.domain.tariff import Tariff
from lot_server.domain.vehicle import VehicleClass
from lot_server.errors import BadConfig, NoTariff
from lot_server.tariff_config import load_tariffs

_COUPONS: tuple[CouponKind, ...] = get_args(CouponKind)
tariff_app = typer.Typer(add_completion=False, no_args_is_help=True, help="Try price lists before publishing them.")


@tariff_app.callback()
def tariff() -> None:
    """Try price lists before publishing them."""


@tariff_app.command("try")
def try_tariff(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A lot's TOML file, or one of [[tariffs]] alone.")],
    entered: Annotated[str, typer.Option("--from", help="When the stay begins; the lot's clock without a zone.")],
    left: Annotated[str, typer.Option("--to", help="When it is priced.")],
    color: Annotated[PlateColor | None, typer.Option("--color", help="The plate's colour.")] = None,
    vehicle: Annotated[VehicleClass | None, typer.Option("--vehicle", help="The kind of vehicle.")] = None,
    ticket_lost: Annotated[bool, typer.Option("--lost-ticket", help="The driver lost the ticket.")] = False,
    coupons: Annotated[
        list[str] | None, typer.Option("--coupon", help="minutes:60, amount:500, percent:20 or full; may repeat.")
    ] = None,
    version: Annotated[int | None, typer.Option("--version", help="Else the one valid at the beginning.")] = None,
    language: Language = "en",
) -> None:
    """Print what a stay would cost, step by step."""

    def run() -> None:
        tariffs, zone = _read(file)
        entered_at, at = _instant(entered, zone), _instant(left, zone)
        chosen = _choose(tariffs, entered_at, version)
        given = tuple(_coupon(words, number, entered_at) for number, words in enumerate(coupons or (), start=1))
        _print(chosen, entered_at, at, Circumstances(color, ticket_lost, given, vehicle), language, zone)

    with_typed_errors(run)


def _read(file: Path) -> tuple[tuple[Tariff, ...], str]:
    """The price lists, and the zone in which times are read and shown."""
    try:
        whole = "lot" in tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        whole = False
    if whole:
        config = load_config(file)
        return config.tariffs, config.lot.time_zone
    tariffs = load_tariffs(file)
    return tariffs, next((each.time_zone for each in tariffs if each.time_zone is not None), "UTC")


def _instant(text: str, zone: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadConfig(f"{text!r} is no time: write it like 2026-03-02T08:00") from error
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=ZoneInfo(zone))


def _choose(tariffs: tuple[Tariff, ...], entered_at: datetime, version: int | None) -> Tariff:
    fitting = [each for each in tariffs if (each.holds_at(entered_at) if version is None else each.version == version)]
    if not fitting:
        raise NoTariff("no price list of the file holds then: change --from, or name one with --version")
    return max(fitting, key=lambda each: each.version)


def _coupon(words: str, number: int, applied_at: datetime) -> Coupon:
    kind, _, value = words.partition(":")
    for known in _COUPONS:
        if kind == known and (value.isdecimal() or (known == "full" and not value)):
            return Coupon(str(number), "tried", f"coupon {number}", known, int(value or 0), "tried", applied_at)
    raise BadConfig(f"--coupon {words!r} is none: write minutes:60, amount:500, percent:20 or full")


def _print(
    tariff: Tariff, entered_at: datetime, at: datetime, facts: Circumstances, language: FeeLanguage, zone: str
) -> None:
    owed = quote(tariff, entered_at, at, facts=facts)

    def amount(minor: int) -> str:
        return str(Money(minor, tariff.currency))

    several = any(step.day for step in owed.steps)
    print(f"tariff {tariff.version}")
    print_steps(
        [
            (amount(step.amount), explain(step, language, zone, amount, several), between(step, zone) or "")
            for step in owed.steps
        ]
    )
    print(f"fee {owed.due}")
