"""`openlot bench codes`: how large a ticket's or receipt's code must be for an exit's camera, and what a look costs."""

import base64
import time
from datetime import UTC, datetime
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.codes.pictures import Surface, picture
from cloud_sync.signing import sign_receipt
from lot_server.domain import ticket
from lot_server.domain.money import Money
from lot_server.domain.receipt import Receipt
from lot_server.domain.stay import Settlement
from vision.codes import CodeReader

MODULES = (1.5, 2.0, 2.5, 3.0, 4.0, 6.0)
SETTLEMENT, STAY = "3f2a9c1d7b684e05a1c2d3e4f5061728", "9b1c2d3e4f5a60718293a4b5c6d7e8f9"
KEY = base64.b64encode(bytes(range(32))).decode()
SURFACES: tuple[Surface, ...] = ("phone", "paper")


def example_codes() -> dict[str, str]:
    """A ticket's code and a receipt's, as long as they really are, the same each time."""
    now = datetime(2026, 3, 2, 10, tzinfo=UTC)
    paid = Settlement(SETTLEMENT, STAY, Money(1250, "CNY"), "wechat", "4200002234202603021234567890", now, now)
    return {"ticket": ticket.to_code("lot-1", "K7M2Q9XWAB"), "receipt": sign_receipt(KEY, Receipt("lot-1", paid))}


def codes(
    pictures: Annotated[int, typer.Option(min=1, help="Pictures of each size.")] = 100,
    seed: Annotated[int, typer.Option(help="Of what is drawn.")] = 7,
) -> None:
    """Read rendered codes on phones and paper, by how many pixels one of their modules has."""
    cv2.setNumThreads(1)
    reader = CodeReader()
    table = Table("code", "on", *(f"{module:g} px" for module in MODULES), box=None)
    took: list[float] = []
    for name, code in example_codes().items():
        for surface in SURFACES:
            rng = np.random.default_rng(seed)
            shares = []
            for module in MODULES:
                seen = 0
                for _ in range(pictures):
                    shown = picture(rng, code, surface, module)
                    began = time.process_time()
                    seen += code in reader.read(shown)
                    took.append(time.process_time() - began)
                shares.append(f"{seen / pictures:.0%}")
            table.add_row(name, surface, *shares)
    Console().print(table)
    middle, late = np.percentile(took, (50, 95)) * 1000
    print(f"share of {pictures} pictures of 1280 x 720 that were read")
    print(f"a look takes {middle:.0f} ms of a core, 95 in 100 under {late:.0f} ms")
