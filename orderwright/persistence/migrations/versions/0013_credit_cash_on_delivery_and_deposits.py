"""credit cash on delivery and deposits"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

METHODS = "'card', 'manual', 'gift_card', 'store_credit', 'transfer'"
BY_METHOD = {
    "orders": "payment_method", "payments": "method", "balances": "kind", "order_instruments": "method",
    "fee_rules": "method",
}  # fmt: skip
TASKS = (
    "'approval', 'address', 'carrier', 'routing', 'manual', 'compensation', 'unreadable_signal', 'stuck', "
    "'payment_lookup', 'delivery', 'notification', 'dispute', 'unmatched_money'"
)
ACCOUNTS = (
    "'clearing', 'bank', 'receivable', {cash}'disputed', 'revenue', 'shipping_revenue', 'fee_revenue', "
    "'tax_payable', 'gift_cards', 'store_credit', 'deposits', 'unmatched', 'refunds', 'goodwill', "
    "'payment_fees', 'label_cost', 'carrier_payable', 'authorized', 'authorizations', "
    "'exchange_difference', 'rounding'"
)
CREDITED = """
UPDATE payment_shares s
   SET due_on = coalesce(f.shipped_at, clock_timestamp())::date + 30,
       settled = least(s.captured, greatest(0, w.refunded - w.before))
  FROM (SELECT m.fulfillment_id, m.payment_id, p.refunded,
               sum(m.captured) OVER (PARTITION BY m.payment_id ORDER BY m.fulfillment_id) - m.captured AS before
          FROM payment_shares m JOIN payments p ON p.id = m.payment_id
         WHERE p.method = 'manual' AND m.captured > 0) w
  JOIN fulfillment_orders f ON f.id = w.fulfillment_id
 WHERE s.fulfillment_id = w.fulfillment_id AND s.payment_id = w.payment_id
"""
"""What was given back of an order on terms was taken off what is owed: the oldest parts first."""


def upgrade() -> None:
    op.create_table(
        "remittances",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_remittances_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittances")),
        sa.UniqueConstraint("carrier", "reference", name=op.f("uq_remittances_carrier_reference")),
    )
    op.create_table(
        "remittance_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("remittance_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("named", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("missing", sa.BigInteger(), server_default="0", nullable=False),
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
        sa.CheckConstraint(
            "amount > 0 and used between 0 and amount", name=op.f("ck_remittance_lines_amounts")
        ),
        sa.CheckConstraint("(used > 0) <= (order_id is not null)", name=op.f("ck_remittance_lines_order")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_remittance_lines_order_id")),
        sa.ForeignKeyConstraint(
            ["remittance_id"], ["remittances.id"], name=op.f("fk_remittance_lines_remittance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance_lines")),
        sa.UniqueConstraint(
            "remittance_id", "position", name=op.f("uq_remittance_lines_remittance_id_position")
        ),
    )
    op.create_index(op.f("ix_remittance_lines_order_id"), "remittance_lines", ["order_id"], unique=False)
    op.create_index("ix_remittance_lines_state", "remittance_lines", ["state", "id"], unique=False)
    op.add_column("customers", sa.Column("terms_days", sa.Integer(), nullable=True))
    op.add_column("orders", sa.Column("terms_days", sa.Integer(), nullable=True))
    op.add_column("sellers", sa.Column("terms_days", sa.Integer(), server_default="30", nullable=False))
    op.add_column(
        "payments", sa.Column("deposit", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("payments", sa.Column("deposited_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "order_instruments",
        sa.Column("deposit", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("payment_shares", sa.Column("settled", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("payment_shares", sa.Column("due_on", sa.Date(), nullable=True))
    op.add_column("payment_shares", sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_payment_shares_settled"), "payment_shares", "settled between 0 and captured"
    )
    op.create_index(
        "ix_payment_shares_open",
        "payment_shares",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("settled < captured"),
    )
    _methods(METHODS + ", 'cash_on_delivery'")
    _allowed("tasks", "taskkind", "kind", TASKS + ", 'overdue'")
    _allowed("ledger_entries", "account", "account", ACCOUNTS.format(cash="'cod_receivable', "))
    op.execute("UPDATE orders SET terms_days = 30 WHERE payment_method = 'manual'")
    op.execute(CREDITED)


def downgrade() -> None:
    op.execute("DELETE FROM tasks WHERE kind = 'overdue'")
    _allowed("ledger_entries", "account", "account", ACCOUNTS.format(cash=""))
    _allowed("tasks", "taskkind", "kind", TASKS)
    _methods(METHODS)
    op.drop_index(
        "ix_payment_shares_open",
        table_name="payment_shares",
        postgresql_where=sa.text("settled < captured"),
    )
    op.drop_constraint(op.f("ck_payment_shares_settled"), "payment_shares")
    op.drop_column("payment_shares", "overdue_at")
    op.drop_column("payment_shares", "due_on")
    op.drop_column("payment_shares", "settled")
    op.drop_column("order_instruments", "deposit")
    op.drop_column("payments", "deposited_at")
    op.drop_column("payments", "deposit")
    op.drop_column("sellers", "terms_days")
    op.drop_column("orders", "terms_days")
    op.drop_column("customers", "terms_days")
    op.drop_index("ix_remittance_lines_state", table_name="remittance_lines")
    op.drop_index(op.f("ix_remittance_lines_order_id"), table_name="remittance_lines")
    op.drop_table("remittance_lines")
    op.drop_table("remittances")


def _methods(names: str) -> None:
    for table, column in BY_METHOD.items():
        _allowed(table, "paymentmethod", column, names)


def _allowed(table: str, what: str, column: str, names: str) -> None:
    """The values that an enum's column may have."""
    name = op.f(f"ck_{table}_{what}")
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f"{column} in ({names})")
