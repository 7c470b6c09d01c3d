"""What watching a clip should say, without telling anybody's plate: each plate is kept as a salted, slow hash.

A truth file is JSON: `clip` and its `sha256`, the `salt`, and `vehicles`, each with its `plate` (hash, or null where
nobody can read it), the first and last of its `frames`, and `doubtful` where an eye can just about read it.
"""

from __future__ import annotations

import csv
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import NoTruth
from benchmarks.metrics import folded
from lot_server.domain.errors import BadPlate
from lot_server.domain.plate import normalise

SUFFIX = ".truth.json"
_COST = {"n": 2**14, "r": 8, "p": 1}
"""scrypt's, about 50 ms: there are few enough plates to try them all against a fast hash (RFC 7914)."""


@dataclass(frozen=True, slots=True)
class Span:
    """A vehicle as a person labels it: its plate, None where nobody can read it, and the frames it is seen in."""

    plate: str | None
    first: int
    last: int
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class TrueVehicle:
    """A vehicle as a truth file knows it; a `doubtful` one may be read right or not at all."""

    plate_hash: str | None
    first: int
    last: int
    doubtful: bool

    @property
    def is_required(self) -> bool:
        """Whether a sighting of it must come."""
        return self.plate_hash is not None and not self.doubtful

    def is_seen_in(self, frames: Sequence[int]) -> bool:
        """Whether any of these frames may show it."""
        return any(self.first <= frame <= self.last for frame in frames)


@dataclass(frozen=True, slots=True)
class ClipTruth:
    """The vehicles of the clip with this name and SHA-256."""

    clip: str
    sha256: str
    salt: str
    vehicles: tuple[TrueVehicle, ...]

    def hash_of(self, text: str) -> str:
        """The hash under which `text` would stand in this file; Latin O and 0, I and 1 count as one."""
        return _hash(text, self.salt)


def make_truth(clip: Path, spans: Sequence[Span], salt: str | None = None) -> ClipTruth:
    """The truth of a clip from a person's list, under a fresh salt unless one is given."""
    salt = salt or secrets.token_hex(16)
    vehicles = tuple(
        TrueVehicle(None if span.plate is None else _hash(span.plate, salt), span.first, span.last, span.doubtful)
        for span in spans
    )
    return ClipTruth(clip.name, _sha256(clip), salt, vehicles)


def write_truth(truth: ClipTruth, file: Path) -> None:
    """Keep a truth as a file."""
    vehicles = [
        {"plate": v.plate_hash, "frames": [v.first, v.last], **({"doubtful": True} if v.doubtful else {})}
        for v in truth.vehicles
    ]
    head = json.dumps({"clip": truth.clip, "sha256": truth.sha256, "salt": truth.salt}, indent=2).removesuffix("\n}")
    lines = ",\n".join(f"    {json.dumps(vehicle)}" for vehicle in vehicles)
    file.write_text(f'{head},\n  "vehicles": [\n{lines}\n  ]\n}}\n', encoding="utf-8")


def read_truth(file: Path) -> ClipTruth:
    """A truth from a file. Raises NoTruth."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        vehicles = tuple(
            TrueVehicle(entry["plate"], int(entry["frames"][0]), int(entry["frames"][1]), bool(entry.get("doubtful")))
            for entry in content["vehicles"]
        )
        return ClipTruth(str(content["clip"]), str(content["sha256"]), str(content["salt"]), vehicles)
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise NoTruth(f"{file} is no truth of a clip: {error}; make it with `openlot bench video-truth`") from error


def read_list(file: Path) -> list[Span]:
    """A person's list, CSV with the columns plate (empty where unreadable), first, last, doubtful (yes or empty).

    Raises NoTruth.
    """
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            return [
                Span(
                    normalise(row["plate"]) if row["plate"] else None,
                    int(row["first"]),
                    int(row["last"]),
                    row["doubtful"] == "yes",
                )
                for row in csv.DictReader(lines)
            ]
    except (OSError, ValueError, TypeError, KeyError, BadPlate) as error:
        raise NoTruth(f"{file} is not a CSV file of plate,first,last,doubtful: {error}") from error


def check_clip(truth: ClipTruth, clip: Path) -> None:
    """Raises NoTruth where `clip` is not the file that `truth` was made for."""
    if _sha256(clip) != truth.sha256:
        raise NoTruth(f"{clip} is another file than the one its truth was made for; get that one or label this anew")


def _hash(text: str, salt: str) -> str:
    plate = folded(normalise(text))
    return hashlib.scrypt(plate.encode(), salt=bytes.fromhex(salt), **_COST, dklen=16).hex()


def _sha256(clip: Path) -> str:
    try:
        return hashlib.sha256(clip.read_bytes()).hexdigest()
    except OSError as error:
        raise NoTruth(f"{clip} cannot be read: {error.strerror}") from error
