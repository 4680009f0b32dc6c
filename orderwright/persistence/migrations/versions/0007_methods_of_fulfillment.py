"""methods of fulfillment"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "document_numbers",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_document_numbers")),
    )
    op.create_table(
        "purchase_orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("fulfillment_id", sa.Uuid(), nullable=False),
        sa.Column("supplier", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "sent",
                "accepted",
                "rejected",
                "shipped",
                "canceled",
                name="purchasestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="sent",
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("total >= 0", name=op.f("ck_purchase_orders_total")),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"], ["fulfillment_orders.id"], name=op.f("fk_purchase_orders_fulfillment_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_purchase_orders_order_id")),
        sa.ForeignKeyConstraint(["supplier"], ["locations.code"], name=op.f("fk_purchase_orders_supplier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_orders")),
        sa.UniqueConstraint("fulfillment_id", name=op.f("uq_purchase_orders_fulfillment_id")),
        sa.UniqueConstraint("number", name=op.f("uq_purchase_orders_number")),
    )
    op.create_index(op.f("ix_purchase_orders_order_id"), "purchase_orders", ["order_id"], unique=False)
    op.create_table(
        "purchase_lines",
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("unit_cost", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units >= 0 and unit_cost >= 0", name=op.f("ck_purchase_lines_figures")),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["purchase_orders.id"], name=op.f("fk_purchase_lines_purchase_id")
        ),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_purchase_lines_sku")),
        sa.PrimaryKeyConstraint("purchase_id", "sku", name=op.f("pk_purchase_lines")),
    )
    op.add_column(
        "fulfillment_orders",
        sa.Column(
            "method",
            sa.Enum(
                "shipping",
                "pickup",
                name="deliverymethod",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="shipping",
            nullable=False,
        ),
    )
    op.add_column(
        "fulfillment_orders",
        sa.Column("needs_label", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.add_column("fulfillment_orders", sa.Column("pickup_code", sa.Text(), nullable=True))
    op.add_column(
        "fulfillment_orders", sa.Column("wrong_codes", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("fulfillment_orders", sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("fulfillment_orders", sa.Column("collect_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column("fulfillment_orders", sa.Column("short_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_fulfillment_orders_pickup"),
        "fulfillment_orders",
        "(ready_at is null) = (collect_by is null) and (ready_at is null) = (pickup_code is null)"
        " and (ready_at is null or method = 'pickup') and wrong_codes >= 0",
    )
    op.drop_constraint(op.f("ck_locations_warehousekind"), "locations")
    op.create_check_constraint(
        op.f("ck_locations_warehousekind"), "locations", "kind in ('http', 'station', 'supplier')"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_locations_warehousekind"), "locations")
    op.create_check_constraint(op.f("ck_locations_warehousekind"), "locations", "kind in ('http', 'station')")
    for name in (
        "short_at",
        "collect_by",
        "ready_at",
        "wrong_codes",
        "pickup_code",
        "needs_label",
        "method",
    ):
        op.drop_column("fulfillment_orders", name)
    op.drop_table("purchase_lines")
    op.drop_table("purchase_orders")
    op.drop_table("document_numbers")
