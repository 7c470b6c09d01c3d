"""What leads from one version of the cloud's schema to the next, in SQL that both databases speak. Forward only."""

_WHAT_PRICES_A_STAY = (
    "ALTER TABLE stay ADD COLUMN plate_color VARCHAR",
    "ALTER TABLE stay ADD COLUMN ticket_lost BOOLEAN NOT NULL DEFAULT false",
    """CREATE TABLE coupon (
        lot_id VARCHAR NOT NULL,
        coupon_id VARCHAR NOT NULL,
        stay_id VARCHAR NOT NULL,
        merchant VARCHAR NOT NULL,
        kind VARCHAR NOT NULL,
        value BIGINT NOT NULL,
        reason VARCHAR NOT NULL,
        applied_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (lot_id, coupon_id),
        FOREIGN KEY (lot_id) REFERENCES enrolment (lot_id)
    )""",
    "CREATE INDEX coupon_stay ON coupon (lot_id, stay_id)",
)

_KIND_OF_VEHICLE = ("ALTER TABLE stay ADD COLUMN vehicle VARCHAR",)

VERSIONS: tuple[tuple[str, ...], ...] = (_WHAT_PRICES_A_STAY, _KIND_OF_VEHICLE)
"""The statements that lead from version N + 1 (N being the index) to N + 2. Never edited once released."""
