"""What must hold after a day, each claim worked out anew from what is on disk and what people saw."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.simulation.journal import Journal
from benchmarks.simulation.records import CloudRecord, LotRecord, StayAccount, Taking
from benchmarks.simulation.scenario import Scenario
from benchmarks.simulation.visits import Visit, own_stays
from lot_server.domain.errors import DomainError
from lot_server.domain.events import (
    EntryConfirmed,
    ExitConfirmed,
    LotDescribed,
    Recounted,
    StayWrittenOff,
    StrayPassed,
)
from lot_server.domain.ledger import GENESIS, verify
from lot_server.domain.quote import quote

LEAST_SHARE = 0.7
"""Of the visits that the read alone must carry."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict rests on. `restarts` counts services that were started anew, `deaths` names the unexpected."""

    scenario: Scenario
    journal: Journal
    lot: LotRecord
    cloud: CloudRecord
    takings: tuple[Taking, ...]
    visits: tuple[Visit, ...]
    deaths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One claim: `faults` is empty where it holds, `fact` says what was found."""

    claim: str
    fact: str
    faults: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.faults


def run_checks(evidence: Evidence) -> tuple[Check, ...]:
    """Every check, in the order of a day. A ledger that cannot be understood ends the list with that fault."""
    done = []
    for claim, check in _CHECKS:
        try:
            fact, faults = check(evidence)
        except (DomainError, KeyError) as error:
            fact, faults = "could not be worked out", [f"{type(error).__name__}: {error}"]
        done.append(Check(claim, fact, tuple(faults)))
    return tuple(done)


Finding = tuple[str, list[str]]


def _services(evidence: Evidence) -> Finding:
    killed = evidence.journal.incidents.count("sync_killed")
    return f"{killed} × kill -9 of the sync worker, on purpose", list(evidence.deaths)


def ledgers(lot: LotRecord, cloud: CloudRecord) -> Finding:
    """The lot's chain is whole, and the cloud stands where it ends."""
    faults = []
    try:
        verify(lot.envelopes, 0, GENESIS)
    except DomainError as error:
        faults.append(f"the lot's chain is broken: {error}")
    if lot.head != cloud.ledger:
        faults.append(f"the lot stands at {lot.head}, the cloud at {cloud.ledger}")
    if lot.acked_seq != lot.head[0]:
        faults.append(f"the lot knows of acks up to {lot.acked_seq} of {lot.head[0]}")
    return f"{lot.head[0]} envelopes, one head {lot.head[1][:16]}…", faults


def tables(lot: LotRecord) -> Finding:
    """The stays in the lot's tables are those that its events add up to."""
    told = {stay_id: (account.state, account.plate) for stay_id, account in lot.accounts().items()}
    faults = [
        f"stay {stay_id}: table {lot.stay_states.get(stay_id)}, ledger {told.get(stay_id)}"
        for stay_id in sorted(told.keys() | lot.stay_states.keys())
        if told.get(stay_id) != lot.stay_states.get(stay_id)
    ]
    return f"{len(told)} stays", faults


def _openings(evidence: Evidence) -> Finding:
    lot, journal = evidence.lot, evidence.journal
    admitted: list[tuple[str, tuple[str, ...]]] = []
    for account in lot.accounts().values():
        admitted.append((account.entry.passage_id, account.entry.photos))
        if account.exit is not None:
            admitted.append((account.exit.passage_id, account.exit.photos))
    wanted = dict.fromkeys(_passages(journal, "crossed"), "confirmed")
    wanted |= dict.fromkeys(_passages(journal, "backed_out"), "abandoned")
    faults = [f"passage {each}: {state}, the lot says {lot.passage_states.get(each)}" for each, state in wanted.items()
              if lot.passage_states.get(each) != state]  # fmt: skip
    faults += [f"{each.vehicle_id} {each.direction}: {each.end}, no passage" for each in journal.crossings
               if each.end in ("crossed", "backed_out") and each.passage_id is None]  # fmt: skip
    driven = Counter(each.passage_id for each in journal.crossings if each.passage_id is not None)
    faults += [f"passage {each} stands for {count} vehicles" for each, count in driven.items() if count > 1]
    faults += [f"passage {each} moved the barrier, nobody drove" for each, _ in admitted if each not in wanted]
    photos = [photo for _, taken in admitted for photo in taken]
    faults += [f"passage {passage} has no photo" for passage, taken in admitted if not taken]
    faults += [f"photo {photo[:16]}… {wrong}" for photo in sorted(set(photos)) if (wrong := _wrong_photo(lot, photo))]
    return f"{len(admitted)} openings, {len(set(photos))} photos", faults


