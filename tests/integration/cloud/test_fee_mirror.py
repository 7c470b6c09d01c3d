"""The cloud quotes what the lot quotes: the lot's real store on one side, its mirror on the other."""

from datetime import timedelta
from pathlib import Path

import pytest
from running_cloud import NOON
from sqlalchemy import inspect, text

from api.db import Database
from api.migrations.versions import VERSIONS
from api.tables import CouponRow, Row, SchemaVersion, StayRow
from lot_server.domain.clock import to_text
from lot_server.domain.codec import to_body
from lot_server.domain.coupon import Coupon
from lot_server.domain.events import (
    CouponApplied,
    EntryAdmitted,
    EntryConfirmed,
    LotDescribed,
    PlateCorrected,
    TariffPublished,
    TicketLost,
    VehicleClassed,
)
from lot_server.domain.ledger import seal
from lot_server.domain.tariff import ClassRate, RateLine, Tariff, Window
from lot_server.exits import price
from lot_server.store.store import Store

ENTERED = NOON - timedelta(hours=20)
TARIFF = Tariff(
    version=1,
    currency="CNY",
    valid_from=NOON - timedelta(days=9),
    free_minutes=15,
    lines=(RateLine(0, 60, 500),),
    daily_cap=9000,
    grace_minutes=15,
    quote_minutes=10,
    time_zone="Asia/Shanghai",
    windows=(Window("夜间", "20:00", "08:00", (RateLine(0, 120, 100),), cap=300),),
    classes=(
        ClassRate("新能源", ("green",), percent_off=50),
        ClassRate("摩托车", (), percent_off=20, vehicles=("motorcycle",)),
    ),
    lost_ticket=4000,
)


@pytest.fixture
def store(tmp_path: Path):
    """A lot with one plain stay, one of a green plate with a coupon, and a motorcycle's whose ticket is lost."""
    store = Store(tmp_path / "lot.db", "lot-1")
    coupon = Coupon("c1", "s2", "影院", "amount", 300, "票根", ENTERED)
    told = [
        LotDescribed("P1", "1 Road", 31_200_000, 121_500_000, 9, 9, "Asia/Shanghai", "CNY"),
        TariffPublished(TARIFF),
    ]
    for number, (plate, ticket, color) in enumerate(
        [("沪A00001", None, "blue"), ("沪AD00002", None, "blue"), (None, "K7M2Q9XWAB", None)], start=1
    ):
        admitted = EntryAdmitted(
            f"s{number}", f"p{number}", "in", plate, plate, ticket, "read", None, (), None, 1, ENTERED, color
        )
        told += [admitted, EntryConfirmed(f"s{number}", f"p{number}", ENTERED, 9 - number)]
    told += [
        PlateCorrected("s2", "沪AD00002", "ann", "green", "green"),
        CouponApplied(coupon),
        VehicleClassed("s3", "motorcycle", "ann", "seen"),
        TicketLost("s3", "ann", "-"),
    ]
    with store.transaction() as work:
        for event in told:
            work.record(event, ENTERED)
    yield store
    store.close()


