"""One transaction on the lot's store: what may be asked in it, and the one way to change anything."""

from collections.abc import Iterator
from datetime import datetime
from typing import cast

from sqlmodel import Session, col, select

from lot_server.domain.alert import OpenAlert
from lot_server.domain.clock import from_text, to_text
from lot_server.domain.clock_trust import ClockDoubt
from lot_server.domain.codec import from_body, to_body
from lot_server.domain.corrected_read import CorrectedRead
from lot_server.domain.coupon import Coupon, CouponKind
from lot_server.domain.dispute import Dispute
from lot_server.domain.emergency import Emergency
from lot_server.domain.errors import BrokenChain
from lot_server.domain.events import AlertRaised, ErasedFact, Event, LotDescribed, decode
from lot_server.domain.evidence import ReadEvidence
from lot_server.domain.false_opens import EndedStay, LanePair, MatchingRecord
from lot_server.domain.ledger import GENESIS, Envelope, seal, verify
from lot_server.domain.plate import PlateColor
from lot_server.domain.stay import OrphanCause, Pass, Passage, PassageState, Settlement, Stay, StayState
from lot_server.domain.tariff import Tariff
from lot_server.domain.vehicle import VehicleClass
from lot_server.errors import LedgerFork, NoTariff, NotDescribed
from lot_server.store.accounts import Accounts
from lot_server.store.audit_trail import AuditTrail
from lot_server.store.clock_doubts import clock_doubt
from lot_server.store.corrected_reads import corrected_reads
from lot_server.store.counting import Counting
from lot_server.store.disputes import disputes
from lot_server.store.emergencies import emergency, unmatched_exits
from lot_server.store.erasure import PlateTraces, rewrite_facts
from lot_server.store.kept_photos import KeptPhotos
from lot_server.store.lot_versions import LotVersions
from lot_server.store.matching_record import lane_pairs, left_unaided, matching_record
from lot_server.store.money_record import MoneyRecord, settlement_of
from lot_server.store.owing import Owing
from lot_server.store.projection import project
from lot_server.store.rights import Rights
from lot_server.store.tables import (
    AlertRow,
    CouponRow,
    LedgerRow,
    LotRow,
    OutboxRow,
    PassageRow,
    PassRow,
    SettlementRow,
    StayRow,
    TariffRow,
)