def _passages(journal: Journal, end: str) -> Iterator[str]:
    return (each.passage_id for each in journal.crossings if each.end == end and each.passage_id is not None)


def _wrong_photo(lot: LotRecord, photo: str) -> str | None:
    found = list(lot.photos.rglob(f"{photo}.*"))
    if not found:
        return "is not on disk"
    return None if hashlib.sha256(found[0].read_bytes()).hexdigest() == photo else "was changed"


def _money(evidence: Evidence) -> Finding:
    taken = Counter(each.taken for each in evidence.takings)
    lot, cloud = Counter(evidence.lot.settlements), Counter(evidence.cloud.settlements)
    faults = [f"taken but not counted at the lot: {each}" for each in taken - Counter(each for each, _ in lot)]
    faults += [f"counted at the lot but not taken: {each}" for each in Counter(each for each, _ in lot) - taken]
    faults += [f"lot and cloud differ: {each}" for each in (lot - cloud) + (cloud - lot)]
    total = sum(each.taken.minor for each in evidence.takings)
    handed = sum(each.amount.minor for each in evidence.journal.payments)
    if total != handed:
        faults.append(f"drivers handed over {handed}, providers took {total}")
    currency = next((each.taken.currency for each in evidence.takings), "")
    return f"{total / 100:.2f} {currency} in {len(evidence.takings)} payments, three times the same", faults


def fees(lot: LotRecord) -> Finding:
    """Every closed stay, priced anew by its tariff, owed what the lot says, and paid it."""
    tariffs, passes = lot.tariffs(), lot.passes()
    faults = []
    closed = [account for account in lot.accounts().values() if account.state == "closed"]
    for account in closed:
        assert account.entered is not None
        assert account.exit is not None
        leaving = account.exit
        owed = quote(
            tariffs[account.entry.tariff_version],
            account.entered.entered_at,
            leaving.decided_at,
            account.settled,
            passes[account.entry.pass_id] if account.entry.pass_id is not None else None,
            account.facts,
        )
        who = account.plate or account.entry.ticket_id
        if (owed.gross, owed.paid) != (leaving.gross, leaving.paid):
            faults.append(f"{who}: {leaving.gross} with {leaving.paid} paid, worked out {owed.gross}, {owed.paid}")
        # Nobody is stopped, or asked for anything, while an emergency holds the barriers open.
        if owed.due.minor and leaving.decision != "emergency":
            faults.append(f"{who} left owing {owed.due}")
    return f"{len(closed)} stays priced anew", faults


def free_spaces(lot: LotRecord, cloud: CloudRecord) -> Finding:
    """Each count of free spaces follows from the passages before it, and drivers are told the last."""
    spaces, inside, faults = 0, 0, []
    strays: set[str] = set()
    for envelope, event in zip(lot.envelopes, lot.events(), strict=True):
        match event:
            case LotDescribed():
                spaces = event.spaces
            case EntryConfirmed():
                inside += 1
            case ExitConfirmed():
                # A stray whose stay was named later had left already.
                inside -= event.passage_id not in strays
            case StrayPassed():
                inside += 1 if event.direction == "entry" else -1
                strays.add(event.passage_id)
            case StayWrittenOff():
                inside -= event.stray is None and not event.recounted
            case Recounted():
                inside = event.inside
            case _:
                continue
        if event.free_spaces != spaces - inside:
            faults.append(f"seq {envelope.seq} says {event.free_spaces} free, it was {spaces - inside}")
    if cloud.free_spaces != spaces - inside:
        faults.append(f"drivers are told {cloud.free_spaces}, not {spaces - inside}")
    return f"{spaces - inside} of {spaces} free on both sides", faults


