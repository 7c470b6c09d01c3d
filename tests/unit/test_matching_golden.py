"""What matching makes of a table of reads, to three figures of every doubt."""

import random
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lot_server.domain.evidence import PPM, PositionEvidence, ReadEvidence
from lot_server.domain.look_alikes import Fitted, Misreading
from lot_server.domain.matching import Ambiguous, Matched, Matcher
from lot_server.domain.stay import Stay

GOLDEN = Path(__file__).parents[1] / "golden" / "matching.toml"
CASES = tomllib.loads(GOLDEN.read_text(encoding="utf-8"))["cases"]
NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
READER = Fitted(Misreading(0.004, 0.001, 0.002, 0.002, {"8": (("B", 0.7),), "B": (("8", 0.7),)}), 1e-4, 0.01)
CHANCE = random.Random(3)
OTHERS = ["琼F" + "".join(CHANCE.choices("GHJKLMNPTUVWXYZ", k=5)) for _ in range(300)]


def read(written: str) -> ReadEvidence:
    """`A(5:0.6/6:0.39)` is a sure A and then 5 or 6; a sure character has 0.985."""
    positions = []
    for group, single in re.findall(r"\(([^)]*)\)|(.)", written):
        parts = [part.split(":") for part in group.split("/")] if group else [[single, "0.985"]]
        characters = tuple((character, round(PPM * float(share))) for character, share in parts)
        positions.append(PositionEvidence(characters, PPM - sum(ppm for _, ppm in characters), 1_000))
    return ReadEvidence(tuple(positions), (1_000,) * (len(positions) + 1), "cn", "blue")


def stay(plate: str) -> Stay:
    at = NOW - timedelta(hours=3)
    return Stay(plate, "open", plate, plate, None, "in", at, at, None, read(plate), (), None, 1)


def outcome(case: dict[str, object]) -> str:
    """In words: whose stay, with what doubt; or who is shown, with what probabilities."""
    written, inside = case["read"], case["inside"]
    assert isinstance(written, str)
    assert isinstance(inside, list)
    found = Matcher(None, READER).match(read(written), [stay(each) for each in [*inside, *OTHERS]], NOW)
    if isinstance(found, Matched):
        return f"{found.stay.plate}, doubt {found.doubt:.3g}"
    if isinstance(found, Ambiguous):
        return "ask: " + ", ".join(f"{each.stay.plate} {each.probability:.3g}" for each in found.candidates)
    return "nobody"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_golden(case: dict[str, object]) -> None:
    """Every read of the table leads to the outcome that is written there."""
    assert outcome(case) == case["outcome"]
