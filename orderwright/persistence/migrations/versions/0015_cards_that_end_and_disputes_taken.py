"""gift cards that end and disputes"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

MOVES = "'sold', 'granted', 'held', 'freed', 'taken', 'refunded'"
NOW = sa.text("clock_timestamp()")


def _may_be(table: str, column: str, name: str, values: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{column} in ({values})")


def upgrade() -> None:
    _may_be("balance_entries", "kind", "balancemove", f"{MOVES}, 'expired'")
    for column in ("expires_at", "blocked_at"):
        op.add_column("balances", sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    op.add_column("balances", sa.Column("blocked_why", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_balances_ends_as_a_card"),
        "balances",
        "kind = 'gift_card' or (expires_at is null and blocked_at is null)",
    )
    op.create_check_constraint(
        op.f("ck_balances_blocked"), "balances", "(blocked_at is null) = (blocked_why is null)"
    )
    op.create_index(
        "ix_balances_expires_at",
        "balances",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("expires_at is not null"),
    )
    op.create_table(
        "balance_blocks",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("balance_id", sa.Uuid(), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["balance_id"], ["balances.id"], name=op.f("fk_balance_blocks_balance_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_balance_blocks")),
    )
    op.create_index(op.f("ix_balance_blocks_balance_id"), "balance_blocks", ["balance_id"], unique=False)
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON balance_blocks"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.add_column(
        "disputes", sa.Column("taken", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("disputes", "taken")
    op.drop_index(op.f("ix_balance_blocks_balance_id"), table_name="balance_blocks")
    op.drop_table("balance_blocks")
    op.drop_index("ix_balances_expires_at", table_name="balances")
    op.drop_constraint(op.f("ck_balances_blocked"), "balances")
    op.drop_constraint(op.f("ck_balances_ends_as_a_card"), "balances")
    for column in ("blocked_why", "blocked_at", "expires_at"):
        op.drop_column("balances", column)
    _may_be("balance_entries", "kind", "balancemove", MOVES)
