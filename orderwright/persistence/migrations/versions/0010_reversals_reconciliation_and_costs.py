"""reversals reconciliation and costs"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

KINDS = (
    "'approval', 'address', 'carrier', 'routing', 'manual', 'compensation', 'unreadable_signal', 'stuck', "
    "'payment_lookup', 'delivery', 'notification', 'dispute'"
)

PHASES = """
CREATE OR REPLACE FUNCTION ledger_two_phases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state <> 'pending' OR NEW.state = 'pending'
     OR ({new}) IS DISTINCT FROM ({old}) THEN
    RAISE EXCEPTION 'a ledger transaction is posted or voided once' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$
"""
FIXED = ("id", "kind", "source", "at")

POSTED_AT = """
CREATE FUNCTION ledger_posted_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state = 'posted' THEN
    NEW.posted_at := coalesce(NEW.posted_at, clock_timestamp());
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payments", sa.Integer(), nullable=False),
        sa.Column("refunds", sa.Integer(), nullable=False),
        sa.Column("booked", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliations")),
    )
    op.create_index("ix_reconciliations_until", "reconciliations", ["provider", "until"], unique=False)
    op.create_table(
        "payment_differences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "money_without_order",
                "payment_missing",
                "amount",
                "currency",
                "state",
                "refund_missing_there",
                "refund_missing_here",
                "refund_amount",
                "refund_state",
                name="paymentdifferencekind",
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
                "decided",
                "settled",
                "gone",
                name="paymentdifferencestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("ours", sa.BigInteger(), nullable=True),
        sa.Column("theirs", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "found_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "decision",
            sa.Enum(
                "adopt", "refund", name="moneydecision", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(state in ('decided', 'settled')) = (decision is not null) and (decision is null or kind = 'money_without_order')",
            name=op.f("ck_payment_differences_decision"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payment_differences_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_differences")),
    )
    op.create_index(
        op.f("ix_payment_differences_order_id"), "payment_differences", ["order_id"], unique=False
    )
    op.create_index("ix_payment_differences_state", "payment_differences", ["state", "id"], unique=False)
    op.create_index(
        "uq_payment_differences_key",
        "payment_differences",
        ["provider", "key"],
        unique=True,
        postgresql_where=sa.text("state in ('open', 'decided')"),
    )
    op.drop_constraint(op.f("fk_effects_order_id"), "effects", type_="foreignkey")
    op.add_column("fulfillment_lines", sa.Column("unit_cost", sa.BigInteger(), nullable=True))
    op.add_column("fulfillment_lines", sa.Column("cost_currency", sa.Text(), nullable=True))
    op.add_column("ledger_transactions", sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ledger_transactions", sa.Column("reverses_id", sa.Uuid(), nullable=True))
    op.add_column(
        "ledger_transactions", sa.Column("booked_by", sa.Text(), server_default="system", nullable=False)
    )
    op.add_column("ledger_transactions", sa.Column("why", sa.Text(), server_default="", nullable=False))
    op.create_index("ix_ledger_transactions_posted_at", "ledger_transactions", ["posted_at"], unique=False)
    op.execute("ALTER TABLE ledger_transactions DISABLE TRIGGER two_phases")
    op.execute("UPDATE ledger_transactions SET posted_at = at WHERE state = 'posted'")
    op.execute("ALTER TABLE ledger_transactions ENABLE TRIGGER two_phases")
    op.execute(_phases(*FIXED, "order_id", "reverses_id", "booked_by", "why"))
    op.execute(POSTED_AT)
    op.execute(
        "CREATE TRIGGER posted_at BEFORE INSERT OR UPDATE ON ledger_transactions"
        " FOR EACH ROW EXECUTE FUNCTION ledger_posted_at()"
    )
    op.create_check_constraint(
        op.f("ck_ledger_transactions_posted_at"),
        "ledger_transactions",
        "state <> 'posted' or posted_at is not null",
    )
    op.create_check_constraint(
        op.f("ck_ledger_transactions_reversal"),
        "ledger_transactions",
        "reverses_id is null or (state = 'posted' and why <> '')",
    )
    op.create_check_constraint(
        op.f("ck_fulfillment_lines_cost"),
        "fulfillment_lines",
        "(unit_cost is null) = (cost_currency is null)",
    )
    op.create_unique_constraint(
        op.f("uq_ledger_transactions_reverses_id"), "ledger_transactions", ["reverses_id"]
    )
    op.create_foreign_key(
        op.f("fk_ledger_transactions_reverses_id"),
        "ledger_transactions",
        "ledger_transactions",
        ["reverses_id"],
        ["id"],
    )
    op.alter_column("tasks", "order_id", existing_type=sa.UUID(), nullable=True)
    op.drop_index(
        op.f("uq_tasks_one_open"), table_name="tasks", postgresql_where="((state)::text = 'open'::text)"
    )
    op.create_index(
        "uq_tasks_one_open",
        "tasks",
        ["order_id", "kind", "subject"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
        postgresql_nulls_not_distinct=True,
    )
    _kinds(KINDS + ", 'unmatched_money'")
    op.create_check_constraint(
        op.f("ck_tasks_order"), "tasks", "order_id is not null or kind = 'unmatched_money'"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_tasks_order"), "tasks")
    op.execute("DELETE FROM tasks WHERE kind = 'unmatched_money'")
    _kinds(KINDS)
    op.drop_constraint(op.f("ck_fulfillment_lines_cost"), "fulfillment_lines")
    op.drop_constraint(op.f("ck_ledger_transactions_reversal"), "ledger_transactions")
    op.drop_constraint(op.f("ck_ledger_transactions_posted_at"), "ledger_transactions")
    op.execute("DROP TRIGGER posted_at ON ledger_transactions")
    op.execute("DROP FUNCTION ledger_posted_at()")
    op.execute(_phases(*FIXED))
    op.drop_index(
        "uq_tasks_one_open",
        table_name="tasks",
        postgresql_where=sa.text("state = 'open'"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        op.f("uq_tasks_one_open"),
        "tasks",
        ["order_id", "kind", "subject"],
        unique=True,
        postgresql_where="((state)::text = 'open'::text)",
    )
    op.alter_column("tasks", "order_id", existing_type=sa.UUID(), nullable=False)
    op.drop_constraint(op.f("fk_ledger_transactions_reverses_id"), "ledger_transactions", type_="foreignkey")
    op.drop_constraint(op.f("uq_ledger_transactions_reverses_id"), "ledger_transactions", type_="unique")
    op.drop_index("ix_ledger_transactions_posted_at", table_name="ledger_transactions")
    op.drop_column("ledger_transactions", "why")
    op.drop_column("ledger_transactions", "booked_by")
    op.drop_column("ledger_transactions", "reverses_id")
    op.drop_column("ledger_transactions", "posted_at")
    op.drop_column("fulfillment_lines", "cost_currency")
    op.drop_column("fulfillment_lines", "unit_cost")
    op.create_foreign_key(op.f("fk_effects_order_id"), "effects", "orders", ["order_id"], ["id"])
    op.drop_index(
        "uq_payment_differences_key",
        table_name="payment_differences",
        postgresql_where=sa.text("state in ('open', 'decided')"),
    )
    op.drop_index("ix_payment_differences_state", table_name="payment_differences")
    op.drop_index(op.f("ix_payment_differences_order_id"), table_name="payment_differences")
    op.drop_table("payment_differences")
    op.drop_index("ix_reconciliations_until", table_name="reconciliations")
    op.drop_table("reconciliations")


def _kinds(names: str) -> None:
    op.drop_constraint(op.f("ck_tasks_taskkind"), "tasks")
    op.create_check_constraint(op.f("ck_tasks_taskkind"), "tasks", f"kind in ({names})")


def _phases(*columns: str) -> str:
    """The trigger that lets a transaction end once and changes nothing but its state."""
    return PHASES.format(
        new=", ".join(f"NEW.{column}" for column in columns),
        old=", ".join(f"OLD.{column}" for column in columns),
    )
