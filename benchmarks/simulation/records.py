"""What the lot, the cloud and the payment provider have on disk after a day, read by nobody's code but this.

Databases are opened read-only with the standard library, so that a fault in a service cannot hide itself here.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lot_server.domain.events import (
    CouponApplied,
    EntryAbandoned,
    EntryAdmitted,
    EntryConfirmed,
    Event,
    ExitAdmitted,
    ExitConfirmed,
    PassGranted,
    PlateCorrected,
    SettlementApplied,
    TariffPublished,
    TicketLost,
    VehicleClassed,
    decode,
)
from lot_server.domain.ledger import Envelope
from lot_server.domain.quote import PLAIN, Circumstances
from lot_server.domain.stay import Pass, Settlement, StayState
from lot_server.domain.tariff import Tariff


@dataclass(frozen=True, slots=True)
class Taken:
    """One amount taken, by the name and reference of who took it."""

    provider: str
    reference: str
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Taking:
    """Money a provider says it took; `order_id` is the cloud's, None at the terminal."""

    taken: Taken
    order_id: str | None


@dataclass(frozen=True, slots=True)
class CloudRecord:
    """The cloud's mirror of the lot.

    `ledger` is (seq, head); `free_spaces` what drivers are told, None where they were told nothing.
    """

    ledger: tuple[int, str]
    free_spaces: int | None
    settlements: tuple[tuple[Taken, str], ...]
    """With the stay each was counted for."""


@dataclass(frozen=True, slots=True)
class StayAccount:
    """One stay as the ledger's events tell it. `settled` and `facts` are as of when the exit was admitted."""

    entry: EntryAdmitted
    plate: str | None
    """As last corrected."""
    abandoned: bool
    entered: EntryConfirmed | None
    exit: ExitAdmitted | None
    exited: ExitConfirmed | None
    settled: tuple[Settlement, ...]
    facts: Circumstances = PLAIN

    @property
    def state(self) -> StayState:
        if self.abandoned:
            return "abandoned"
        if self.exited is not None:
            return "closed"
        return "open" if self.entered is not None else "intended"


@dataclass(frozen=True, slots=True)
class LotRecord:
    """The lot's database: its ledger, and the tables that are said to follow from it."""

    envelopes: tuple[Envelope, ...]
    acked_seq: int
    stay_states: Mapping[str, tuple[str, str | None]]
    """Stay -> (state, plate) in the table."""
    passage_states: Mapping[str, str]
    settlements: tuple[tuple[Taken, str], ...]
    photos: Path

    @property
    def head(self) -> tuple[int, str]:
        return (self.envelopes[-1].seq, self.envelopes[-1].hash) if self.envelopes else (0, "")

    def events(self) -> Iterator[Event]:
        """The ledger's facts in order. Raises DomainError for one that cannot be understood."""
        for envelope in self.envelopes:
            yield decode(envelope.kind, envelope.body)

    def tariffs(self) -> dict[int, Tariff]:
        return {event.tariff.version: event.tariff for event in self.events() if isinstance(event, TariffPublished)}

    def passes(self) -> dict[str, Pass]:
        granted = (event.parking_pass for event in self.events() if isinstance(event, PassGranted))
        return {each.pass_id: each for each in granted}

    def accounts(self) -> dict[str, StayAccount]:
        """Every stay that the ledger tells of, worked out from its events alone."""
        accounts: dict[str, StayAccount] = {}
        settled: defaultdict[str, tuple[Settlement, ...]] = defaultdict(tuple)
        facts: dict[str, Circumstances] = {}
        for event in self.events():
            match event:
                case EntryAdmitted():
                    accounts[event.stay_id] = StayAccount(event, event.plate, False, None, None, None, ())
                    facts[event.stay_id] = Circumstances(event.plate_color, vehicle=event.vehicle)
                case EntryConfirmed():
                    accounts[event.stay_id] = replace(accounts[event.stay_id], entered=event)
                case EntryAbandoned():
                    accounts[event.stay_id] = replace(accounts[event.stay_id], abandoned=True)
                case PlateCorrected():
                    accounts[event.stay_id] = replace(accounts[event.stay_id], plate=event.plate)
                    if event.plate_color is not None:
                        facts[event.stay_id] = replace(facts[event.stay_id], plate_color=event.plate_color)
                case VehicleClassed():
                    facts[event.stay_id] = replace(facts[event.stay_id], vehicle=event.vehicle)
                case CouponApplied():
                    stay_id = event.coupon.stay_id
                    facts[stay_id] = replace(facts[stay_id], coupons=(*facts[stay_id].coupons, event.coupon))
                case TicketLost():
                    facts[event.stay_id] = replace(facts[event.stay_id], ticket_lost=True)
                case ExitAdmitted():
                    paid = settled[event.stay_id]
                    known = facts[event.stay_id]
                    accounts[event.stay_id] = replace(accounts[event.stay_id], exit=event, settled=paid, facts=known)
                case ExitConfirmed():
                    accounts[event.stay_id] = replace(accounts[event.stay_id], exited=event)
                case SettlementApplied():
                    settled[event.settlement.stay_id] += (event.settlement,)
        return accounts


