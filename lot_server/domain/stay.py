"""A vehicle's visit, what it parks by, and the money taken for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lot_server.domain.evidence import ReadEvidence
from lot_server.domain.money import Money
from lot_server.domain.plate import PlateColor
from lot_server.domain.vehicle import VehicleClass

StayState = Literal["intended", "open", "closed", "abandoned"]
"""intended: admitted, barrier told to open; open: inside; closed: left; abandoned: backed out, never counted."""


Direction = Literal["entry", "exit"]


@dataclass(frozen=True, slots=True)
class Pass:
    """A right to park without paying per stay."""

    pass_id: str
    plate: str
    kind: Literal["monthly", "staff"]
    valid_from: datetime
    valid_until: datetime

    def covers(self, instant: datetime) -> bool:
        return self.valid_from <= instant < self.valid_until


@dataclass(frozen=True, slots=True)
class Settlement:
    """Money taken for a stay, unique for ever by `(provider, provider_reference)`.

    `quoted_at` is the instant whose quote was paid, `settled_at` when the money was taken.
    """

    settlement_id: str
    stay_id: str
    amount: Money
    provider: str
    provider_reference: str
    quoted_at: datetime
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class Stay:
    """One vehicle's visit as the lot knows it.

    `plate` is None where only `ticket_id` stands for the vehicle. `read_at` is the instant of the entry read,
    `entered_at` of the crossed closing loop, from which the fee runs (None until then). `plate_color` is None where
    no plate stands for the vehicle; `ticket_lost` says that its driver lost the ticket,
    `time_unsure` that the clock was in doubt when it came. `other_plates` were read beside it as it came in: those of
    its trailer, or of a vehicle near it. `vehicle` is what a lane or an operator said that it is.
    Of a stay that left, `balance_minor` is what it still owes (below 0: what it paid too much), and `forgiven_minor`
    what it owed and nobody asks for any more.
    """

    stay_id: str
    state: StayState
    plate: str | None
    printed: str | None
    ticket_id: str | None
    entry_lane_id: str
    read_at: datetime
    entered_at: datetime | None
    exited_at: datetime | None
    evidence: ReadEvidence | None
    photos: tuple[str, ...]
    pass_id: str | None
    tariff_version: int
    plate_color: PlateColor | None = None
    ticket_lost: bool = False
    time_unsure: bool = False
    other_plates: tuple[str, ...] = ()
    vehicle: VehicleClass | None = None
    forgiven_minor: int = 0
    balance_minor: int = 0


PassageState = Literal["intended", "confirmed", "abandoned", "refused"]
"""intended: decided, the closing loop not crossed yet; confirmed: crossed; abandoned: backed out; refused: kept out."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One vehicle at one lane, decided at `decided_at`. `stay_id` is None for a vehicle that was refused."""

    passage_id: str
    lane_id: str
    direction: Direction
    state: PassageState
    stay_id: str | None
    plate: str | None
    photos: tuple[str, ...]
    decided_at: datetime
