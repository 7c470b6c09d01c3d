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

_MONEY_BACK = (
    "ALTER TABLE stay ADD COLUMN forgiven_minor BIGINT NOT NULL DEFAULT 0",
    """CREATE TABLE mirrored_refund (
        lot_id VARCHAR NOT NULL,
        provider VARCHAR NOT NULL,
        provider_reference VARCHAR NOT NULL,
        refund_id VARCHAR NOT NULL,
        settlement_id VARCHAR NOT NULL,
        stay_id VARCHAR NOT NULL,
        amount_minor BIGINT NOT NULL,
        currency VARCHAR NOT NULL,
        operator VARCHAR NOT NULL,
        reason VARCHAR NOT NULL,
        refunded_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (lot_id, provider, provider_reference),
        FOREIGN KEY (lot_id) REFERENCES enrolment (lot_id)
    )""",
    "CREATE INDEX mirrored_refund_stay ON mirrored_refund (lot_id, stay_id)",
    """CREATE TABLE refund_ask (
        lot_id VARCHAR NOT NULL,
        refund_id VARCHAR NOT NULL,
        settlement_id VARCHAR NOT NULL,
        amount_minor BIGINT NOT NULL,
        currency VARCHAR NOT NULL,
        operator VARCHAR NOT NULL,
        reason VARCHAR NOT NULL,
        asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (lot_id, refund_id),
        FOREIGN KEY (lot_id) REFERENCES enrolment (lot_id)
    )""",
    """CREATE TABLE refund_order (
        lot_id VARCHAR NOT NULL,
        refund_id VARCHAR NOT NULL,
        settlement_id VARCHAR NOT NULL,
        stay_id VARCHAR NOT NULL,
        order_id VARCHAR NOT NULL,
        amount_minor BIGINT NOT NULL,
        currency VARCHAR NOT NULL,
        provider VARCHAR NOT NULL,
        payment_reference VARCHAR NOT NULL,
        operator VARCHAR NOT NULL,
        reason VARCHAR NOT NULL,
        state VARCHAR NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        done_at TIMESTAMP WITH TIME ZONE,
        provider_reference VARCHAR,
        refunded_at TIMESTAMP WITH TIME ZONE,
        text VARCHAR,
        outcome VARCHAR,
        answered_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (lot_id, refund_id),
        FOREIGN KEY (lot_id) REFERENCES enrolment (lot_id)
    )""",
    "CREATE INDEX refund_order_state ON refund_order (state, created_at)",
    "CREATE INDEX refund_order_settlement ON refund_order (lot_id, settlement_id)",
    "CREATE INDEX refund_order_stay ON refund_order (lot_id, stay_id)",
)

VERSIONS: tuple[tuple[str, ...], ...] = (_WHAT_PRICES_A_STAY, _KIND_OF_VEHICLE, _MONEY_BACK)
"""The statements that lead from version N + 1 (N being the index) to N + 2. Never edited once released."""
