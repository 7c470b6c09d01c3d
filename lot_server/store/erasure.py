"""A plate's facts and rows: which there are, and how its pseudonym takes its place in them."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session, col, delete, or_, select

from lot_server.domain.codec import Json
from lot_server.domain.erasure import is_about, replaced, without_plate
from lot_server.domain.events import ErasedFact, PlateErased
from lot_server.domain.ledger import digest
from lot_server.store.kept_photos import KeptPhotos, PhotoKind
from lot_server.store.tables import (
    AlertRow,
    OutboxRow,
    PassageRow,
    PassPlateRow,
    PassRow,
    PassVersionRow,
    PhotoRow,
    PlateCorrectionRow,
    StayRow,
)

# By the plate or by the stay: an exit's body may hold another read than its stay's plate.
_MENTIONS = text(
    "SELECT seq, body FROM outbox "
    "WHERE EXISTS (SELECT 1 FROM json_each(:texts) AS wanted WHERE instr(body, wanted.value)) ORDER BY seq"
)


_BESIDE = text(
    "UPDATE stay SET other_plates = replace(other_plates, :text, :pseudonym) WHERE instr(other_plates, :text)"
)


@dataclass(frozen=True, slots=True)
class PlateTraces:
    """Where a vehicle's plate stands: ended stays and passages that may be erased, the texts that name it, and the seqs
    of the facts that change. `kept` are the stays that are too young: while there are any, passes and facts about other
    vehicles keep the plate (`everywhere` is False)."""

    stay_ids: tuple[str, ...]
    passage_ids: tuple[str, ...]
    texts: tuple[str, ...]
    seqs: tuple[int, ...]
    kept: tuple[str, ...]

    @property
    def everywhere(self) -> bool:
        return not self.kept


def traces(session: Session, plate: str, limits: Mapping[PhotoKind, datetime]) -> PlateTraces:
    """Look for a plate; it reads the whole ledger, so ask it of a look beside the writer."""
    stays = session.exec(select(StayRow).where(StayRow.plate == plate)).all()
    own = session.exec(
        select(PassageRow).where(
            or_(
                col(PassageRow.stay_id).in_([stay.stay_id for stay in stays]),
                (col(PassageRow.plate) == plate) & col(PassageRow.stay_id).is_(None),
            )
        )
    ).all()
    old = KeptPhotos(session).past([each.passage_id for each in own], limits)
    young = {each.stay_id for each in own if each.passage_id not in old}
    gone = [stay for stay in stays if stay.stay_id not in young and stay.state in ("closed", "abandoned")]
    stay_ids = {stay.stay_id for stay in gone}
    passages = [each for each in own if each.passage_id in old and (each.stay_id is None or each.stay_id in stay_ids)]
    if not passages:
        return PlateTraces((), (), (), (), tuple(stay.stay_id for stay in stays))
    texts = {plate, *(stay.printed for stay in gone if stay.printed)}
    wanted = [*texts, *stay_ids, *(each.passage_id for each in passages)]
    kept = tuple(stay.stay_id for stay in stays if stay.stay_id not in stay_ids)
    passage_ids = tuple(sorted(each.passage_id for each in passages))
    mentions = session.execute(_MENTIONS, {"texts": json.dumps(wanted, ensure_ascii=False)})
    return PlateTraces(
        tuple(sorted(stay_ids)),
        passage_ids,
        tuple(sorted(texts)),
        tuple(seq for seq, body in mentions if not kept or is_about(json.loads(body), stay_ids, passage_ids)),
        kept,
    )


def rewrite_facts(
    session: Session, lot_id: str, found: PlateTraces, pseudonym: str, erased_by: int
) -> tuple[ErasedFact, ...]:
    """Write the bodies of facts anew; those that change, each with its new digest. `erased_by` is the erasure's seq."""
    erased = []
    for seq in found.seqs:
        row = session.get_one(OutboxRow, seq)
        own = is_about(row.body, found.stay_ids, found.passage_ids)
        body: Json = without_plate(row.body, found.texts, pseudonym, own)
        if body != row.body:
            row.body, row.erased_by = body, erased_by
            erased.append(ErasedFact(seq, digest(lot_id, seq, row.kind, row.occurred_at, body)))
    session.flush()
    return tuple(erased)


def pseudonymise(session: Session, event: PlateErased) -> None:
    """Put the pseudonym into the rows of the erased stays and passages, and let go of what was read there."""
    texts: set[str] = set()
    for stay_id in event.stay_ids:
        stay = session.get_one(StayRow, stay_id)
        texts |= {each for each in (stay.plate, stay.printed) if each}
        stay.plate, stay.printed, stay.evidence, stay.photos = event.pseudonym, None, None, ()
        stay.other_plates = ()
        for correction in session.exec(select(PlateCorrectionRow).where(PlateCorrectionRow.stay_id == stay_id)):
            correction.before = correction.after = event.pseudonym
    for passage_id in event.passage_ids:
        passage = session.get_one(PassageRow, passage_id)
        if passage.stay_id is None and passage.plate:
            texts.add(passage.plate)
        passage.plate = None if passage.plate is None else event.pseudonym
        passage.evidence, passage.photos = None, ()
        session.exec(delete(PhotoRow).where(col(PhotoRow.passage_id) == passage_id))
    about = or_(col(AlertRow.stay_id).in_(event.stay_ids), col(AlertRow.passage_id).in_(event.passage_ids))
    for alert in session.exec(select(AlertRow).where(about)):
        alert.photos = ()
    if event.everywhere:
        _in_alerts(session, texts - {event.pseudonym}, event.pseudonym)
        _beside_others(session, texts - {event.pseudonym}, event.pseudonym)
        _in_passes(session, texts - {event.pseudonym}, event.pseudonym)


def _in_alerts(session: Session, texts: Collection[str], pseudonym: str) -> None:
    for each in texts:
        for alert in session.exec(select(AlertRow).where(col(AlertRow.text).contains(each, autoescape=True))):
            alert.text = replaced(alert.text, texts, pseudonym)


def _beside_others(session: Session, texts: Collection[str], pseudonym: str) -> None:
    """Where the plate was read beside another vehicle's."""
    session.flush()
    for each in texts:
        session.execute(_BESIDE, {"text": each, "pseudonym": pseudonym})
    session.expire_all()


def _in_passes(session: Session, texts: Collection[str], pseudonym: str) -> None:
    """In passes as they stand and as they stood."""
    named = session.exec(select(PassPlateRow).where(col(PassPlateRow.plate).in_(texts))).all()
    pass_ids = {each.pass_id for each in named}
    for each in named:
        session.delete(each)
    session.flush()
    for pass_id in pass_ids:
        session.add(PassPlateRow(plate=pseudonym, pass_id=pass_id))
        held = session.get_one(PassRow, pass_id)
        held.body = without_plate(held.body, texts, pseudonym, own=False)
        for version in session.exec(select(PassVersionRow).where(PassVersionRow.pass_id == pass_id)):
            version.body = without_plate(version.body, texts, pseudonym, own=False)
