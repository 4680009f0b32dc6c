"""returns"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"

KINDS = (
    "'approval', 'address', 'carrier', 'routing', 'manual', 'compensation', 'unreadable_signal', 'stuck', "
    "'payment_lookup', 'delivery', 'notification', 'dispute', 'unmatched_money', 'overdue'"
)


def upgrade() -> None:
    op.create_table(
        "return_policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_return_policies")),
    )
    op.create_table(
        "returns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False, start=10001), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "approved",
                "declined",
                "in_transit",
                "received",
                "inspected",
                "resolved",
                "canceled",
                name="returnstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "resolution",
            sa.Enum(
                "refund",
                "store_credit",
                name="resolution",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "method",
            sa.Enum(
                "label",
                "drop_off",
                "own_transport",
                name="returnmethod",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("fee", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("instant", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("inspected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reckoned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("woken", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reads", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("fee >= 0", name=op.f("ck_returns_fee")),
        sa.ForeignKeyConstraint(["location"], ["locations.code"], name=op.f("fk_returns_location")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_returns_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returns")),
        sa.UniqueConstraint("number", name=op.f("uq_returns_number")),
    )
    op.create_index("ix_returns_order_id", "returns", ["order_id"], unique=False)
    op.create_index("ix_returns_state", "returns", ["state", "id"], unique=False)
    op.create_table(
        "return_parcels",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "labeled",
                "handed_over",
                "in_transit",
                "out_for_delivery",
                "delivered",
                "ready_for_pickup",
                "collected",
                "exception",
                "lost",
                "returning",
                "returned",
                "voided",
                name="shipmentstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="planned",
            nullable=False,
        ),
        sa.Column("grams", sa.Integer(), nullable=False),
        sa.Column("length_mm", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("tracking_code", sa.Text(), nullable=True),
        sa.Column("tracking_url", sa.Text(), nullable=True),
        sa.Column("label_url", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_return_parcels_order_id")),
        sa.ForeignKeyConstraint(["return_id"], ["returns.id"], name=op.f("fk_return_parcels_return_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_parcels")),
        sa.UniqueConstraint("return_id", name=op.f("uq_return_parcels_return_id")),
    )
    op.create_index(op.f("ix_return_parcels_order_id"), "return_parcels", ["order_id"], unique=False)
    op.create_index(
        "ix_return_parcels_tracking_code",
        "return_parcels",
        ["tracking_code"],
        unique=False,
        postgresql_where=sa.text("tracking_code is not null"),
    )
    op.create_table(
        "return_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "changed_mind",
                "does_not_fit",
                "arrived_late",
                "not_as_described",
                "damaged",
                "defective",
                "wrong_item",
                "other",
                name="returnreason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("withdrawal", sa.Boolean(), nullable=False),
        sa.Column("restocking_ppm", sa.Integer(), nullable=False),
        sa.Column("refunds_shipping", sa.Boolean(), nullable=False),
        sa.Column("window_ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received", sa.Integer(), server_default="0", nullable=False),
        sa.Column("wrong", sa.Integer(), server_default="0", nullable=False),
        sa.Column("damaged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("missing", sa.Integer(), server_default="0", nullable=False),
        sa.Column("value", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("kept", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("restocking", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fee", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refund", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_units", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "restocking_ppm between 0 and 1000000", name=op.f("ck_return_lines_restocking_ppm")
        ),
        sa.CheckConstraint(
            "units > 0 and received >= 0 and missing >= 0 and wrong >= 0 and damaged between 0 and received and received + missing <= units and wrong <= units",
            name=op.f("ck_return_lines_units"),
        ),
        sa.CheckConstraint(
            "value = kept + restocking + fee + refund and least(kept, restocking, fee, refund) >= 0 and refunded_units between 0 and units",
            name=op.f("ck_return_lines_amounts"),
        ),
        sa.ForeignKeyConstraint(["line_id"], ["order_lines.id"], name=op.f("fk_return_lines_line_id")),
        sa.ForeignKeyConstraint(["return_id"], ["returns.id"], name=op.f("fk_return_lines_return_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_lines")),
        sa.UniqueConstraint("return_id", "line_id", name=op.f("uq_return_lines_return_id_line_id")),
    )
    op.create_index(op.f("ix_return_lines_line_id"), "return_lines", ["line_id"], unique=False)
    op.create_table(
        "return_inspections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("return_line_id", sa.Uuid(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column(
            "condition",
            sa.Enum(
                "as_new",
                "opened",
                "used",
                "damaged",
                name="condition",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "disposition",
            sa.Enum(
                "restock",
                "refurbish",
                "write_off",
                "to_vendor",
                name="disposition",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("deduct_ppm", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("photos", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("inspected_by", sa.Text(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "units > 0 and deduct_ppm between 0 and 1000000", name=op.f("ck_return_inspections_figures")
        ),
        sa.ForeignKeyConstraint(
            ["return_line_id"], ["return_lines.id"], name=op.f("fk_return_inspections_return_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_inspections")),
    )
    op.create_index(
        "ix_return_inspections_return_line_id", "return_inspections", ["return_line_id"], unique=False
    )
    op.add_column("customers", sa.Column("segment", sa.Text(), server_default="", nullable=False))
    op.add_column("order_lines", sa.Column("coming_back", sa.Integer(), server_default="0", nullable=False))
    op.add_column("outbox", sa.Column("return_id", sa.Uuid(), nullable=True))
    op.add_column("refunds", sa.Column("return_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_refunds_return_id"), "refunds", ["return_id"], unique=False)
    op.create_foreign_key(op.f("fk_refunds_return_id"), "refunds", "returns", ["return_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_order_lines_returned"),
        "order_lines",
        "coming_back >= 0 and returned + coming_back <= delivered",
    )
    _kinds(KINDS + ", 'return'")


def downgrade() -> None:
    op.execute("DELETE FROM tasks WHERE kind = 'return'")
    _kinds(KINDS)
    op.drop_constraint(op.f("ck_order_lines_returned"), "order_lines")
    op.drop_constraint(op.f("fk_refunds_return_id"), "refunds", type_="foreignkey")
    op.drop_index(op.f("ix_refunds_return_id"), table_name="refunds")
    op.drop_column("refunds", "return_id")
    op.drop_column("outbox", "return_id")
    op.drop_column("order_lines", "coming_back")
    op.drop_column("customers", "segment")
    op.drop_index("ix_return_inspections_return_line_id", table_name="return_inspections")
    op.drop_table("return_inspections")
    op.drop_index(op.f("ix_return_lines_line_id"), table_name="return_lines")
    op.drop_table("return_lines")
    op.drop_index(
        "ix_return_parcels_tracking_code",
        table_name="return_parcels",
        postgresql_where=sa.text("tracking_code is not null"),
    )
    op.drop_index(op.f("ix_return_parcels_order_id"), table_name="return_parcels")
    op.drop_table("return_parcels")
    op.drop_index("ix_returns_state", table_name="returns")
    op.drop_index("ix_returns_order_id", table_name="returns")
    op.drop_table("returns")
    op.drop_table("return_policies")


def _kinds(names: str) -> None:
    op.drop_constraint(op.f("ck_tasks_taskkind"), "tasks")
    op.create_check_constraint(op.f("ck_tasks_taskkind"), "tasks", f"kind in ({names})")