class SqliteWork:
    """What `Store.transaction()` gives. It is worth nothing after the transaction has ended."""

    def __init__(self, session: Session, lot_id: str) -> None:
        self._session = session
        self._lot_id = lot_id
        self.recorded: list[Event] = []
        """What was recorded so far."""

    def record(self, event: Event, occurred_at: datetime) -> Envelope:
        """Append the event to the outbox and apply it to the tables. Raises ContradictoryEvent, BadBody."""
        seq, head = self.head()
        envelope = seal(self._lot_id, seq + 1, event.KIND, to_text(occurred_at), to_body(event), head)
        self._append(envelope, event)
        return envelope

    def replay(self, envelope: Envelope) -> None:
        """Take over the next fact of this lot's own ledger as it was sealed, from a mirror of it.

        Raises BrokenChain where it does not follow, UnknownEvent, BadBody, ContradictoryEvent.
        """
        if envelope.lot_id != self._lot_id:
            raise BrokenChain(
                f"seq {envelope.seq} is lot {envelope.lot_id!r}'s, not {self._lot_id!r}'s: ask for its own"
            )
        verify([envelope], *self.head())
        self._append(envelope, decode(envelope.kind, envelope.body))

    def _append(self, envelope: Envelope, event: Event) -> None:
        self._session.add(
            OutboxRow(
                seq=envelope.seq,
                kind=envelope.kind,
                occurred_at=envelope.occurred_at,
                body=envelope.body,
                previous=envelope.previous,
                hash=envelope.hash,
            )
        )
        project(self._session, event, envelope)
        self.recorded.append(event)

    def head(self) -> tuple[int, str]:
        """The last sequence number and its hash; (0, GENESIS) for an empty ledger."""
        row = self._session.exec(select(OutboxRow).order_by(col(OutboxRow.seq).desc()).limit(1)).first()
        return (0, GENESIS) if row is None else (row.seq, row.hash)

    def hash_of(self, seq: int) -> str | None:
        """The hash of one fact, GENESIS before the first, None where it is not kept or not recorded."""
        row = self._session.get(OutboxRow, seq)
        return (GENESIS if seq == 0 else None) if row is None else row.hash

    def envelopes(self, after: int = 0) -> Iterator[Envelope]:
        """The ledger's facts behind seq `after`, in order."""
        for row in self._session.exec(select(OutboxRow).where(OutboxRow.seq > after).order_by(col(OutboxRow.seq))):
            yield Envelope(self._lot_id, row.seq, row.kind, row.occurred_at, row.body, row.previous, row.hash)

    @property
    def trail(self) -> AuditTrail:
        """Who did what."""
        return AuditTrail(self._session, self._lot_id, self.head())

    @property
    def photos(self) -> KeptPhotos:
        """Which photos are kept for what."""
        return KeptPhotos(self._session)

    def rewrite_facts(self, found: PlateTraces, pseudonym: str) -> tuple[ErasedFact, ...]:
        """Take a plate out of the bodies that mention it, on behalf of the fact that is recorded next."""
        return rewrite_facts(self._session, self._lot_id, found, pseudonym, self.head()[0] + 1)

    @property
    def accounts(self) -> Accounts:
        """Who may use the operator console."""
        return Accounts(self._session)

    @property
    def money(self) -> MoneyRecord:
        """Refunds, cash drawers, merchants and their coupons."""
        return MoneyRecord(self._session)

    @property
    def owing(self) -> Owing:
        """Who left owing something, or having paid too much."""
        return Owing(self._session)

    @property
    def rights(self) -> Rights:
        """Passes and lists."""
        return Rights(self._session)

    @property
    def counting(self) -> Counting:
        """How many vehicles are inside, and how sure that is."""
        return Counting(self._session, self._lot_id)

    @property
    def acked_seq(self) -> int:
        """Up to where the cloud has acknowledged the ledger."""
        return self._ledger().acked_seq

    def behind_since(self) -> datetime | None:
        """When the oldest fact that the cloud has not acknowledged was recorded; None where it has all."""
        query = select(OutboxRow.occurred_at).where(OutboxRow.seq > self.acked_seq).order_by(col(OutboxRow.seq))
        found = self._session.exec(query.limit(1)).first()
        return None if found is None else from_text(found)

    def acknowledge(self, seq: int, head: str) -> int:
        """Move the watermark forward to `seq`, whose hash the cloud says is `head`; one behind changes nothing.

        Returns the watermark. Raises LedgerFork where this lot's ledger is shorter or another one.
        """
        last, _ = self.head()
        if seq > last:
            raise LedgerFork(f"the cloud acknowledges seq {seq}, this lot has {last}: stop syncing, compare ledgers")
        row = self._session.get(OutboxRow, seq)
        if (GENESIS if row is None else row.hash) != head:
            raise LedgerFork(f"the cloud has another hash at seq {seq} than this lot: stop syncing, compare ledgers")
        ledger = self._ledger()
        ledger.acked_seq = max(ledger.acked_seq, seq)
        self._session.flush()
        return ledger.acked_seq

    def lot(self) -> LotDescribed | None:
        """The lot's facts with the present free spaces, None before they were first described."""
        row = self._session.get(LotRow, self._lot_id)
        if row is None:
            return None
        occupancy = self.counting.occupancy()
        return LotDescribed(
            name=row.name,
            address=row.address,
            latitude_e6=row.latitude_e6,
            longitude_e6=row.longitude_e6,
            spaces=row.spaces,
            free_spaces=occupancy.free,
            time_zone=row.time_zone,
            currency=row.currency,
            kept_for_passes=row.kept_for_passes,
            members_only=bool(row.members_only),
            count=occupancy.count,
        )

    def configured_lot(self) -> LotDescribed | None:
        """What the configuration file said when it last described the lot, None before it ever did."""
        return LotVersions(self._session).configured()

    def time_zone(self) -> str:
        """The lot's. Raises NotDescribed."""
        row = self._session.get(LotRow, self._lot_id)
        if row is None:
            raise NotDescribed("the lot's facts are not recorded yet: start the server with its configuration")
        return row.time_zone

    def lot_began_at(self) -> datetime | None:
        """When the lot was described for the first time."""
        return LotVersions(self._session).began_at()

    def free_spaces(self) -> int:
        """Spaces without a vehicle, as `Occupancy.free`. Raises NotDescribed."""
        return self.counting.occupancy().free

    def stay(self, stay_id: str) -> Stay | None:
        row = self._session.get(StayRow, stay_id)
        return None if row is None else _stay(row)

    def open_stays(self) -> list[Stay]:
        """The vehicles inside, in the order they were read."""
        return self._stays("open")

    def intended_stays(self) -> list[Stay]:
        """Admitted vehicles whose closing loop has not been crossed."""
        return self._stays("intended")

    def stays_with_plate(self, plate: str) -> list[Stay]:
        """The open and the intended stays of exactly this plate, in the order they were read."""
        rows = self._session.exec(
            select(StayRow)
            .where(StayRow.plate == plate, col(StayRow.state).in_(("open", "intended")))
            .order_by(col(StayRow.read_at))
        )
        return [_stay(row) for row in rows]

    def stay_with_ticket(self, ticket_id: str) -> Stay | None:
        """The stay that a ticket was given for, whatever became of it."""
        row = self._session.exec(select(StayRow).where(StayRow.ticket_id == ticket_id)).first()
        return None if row is None else _stay(row)

    def unfinished_passages(self) -> list[Passage]:
        """Passages in state intended, of entries and exits, oldest first; a crash leaves some."""
        rows = self._session.exec(
            select(PassageRow).where(PassageRow.state == "intended").order_by(col(PassageRow.decided_at))
        )
        return [_passage(row) for row in rows]

    def passages(self, stay_id: str) -> list[Passage]:
        """The passages of a stay, entry first."""
        rows = self._session.exec(
            select(PassageRow).where(PassageRow.stay_id == stay_id).order_by(col(PassageRow.decided_at))
        )
        return [_passage(row) for row in rows]

    def matching_record(self, at: datetime) -> MatchingRecord:
        """What became of matching's choices in the months that count at an instant."""
        return matching_record(self._session, at)

    def lane_pairs(self, at: datetime) -> tuple[LanePair, ...]:
        """By which lanes vehicles came and left in the months that count at an instant."""
        return lane_pairs(self._session, at)

    def left_unaided(self, since: datetime) -> list[EndedStay]:
        """The stays that ended since an instant by a read and without a person, the latest first."""
        return [
            EndedStay(_stay(stay), _passage(passage), passage.evidence)
            for stay, passage in left_unaided(self._session, since)
            if passage.evidence is not None
        ]

    def settlements(self, stay_id: str) -> list[Settlement]:
        """The money taken for a stay, in the order it was taken."""
        rows = self._session.exec(
            select(SettlementRow).where(SettlementRow.stay_id == stay_id).order_by(col(SettlementRow.settled_at))
        )
        return [settlement_of(row) for row in rows]

    def settlement_by_reference(self, provider: str, provider_reference: str) -> Settlement | None:
        row = self._session.exec(
            select(SettlementRow).where(
                SettlementRow.provider == provider, SettlementRow.provider_reference == provider_reference
            )
        ).first()
        return None if row is None else settlement_of(row)

    def coupons(self, stay_id: str) -> list[Coupon]:
        """What merchants gave a stay, in the order it was given."""
        rows = self._session.exec(
            select(CouponRow).where(CouponRow.stay_id == stay_id).order_by(col(CouponRow.applied_at))
        )
        return [_coupon(row) for row in rows]

    def coupon(self, coupon_id: str) -> Coupon | None:
        row = self._session.get(CouponRow, coupon_id)
        return None if row is None else _coupon(row)

    def disputes(self, stay_id: str) -> list[Dispute]:
        """The disputes about a stay, oldest first."""
        return disputes(self._session, stay_id)

    def tariff(self, version: int) -> Tariff:
        """The price list of a version. Raises NoTariff."""
        row = self._session.get(TariffRow, version)
        if row is None:
            raise NoTariff(f"no tariff has version {version}: publish it in the lot's configuration")
        return row.body

    def latest_tariff(self) -> Tariff | None:
        """The price list of the highest version, None before the first."""
        row = self._session.exec(select(TariffRow).order_by(col(TariffRow.version).desc()).limit(1)).first()
        return None if row is None else row.body

    def tariff_at(self, instant: datetime) -> Tariff:
        """The highest version among those valid at an instant. Raises NoTariff."""
        begun = self._session.exec(
            select(TariffRow).where(TariffRow.valid_from <= instant).order_by(col(TariffRow.version).desc())
        )
        found = next((row.body for row in begun if row.body.holds_at(instant)), None)
        if found is None:
            raise NoTariff(f"no tariff is valid at {to_text(instant)}: publish one that is")
        return found

    def pass_by_id(self, pass_id: str) -> Pass | None:
        row = self._session.get(PassRow, pass_id)
        return None if row is None else from_body(Pass, row.body)

    def open_alerts(self) -> list[OpenAlert]:
        """What nobody has resolved, oldest first."""
        rows = self._session.exec(
            select(AlertRow).where(col(AlertRow.resolved_at).is_(None)).order_by(col(AlertRow.raised_at))
        )
        return [_alert(row) for row in rows]

    def emergency(self) -> Emergency | None:
        """The emergency that goes on, None where the lanes rule their barriers."""
        return emergency(self._session)

    def unmatched_exits(self) -> list[Passage]:
        """The vehicles that drove out through a held barrier and belong to no stay yet, oldest first."""
        return [_passage(row) for row in unmatched_exits(self._session)]

    def unmatched_evidence(self, passage_id: str) -> ReadEvidence | None:
        """What was read of one of them."""
        return next((row.evidence for row in unmatched_exits(self._session) if row.passage_id == passage_id), None)

    def clock_doubt(self) -> ClockDoubt | None:
        """The doubt about the clock, None where it is believed."""
        known = clock_doubt(self._session)
        return known if known is not None and known.shift is None else None

    def last_clock_doubt(self) -> ClockDoubt | None:
        """The latest doubt, ended or not."""
        return clock_doubt(self._session)

    def last_recorded(self) -> datetime | None:
        """The instant that the ledger's last fact bears."""
        row = self._session.exec(select(OutboxRow.occurred_at).order_by(col(OutboxRow.seq).desc()).limit(1)).first()
        return None if row is None else from_text(row)

    def passage_times(self, passage_id: str) -> tuple[datetime, datetime | None]:
        """When a passage was decided and when it ended."""
        row = self._session.get_one(PassageRow, passage_id)
        return row.decided_at, row.ended_at

    def corrected_reads(self) -> list[CorrectedRead]:
        """The reads that operators looked at, oldest first."""
        return corrected_reads(self._session)

    def _ledger(self) -> LedgerRow:
        return self._session.get_one(LedgerRow, self._lot_id)

    def _stays(self, state: StayState) -> list[Stay]:
        rows = self._session.exec(select(StayRow).where(StayRow.state == state).order_by(col(StayRow.read_at)))
        return [_stay(row) for row in rows]


