"""accounts of losses and breakage, in the ledger and in its values"""

from alembic import op

revision = "0016"
down_revision = "0015"

TABLES = ("ledger_entries", "ledger_values", "exchange_positions")
ACCOUNTS = (
    "'clearing', 'bank', 'receivable', {cod}'disputed', 'revenue', 'shipping_revenue', 'fee_revenue', 'tax_payable', "
    "'gift_cards', 'store_credit', 'deposits', 'unmatched', 'refunds', 'goodwill', {breakage}'payment_fees', "
    "'label_cost', 'carrier_payable', {losses}'authorized', 'authorizations', 'exchange_difference', 'rounding'"
)
COD = "'cod_receivable', "


def _may_be(table: str, names: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_account"), table)
    op.create_check_constraint(op.f(f"ck_{table}_account"), table, f"account in ({names})")


def upgrade() -> None:
    for table in TABLES:
        _may_be(
            table,
            ACCOUNTS.format(
                cod=COD,
                breakage="'gift_card_income', ",
                losses="'carrier_receivable', 'carrier_compensation', ",
            ),
        )


def downgrade() -> None:
    for table in TABLES:
        cod = COD if table == "ledger_entries" else ""
        _may_be(table, ACCOUNTS.format(cod=cod, breakage="", losses=""))
