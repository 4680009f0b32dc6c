"""delivery cases and replacements"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"

SEEN_TWICE = """
DELETE FROM shipment_scans a USING shipment_scans b
 WHERE a.shipment_id = b.shipment_id AND a.status = b.status AND a.at = b.at AND a.seq > b.seq"""


def upgrade() -> None:
    op.create_table(
        "appeasement_days",
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("spent > 0", name=op.f("ck_appeasement_days_spent")),
        sa.PrimaryKeyConstraint("agent", "day", "currency", name=op.f("pk_appeasement_days")),
    )
    op.create_table(
        "appeasement_limits",
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("per_day", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column(
            "set_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("per_day >= 0", name=op.f("ck_appeasement_limits_per_day")),
        sa.PrimaryKeyConstraint("agent", "currency", name=op.f("pk_appeasement_limits")),
    )
    op.create_table(
        "appeasements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "destination",
            sa.Enum(
                "original",
                "store_credit",
                name="refundto",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "given_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_appeasements_amount")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_appeasements_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeasements")),
    )
    op.create_index(op.f("ix_appeasements_order_id"), "appeasements", ["order_id"], unique=False)
    op.create_table(
        "delivery_cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("fulfillment_id", sa.Uuid(), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "delayed",
                "damaged",
                "lost",
                "refused",
                "return_to_sender",
                "address_problem",
                "never_arrived",
                "missing",
                "wrong",
                name="casekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "resolved",
                "expired",
                name="casestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column(
            "origin",
            sa.Enum(
                "carrier",
                "guardian",
                "claim",
                name="origin",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("ways", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "reship",
                "refund",
                "wait",
                "dismiss",
                "arrived",
                name="wayout",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(outcome is not distinct from 'wait') = (until is not null)",
            name=op.f("ck_delivery_cases_until"),
        ),
        sa.CheckConstraint("(state = 'open') = (outcome is null)", name=op.f("ck_delivery_cases_outcome")),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"], ["fulfillment_orders.id"], name=op.f("fk_delivery_cases_fulfillment_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_delivery_cases_order_id")),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_delivery_cases_shipment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_cases")),
    )
    op.create_index(
        "ix_delivery_cases_due",
        "delivery_cases",
        ["deadline"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_delivery_cases_order_id"), "delivery_cases", ["order_id"], unique=False)
    op.create_index(op.f("ix_delivery_cases_shipment_id"), "delivery_cases", ["shipment_id"], unique=False)
    op.create_index("ix_delivery_cases_state", "delivery_cases", ["state", "id"], unique=False)
    op.create_index(
        "uq_delivery_cases_one_open",
        "delivery_cases",
        ["shipment_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "carrier_claims",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "filed",
                "accepted",
                "rejected",
                "paid",
                name="claimstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="filed",
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column(
            "filed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_carrier_claims_amount")),
        sa.ForeignKeyConstraint(["case_id"], ["delivery_cases.id"], name=op.f("fk_carrier_claims_case_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_carrier_claims_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_claims")),
        sa.UniqueConstraint("case_id", name=op.f("uq_carrier_claims_case_id")),
    )
    op.create_index(op.f("ix_carrier_claims_order_id"), "carrier_claims", ["order_id"], unique=False)
    op.create_index("ix_carrier_claims_state", "carrier_claims", ["state", "id"], unique=False)
    op.create_table(
        "delivery_case_lines",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("fulfillment_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_delivery_case_lines_units")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["delivery_cases.id"], name=op.f("fk_delivery_case_lines_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_id", "line_id"],
            ["fulfillment_lines.fulfillment_id", "fulfillment_lines.line_id"],
            name=op.f("fk_delivery_case_lines_fulfillment_id"),
        ),
        sa.PrimaryKeyConstraint("case_id", "line_id", name=op.f("pk_delivery_case_lines")),
    )
    op.add_column("fulfillment_lines", sa.Column("free", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "fulfillment_lines", sa.Column("made_good", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "fulfillment_lines", sa.Column("replaced", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_fulfillment_lines_replacements"),
        "fulfillment_lines",
        "free between 0 and units and made_good between 0 and units and replaced between 0 and made_good",
    )
    op.add_column("shipment_scans", sa.Column("place", sa.Text(), server_default="", nullable=False))
    op.drop_index(op.f("ix_shipment_scans_shipment_id"), table_name="shipment_scans")
    op.execute(SEEN_TWICE)
    op.create_unique_constraint(
        op.f("uq_shipment_scans_shipment_id_status_at"), "shipment_scans", ["shipment_id", "status", "at"]
    )
    op.add_column("shipments", sa.Column("expected_on", sa.Date(), nullable=True))
    op.add_column("shipments", sa.Column("told_on", sa.Date(), nullable=True))
    op.add_column("shipments", sa.Column("watch_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("shipments", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_shipments_delivered_at",
        "shipments",
        ["delivered_at"],
        unique=False,
        postgresql_where=sa.text("state = 'delivered'"),
    )
    op.create_index(
        "ix_shipments_watch_at",
        "shipments",
        ["watch_at"],
        unique=False,
        postgresql_where=sa.text(
            "state in ('planned', 'labeled', 'handed_over', 'in_transit', 'exception', 'out_for_delivery')"
        ),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_shipments_watch_at",
        table_name="shipments",
        postgresql_where=sa.text(
            "state in ('planned', 'labeled', 'handed_over', 'in_transit', 'exception', 'out_for_delivery')"
        ),
    )
    op.drop_index(
        "ix_shipments_delivered_at", table_name="shipments", postgresql_where=sa.text("state = 'delivered'")
    )
    op.drop_column("shipments", "asked_at")
    op.drop_column("shipments", "watch_at")
    op.drop_column("shipments", "told_on")
    op.drop_column("shipments", "expected_on")
    op.drop_constraint(op.f("uq_shipment_scans_shipment_id_status_at"), "shipment_scans", type_="unique")
    op.create_index(op.f("ix_shipment_scans_shipment_id"), "shipment_scans", ["shipment_id"], unique=False)
    op.drop_column("shipment_scans", "place")
    op.drop_constraint(op.f("ck_fulfillment_lines_replacements"), "fulfillment_lines")
    op.drop_column("fulfillment_lines", "replaced")
    op.drop_column("fulfillment_lines", "made_good")
    op.drop_column("fulfillment_lines", "free")
    op.drop_table("delivery_case_lines")
    op.drop_index("ix_carrier_claims_state", table_name="carrier_claims")
    op.drop_index(op.f("ix_carrier_claims_order_id"), table_name="carrier_claims")
    op.drop_table("carrier_claims")
    op.drop_index(
        "uq_delivery_cases_one_open", table_name="delivery_cases", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_index("ix_delivery_cases_state", table_name="delivery_cases")
    op.drop_index(op.f("ix_delivery_cases_shipment_id"), table_name="delivery_cases")
    op.drop_index(op.f("ix_delivery_cases_order_id"), table_name="delivery_cases")
    op.drop_index(
        "ix_delivery_cases_due", table_name="delivery_cases", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_table("delivery_cases")
    op.drop_index(op.f("ix_appeasements_order_id"), table_name="appeasements")
    op.drop_table("appeasements")
    op.drop_table("appeasement_limits")
    op.drop_table("appeasement_days")