_SETTLEMENTS = "SELECT provider, provider_reference, amount_minor, currency, stay_id FROM settlement"
_MIRRORED = _SETTLEMENTS.replace("settlement", "mirrored_settlement") + " WHERE lot_id = ?"

_LAST_PASSAGE = """SELECT passage_id, stay_id, plate FROM passage
    WHERE lane_id = ? AND state <> 'refused' ORDER BY decided_at DESC LIMIT 1"""


def read_lot(database: Path, photos: Path) -> LotRecord:
    """What a lot has on disk."""
    with _reading(database) as rows:
        lot_id, acked = next(rows("SELECT lot_id, acked_seq FROM ledger"))
        outbox = rows("SELECT seq, kind, occurred_at, body, previous, hash FROM outbox ORDER BY seq")
        return LotRecord(
            tuple(Envelope(lot_id, seq, kind, at, json.loads(body), *links) for seq, kind, at, body, *links in outbox),
            acked,
            {stay: (state, plate) for stay, state, plate in rows("SELECT stay_id, state, plate FROM stay")},
            dict(rows("SELECT passage_id, state FROM passage")),
            tuple(_settlements(rows(_SETTLEMENTS))),
            photos,
        )


def read_cloud(database: Path, lot_id: str, free_spaces: int | None) -> CloudRecord:
    """What the cloud has on disk about a lot; `free_spaces` is what it answered."""
    with _reading(database) as rows:
        ledger = next(rows("SELECT applied_seq, head FROM enrolment WHERE lot_id = ?", lot_id))
        return CloudRecord((ledger[0], ledger[1]), free_spaces, tuple(_settlements(rows(_MIRRORED, lot_id))))


@dataclass(frozen=True, slots=True)
class LastPassage:
    """Who went through a lane last, as the lot has it."""

    passage_id: str
    stay_id: str | None
    plate: str | None


def last_passage(database: Path, lane_id: str) -> LastPassage | None:
    """The last vehicle that a lane's barrier opened for."""
    with _reading(database) as rows:
        newest = next(rows(_LAST_PASSAGE, lane_id), None)
        return None if newest is None else LastPassage(*newest)


def _settlements(rows: Iterator[tuple[str, str, int, str, str]]) -> Iterator[tuple[Taken, str]]:
    for provider, reference, minor, currency, stay_id in rows:
        yield Taken(provider, reference, minor, currency), stay_id


@contextmanager
def _reading(database: Path) -> Iterator[Callable[..., Iterator[tuple[Any, ...]]]]:
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        yield lambda statement, *values: connection.execute(statement, values)
