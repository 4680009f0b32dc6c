"""instruments refunds and disputes"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

BEFORE = "'card', 'manual'"
NOW = "'card', 'manual', 'gift_card', 'store_credit', 'transfer'"


TASKS = (
    "'approval', 'address', 'carrier', 'routing', 'manual', 'compensation', 'unreadable_signal', 'stuck', "
    "'payment_lookup', 'delivery', 'notification'"
)


def _methods(names: str) -> None:
    for table, column in (("orders", "payment_method"), ("payments", "method")):
        name = op.f(f"ck_{table}_paymentmethod")
        op.drop_constraint(name, table)
        op.create_check_constraint(name, table, f"{column} in ({names})")


def _tasks(names: str) -> None:
    op.drop_constraint(op.f("ck_tasks_taskkind"), "tasks")
    op.create_check_constraint(op.f("ck_tasks_taskkind"), "tasks", f"kind in ({names})")


def upgrade() -> None:
    op.create_table(
        "balances",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
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
            nullable=False,
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("balance", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("held", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=True),
        sa.Column("last4", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(kind = 'gift_card' and code_hash is not null and last4 is not null and customer_id is null) or (kind = 'store_credit' and customer_id is not null and code_hash is null)",
            name=op.f("ck_balances_kind"),
        ),
        sa.CheckConstraint("balance >= 0 and held between 0 and balance", name=op.f("ck_balances_amounts")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_balances_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balances")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_balances_code_hash")),
    )
    op.create_index(
        "uq_balances_store_credit",
        "balances",
        ["customer_id", "currency"],
        unique=True,
        postgresql_where=sa.text("kind = 'store_credit'"),
    )
    op.create_table(
        "order_instruments",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
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
            nullable=False,
        ),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount is null or amount > 0", name=op.f("ck_order_instruments_amount")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_instruments_order_id")),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_order_instruments")),
    )
    op.create_table(
        "balance_entries",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("balance_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "sold",
                "granted",
                "held",
                "freed",
                "taken",
                "refunded",
                name="balancemove",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("held", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("amount <> 0 or held <> 0", name=op.f("ck_balance_entries_moves")),
        sa.ForeignKeyConstraint(["balance_id"], ["balances.id"], name=op.f("fk_balance_entries_balance_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_balance_entries_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_balance_entries_payment_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_balance_entries")),
        sa.UniqueConstraint("key", name=op.f("uq_balance_entries_key")),
    )
    op.create_index("ix_balance_entries_balance_id", "balance_entries", ["balance_id", "seq"], unique=False)
    op.create_index(
        "ix_balance_entries_payment_id",
        "balance_entries",
        ["payment_id"],
        unique=False,
        postgresql_where=sa.text("payment_id is not null"),
    )
    op.create_table(
        "bank_transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bank_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "matched",
                "short",
                "over",
                "unmatched",
                "returned",
                name="transferstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("(used > 0) <= (payment_id is not null)", name=op.f("ck_bank_transfers_payment")),
        sa.CheckConstraint(
            "amount > 0 and used between 0 and amount", name=op.f("ck_bank_transfers_amounts")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_bank_transfers_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_bank_transfers_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_transfers")),
        sa.UniqueConstraint("bank_id", name=op.f("uq_bank_transfers_bank_id")),
    )
    op.create_index("ix_bank_transfers_payment_id", "bank_transfers", ["payment_id"], unique=False)
    op.create_index("ix_bank_transfers_state", "bank_transfers", ["state", "id"], unique=False)
    op.create_table(
        "disputes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "won",
                "lost",
                name="disputestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column("evidence_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'open') = (closed_at is null)", name=op.f("ck_disputes_closed")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_disputes_amount")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_disputes_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_disputes_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sa.UniqueConstraint("reference", name=op.f("uq_disputes_reference")),
    )
    op.create_index(op.f("ix_disputes_order_id"), "disputes", ["order_id"], unique=False)
    op.create_index(op.f("ix_disputes_payment_id"), "disputes", ["payment_id"], unique=False)
    op.create_table(
        "payment_shares",
        sa.Column("fulfillment_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("captured", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "amount > 0 and captured between 0 and amount", name=op.f("ck_payment_shares_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"], ["fulfillment_orders.id"], name=op.f("fk_payment_shares_fulfillment_id")
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_payment_shares_payment_id")),
        sa.PrimaryKeyConstraint("fulfillment_id", "payment_id", name=op.f("pk_payment_shares")),
    )
    op.create_index("ix_payment_shares_payment_id", "payment_shares", ["payment_id"], unique=False)
    op.execute(
        "INSERT INTO payment_shares (fulfillment_id, payment_id, amount, captured)"
        " SELECT id, payment_id, amount, captured FROM fulfillment_orders"
        " WHERE payment_id IS NOT NULL AND amount > 0"
    )
    op.drop_constraint(op.f("fk_fulfillment_orders_payment_id"), "fulfillment_orders", type_="foreignkey")
    op.drop_column("fulfillment_orders", "payment_id")
    op.add_column("payments", sa.Column("instrument", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "refunds",
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
            server_default="original",
            nullable=False,
        ),
    )
    op.create_check_constraint(op.f("ck_order_lines_refunded"), "order_lines", "refunded <= ordered")
    op.execute(  # what was given back so far was for nothing in particular, and booked without tax
        "INSERT INTO refund_lines (id, refund_id, kind, amount)"
        " SELECT gen_random_uuid(), r.id, 'ad_hoc', r.amount FROM refunds r"
        " WHERE NOT EXISTS (SELECT FROM refund_lines l WHERE l.refund_id = r.id)"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON balance_entries"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    _methods(NOW)
    _tasks(f"{TASKS}, 'dispute'")


def downgrade() -> None:
    _tasks(TASKS)
    _methods(BEFORE)
    op.drop_constraint(op.f("ck_order_lines_refunded"), "order_lines")
    op.drop_column("refunds", "destination")
    op.drop_column("payments", "instrument")
    op.add_column(
        "fulfillment_orders", sa.Column("payment_id", sa.UUID(), autoincrement=False, nullable=True)
    )
    op.create_foreign_key(
        op.f("fk_fulfillment_orders_payment_id"), "fulfillment_orders", "payments", ["payment_id"], ["id"]
    )
    op.execute(
        "UPDATE fulfillment_orders f SET payment_id = (SELECT payment_id FROM payment_shares"
        " WHERE fulfillment_id = f.id ORDER BY payment_id DESC LIMIT 1)"
    )
    op.drop_index("ix_payment_shares_payment_id", table_name="payment_shares")
    op.drop_table("payment_shares")
    op.drop_index(op.f("ix_disputes_payment_id"), table_name="disputes")
    op.drop_index(op.f("ix_disputes_order_id"), table_name="disputes")
    op.drop_table("disputes")
    op.drop_index("ix_bank_transfers_state", table_name="bank_transfers")
    op.drop_index("ix_bank_transfers_payment_id", table_name="bank_transfers")
    op.drop_table("bank_transfers")
    op.drop_index(
        "ix_balance_entries_payment_id",
        table_name="balance_entries",
        postgresql_where=sa.text("payment_id is not null"),
    )
    op.drop_index("ix_balance_entries_balance_id", table_name="balance_entries")
    op.drop_table("balance_entries")
    op.drop_table("order_instruments")
    op.drop_index(
        "uq_balances_store_credit", table_name="balances", postgresql_where=sa.text("kind = 'store_credit'")
    )
    op.drop_table("balances")
