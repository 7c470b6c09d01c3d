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

_RIGHTS_AND_COUNTS = (
    "ALTER TABLE lot ADD COLUMN kept_for_passes BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE lot ADD COLUMN members_only BOOLEAN NOT NULL DEFAULT false",
    "ALTER TABLE lot ADD COLUMN free_least BIGINT",
    "ALTER TABLE lot ADD COLUMN free_most BIGINT",
    "ALTER TABLE lot ADD COLUMN kept_spaces BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE pass ADD COLUMN more_plates JSON NOT NULL DEFAULT '[]'",
    "ALTER TABLE pass ADD COLUMN spaces BIGINT NOT NULL DEFAULT 1",
    "ALTER TABLE pass ADD COLUMN lanes JSON NOT NULL DEFAULT '[]'",
    "ALTER TABLE pass ADD COLUMN holder VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE stay ADD COLUMN pass_since TIMESTAMP WITH TIME ZONE",
    "ALTER TABLE stay ADD COLUMN waits_for VARCHAR",
    "ALTER TABLE stay ADD COLUMN allowed BOOLEAN NOT NULL DEFAULT false",
    "ALTER TABLE stay ADD COLUMN orphaned VARCHAR",
    "ALTER TABLE stay ADD COLUMN orphaned_at TIMESTAMP WITH TIME ZONE",
    # What a pass makes free used to be looked up by the plate; now each stay says so itself.
    """UPDATE stay SET pass_id = (
        SELECT pass.pass_id FROM pass WHERE pass.lot_id = stay.lot_id AND pass.plate = stay.plate
            AND pass.valid_from <= coalesce(stay.entered_at, stay.read_at)
            AND pass.valid_until > coalesce(stay.entered_at, stay.read_at)
        ORDER BY pass.valid_until DESC LIMIT 1
    ) WHERE pass_id IS NULL AND plate IS NOT NULL""",
    """CREATE TABLE listed_plate (
        lot_id VARCHAR NOT NULL,
        kind VARCHAR NOT NULL,
        plate VARCHAR NOT NULL,
        reason VARCHAR NOT NULL,
        valid_until TIMESTAMP WITH TIME ZONE,
        free BOOLEAN NOT NULL,
        when_full BOOLEAN NOT NULL,
        removed_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (lot_id, kind, plate),
        FOREIGN KEY (lot_id) REFERENCES enrolment (lot_id)
    )""",
    """CREATE TABLE stray (
        lot_id VARCHAR NOT NULL,
        passage_id VARCHAR NOT NULL,
        lane_id VARCHAR NOT NULL,
        direction VARCHAR NOT NULL,
        cause VARCHAR NOT NULL,
        passed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (lot_id, passage_id),
        FOREIGN KEY (lot_id) REFERENCES enrolment (lot_id)
    )""",
)

VERSIONS: tuple[tuple[str, ...], ...] = (_WHAT_PRICES_A_STAY, _KIND_OF_VEHICLE, _MONEY_BACK, _RIGHTS_AND_COUNTS)
"""The statements that lead from version N + 1 (N being the index) to N + 2. Never edited once released."""
