"""lots in transfers and counts"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


OLD_KINDS = "'on_hand', 'reserved', 'reservations', 'transfer_shipped', 'transfer_received', 'expected'"
NEW_KINDS = ", 'lots_on_hand', 'lots_reserved', 'lot_on_hand', 'lot_reserved', 'lot_reservations'"


def upgrade() -> None:
    op.create_table(
        "transfer_lots",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "units >= 0 and received >= 0 and units + received > 0", name=op.f("ck_transfer_lots_units")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id", "sku"],
            ["transfer_lines.transfer_id", "transfer_lines.sku"],
            name=op.f("fk_transfer_lots_transfer_id"),
        ),
        sa.PrimaryKeyConstraint("transfer_id", "sku", "lot", name=op.f("pk_transfer_lots")),
    )
    op.add_column("stock_count_lines", sa.Column("lot", sa.Text(), server_default="", nullable=False))
    op.add_column("stock_count_lines", sa.Column("expires_on", sa.Date(), nullable=True))
    op.drop_constraint(op.f("pk_stock_count_lines"), "stock_count_lines")
    op.create_primary_key(op.f("pk_stock_count_lines"), "stock_count_lines", ["count_id", "sku", "lot"])
    op.create_index(
        "ix_stock_moves_returned",
        "stock_moves",
        ["order_id"],
        unique=False,
        postgresql_where=sa.text("kind = 'return'"),
    )
    _kinds(OLD_KINDS + NEW_KINDS)


def downgrade() -> None:
    op.execute("DELETE FROM stock_differences WHERE what LIKE 'lot%'")
    _kinds(OLD_KINDS)
    op.drop_index(
        "ix_stock_moves_returned", table_name="stock_moves", postgresql_where=sa.text("kind = 'return'")
    )
    op.execute("DELETE FROM stock_count_lines WHERE lot <> ''")
    op.drop_constraint(op.f("pk_stock_count_lines"), "stock_count_lines")
    op.create_primary_key(op.f("pk_stock_count_lines"), "stock_count_lines", ["count_id", "sku"])
    op.drop_column("stock_count_lines", "expires_on")
    op.drop_column("stock_count_lines", "lot")
    op.drop_table("transfer_lots")


def _kinds(names: str) -> None:
    op.drop_constraint(op.f("ck_stock_differences_differencekind"), "stock_differences")
    op.create_check_constraint(
        op.f("ck_stock_differences_differencekind"), "stock_differences", f"what IN ({names})"
    )
