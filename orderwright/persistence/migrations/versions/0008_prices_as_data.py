"""prices as data"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "fee_rules",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "small_order",
                "fuel",
                "hazmat",
                "payment_method",
                name="feekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ppm", sa.Integer(), server_default="0", nullable=False),
        sa.Column("below", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("per_unit", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "method",
            sa.Enum(
                "card",
                "manual",
                "gift_card",
                "store_credit",
                "transfer",
                name="paymentmethod",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("channels", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("tax_class", sa.Text(), server_default="standard", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'payment_method') = (method is not null)", name=op.f("ck_fee_rules_method")
        ),
        sa.CheckConstraint(
            "ppm between 0 and 1000000 and amount >= 0 and below >= 0", name=op.f("ck_fee_rules_amounts")
        ),
        sa.CheckConstraint("valid_to is null or valid_to >= valid_from", name=op.f("ck_fee_rules_validity")),
        sa.PrimaryKeyConstraint("code", "currency", name=op.f("pk_fee_rules")),
    )
    op.create_table(
        "jurisdiction_rates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), server_default="*", nullable=False),
        sa.Column("region", sa.Text(), server_default="*", nullable=False),
        sa.Column("postal_prefix", sa.Text(), server_default="", nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=False),
        sa.Column("inclusive", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("rate_ppm between 0 and 1000000", name=op.f("ck_jurisdiction_rates_rate")),
        sa.CheckConstraint(
            "valid_to is null or valid_to >= valid_from", name=op.f("ck_jurisdiction_rates_validity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jurisdiction_rates")),
        sa.UniqueConstraint(
            "tax_class", "country", "region", "postal_prefix", "valid_from", name="uq_jurisdiction_rates"
        ),
    )
    op.create_table(
        "promotions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "percentage",
                "amount",
                "buy_x_get_y",
                "free_shipping",
                "tiered",
                name="promotionkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("ppm", sa.Integer(), server_default="0", nullable=False),
        sa.Column("amount", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("buy", sa.Integer(), server_default="0", nullable=False),
        sa.Column("get", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "tiers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("minimum", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("skus", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("channels", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("customers", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "stacking",
            sa.Enum(
                "exclusive",
                "priority",
                "combinable",
                name="stacking",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="combinable",
            nullable=False,
        ),
        sa.Column(
            "valid_from",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("limit_total", sa.Integer(), nullable=True),
        sa.Column("limit_per_customer", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "currency is not null or (kind in ('percentage', 'buy_x_get_y', 'free_shipping') and amount = 0 and minimum = 0)",
            name=op.f("ck_promotions_currency"),
        ),
        sa.CheckConstraint(
            "kind <> 'buy_x_get_y' or (buy > 0 and get > 0)", name=op.f("ck_promotions_buy_x_get_y")
        ),
        sa.CheckConstraint("limit_per_customer > 0", name=op.f("ck_promotions_limit_per_customer")),
        sa.CheckConstraint("limit_total > 0", name=op.f("ck_promotions_limit_total")),
        sa.CheckConstraint(
            "ppm between 0 and 1000000 and amount >= 0 and minimum >= 0", name=op.f("ck_promotions_amounts")
        ),
        sa.CheckConstraint(
            "used >= 0 and (limit_total is null or used <= limit_total)", name=op.f("ck_promotions_used")
        ),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", name=op.f("ck_promotions_validity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotions")),
    )
    op.create_index(
        "ix_promotions_automatic",
        "promotions",
        ["id"],
        unique=False,
        postgresql_where=sa.text("code is null and ended_at is null"),
    )
    op.create_index(
        "uq_promotions_code",
        "promotions",
        ["code"],
        unique=True,
        postgresql_where=sa.text("code is not null"),
    )
    op.create_table(
        "tax_regimes",
        sa.Column("country", sa.Text(), server_default="*", nullable=False),
        sa.Column("region", sa.Text(), server_default="*", nullable=False),
        sa.Column(
            "basis",
            sa.Enum(
                "destination", "origin", name="basis", native_enum=False, create_constraint=True, length=32
            ),
            server_default="destination",
            nullable=False,
        ),
        sa.Column(
            "shipping",
            sa.Enum(
                "untaxed",
                "goods",
                "own_class",
                name="shippingtax",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="untaxed",
            nullable=False,
        ),
        sa.Column("shipping_class", sa.Text(), server_default="standard", nullable=False),
        sa.Column(
            "rounding",
            sa.Enum(
                "line", "document", name="rounding", native_enum=False, create_constraint=True, length=32
            ),
            server_default="line",
            nullable=False,
        ),
        sa.Column("seller_country", sa.Text(), nullable=True),
        sa.Column("seller_region", sa.Text(), server_default="", nullable=False),
        sa.Column("seller_postal_code", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "basis = 'destination' or seller_country is not null", name=op.f("ck_tax_regimes_origin")
        ),
        sa.PrimaryKeyConstraint("country", "region", name=op.f("pk_tax_regimes")),
    )
    op.create_table(
        "promotion_buyers",
        sa.Column("promotion_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint("used >= 0", name=op.f("ck_promotion_buyers_used")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_promotion_buyers_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["promotion_id"], ["promotions.id"], name=op.f("fk_promotion_buyers_promotion_id")
        ),
        sa.PrimaryKeyConstraint("promotion_id", "customer_id", name=op.f("pk_promotion_buyers")),
    )
    op.create_table(
        "tax_exemptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), server_default="*", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "valid_to is null or valid_to >= valid_from", name=op.f("ck_tax_exemptions_validity")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_tax_exemptions_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_exemptions")),
        sa.UniqueConstraint("customer_id", "country", "region", "number", name="uq_tax_exemptions"),
    )
    op.create_index(op.f("ix_tax_exemptions_customer_id"), "tax_exemptions", ["customer_id"], unique=False)
    op.create_table(
        "order_charges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "shipping", "fee", name="chargekind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("tax_rate_ppm", sa.Integer(), nullable=False),
        sa.Column("tax_inclusive", sa.Boolean(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column(
            "tax_reason",
            sa.Enum(
                "rate",
                "flat",
                "exempt",
                "reverse_charge",
                "untaxed",
                name="taxreason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0 and tax >= 0", name=op.f("ck_order_charges_amounts")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_charges_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_charges")),
        sa.UniqueConstraint("order_id", "position", name="uq_order_charges"),
    )
    op.create_table(
        "promotion_uses",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("promotion_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column(
            "used_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("given_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "lines >= 0 and shipping >= 0 and lines + shipping > 0", name=op.f("ck_promotion_uses_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_promotion_uses_customer_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_promotion_uses_order_id")),
        sa.ForeignKeyConstraint(
            ["promotion_id"], ["promotions.id"], name=op.f("fk_promotion_uses_promotion_id")
        ),
        sa.PrimaryKeyConstraint("order_id", "promotion_id", name=op.f("pk_promotion_uses")),
    )
    op.create_index("ix_promotion_uses_promotion_id", "promotion_uses", ["promotion_id"], unique=False)
    op.add_column("customers", sa.Column("vat_id", sa.Text(), nullable=True))
    op.add_column(
        "fulfillment_lines", sa.Column("discount", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "fulfillment_orders", sa.Column("shipping_tax", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "fulfillment_orders", sa.Column("fees", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "fulfillment_orders", sa.Column("fees_tax", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("order_kits", sa.Column("discount", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("order_lines", sa.Column("discount", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("order_lines", sa.Column("jurisdiction", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "order_lines",
        sa.Column(
            "tax_reason",
            sa.Enum(
                "rate",
                "flat",
                "exempt",
                "reverse_charge",
                "untaxed",
                name="taxreason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="flat",
            nullable=False,
        ),
    )
    op.add_column("orders", sa.Column("discount", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("shipping_tax", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column(
        "orders", sa.Column("shipping_tax_added", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("orders", sa.Column("fees", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("fees_tax", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("fees_tax_added", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("vat_id", sa.Text(), nullable=True))
    op.add_column("orders", sa.Column("tax_evidence", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_fulfillment_orders_shares"),
        "fulfillment_orders",
        "shipping_tax between 0 and shipping and fees_tax between 0 and fees and tax >= shipping_tax + fees_tax",
    )
    op.create_check_constraint(
        op.f("ck_order_lines_discount"), "order_lines", "discount between 0 and amount"
    )
    op.create_check_constraint(
        op.f("ck_orders_shares"),
        "orders",
        "discount between 0 and subtotal and fees >= 0 and shipping_tax >= shipping_tax_added and fees_tax >= fees_tax_added and shipping_tax_added >= 0 and fees_tax_added >= 0 and tax_added >= shipping_tax_added + fees_tax_added and tax >= shipping_tax + fees_tax",
    )
    op.drop_constraint(op.f("ck_orders_total"), "orders")
    op.create_check_constraint(
        op.f("ck_orders_total"),
        "orders",
        "total = subtotal - discount + shipping + fees + tax_added and total >= 0",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_orders_total"), "orders")
    op.create_check_constraint(
        op.f("ck_orders_total"), "orders", "total = subtotal + shipping + tax_added and total >= 0"
    )
    op.drop_constraint(op.f("ck_orders_shares"), "orders")
    op.drop_constraint(op.f("ck_order_lines_discount"), "order_lines")
    op.drop_constraint(op.f("ck_fulfillment_orders_shares"), "fulfillment_orders")
    op.drop_column("orders", "tax_evidence")
    op.drop_column("orders", "vat_id")
    op.drop_column("orders", "fees_tax_added")
    op.drop_column("orders", "fees_tax")
    op.drop_column("orders", "fees")
    op.drop_column("orders", "shipping_tax_added")
    op.drop_column("orders", "shipping_tax")
    op.drop_column("orders", "discount")
    op.drop_column("order_lines", "tax_reason")
    op.drop_column("order_lines", "jurisdiction")
    op.drop_column("order_lines", "discount")
    op.drop_column("order_kits", "discount")
    op.drop_column("fulfillment_orders", "fees_tax")
    op.drop_column("fulfillment_orders", "fees")
    op.drop_column("fulfillment_orders", "shipping_tax")
    op.drop_column("fulfillment_lines", "discount")
    op.drop_column("customers", "vat_id")
    op.drop_index("ix_promotion_uses_promotion_id", table_name="promotion_uses")
    op.drop_table("promotion_uses")
    op.drop_table("order_charges")
    op.drop_index(op.f("ix_tax_exemptions_customer_id"), table_name="tax_exemptions")
    op.drop_table("tax_exemptions")
    op.drop_table("promotion_buyers")
    op.drop_table("tax_regimes")
    op.drop_index("uq_promotions_code", table_name="promotions", postgresql_where=sa.text("code is not null"))
    op.drop_index(
        "ix_promotions_automatic",
        table_name="promotions",
        postgresql_where=sa.text("code is null and ended_at is null"),
    )
    op.drop_table("promotions")
    op.drop_table("jurisdiction_rates")
    op.drop_table("fee_rules")
