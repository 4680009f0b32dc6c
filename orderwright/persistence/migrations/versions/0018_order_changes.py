"""order changes"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "order_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "applied", "awaiting_recall", "refused", "taken_back", name="changestate",
                native_enum=False, create_constraint=True, length=32,
            ),
            nullable=False,
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("delta", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column(
            "added", sa.dialects.postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("total_before", sa.BigInteger(), nullable=False),
        sa.Column("total_after", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("total_before >= 0 and total_after >= 0", name=op.f("ck_order_changes_totals")),
        sa.CheckConstraint(
            "(state = 'awaiting_recall') = (ended_at is null)", name=op.f("ck_order_changes_ended")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_changes_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_changes")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_order_changes_order_id_number")),
    )  # fmt: skip
    op.create_index(
        "uq_order_changes_one_waits", "order_changes", ["order_id"], unique=True,
        postgresql_where=sa.text("state = 'awaiting_recall'"),
    )  # fmt: skip
    op.add_column("order_lines", sa.Column("removed", sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(
        op.f("ck_order_lines_removed"), "order_lines", "removed between 0 and canceled"
    )
    op.add_column("payments", sa.Column("change_id", sa.Uuid(), nullable=True))
    op.add_column(
        "payments", sa.Column("unwanted", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_foreign_key(op.f("fk_payments_change_id"), "payments", "order_changes", ["change_id"], ["id"])
    op.add_column("fulfillment_orders", sa.Column("recalled_for", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_fulfillment_orders_recalled_for"), "fulfillment_orders", "order_changes", ["recalled_for"],
        ["id"],
    )  # fmt: skip
    op.drop_constraint(op.f("ck_promotion_uses_amounts"), "promotion_uses")
    op.create_check_constraint(
        op.f("ck_promotion_uses_amounts"), "promotion_uses", "lines >= 0 and shipping >= 0"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_promotion_uses_amounts"), "promotion_uses")
    op.create_check_constraint(
        op.f("ck_promotion_uses_amounts"),
        "promotion_uses",
        "lines >= 0 and shipping >= 0 and lines + shipping > 0",
    )
    op.drop_column("fulfillment_orders", "recalled_for")
    op.drop_column("payments", "unwanted")
    op.drop_column("payments", "change_id")
    op.drop_constraint(op.f("ck_order_lines_removed"), "order_lines")
    op.drop_column("order_lines", "removed")
    op.drop_table("order_changes")
