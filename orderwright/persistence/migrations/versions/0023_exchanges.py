"""exchanges: another order for what a return gives back, and the security of one that is shipped first"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

METHODS = "'card', 'manual', 'gift_card', 'store_credit', 'transfer', 'cash_on_delivery'{more}"
PAID = {
    "orders": "payment_method",
    "payments": "method",
    "order_instruments": "method",
    "balances": "kind",
    "fee_rules": "method",
}
ACCOUNTS = (
    "'clearing', 'bank', 'receivable', 'cod_receivable', 'disputed', 'revenue', 'shipping_revenue', "
    "'fee_revenue', 'tax_payable', 'gift_cards', 'store_credit', 'deposits', 'unmatched', 'refunds', "
    "'goodwill', 'gift_card_income', 'payment_fees', 'label_cost', 'carrier_payable', 'carrier_receivable', "
    "'carrier_compensation', 'authorized', 'authorizations', 'exchange_difference', 'rounding'{more}"
)
HOLDS = (
    "'approval', 'fraud', 'address', 'credit', 'payment', 'stock', 'carrier', 'routing', 'manual', "
    "'date'{more}"
)


def _may_be(table: str, name: str, column: str, names: str, more: str) -> None:
    name = op.f(f"ck_{table}_{name}")
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f"{column} in ({names.format(more=more)})")


def _names(more: str, account: str) -> None:
    for table, column in PAID.items():
        _may_be(table, "paymentmethod", column, METHODS, more)
    for table in ("ledger_entries", "ledger_values", "exchange_positions"):
        _may_be(table, "account", "account", ACCOUNTS, account)
    for table in ("refunds", "appeasements"):
        _may_be(table, "refundto", "destination", "'original', 'store_credit'{more}", more)
    _may_be("returns", "resolution", "resolution", "'refund', 'store_credit'{more}", more)
    _may_be("holds", "holdtype", "type", HOLDS, more)


def upgrade() -> None:
    op.create_table(
        "exchanges",
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("ship_first", sa.Boolean(), nullable=False),
        sa.Column("worth", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("credit", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "worth >= 0 and price >= 0 and credit between 0 and worth", name=op.f("ck_exchanges_amounts")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_exchanges_order_id")),
        sa.ForeignKeyConstraint(["return_id"], ["returns.id"], name=op.f("fk_exchanges_return_id")),
        sa.PrimaryKeyConstraint("return_id", name=op.f("pk_exchanges")),
        sa.UniqueConstraint("order_id", name=op.f("uq_exchanges_order_id")),
    )
    op.add_column(
        "payments", sa.Column("security", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    _names(", 'exchange'", ", 'exchanged_goods'")


def downgrade() -> None:
    _names("", "")
    op.drop_column("payments", "security")
    op.drop_table("exchanges")
