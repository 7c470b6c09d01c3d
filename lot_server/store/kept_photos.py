"""Which photos are kept for which passages, how much each is still needed, and the dropping of those that are not."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import bindparam, text
from sqlmodel import Session, col, delete, select

from lot_server.domain.clock import from_text, to_text
from lot_server.store.tables import PassageRow, PhotoRow

PhotoKind = Literal["refused", "paid", "unpaid", "disputed"]
"""What became of the vehicle of a photo, the least needed first: it never came in; its stay ended and owed nothing; it
ended and owed something; somebody disputed it."""

KINDS: tuple[PhotoKind, ...] = get_args(PhotoKind)

# A stay inside, or disputed now, has no kind: its photos are needed. Who left without paying may have paid since.
_NEEDED = """
    SELECT passage.passage_id AS passage_id,
        CASE
            WHEN stay.stay_id IS NULL OR stay.state = 'abandoned' THEN 'refused'
            WHEN stay.state <> 'closed' OR EXISTS
                (SELECT 1 FROM dispute WHERE dispute.stay_id = stay.stay_id AND ended_at IS NULL) THEN NULL
            WHEN EXISTS (SELECT 1 FROM dispute WHERE dispute.stay_id = stay.stay_id) THEN 'disputed'
            WHEN (SELECT left_by.gross_minor FROM passage AS left_by WHERE left_by.stay_id = stay.stay_id
                    AND left_by.direction = 'exit' AND left_by.state = 'confirmed')
                > (SELECT coalesce(sum(amount_minor), 0) FROM settlement WHERE settlement.stay_id = stay.stay_id)
                THEN 'unpaid'
            ELSE 'paid'
        END AS kind,
        max(coalesce(stay.exited_at, ''), coalesce(passage.ended_at, passage.decided_at),
            coalesce((SELECT max(ended_at) FROM dispute WHERE dispute.stay_id = stay.stay_id), '')) AS since
    FROM passage LEFT JOIN stay ON stay.stay_id = passage.stay_id
    WHERE passage.state <> 'intended'
"""
_OLDEST = text(
    f"SELECT passage_id, kind, since FROM ({_NEEDED} AND passage_id IN (SELECT passage_id FROM photo)) "  # noqa: S608
    "WHERE kind = :kind AND since < :before ORDER BY since LIMIT :most"
)
_STILL = text(
    f"SELECT passage_id, kind, since FROM ({_NEEDED} AND passage_id IN :passages) "  # noqa: S608
    "WHERE kind = :kind AND since < :before"
).bindparams(bindparam("passages", expanding=True))
_UNKNOWN = text(
    "SELECT value FROM json_each(:names) WHERE value NOT IN (SELECT name FROM photo) AND value NOT IN "
    "(SELECT shown.value FROM alert, json_each(alert.photos) AS shown WHERE resolved_at IS NULL OR raised_at >= :since)"
)


@dataclass(frozen=True, slots=True)
class Droppable:
    """A passage whose photos may go, and since when nobody needs them; all of one kind."""

    passage_id: str
    kind: PhotoKind
    since: datetime


class KeptPhotos:
    """The photos within one transaction or look."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def droppable(self, limits: Mapping[PhotoKind, datetime], most: int) -> list[Droppable]:
        """Passages that ended before their kind's limit: the least needed kind first, in it the oldest first.

        It reads all passages with photos: ask it of a look beside the writer.
        """
        found: list[Droppable] = []
        for kind in KINDS:
            if kind in limits and len(found) < most:
                values = {"kind": kind, "before": to_text(limits[kind]), "most": most - len(found)}
                found += self._passages(self._session.execute(_OLDEST, values))
        return found

    def drop(
        self, chosen: Collection[Droppable], limits: Mapping[PhotoKind, datetime], at: datetime, since: datetime
    ) -> list[str]:
        """Let go of the photos of those passages that may still be dropped; the names that nothing keeps now."""
        names: set[str] = set()
        for passage_id in self.past([each.passage_id for each in chosen], limits):
            names |= self._drop(passage_id, at)
        return self.unknown(sorted(names), since)

    def past(self, passage_ids: Collection[str], limits: Mapping[PhotoKind, datetime]) -> set[str]:
        """Those of the passages that ended before their kind's limit, photos or not."""
        ids = list(passage_ids)
        found: set[str] = set()
        for kind, before in limits.items():
            values = {"kind": kind, "before": to_text(before), "passages": ids}
            found |= {each.passage_id for each in self._passages(self._session.execute(_STILL, values))}
        return found

    def unknown(self, names: Sequence[str], since: datetime) -> list[str]:
        """Those of the names that no passage keeps, nor an alert that is open or was raised since an instant."""
        listed = "[" + ",".join(f'"{name}"' for name in names) + "]"
        return [name for (name,) in self._session.execute(_UNKNOWN, {"names": listed, "since": to_text(since)})]

    def _drop(self, passage_id: str, at: datetime) -> set[str]:
        rows = self._session.exec(select(PhotoRow.name).where(PhotoRow.passage_id == passage_id)).all()
        self._session.exec(delete(PhotoRow).where(col(PhotoRow.passage_id) == passage_id))
        passage = self._session.get_one(PassageRow, passage_id)
        passage.photos_dropped_at = at
        self._session.flush()
        return set(rows)

    def _passages(self, rows: Iterable[Any]) -> Iterator[Droppable]:
        for passage_id, kind, since in rows:
            yield Droppable(passage_id, kind, from_text(since))