def test_lot_and_cloud_quote_alike(lot, store) -> None:
    """The same stays, by the same ledger, owe the same by the same steps on both sides."""
    with store.transaction() as work:
        assert lot.post(*work.envelopes()).status_code == 200
        quotes = {stay.stay_id: price(work, stay, NOON) for stay in work.open_stays()}
    dues = {}
    for plate in ("沪A00001", "沪AD00002", "K7M2Q9XWAB"):
        answer = lot.ask_fee(plate).json()
        owed = quotes[answer["stay_id"]]
        assert (answer["gross"], answer["due"]) == (owed.gross.minor, owed.due.minor)
        assert [(step["kind"], step["name"], step["amount"], step["percent"]) for step in answer["steps"]] == [
            (step.kind, step.name, step.amount, step.percent) for step in owed.steps
        ]
        dues[answer["stay_id"]] = answer["due"]
    # From 00:00 to 20:00 in Shanghai: 4 blocks at night, capped at 3.00, then 12 hours at 5.00.
    assert dues == {"s1": 6300, "s2": 6300 // 2 - 300, "s3": 6300 * 8 // 10}


def test_what_prices_a_stay_is_mirrored(cloud, lot, store) -> None:
    """Colour, lost ticket and coupon stand in the cloud's tables; a coupon told twice is refused as a broken ledger."""
    with store.transaction() as work:
        assert lot.post(*work.envelopes()).status_code == 200
    rows = {row.stay_id: (row.plate_color, row.ticket_lost, row.vehicle) for row in cloud.rows(StayRow)}
    assert rows == {"s1": ("blue", False, None), "s2": ("green", False, None), "s3": (None, True, "motorcycle")}
    (coupon,) = cloud.rows(CouponRow)
    assert (coupon.coupon_id, coupon.stay_id, coupon.value, to_text(coupon.applied_at)) == (
        "c1", "s2", 300, to_text(ENTERED),
    )  # fmt: skip
    with store.transaction() as work:
        again = [*work.envelopes()][-1]
    body = to_body(CouponApplied(Coupon("c1", "s2", "影院", "amount", 300, "票根", ENTERED)))
    twice = seal("lot-1", again.seq + 1, CouponApplied.KIND, to_text(NOON), body, again.hash)
    answer = lot.post(twice)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_batch")


def test_the_page_says_why(cloud, lot, store) -> None:
    """The driver's page names the window, the class and the merchant in the driver's language."""
    with store.transaction() as work:
        lot.post(*work.envelopes())
    for language, words in (
        ("en", ("夜间: 4 × 2 h", "50 % less for 新能源", "¥3.00 from 影院")),
        ("zh", ("新能源优惠 50%",)),
    ):
        page = cloud.client.post("/pay", params={"lang": language}, data={"lot": "lot-1", "plate": "沪AD00002"}).text
        for each in words:
            assert each in page


def test_a_database_of_the_first_release_is_carried_forward(cloud, lot, database_url) -> None:
    """The first release's tables get what is new, keep their rows, and end as a fresh database begins."""
    lot.describe()
    lot.publish()
    lot.admit("stay-1", "沪A12345", NOON - timedelta(hours=2))
    lot.send()

    async def shape(database: Database):
        async with database._engine.connect() as connection:
            return await connection.run_sync(
                lambda sync: {
                    table: sorted((column["name"], column["nullable"]) for column in inspect(sync).get_columns(table))
                    for table in Row.metadata.tables
                }
            )

    async def back_and_forward(session):
        for statement in (
            "DROP TABLE coupon",
            "DROP TABLE mirrored_refund",
            "DROP TABLE refund_ask",
            "DROP TABLE refund_order",
            "ALTER TABLE stay DROP COLUMN forgiven_minor",
            "ALTER TABLE stay DROP COLUMN plate_color",
            "ALTER TABLE stay DROP COLUMN ticket_lost",
            "ALTER TABLE stay DROP COLUMN vehicle",
            "DROP TABLE listed_plate",
            "DROP TABLE stray",
            *(
                f"ALTER TABLE {table} DROP COLUMN {column}"
                for table, columns in {
                    "lot": ("kept_for_passes", "members_only", "free_least", "free_most", "kept_spaces"),
                    "pass": ("more_plates", "spaces", "lanes", "holder"),
                    "stay": ("pass_since", "waits_for", "allowed", "orphaned", "orphaned_at"),
                }.items()
                for column in columns
            ),
            "UPDATE schema_version SET version = 1",
        ):
            await (await session.connection()).execute(text(statement))

    fresh = cloud.runner.run(shape(cloud.database))
    cloud.work(back_and_forward)
    for _ in range(2):
        cloud.runner.run(cloud.database.prepare())
    assert cloud.runner.run(shape(cloud.database)) == fresh
    assert [row.version for row in cloud.rows(SchemaVersion)] == [len(VERSIONS) + 1]
    assert [(row.stay_id, row.ticket_lost) for row in cloud.rows(StayRow)] == [("stay-1", False)]
    assert lot.ask_fee("沪A12345").json()["due"] == 1000
