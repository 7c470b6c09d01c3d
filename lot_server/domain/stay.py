"""A vehicle's visit, what it parks by, and the money taken for it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from lot_server.domain.codec import ADDED
from lot_server.domain.errors import BadPass
from lot_server.domain.evidence import ReadEvidence
from lot_server.domain.money import Money
from lot_server.domain.plate import PlateColor
from lot_server.domain.vehicle import VehicleClass

StayState = Literal["intended", "open", "closed", "abandoned"]
"""intended: admitted, barrier told to open; open: inside; closed: left; abandoned: backed out, never counted."""


Direction = Literal["entry", "exit"]
PassKind = Literal["monthly", "staff", "resident"]
OrphanCause = Literal["reappeared", "too_long"]
"""reappeared: the plate stood at an entry again; too_long: nobody stays that long here."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A right to park without paying per stay, for as many vehicles at once as it has `spaces`.

    `plate` is the first of the plates that share them, `more_plates` are the others. It counts at the entry `lanes` it
    names, the way into its zone; at all where it names none. `holder` is whose it is, in the lot's own words.
    Raises BadPass.
    """

    pass_id: str
    plate: str
    kind: PassKind
    valid_from: datetime
    valid_until: datetime
    more_plates: tuple[str, ...] = field(default=(), metadata=ADDED)
    spaces: int = field(default=1, metadata=ADDED)
    lanes: tuple[str, ...] = field(default=(), metadata=ADDED)
    holder: str = field(default="", metadata=ADDED)

    def __post_init__(self) -> None:
        if self.spaces < 1:
            raise BadPass(f"pass {self.pass_id} must have at least 1 space")
        if len(set(self.plates)) < len(self.plates):
            raise BadPass(f"pass {self.pass_id} names a plate twice")
        if self.valid_until < self.valid_from:
            raise BadPass(f"pass {self.pass_id} ends before it begins")

    @property
    def plates(self) -> tuple[str, ...]:
        return (self.plate, *self.more_plates)

    def covers(self, instant: datetime) -> bool:
        return self.valid_from <= instant < self.valid_until

    def counts_at(self, lane_id: str) -> bool:
        """Whether a vehicle that comes in by this lane may park by it."""
        return not self.lanes or lane_id in self.lanes


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

    It parks by the pass `pass_id`, from `pass_since` on if that is not its entry; or as a visitor, who gets the next
    space that becomes free of the pass `waits_for`; or for nothing, because its plate was `allowed` to. `orphaned`
    says why its vehicle is believed gone, as of `orphaned_at`.
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
    pass_since: datetime | None = None
    waits_for: str | None = None
    allowed: bool = False
    orphaned: OrphanCause | None = None
    orphaned_at: datetime | None = None


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
