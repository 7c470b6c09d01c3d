"""`openlot lot money`: payments and refunds of a stay, debts, over-payments and cash drawers at a running lot."""

from typing import Annotated, Literal

import typer

from lot_server.commands.terminal import (
    AsJson,
    Config,
    Operator,
    Reason,
    get,
    give_order,
    print_rows,
    with_typed_errors,
)
from lot_server.config import load_config
from lot_server.domain.money import Money
from lot_server.identifiers import new_id
from lot_server.loopback.client import LoopbackClient

money_app = typer.Typer(add_completion=False, no_args_is_help=True, help="Payments, refunds, debts and cash drawers.")
StayId = Annotated[str, typer.Argument(metavar="STAY", help="The stay's id.")]
Minor = Annotated[int, typer.Argument(metavar="AMOUNT", help="Minor units (cents, fen).")]
Currency = Annotated[str, typer.Argument(metavar="CURRENCY", help="ISO 4217 code.")]


@money_app.command()
def pay(
    stay: StayId,
    amount: Minor,
    currency: Currency,
    config: Config,
    operator: Operator,
    provider: Annotated[Literal["cash", "terminal"], typer.Option("--provider", help="How it was taken.")] = "cash",
    reference: Annotated[str | None, typer.Option("--reference", help="The slip's number; none for cash.")] = None,
    tendered: Annotated[int | None, typer.Option("--tendered", help="Minor units of cash handed over.")] = None,
) -> None:
    """Count money taken at the desk for a stay, whether it is inside or has left."""
    if provider == "terminal" and reference is None:
        raise typer.BadParameter("give the number on the terminal's slip: it counts once", param_hint="--reference")
    paid: dict[str, object] = {"amount_minor": amount, "currency": currency, "provider": provider}
    paid |= {"provider_reference": reference or new_id(), "operator": operator, "tendered_minor": tendered}
    give_order(config, f"/stays/{stay}/payments", paid)


@money_app.command()
def payments(stay: StayId, config: Config, as_json: AsJson = False) -> None:
    """The payments of a stay, and what is left of each to give back."""
    answer = get(config, f"/stays/{stay}/payments")
    columns = ("settlement_id", "settled_at", "provider", "provider_reference", "amount", "refundable_minor")
    print_rows(answer, answer["payments"], columns, as_json)


@money_app.command()
def refund(
    settlement: Annotated[str, typer.Argument(metavar="PAYMENT", help="Its settlement_id, from `payments`.")],
    amount: Minor,
    currency: Currency,
    config: Config,
    operator: Operator,
    reason: Reason,
    reference: Annotated[
        str | None, typer.Option("--reference", help="The refund's own number: it counts once. Made up for cash.")
    ] = None,
) -> None:
    """Give back a payment or part of it: cash and terminal at once, online money by asking the cloud."""
    back: dict[str, object] = {"amount_minor": amount, "currency": currency, "reference": reference or new_id()}
    give_order(config, f"/settlements/{settlement}/refunds", back | {"operator": operator, "reason": reason})


@money_app.command()
def owed(config: Config, as_json: AsJson = False) -> None:
    """Stays that left without paying all, the last first."""
    _balances(config, "owed", as_json)


@money_app.command()
def overpaid(config: Config, as_json: AsJson = False) -> None:
    """Stays that left having paid too much, the last first."""
    _balances(config, "overpaid", as_json)


@money_app.command()
def forgive(stay: StayId, config: Config, operator: Operator, reason: Reason) -> None:
    """Give up what a stay that left still owes."""
    give_order(config, f"/stays/{stay}/forgive", {"operator": operator, "reason": reason})


@money_app.command()
def shifts(config: Config, as_json: AsJson = False) -> None:
    """The open cash drawers, then the last that were counted."""
    answer = get(config, "/shifts")
    columns = ("shift_id", "account", "opened_at", "opening", "closed_at", "expected", "counted", "difference", "note")
    print_rows(answer, answer["shifts"], columns, as_json)


@money_app.command("open-shift")
def open_shift(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Whose drawer it is.")],
    amount: Minor,
    currency: Currency,
    config: Config,
) -> None:
    """Give somebody a cash drawer with money in it."""
    body: dict[str, object] = {"account": account, "amount_minor": amount, "currency": currency}
    with_typed_errors(lambda: print(LoopbackClient(load_config(config).store).post("/shifts", body)["shift_id"]))


@money_app.command("close-shift")
def close_shift(
    shift: Annotated[str, typer.Argument(metavar="SHIFT", help="Its id, from `shifts`.")],
    amount: Minor,
    currency: Currency,
    config: Config,
    operator: Operator,
    note: Annotated[str | None, typer.Option("--note", help="Why the drawer differs.")] = None,
) -> None:
    """Say what was counted in a drawer."""

    def run() -> None:
        body: dict[str, object] = {"amount_minor": amount, "currency": currency, "operator": operator, "note": note}
        closed = LoopbackClient(load_config(config).store).post(f"/shifts/{shift}/close", body)
        expected, counted, over = (
            Money(closed[name]["minor"], closed[name]["currency"]) for name in ("expected", "counted", "difference")
        )
        print(f"expected {expected}, counted {counted}, difference {over}")

    with_typed_errors(run)


def _balances(config: Config, side: str, as_json: bool) -> None:
    answer = get(config, f"/balances/{side}")
    print_rows(answer, answer["stays"], ("exited_at", "plate", "ticket_id", "minor", "stay_id"), as_json)
