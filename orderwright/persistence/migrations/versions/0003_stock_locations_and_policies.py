"""stock locations and policies"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "expected_receipts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "purchase",
                "transfer",
                name="expectedkind",
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
                "closed",
                "canceled",
                name="expectedstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("units > 0 and received >= 0", name=op.f("ck_expected_receipts_units")),
        sa.ForeignKeyConstraint(["location"], ["locations.code"], name=op.f("fk_expected_receipts_location")),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_expected_receipts_sku")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expected_receipts")),
    )
    op.create_index(
        "ix_expected_receipts_open",
        "expected_receipts",
        ["sku", "due_on"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_expected_receipts_reference", "expected_receipts", ["reference"], unique=False)
    op.create_table(
        "location_closures",
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["location"], ["locations.code"], name=op.f("fk_location_closures_location")),
        sa.PrimaryKeyConstraint("location", "day", name=op.f("pk_location_closures")),
    )
    op.add_column(
        "locations",
        sa.Column(
            "role",
            sa.Enum(
                "warehouse",
                "store",
                "supplier",
                "third_party",
                name="locationrole",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="warehouse",
            nullable=False,
        ),
    )
    op.add_column("locations", sa.Column("workdays", sa.Text(), server_default="12345", nullable=False))
    op.add_column("locations", sa.Column("daily_capacity", sa.Integer(), nullable=True))
    op.add_column(
        "locations", sa.Column("carriers", sa.ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    op.add_column("locations", sa.Column("serves", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column(
        "locations", sa.Column("hazmat", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "locations", sa.Column("ships", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    )
    op.add_column(
        "locations", sa.Column("pickup", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "order_lines", sa.Column("may_wait", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    )
    op.add_column("order_lines", sa.Column("promised_on", sa.Date(), nullable=True))
    op.add_column("order_lines", sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_order_lines_waiting",
        "order_lines",
        ["sku"],
        unique=False,
        postgresql_where=sa.text("waiting_since is not null"),
    )
    op.add_column(
        "orders",
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
    op.add_column("orders", sa.Column("pickup_at", sa.Text(), nullable=True))
    op.add_column(
        "orders",
        sa.Column(
            "policy",
            sa.Enum(
                "ship_complete",
                "ship_available",
                "per_line",
                name="fulfillmentpolicy",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="ship_complete",
            nullable=False,
        ),
    )
    op.add_column("orders", sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("promises", sa.Integer(), server_default="0", nullable=False))
    op.create_foreign_key(op.f("fk_orders_pickup_at"), "orders", "locations", ["pickup_at"], ["code"])
    op.add_column(
        "products",
        sa.Column(
            "tracking",
            sa.Enum(
                "none", "lot", "serial", name="tracking", native_enum=False, create_constraint=True, length=32
            ),
            server_default="none",
            nullable=False,
        ),
    )
    op.add_column(
        "products", sa.Column("hazmat", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("products", sa.Column("buyer_cap", sa.Integer(), nullable=True))
    op.add_column("products", sa.Column("release_on", sa.Date(), nullable=True))
    op.add_column("products", sa.Column("preorder_limit", sa.Integer(), nullable=True))
    op.add_column("stock_levels", sa.Column("safety", sa.Integer(), server_default="0", nullable=False))
    op.add_column("stock_levels", sa.Column("unit_cost", sa.BigInteger(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_locations_daily_capacity"), "locations", "daily_capacity >= 0")
    op.create_check_constraint(
        op.f("ck_locations_workdays"), "locations", "workdays ~ '^1?2?3?4?5?6?7?$' and workdays <> ''"
    )
    op.create_check_constraint(
        op.f("ck_orders_pickup"), "orders", "(method = 'pickup') = (pickup_at is not null)"
    )
    op.create_check_constraint(op.f("ck_products_buyer_cap"), "products", "buyer_cap > 0")
    op.create_check_constraint(op.f("ck_products_preorder_limit"), "products", "preorder_limit >= 0")
    op.create_check_constraint(
        op.f("ck_stock_levels_figures"), "stock_levels", "safety >= 0 and unit_cost >= 0"
    )
    op.drop_constraint(op.f("ck_stock_moves_movekind"), "stock_moves")
    op.create_check_constraint(
        op.f("ck_stock_moves_movekind"),
        "stock_moves",
        "kind in ('receipt', 'reserve', 'free', 'ship', 'return', 'adjust', 'transfer_out', 'transfer_in', 'count')",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_stock_moves_movekind"), "stock_moves")
    op.create_check_constraint(
        op.f("ck_stock_moves_movekind"),
        "stock_moves",
        "kind in ('receipt', 'reserve', 'free', 'ship', 'adjust')",
    )
    op.drop_constraint(op.f("ck_orders_pickup"), "orders")
    op.drop_constraint(op.f("ck_products_preorder_limit"), "products")
    op.drop_column("stock_levels", "unit_cost")
    op.drop_column("stock_levels", "safety")
    op.drop_column("products", "preorder_limit")
    op.drop_column("products", "release_on")
    op.drop_column("products", "buyer_cap")
    op.drop_column("products", "hazmat")
    op.drop_column("products", "tracking")
    op.drop_constraint(op.f("fk_orders_pickup_at"), "orders", type_="foreignkey")
    op.drop_column("orders", "promises")
    op.drop_column("orders", "priority")
    op.drop_column("orders", "policy")
    op.drop_column("orders", "pickup_at")
    op.drop_column("orders", "method")
    op.drop_index(
        "ix_order_lines_waiting",
        table_name="order_lines",
        postgresql_where=sa.text("waiting_since is not null"),
    )
    op.drop_column("order_lines", "waiting_since")
    op.drop_column("order_lines", "promised_on")
    op.drop_column("order_lines", "may_wait")
    op.drop_column("locations", "pickup")
    op.drop_column("locations", "ships")
    op.drop_column("locations", "hazmat")
    op.drop_column("locations", "serves")
    op.drop_column("locations", "carriers")
    op.drop_column("locations", "daily_capacity")
    op.drop_column("locations", "workdays")
    op.drop_column("locations", "role")
    op.drop_table("location_closures")
    op.drop_index("ix_expected_receipts_reference", table_name="expected_receipts")
    op.drop_index(
        "ix_expected_receipts_open",
        table_name="expected_receipts",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("expected_receipts")
