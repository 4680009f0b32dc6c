"""accounts and lines of money"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

BEFORE = (
    "'clearing', 'receivable', 'revenue', 'shipping_revenue', 'tax_payable', 'refunds', 'label_cost', "
    "'carrier_payable', 'authorized', 'authorizations', 'rounding'"
)
NOW = (
    "'clearing', 'bank', 'receivable', 'disputed', 'revenue', 'shipping_revenue', 'fee_revenue', 'tax_payable', "
    "'gift_cards', 'store_credit', 'deposits', 'unmatched', 'refunds', 'goodwill', 'payment_fees', 'label_cost', "
    "'carrier_payable', 'authorized', 'authorizations', 'exchange_difference', 'rounding'"
)


def upgrade() -> None:
    op.create_table(
        "refund_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "line",
                "shipping",
                "fee",
                "ad_hoc",
                name="refundkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("units", sa.Integer(), server_default="0", nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("(kind = 'line') = (line_id is not null)", name=op.f("ck_refund_lines_line")),
        sa.CheckConstraint(
            "amount > 0 and tax between 0 and amount and units >= 0", name=op.f("ck_refund_lines_amounts")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["order_lines.id"], name=op.f("fk_refund_lines_line_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name=op.f("fk_refund_lines_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_lines")),
    )
    op.create_index(op.f("ix_refund_lines_line_id"), "refund_lines", ["line_id"], unique=False)
    op.create_index(op.f("ix_refund_lines_refund_id"), "refund_lines", ["refund_id"], unique=False)
    _accounts(NOW)


def downgrade() -> None:
    _accounts(BEFORE)
    op.drop_index(op.f("ix_refund_lines_refund_id"), table_name="refund_lines")
    op.drop_index(op.f("ix_refund_lines_line_id"), table_name="refund_lines")
    op.drop_table("refund_lines")


def _accounts(names: str) -> None:
    op.drop_constraint(op.f("ck_ledger_entries_account"), "ledger_entries")
    op.create_check_constraint(op.f("ck_ledger_entries_account"), "ledger_entries", f"account in ({names})")
