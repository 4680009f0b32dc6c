"""stock sourcing and methods"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "document_numbers",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_document_numbers")),
    )
    op.create_table(
        "stock_differences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "what",
            sa.Enum(
                "on_hand",
                "reserved",
                "reservations",
                "transfer_shipped",
                "transfer_received",
                "expected",
                name="differencekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "gone", name="differencestate", native_enum=False, create_constraint=True, length=32
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column(
            "found_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_differences")),
    )
    op.create_index(
        "uq_stock_differences_open",
        "stock_differences",
        ["what", "sku", "location", "subject"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "channel_buffers",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_channel_buffers_units")),
        sa.ForeignKeyConstraint(["location"], ["locations.code"], name=op.f("fk_channel_buffers_location")),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_channel_buffers_sku")),
        sa.PrimaryKeyConstraint("channel", "sku", "location", name=op.f("pk_channel_buffers")),
    )
    op.create_table(
        "channel_quotas",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("at_most", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("taken between 0 and at_most", name=op.f("ck_channel_quotas_taken")),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_channel_quotas_sku")),
        sa.PrimaryKeyConstraint("channel", "sku", name=op.f("pk_channel_quotas")),
    )
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
        "kit_components",
        sa.Column("kit", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("kit <> component", name=op.f("ck_kit_components_not_itself")),
        sa.CheckConstraint("units > 0", name=op.f("ck_kit_components_units")),
        sa.ForeignKeyConstraint(["component"], ["products.sku"], name=op.f("fk_kit_components_component")),
        sa.ForeignKeyConstraint(["kit"], ["products.sku"], name=op.f("fk_kit_components_kit")),
        sa.PrimaryKeyConstraint("kit", "component", name=op.f("pk_kit_components")),
    )
    op.create_index(op.f("ix_kit_components_component"), "kit_components", ["component"], unique=False)
    op.create_table(
        "location_closures",
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["location"], ["locations.code"], name=op.f("fk_location_closures_location")),
        sa.PrimaryKeyConstraint("location", "day", name=op.f("pk_location_closures")),
    )
    op.create_table(
        "stock_counts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "submitted",
                "closed",
                "canceled",
                name="countstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("approval_limit", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("approval_limit >= 0", name=op.f("ck_stock_counts_approval_limit")),
        sa.ForeignKeyConstraint(["location"], ["locations.code"], name=op.f("fk_stock_counts_location")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_counts")),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "shipped",
                "closed",
                "canceled",
                name="transferstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="requested",
            nullable=False,
        ),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("shipped_by", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("origin <> destination", name=op.f("ck_transfers_two_places")),
        sa.ForeignKeyConstraint(["destination"], ["locations.code"], name=op.f("fk_transfers_destination")),
        sa.ForeignKeyConstraint(["origin"], ["locations.code"], name=op.f("fk_transfers_origin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    op.create_index(
        "ix_transfers_under_way",
        "transfers",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state in ('requested', 'shipped')"),
    )
    op.create_table(
        "units_of_measure",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units > 1", name=op.f("ck_units_of_measure_units")),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_units_of_measure_sku")),
        sa.PrimaryKeyConstraint("sku", "code", name=op.f("pk_units_of_measure")),
    )
    op.create_table(
        "order_kits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("unit_size", sa.Integer(), nullable=True),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_order_kits_units")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_kits_order_id")),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_order_kits_sku")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_kits")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_kits_order_id_position")),
    )
    op.create_index("ix_order_kits_sku", "order_kits", ["sku"], unique=False)
    op.create_table(
        "stock_count_lines",
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "waiting",
                "applied",
                "refused",
                "rejected",
                "skipped",
                name="countlinestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("counted_by", sa.Text(), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("book", sa.Integer(), nullable=True),
        sa.Column("book_seq", sa.BigInteger(), nullable=True),
        sa.Column("worth", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("counted >= 0", name=op.f("ck_stock_count_lines_counted")),
        sa.ForeignKeyConstraint(
            ["count_id"], ["stock_counts.id"], name=op.f("fk_stock_count_lines_count_id")
        ),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_stock_count_lines_sku")),
        sa.PrimaryKeyConstraint("count_id", "sku", name=op.f("pk_stock_count_lines")),
    )
    op.create_table(
        "stock_lots",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("serial", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("on_hand", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reserved", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("not serial or on_hand <= 1", name=op.f("ck_stock_lots_serial")),
        sa.CheckConstraint(
            "reserved >= 0 and on_hand >= reserved", name=op.f("ck_stock_lots_never_oversold")
        ),
        sa.ForeignKeyConstraint(
            ["sku", "location"], ["stock_levels.sku", "stock_levels.location"], name=op.f("fk_stock_lots_sku")
        ),
        sa.PrimaryKeyConstraint("sku", "location", "lot", name=op.f("pk_stock_lots")),
    )
    op.create_index(
        "uq_stock_lots_serial",
        "stock_lots",
        ["sku", "lot"],
        unique=True,
        postgresql_where=sa.text("serial and on_hand > 0"),
    )
    op.create_table(
        "transfer_lines",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "received",
                name="transferlinestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column("received", sa.Integer(), server_default="0", nullable=False),
        sa.Column("short", sa.Integer(), server_default="0", nullable=False),
        sa.Column("over", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "damaged",
                "lost",
                "found",
                "expired",
                "theft",
                "sample",
                "correction",
                "other",
                name="adjustreason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("received_by", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expected_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state = 'open' or units = received + short - over", name=op.f("ck_transfer_lines_balances")
        ),
        sa.CheckConstraint("(short + over > 0) = (reason is not null)", name=op.f("ck_transfer_lines_gap")),
        sa.CheckConstraint(
            "units > 0 and received >= 0 and short >= 0 and over >= 0", name=op.f("ck_transfer_lines_units")
        ),
        sa.ForeignKeyConstraint(
            ["expected_id"], ["expected_receipts.id"], name=op.f("fk_transfer_lines_expected_id")
        ),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_transfer_lines_sku")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfers.id"], name=op.f("fk_transfer_lines_transfer_id")
        ),
        sa.PrimaryKeyConstraint("transfer_id", "sku", name=op.f("pk_transfer_lines")),
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
    op.create_table(
        "reservation_lots",
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_reservation_lots_units")),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservations.id"], name=op.f("fk_reservation_lots_reservation_id")
        ),
        sa.ForeignKeyConstraint(
            ["sku", "location", "lot"],
            ["stock_lots.sku", "stock_lots.location", "stock_lots.lot"],
            name=op.f("fk_reservation_lots_sku"),
        ),
        sa.PrimaryKeyConstraint("reservation_id", "lot", name=op.f("pk_reservation_lots")),
    )
    op.add_column("fulfillment_orders", sa.Column("ships_on", sa.Date(), nullable=True))
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
    op.create_index(
        "ix_fulfillment_orders_ships_on", "fulfillment_orders", ["location", "ships_on"], unique=False
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
    op.add_column("order_lines", sa.Column("kit_id", sa.Uuid(), nullable=True))
    op.add_column("order_lines", sa.Column("unit", sa.Text(), nullable=True))
    op.add_column("order_lines", sa.Column("unit_size", sa.Integer(), nullable=True))
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
    op.create_foreign_key(op.f("fk_order_lines_kit_id"), "order_lines", "order_kits", ["kit_id"], ["id"])
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
    op.add_column("reservations", sa.Column("channel", sa.Text(), nullable=True))
    op.add_column(
        "routing_profiles", sa.Column("postage_points", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "routing_profiles", sa.Column("late_points", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "routing_profiles", sa.Column("load_points", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "routing_profiles", sa.Column("balance_points", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "routing_profiles", sa.Column("margin_points", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("shipment_offers", sa.Column("location", sa.Text(), nullable=True))
    op.add_column("shipment_offers", sa.Column("country", sa.Text(), nullable=True))
    op.add_column("shipment_offers", sa.Column("wanted", sa.Text(), nullable=True))
    op.add_column("shipment_offers", sa.Column("band", sa.Integer(), nullable=True))
    op.create_index(
        "ix_shipment_offers_lane",
        "shipment_offers",
        ["location", "country", "wanted", "band", "id"],
        unique=False,
    )
    op.add_column("stock_levels", sa.Column("safety", sa.Integer(), server_default="0", nullable=False))
    op.add_column("stock_levels", sa.Column("unit_cost", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("stock_moves", sa.Column("lot", sa.Text(), nullable=True))
    op.add_column("stock_moves", sa.Column("reference", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "stock_moves",
        sa.Column(
            "code",
            sa.Enum(
                "damaged",
                "lost",
                "found",
                "expired",
                "theft",
                "sample",
                "correction",
                "other",
                name="adjustreason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
    )
    op.create_index(
        "ix_stock_moves_reference",
        "stock_moves",
        ["reference"],
        unique=False,
        postgresql_where=sa.text("reference <> ''"),
    )
    op.create_check_constraint(
        op.f("ck_fulfillment_orders_pickup"),
        "fulfillment_orders",
        "(((ready_at IS NULL) = (collect_by IS NULL)) AND ((ready_at IS NULL) = (pickup_code IS NULL)) AND ((ready_at IS NULL) OR (method = 'pickup')) AND (wrong_codes >= 0))",
    )
    op.create_check_constraint(op.f("ck_locations_daily_capacity"), "locations", "(daily_capacity >= 0)")
    op.drop_constraint(op.f("ck_locations_warehousekind"), "locations")
    op.create_check_constraint(
        op.f("ck_locations_warehousekind"), "locations", "kind in ('http', 'station', 'supplier')"
    )
    op.create_check_constraint(
        op.f("ck_locations_workdays"), "locations", "((workdays ~ '^1?2?3?4?5?6?7?$') AND (workdays <> ''))"
    )
    op.create_check_constraint(
        op.f("ck_orders_pickup"), "orders", "((method = 'pickup') = (pickup_at IS NOT NULL))"
    )
    op.create_check_constraint(op.f("ck_products_buyer_cap"), "products", "(buyer_cap > 0)")
    op.create_check_constraint(op.f("ck_products_preorder_limit"), "products", "(preorder_limit >= 0)")
    op.drop_constraint(op.f("ck_routing_profiles_points"), "routing_profiles")
    op.create_check_constraint(
        op.f("ck_routing_profiles_points"),
        "routing_profiles",
        "(LEAST(parcel_points, km_points, cost_points, postage_points, late_points, load_points, balance_points, margin_points) >= 0)",
    )
    op.create_check_constraint(
        op.f("ck_stock_levels_figures"), "stock_levels", "((safety >= 0) AND (unit_cost >= 0))"
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
    op.drop_constraint(op.f("ck_locations_warehousekind"), "locations")
    op.create_check_constraint(op.f("ck_locations_warehousekind"), "locations", "kind in ('http', 'station')")
    op.drop_constraint(op.f("ck_routing_profiles_points"), "routing_profiles")
    op.create_check_constraint(
        op.f("ck_routing_profiles_points"),
        "routing_profiles",
        "parcel_points >= 0 and km_points >= 0 and cost_points >= 0",
    )
    op.drop_constraint(op.f("ck_orders_pickup"), "orders")
    op.drop_constraint(op.f("ck_fulfillment_orders_pickup"), "fulfillment_orders")
    op.drop_index(
        "ix_stock_moves_reference", table_name="stock_moves", postgresql_where=sa.text("reference <> ''")
    )
    op.drop_column("stock_moves", "code")
    op.drop_column("stock_moves", "reference")
    op.drop_column("stock_moves", "lot")
    op.drop_column("stock_levels", "unit_cost")
    op.drop_column("stock_levels", "safety")
    op.drop_index("ix_shipment_offers_lane", table_name="shipment_offers")
    op.drop_column("shipment_offers", "band")
    op.drop_column("shipment_offers", "wanted")
    op.drop_column("shipment_offers", "country")
    op.drop_column("shipment_offers", "location")
    op.drop_column("routing_profiles", "margin_points")
    op.drop_column("routing_profiles", "balance_points")
    op.drop_column("routing_profiles", "load_points")
    op.drop_column("routing_profiles", "late_points")
    op.drop_column("routing_profiles", "postage_points")
    op.drop_column("reservations", "channel")
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
    op.drop_constraint(op.f("fk_order_lines_kit_id"), "order_lines", type_="foreignkey")
    op.drop_index(
        "ix_order_lines_waiting",
        table_name="order_lines",
        postgresql_where=sa.text("waiting_since is not null"),
    )
    op.drop_column("order_lines", "waiting_since")
    op.drop_column("order_lines", "promised_on")
    op.drop_column("order_lines", "may_wait")
    op.drop_column("order_lines", "unit_size")
    op.drop_column("order_lines", "unit")
    op.drop_column("order_lines", "kit_id")
    op.drop_column("locations", "pickup")
    op.drop_column("locations", "ships")
    op.drop_column("locations", "hazmat")
    op.drop_column("locations", "serves")
    op.drop_column("locations", "carriers")
    op.drop_column("locations", "daily_capacity")
    op.drop_column("locations", "workdays")
    op.drop_column("locations", "role")
    op.drop_index("ix_fulfillment_orders_ships_on", table_name="fulfillment_orders")
    op.drop_column("fulfillment_orders", "short_at")
    op.drop_column("fulfillment_orders", "collect_by")
    op.drop_column("fulfillment_orders", "ready_at")
    op.drop_column("fulfillment_orders", "wrong_codes")
    op.drop_column("fulfillment_orders", "pickup_code")
    op.drop_column("fulfillment_orders", "needs_label")
    op.drop_column("fulfillment_orders", "method")
    op.drop_column("fulfillment_orders", "ships_on")
    op.drop_table("reservation_lots")
    op.drop_table("purchase_lines")
    op.drop_index(op.f("ix_purchase_orders_order_id"), table_name="purchase_orders")
    op.drop_table("purchase_orders")
    op.drop_table("transfer_lines")
    op.drop_index(
        "uq_stock_lots_serial", table_name="stock_lots", postgresql_where=sa.text("serial and on_hand > 0")
    )
    op.drop_table("stock_lots")
    op.drop_table("stock_count_lines")
    op.drop_index("ix_order_kits_sku", table_name="order_kits")
    op.drop_table("order_kits")
    op.drop_table("units_of_measure")
    op.drop_index(
        "ix_transfers_under_way",
        table_name="transfers",
        postgresql_where=sa.text("state in ('requested', 'shipped')"),
    )
    op.drop_table("transfers")
    op.drop_table("stock_counts")
    op.drop_table("location_closures")
    op.drop_index(op.f("ix_kit_components_component"), table_name="kit_components")
    op.drop_table("kit_components")
    op.drop_index("ix_expected_receipts_reference", table_name="expected_receipts")
    op.drop_index(
        "ix_expected_receipts_open",
        table_name="expected_receipts",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("expected_receipts")
    op.drop_table("channel_quotas")
    op.drop_table("channel_buffers")
    op.drop_index(
        "uq_stock_differences_open",
        table_name="stock_differences",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("stock_differences")
    op.drop_table("document_numbers")
