"""A week's story in one number: two runs of a seed that went alike have the same.

Everything that is drawn at random for the world's sake is left out: ids of stays, passages, tickets and payments, and
what hangs on them (hashes, photos). In it are every fact's kind and instant as the lot recorded them, and how, when and
by which lanes every visit came, paid, was helped and left.
"""

import hashlib
import json

from benchmarks.simulation.records import LotRecord
from benchmarks.week.journal import Crossing, WeekJournal


def story_of(lot: LotRecord, journal: WeekJournal) -> str:
    """64 hex digits."""
    facts = [(envelope.kind, envelope.occurred_at) for envelope in lot.envelopes]
    visits = [
        (
            account.number,
            account.end,
            _crossing(account.came),
            _crossing(account.left),
            account.operator,
            [(each.minor, each.currency) for each in account.paid],
        )
        for account in sorted(journal.accounts.values(), key=lambda each: each.number)
    ]
    midnights = [(each.day, each.told, each.true, each.vague) for each in journal.midnights]
    told = json.dumps([facts, visits, midnights], separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def _crossing(crossing: Crossing | None) -> tuple[float, str] | None:
    return None if crossing is None else (crossing.at, crossing.lane_id)
