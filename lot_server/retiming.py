"""Moves the instants of facts that a doubted clock recorded, once it is known how far it was off."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from lot_server.domain import events
from lot_server.domain.clock import from_text
from lot_server.domain.events import PassageRetimed, SettlementRetimed, StayRetimed
from lot_server.domain.ledger import Envelope
from lot_server.ports import Work

AT_THE_GATE = timedelta(minutes=1)
"""Money that was taken by the lot's clock is recorded at once; what came from the cloud bears the cloud's time."""

Named = tuple[str, str, str]
"""stay, passage or settlement; its id; which of its instants."""


def retime(work: Work, since_seq: int, shift: timedelta, now: datetime) -> None:
    """Record every instant that a fact after `since_seq` brought anew, `shift` later; facts themselves stay as sealed.

    What a stay has paid and what was asked of one that left stay as they were.
    """
    named: dict[tuple[str, str], set[str]] = defaultdict(set)
    # All of them first: what is recorded below are facts after `since_seq` as well.
    for envelope in list(work.envelopes(since_seq)):
        for kind, identity, instant in _instants(events.decode(envelope.kind, envelope.body), envelope):
            named[kind, identity].add(instant)
    for (kind, identity), instants in named.items():
        event = _moved(work, kind, identity, instants, shift)
        if event is not None:
            work.record(event, now)


def _instants(event: events.Event, envelope: Envelope) -> Iterable[Named]:
    """The instants that a fact brought, all by the lot's clock."""
    match event:
        case events.EntryAdmitted():
            return [("stay", event.stay_id, "read_at"), ("passage", event.passage_id, "decided_at")]
        case events.EntryConfirmed():
            return [("stay", event.stay_id, "entered_at"), ("passage", event.passage_id, "ended_at")]
        case events.ExitConfirmed():
            return [("stay", event.stay_id, "exited_at"), ("passage", event.passage_id, "ended_at")]
        case events.ExitAdmitted():
            return [("passage", event.passage_id, "decided_at")]
        case events.EntryAbandoned() | events.ExitAbandoned():
            return [("passage", event.passage_id, "ended_at")]
        case events.EntryRefused() | events.UnmatchedExit():
            return [("passage", event.passage_id, name) for name in ("decided_at", "ended_at")]
        case events.SettlementApplied(settlement):
            if abs(from_text(envelope.occurred_at) - settlement.settled_at) <= AT_THE_GATE:
                return [("settlement", f"{settlement.provider}\n{settlement.provider_reference}", "settled_at")]
    return []


def _moved(work: Work, kind: str, identity: str, instants: set[str], shift: timedelta) -> events.Event | None:
    def later(name: str, instant: datetime | None) -> datetime | None:
        return instant + shift if instant is not None and name in instants else instant

    if kind == "stay":
        stay = work.stay(identity)
        if stay is None:
            return None
        read_at = stay.read_at + shift if "read_at" in instants else stay.read_at
        entered_at, exited_at = later("entered_at", stay.entered_at), later("exited_at", stay.exited_at)
        return StayRetimed(identity, read_at, entered_at, exited_at)
    if kind == "passage":
        decided_at, ended_at = work.passage_times(identity)
        decided_at = decided_at + shift if "decided_at" in instants else decided_at
        return PassageRetimed(identity, decided_at, later("ended_at", ended_at))
    settlement = work.settlement_by_reference(*identity.split("\n", 1))
    if settlement is None:
        return None
    quoted_at, settled_at = settlement.quoted_at + shift, settlement.settled_at + shift
    return SettlementRetimed(replace(settlement, quoted_at=quoted_at, settled_at=settled_at))