def _stay(row: StayRow) -> Stay:
    return Stay(
        stay_id=row.stay_id,
        state=cast(StayState, row.state),
        plate=row.plate,
        printed=row.printed,
        ticket_id=row.ticket_id,
        entry_lane_id=row.entry_lane_id,
        read_at=row.read_at,
        entered_at=row.entered_at,
        exited_at=row.exited_at,
        evidence=row.evidence,
        photos=row.photos,
        pass_id=row.pass_id,
        tariff_version=row.tariff_version,
        plate_color=cast(PlateColor | None, row.plate_color),
        ticket_lost=bool(row.ticket_lost),
        time_unsure=row.doubt_seq is not None,
        other_plates=row.other_plates,
        vehicle=cast(VehicleClass | None, row.vehicle),
        forgiven_minor=row.forgiven_minor,
        balance_minor=row.balance_minor,
        pass_since=row.pass_since,
        waits_for=row.waits_for,
        allowed=bool(row.allowed),
        orphaned=cast(OrphanCause | None, row.orphaned),
        orphaned_at=row.orphaned_at,
    )


def _passage(row: PassageRow) -> Passage:
    return Passage(
        passage_id=row.passage_id,
        lane_id=row.lane_id,
        direction="entry" if row.direction == "entry" else "exit",
        state=cast(PassageState, row.state),
        stay_id=row.stay_id,
        plate=row.plate,
        photos=row.photos,
        decided_at=row.decided_at,
    )


def _coupon(row: CouponRow) -> Coupon:
    return Coupon(
        coupon_id=row.coupon_id,
        stay_id=row.stay_id,
        merchant=row.merchant,
        kind=cast(CouponKind, row.kind),
        value=row.value,
        reason=row.reason,
        applied_at=row.applied_at,
    )


def _alert(row: AlertRow) -> OpenAlert:
    raised = AlertRaised(
        alert_id=row.alert_id,
        code=row.code,
        lane_id=row.lane_id,
        stay_id=row.stay_id,
        passage_id=row.passage_id,
        text=row.text,
        photos=row.photos,
    )
    return OpenAlert(raised, row.raised_at)
