"""The cloud forgets a plate as the lot did, body by body."""

from datetime import UTC, datetime

from api.ingest.mirror import Mirror
from api.ingest.projection import project
from api.tables import AlertRow, EnvelopeRow, PassageRow, PassRow, StayRow
from lot_server.domain.erasure import without_plate
from lot_server.domain.events import ErasedFact, PlateErased
from lot_server.domain.ledger import digest

LOT, PLATE, PSEUDONYM = "lot-1", "AB123", "ERASEDXYZ234"
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ENTRY: dict[str, object] = {
    "stay_id": "s1", "passage_id": "p1", "lane_id": "in", "plate": PLATE, "printed": "AB-123", "ticket_id": None,
    "evidence": {"positions": []}, "photos": ["f" * 64], "decision": "read",
}  # fmt: skip
ALERT: dict[str, object] = {"alert_id": "a1", "text": f"may be {PLATE} (AB-123)", "stay_id": None, "passage_id": "p9"}


def fact(seq: int, kind: str, body: dict[str, object]) -> EnvelopeRow:
    return EnvelopeRow(lot_id=LOT, seq=seq, kind=kind, occurred_at="t", body=body, previous="0", hash="1")


def mirrored() -> Mirror:
    mirror = Mirror(LOT)
    mirror.stays["s1"] = StayRow(
        lot_id=LOT, stay_id="s1", state="closed", plate=PLATE, printed="AB-123", ticket_id=None, entry_lane_id="in",
        read_at=NOW, pass_id=None, tariff_version=1,
    )  # fmt: skip
    mirror.passages["p1"] = PassageRow(
        lot_id=LOT, passage_id="p1", lane_id="in", direction="entry", state="confirmed", decision="read", stay_id="s1",
        plate=PLATE, photos=["f" * 64], occurred_at=NOW,
    )  # fmt: skip
    mirror.passes["old"] = PassRow(
        lot_id=LOT, pass_id="old", plate="OTHER1", kind="monthly", valid_from=NOW, valid_until=NOW, more_plates=[PLATE]
    )
    mirror.alerts["a1"] = AlertRow(
        lot_id=LOT, alert_id="a1", code="ambiguous_exit", lane_id=None, stay_id=None, passage_id="p9",
        text=str(ALERT["text"]), raised_at=NOW,
    )  # fmt: skip
    mirror.facts = {1: fact(1, "entry_admitted", ENTRY), 2: fact(2, "alert_raised", ALERT)}
    return mirror


def erased(everywhere: bool) -> PlateErased:
    """The fact as a lot would record it."""
    texts = (PLATE, "AB-123")
    bodies = {1: ("entry_admitted", without_plate(ENTRY, texts, PSEUDONYM, own=True))}
    if everywhere:
        bodies[2] = ("alert_raised", without_plate(ALERT, texts, PSEUDONYM, own=False))
    facts = tuple(ErasedFact(seq, digest(LOT, seq, kind, "t", body)) for seq, (kind, body) in bodies.items())
    return PlateErased(PSEUDONYM, ("s1",), ("p1",), everywhere, facts, "ann", "asked")


def test_the_mirror_forgets_a_plate() -> None:
    """No row and no body holds the plate, and each body has become the one whose digest the lot names."""
    mirror, event = mirrored(), erased(everywhere=True)
    project(mirror, event, NOW)
    said = " ".join(str(row.model_dump()) for row in mirror.rows())
    assert PLATE not in said
    assert "AB-123" not in said
    for each in event.facts:
        row = mirror.facts[each.seq]
        assert digest(LOT, row.seq, row.kind, row.occurred_at, row.body) == each.digest


def test_what_a_younger_stay_needs_is_kept() -> None:
    """Where the lot kept the plate in passes and alerts, the mirror keeps it there."""
    mirror = mirrored()
    project(mirror, erased(everywhere=False), NOW)
    assert mirror.passes["old"].more_plates == [PLATE]
    assert PLATE in str(mirror.facts[2].body)
    assert PLATE not in str(mirror.facts[1].body)
    assert mirror.stays["s1"].plate == PSEUDONYM
