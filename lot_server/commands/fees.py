"""The commands about one stay's fee: what lowers it, what raises it, and why it is what it is."""

import json
from typing import Annotated, Any

import typer

from lot_server.commands.terminal import AsJson, Config, Operator, Reason, get, give_order
from lot_server.domain.coupon import CouponKind
from lot_server.domain.fee_words import FeeLanguage
from lot_server.domain.money import Money

StayId = Annotated[str, typer.Argument(metavar="STAY", help="The stay's id.")]
Language = Annotated[FeeLanguage, typer.Option("--language", help="en or zh.")]


def coupon(
    stay: StayId,
    kind: Annotated[CouponKind, typer.Argument(help="What is given.")],
    config: Config,
    coupon_id: Annotated[str, typer.Option("--id", help="The validation's own number: it counts once.")],
    merchant: Annotated[str, typer.Option("--merchant", help="Who gives it.")],
    operator: Operator,
    reason: Reason,
    value: Annotated[int, typer.Option("--value", help="Minutes, minor units or percent; none for full.")] = 0,
) -> None:
    """Count what a merchant gives a stay: minutes, an amount, percent, or the full fee."""
    order: dict[str, object] = {"coupon_id": coupon_id, "merchant": merchant, "kind": kind, "value": value}
    give_order(config, f"/stays/{stay}/coupons", order | {"operator": operator, "reason": reason})


def lost_ticket(stay: StayId, config: Config, operator: Operator, reason: Reason) -> None:
    """Say that the driver of a stay lost its ticket, for which the tariff may have a rate."""
    give_order(config, f"/stays/{stay}/lost-ticket", {"operator": operator, "reason": reason})


def fee(stay: StayId, config: Config, language: Language = "en", as_json: AsJson = False) -> None:
    """What a stay owes, or owed when it left, and why."""
    answer = get(config, f"/stays/{stay}/fee")
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    print(f"tariff {answer['tariff_version']}, from {answer['entered_at']} to {answer['at']}")
    print_steps([_line(step, answer["currency"], language) for step in answer["steps"]])
    print(f"fee {Money(answer['gross'], answer['currency'])}, to pay {Money(answer['due'], answer['currency'])}")


def print_steps(lines: list[tuple[str, str, str]]) -> None:
    """Lines of amount, words and when, in columns."""
    width = max((len(amount) for amount, _, _ in lines), default=0)
    for amount, words, when in lines:
        print(f"{amount:>{width}}  {words}{f'  ({when})' if when else ''}")


def _line(step: dict[str, Any], currency: str, language: FeeLanguage) -> tuple[str, str, str]:
    return str(Money(step["amount"], currency)), step["words"][language], step["between"] or ""
