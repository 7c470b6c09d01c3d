"""How values stand in SQLite's text columns: instants, and JSON of bodies, evidence, photos and tariffs."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from lot_server.domain.clock import from_text, to_text
from lot_server.domain.codec import Json, from_body, to_body
from lot_server.domain.evidence import ReadEvidence
from lot_server.domain.tariff import Tariff

# Every exit looks at the evidence of all open stays; decoding it anew each time would cost more than the match.
EVIDENCE_CACHE = 4096


class InstantText(TypeDecorator[datetime]):
    """An aware datetime as `clock.to_text` writes it, so that it comes back in UTC and sorts as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> str | None:
        return None if value is None else to_text(value)

    def process_result_value(self, value: Any | None, _: Dialect) -> datetime | None:
        return None if value is None else from_text(value)


class BodyText(TypeDecorator[Json]):
    """A JSON object with sorted keys and no spaces, as the ledger hashes it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Json | None, _: Dialect) -> str | None:
        return None if value is None else _dump(value)

    def process_result_value(self, value: Any | None, _: Dialect) -> Json | None:
        return None if value is None else json.loads(value)


class PhotosText(TypeDecorator[tuple[str, ...]]):
    """The SHA-256 names of photos, in order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, _: Dialect) -> str | None:
        return None if value is None else _dump(list(value))

    def process_result_value(self, value: Any | None, _: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(json.loads(value))


class EvidenceText(TypeDecorator[ReadEvidence]):
    """What a read left for matching."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: ReadEvidence | None, _: Dialect) -> str | None:
        return None if value is None else _dump(to_body(value))

    def process_result_value(self, value: Any | None, _: Dialect) -> ReadEvidence | None:
        return None if value is None else _evidence(value)


class TariffText(TypeDecorator[Tariff]):
    """A whole price list."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Tariff | None, _: Dialect) -> str | None:
        return None if value is None else _dump(to_body(value))

    def process_result_value(self, value: Any | None, _: Dialect) -> Tariff | None:
        return None if value is None else from_body(Tariff, json.loads(value))


@lru_cache(maxsize=EVIDENCE_CACHE)
def _evidence(text: str) -> ReadEvidence:
    return from_body(ReadEvidence, json.loads(text))


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