def _nobody_left(evidence: Evidence) -> Finding:
    stuck = [account for account in evidence.lot.accounts().values() if account.state in ("open", "intended")]
    return f"{len(stuck)} vehicles inside", [f"still inside: {_name(account)}" for account in stuck]


def _charges(evidence: Evidence) -> Finding:
    """Each payment counts for the stay of the vehicle whose driver made it."""
    own = own_stays(evidence.visits)
    orders = {each.order_id: each.taken.reference for each in evidence.takings if each.order_id is not None}
    payers = {orders.get(each.reference, each.reference): each.vehicle_id for each in evidence.journal.payments}
    faults = []
    for taken, stay_id in evidence.lot.settlements:
        payer = payers.get(taken.reference)
        if payer is None:
            faults.append(f"{taken.provider} {taken.reference}: nobody of the day paid this")
        elif own.get(payer) != stay_id:
            faults.append(f"{payer} paid for stay {stay_id}, its own is {own.get(payer)}")
    faults += [
        f"{each.vehicle.vehicle_id} {each.note}" for each in evidence.visits if each.left_on not in (None, each.stay_id)
    ]
    return f"{len(evidence.lot.settlements)} payments, each for the payer's own stay", faults


def _reads(evidence: Evidence) -> Finding:
    right = sum(each.outcome == "right" for each in evidence.visits)
    share = right / len(evidence.visits) if evidence.visits else 0.0
    fact = f"{right} of {len(evidence.visits)} visits, {100 * share:.0f} %"
    return fact, [] if share >= LEAST_SHARE else [f"at least {100 * LEAST_SHARE:.0f} % are wanted"]


def _plans(evidence: Evidence) -> Finding:
    """What the day was made for has happened."""
    scenario, journal = evidence.scenario, evidence.journal
    faults = []
    wanted = {"turned_away": "refused", "backs_out": "backed_out"}
    for vehicle in scenario.vehicles:
        seen = journal.crossing(vehicle.vehicle_id, "entry")
        if vehicle.role in wanted and (seen is None or seen.end != wanted[vehicle.role]):
            faults.append(
                f"{vehicle.vehicle_id} should have been {wanted[vehicle.role]}: {seen.end if seen else 'absent'}"
            )
    missing = {each.kind for chapter in scenario.chapters for each in chapter.incidents} - set(journal.incidents)
    faults += [f"did not happen: {kind}" for kind in sorted(missing)]
    waited = len(journal.waited_for_the_line)
    return f"full, backed out, outage, kill -9; {waited} waited at the barrier for the line", faults


def _name(account: StayAccount) -> str:
    return account.plate or f"ticket {account.entry.ticket_id}"


_CHECKS: Sequence[tuple[str, Callable[[Evidence], Finding]]] = (
    ("every service lived", _services),
    ("the day went as planned", _plans),
    ("both ledgers are one", lambda day: ledgers(day.lot, day.cloud)),
    ("the lot's tables follow from its ledger", lambda day: tables(day.lot)),
    ("each barrier opening has passage, stay and photos", _openings),
    ("money taken = counted at the lot = mirrored", _money),
    ("each fee follows from the tariff and is paid", lambda day: fees(day.lot)),
    ("nobody was charged for another", _charges),
    ("free spaces agree", lambda day: free_spaces(day.lot, day.cloud)),
    ("nobody is left inside", _nobody_left),
    ("the read alone carries most visits", _reads),
)
