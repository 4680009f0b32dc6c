"""exchange rates and values"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

APPEND_ONLY = ("exchange_rates", "order_rates", "ledger_valuations", "ledger_values")

SUMS = """
CREATE FUNCTION ledger_values_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(base) FROM ledger_values WHERE transaction_id = NEW.transaction_id) <> 0 THEN
    RAISE EXCEPTION 'the values of ledger transaction % do not sum to zero', NEW.transaction_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$
"""
TRIGGER = """
CREATE CONSTRAINT TRIGGER sums_to_zero AFTER INSERT ON ledger_values
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_values_balance()
"""


def _account() -> sa.Enum:
    return sa.Enum(
        "clearing", "bank", "receivable", "disputed", "revenue", "shipping_revenue", "fee_revenue",
        "tax_payable", "gift_cards", "store_credit", "deposits", "unmatched", "refunds", "goodwill",
        "payment_fees", "label_cost", "carrier_payable", "authorized", "authorizations",
        "exchange_difference", "rounding", name="account", native_enum=False, create_constraint=True,
        length=32,
    )  # fmt: skip


def _moment(name: str) -> "sa.Column[datetime]":
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "exchange_rates",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        _moment("recorded_at"),
        sa.CheckConstraint("rate > 0", name=op.f("ck_exchange_rates_rate")),
        sa.CheckConstraint("base <> quote", name=op.f("ck_exchange_rates_pair")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_exchange_rates")),
    )
    op.create_index("ix_exchange_rates_pair", "exchange_rates", ["base", "quote", "valid_from", "seq"])
    op.create_table(
        "order_rates",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("numerator", sa.Numeric(), nullable=False),
        sa.Column("denominator", sa.Numeric(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("numerator > 0 and denominator > 0", name=op.f("ck_order_rates_rate")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_rates_order_id")),
        sa.PrimaryKeyConstraint("order_id", "base", "quote", name=op.f("pk_order_rates")),
    )
    op.create_table(
        "ledger_valuations",
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("base_currency", sa.Text(), nullable=False),
        sa.Column("rates", sa.dialects.postgresql.JSONB(), nullable=False),
        _moment("at"),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["ledger_transactions.id"], name=op.f("fk_ledger_valuations_transaction_id")
        ),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_ledger_valuations")),
    )
    op.create_table(
        "ledger_values",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("account", _account(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0 or base <> 0", name=op.f("ck_ledger_values_amounts")),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_valuations.transaction_id"],
            name=op.f("fk_ledger_values_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger_values")),
    )
    op.create_index(op.f("ix_ledger_values_transaction_id"), "ledger_values", ["transaction_id"])
    op.create_table(
        "exchange_positions",
        sa.Column("account", _account(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "currency", name=op.f("pk_exchange_positions")),
    )
    op.create_index("ix_ledger_entries_currency", "ledger_entries", ["currency", "transaction_id"])
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    op.execute(SUMS)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.drop_index("ix_ledger_entries_currency", table_name="ledger_entries")
    op.drop_table("exchange_positions")
    op.drop_table("ledger_values")
    op.execute("DROP FUNCTION ledger_values_balance()")
    op.drop_table("ledger_valuations")
    op.drop_table("order_rates")
    op.drop_table("exchange_rates")
