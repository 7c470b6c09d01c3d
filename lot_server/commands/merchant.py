"""`openlot lot merchant`: who may give coupons, and coupons handed out as codes, at a running lot."""

import csv
import html
from datetime import datetime
from pathlib import Path
from typing import Annotated

import segno
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
from lot_server.domain.clock import to_text, utc
from lot_server.domain.coupon import CouponKind
from lot_server.durable import sync
from lot_server.errors import ExportFolderTaken
from lot_server.loopback.client import LoopbackClient

merchant_app = typer.Typer(add_completion=False, no_args_is_help=True, help="Merchants and their coupons.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The merchant's name, as drivers read it.")]
Kind = Annotated[CouponKind, typer.Argument(help="What a coupon gives.")]
Value = Annotated[int, typer.Option("--value", help="Minutes, minor units or percent; none for full.")]


@merchant_app.command("list")
def list_merchants(config: Config, as_json: AsJson = False) -> None:
    """All merchants, their terms, and what their accounts gave today."""
    answer = get(config, "/merchants")
    columns = ("name", "kind", "value", "per_day", "given_today", "active")
    print_rows(answer, answer["merchants"], columns, as_json)


@merchant_app.command()
def agree(
    name: Name,
    kind: Kind,
    config: Config,
    operator: Operator,
    per_day: Annotated[int, typer.Option("--per-day", help="The most coupons of its accounts a day.")],
    value: Value = 0,
    active: Annotated[bool, typer.Option("--active/--ended", help="Whether it may give coupons.")] = True,
) -> None:
    """Agree on a merchant's terms, or change them: the most that one coupon of its accounts is worth, and how many."""
    terms: dict[str, object] = {"name": name, "kind": kind, "value": value, "per_day": per_day, "active": active}
    give_order(config, "/merchants", terms | {"operator": operator})


@merchant_app.command()
def codes(
    name: Name,
    kind: Kind,
    count: Annotated[int, typer.Argument(help="How many.")],
    until: Annotated[
        datetime,
        typer.Option(
            "--until",
            help="Good until then, like 2026-12-31T23:59+08:00.",
            formats=["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"],
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new CSV file: no other place has the codes.")],
    config: Config,
    operator: Operator,
    reason: Reason,
    value: Value = 0,
    sheet: Annotated[Path | None, typer.Option("--sheet", metavar="FILE", help="A page of QR codes, too.")] = None,
) -> None:
    """Hand out codes, each good for one stay, as CSV and if you like as a page of QR codes to print."""

    def run() -> None:
        store = load_config(config).store
        for file in (out, sheet):
            if file is not None and file.exists():
                raise ExportFolderTaken(f"{file} is there already: choose a new file")
        body: dict[str, object] = {"merchant": name, "kind": kind, "value": value, "count": count}
        body |= {"valid_until": to_text(utc(until)), "operator": operator, "reason": reason}
        batch = LoopbackClient(store).post("/coupon-batches", body)
        with out.open("x", newline="", encoding="utf-8") as written:
            writer = csv.writer(written)
            writer.writerow(("code", "merchant", "kind", "value", "valid_until"))
            writer.writerows((code, name, kind, value, batch["valid_until"]) for code in batch["codes"])
        sync(out)
        print(f"{out}: {len(batch['codes'])} codes of batch {batch['batch_id']}")
        if sheet is not None:
            sheet.write_text(_sheet(name, batch["codes"], batch["valid_until"]), encoding="utf-8")
            print(f"{sheet}: the same as QR codes")

    with_typed_errors(run)


@merchant_app.command()
def redeem(
    stay: Annotated[str, typer.Argument(metavar="STAY", help="The stay's id.")],
    code: Annotated[str, typer.Argument(metavar="CODE", help="What the driver shows; hyphens do not matter.")],
    config: Config,
    operator: Operator,
    reason: Reason,
) -> None:
    """Take a code that a driver shows."""
    give_order(config, f"/stays/{stay}/codes", {"code": code, "operator": operator, "reason": reason})


def _sheet(name: str, codes: list[str], until: str) -> str:
    cards = "".join(
        f"<li>{segno.make(code, micro=False).svg_inline(border=1, omitsize=True)}"
        f"<b>{html.escape(name)}</b><code>{html.escape(code)}</code><small>{html.escape(until)}</small></li>"
        for code in codes
    )
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{html.escape(name)}</title>
<style>
body {{ font-family: sans-serif; }}
ul {{ display: grid; gap: 4mm; grid-template-columns: repeat(auto-fill, 45mm); list-style: none; padding: 0; }}
li {{ border: 1px dashed #888; break-inside: avoid; padding: 3mm; text-align: center; }}
svg {{ width: 32mm; }}
b, code, small {{ display: block; }}
</style>
<ul>{cards}</ul>
</html>
"""
