"""A lot with a past, for pages to show: drawn vehicles that came, paid and left, and some that are inside."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import cv2
import numpy as np
from pixel_plates import MARK

from benchmarks.simulation.cameras import HEIGHT, WIDTH, GateCamera, draw_look
from benchmarks.simulation.grain import Grain
from benchmarks.simulation.scenario import Car
from lot_server.domain.events import (
    EntryAdmitted,
    EntryConfirmed,
    EntryRefused,
    Event,
    ExitAdmitted,
    ExitConfirmed,
    SettlementApplied,
)
from lot_server.domain.evidence import PPM, PositionEvidence, ReadEvidence
from lot_server.domain.money import Money
from lot_server.domain.plate import PlateColor
from lot_server.domain.quote import quote
from lot_server.domain.stay import Settlement
from lot_server.domain.tariff import Tariff
from lot_server.ports import Work
from models.train.synthetic.glyphs import OpenGlyphs
from vision.types import Image

SEED = 7
_COLORS: dict[str, PlateColor] = {"cn_blue": "blue", "cn_green_small": "green", "cn_yellow": "yellow"}
_RUSH = (0, 0, 0, 0, 0, 1, 3, 8, 9, 6, 4, 4, 6, 5, 4, 5, 6, 7, 5, 3, 2, 1, 1, 0)
"""How many vehicles come in each hour of a day."""


@dataclass(frozen=True)
class Drawn:
    """A car, and one picture (720, 1280, 3) BGR uint8 of it."""

    car: Car
    picture: Image

    @property
    def plate(self) -> str:
        return self.car.plates[0]

    @property
    def color(self) -> PlateColor:
        return _COLORS.get(self.car.kind, "white")


def draw_cars(cars: list[Car], seed: int = SEED) -> list[Drawn]:
    """Cars before a gate; the same ones each time, at another place with another seed."""
    rng = np.random.default_rng(seed)
    camera = GateCamera(OpenGlyphs(), Grain(rng, HEIGHT, WIDTH, 2.0), SEED)
    looks = [draw_look(np.random.default_rng(index), car.kind) for index, car in enumerate(cars)]
    return [
        Drawn(car, camera.burst(rng, look, car.kind, car.printed, "clear", 0.85, 1)[0])
        for car, look in zip(cars, looks, strict=True)
    ]


def write_marked(path: Path, drawn: Drawn, says: str | None = None) -> Path:
    """The car's picture for `PixelReader`, which reads `says` from its first pixels, the plate by default."""
    picture = drawn.picture.copy()
    text = np.frombuffer(MARK + (says or drawn.plate).encode() + b"\0", np.uint8)
    picture.reshape(-1)[: text.size] = text
    written, content = cv2.imencode(".png", picture)
    assert written
    path.write_bytes(content.tobytes())
    return path


class Past:
    """Writes what happened at a lot before now, as its own events: vehicles of these cars, each with its photo."""

    def __init__(self, work: Work, tariff: Tariff, cars: list[tuple[Drawn, str]]) -> None:
        self._work, self._tariff, self._cars = work, tariff, cars
        self._random = Random(SEED)
        self._number = 0

    def arrive(self, drawn: Drawn, photo: str, at: datetime) -> None:
        """One vehicle that came at an instant and is inside still."""
        for when, event in self._visit(drawn, drawn.plate, photo, at, None):
            self._work.record(event, when)

    def day(self, midnight: datetime, until: datetime) -> None:
        """One day's vehicles from `midnight` on; who would leave after `until` is inside still."""
        facts = []
        for hour, count in enumerate(_RUSH):
            for _ in range(count):
                at = midnight + timedelta(hours=hour, minutes=self._random.uniform(0, 60))
                left = at + timedelta(minutes=self._random.uniform(20, 420))
                if at < until:
                    drawn, photo = self._cars[self._number % len(self._cars)]
                    # Each plate comes once: its last characters count the visits.
                    plate = f"{drawn.plate[:-3]}{self._number:03d}"
                    facts += list(self._visit(drawn, plate, photo, at, left if left < until else None))
        for at, event in sorted(facts, key=lambda fact: fact[0]):
            self._work.record(event, at)

    def refuse(self, at: datetime) -> None:
        self._work.record(EntryRefused(f"refused-{at:%H%M%S}", "entry-1", "苏E00000", "full", ()), at)

    def _visit(
        self, drawn: Drawn, plate: str, photo: str, at: datetime, left: datetime | None
    ) -> Iterator[tuple[datetime, Event]]:
        number, self._number = self._number, self._number + 1
        stay, entered = f"stay-{number:04d}", at + timedelta(seconds=6)
        yield (
            at,
            EntryAdmitted(
                stay_id=stay,
                passage_id=f"in-{number:04d}",
                lane_id="entry-1" if number % 3 else "entry-2",
                plate=plate,
                printed=None,
                ticket_id=None,
                decision="read",
                evidence=_evidence(plate),
                photos=(photo,),
                pass_id=None,
                tariff_version=self._tariff.version,
                read_at=at,
                plate_color=drawn.color,
            ),
        )
        yield entered, EntryConfirmed(stay, f"in-{number:04d}", entered, 0)
        if left is None:
            return
        owed = quote(self._tariff, entered, left).gross
        if owed.minor:
            provider = "cash" if number % 4 == 0 else "sandbox"
            paid = Settlement(f"paid-{number}", stay, owed, provider, f"{provider}-{number}", left, left)
            yield left, SettlementApplied(paid)
        yield (
            left + timedelta(seconds=1),
            ExitAdmitted(
                stay_id=stay,
                passage_id=f"out-{number:04d}",
                lane_id="exit-1",
                read_plate=plate,
                decision="paid" if owed.minor else "free",
                evidence=None,
                photos=(photo,),
                gross=owed,
                paid=Money(owed.minor, owed.currency),
                operator=None,
                reason=None,
                decided_at=left + timedelta(seconds=1),
            ),
        )
        gone = left + timedelta(seconds=8)
        yield gone, ExitConfirmed(stay, f"out-{number:04d}", gone, 0)


def _evidence(plate: str) -> ReadEvidence:
    """A reader that is sure, less so of what looks alike."""
    twins = {"0": "D", "8": "B", "5": "S", "1": "I", "B": "8", "D": "0", "S": "5"}

    def position(character: str) -> PositionEvidence:
        if character in twins:
            return PositionEvidence(((character, 915_000), (twins[character], 80_000)), 5_000, 100)
        return PositionEvidence(((character, 996_000), ("7", 2_000)), 2_000, 100)

    positions = tuple(position(each) for each in plate)
    assert all(sum(ppm for _, ppm in each.characters) + each.rest == PPM for each in positions)
    return ReadEvidence(positions, (0,) * (len(plate) + 1), "cn", "blue")
