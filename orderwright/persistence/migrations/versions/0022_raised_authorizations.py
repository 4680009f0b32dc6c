"""raised authorizations"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"

STATES = (
    "created", "action_required", "authorized", "partly_captured", "captured", "voided", "expired", "failed",
)  # fmt: skip
KINDS = (
    "money_without_order", "payment_missing", "amount", "currency", "state", "refund_missing_there",
    "refund_missing_here", "refund_amount", "refund_state",
)  # fmt: skip


def upgrade() -> None:
    op.add_column("payments", sa.Column("raises_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_payments_raises_id"), "payments", "payments", ["raises_id"], ["id"])
    op.create_index(
        "ix_payments_raises_id", "payments", ["raises_id"], postgresql_where=sa.text("raises_id is not null")
    )
    op.create_index(
        "uq_payments_one_raise", "payments", ["raises_id"], unique=True,
        postgresql_where=sa.text("state in ('created', 'raising')"),
    )  # fmt: skip
    op.add_column(
        "payments", sa.Column("raisable", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    _checks((*STATES[:2], "raising", "raised", *STATES[2:]), (*KINDS[:3], "reserved", *KINDS[3:]))
    op.create_check_constraint(
        op.f("ck_payments_raises"),
        "payments",
        "state not in ('raising', 'raised') or (raises_id is not null and reference is null)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_payments_raises"), "payments", type_="check")
    op.execute("UPDATE payments SET state = 'voided' WHERE state IN ('raising', 'raised')")
    op.execute("DELETE FROM payment_differences WHERE kind = 'reserved'")
    _checks(STATES, KINDS)
    op.drop_column("payments", "raisable")
    op.drop_index("uq_payments_one_raise", table_name="payments")
    op.drop_index("ix_payments_raises_id", table_name="payments")
    op.drop_constraint(op.f("fk_payments_raises_id"), "payments", type_="foreignkey")
    op.drop_column("payments", "raises_id")


def _checks(states: tuple[str, ...], kinds: tuple[str, ...]) -> None:
    for table, column, name, values in (
        ("payments", "state", "paymentstate", states),
        ("payment_differences", "kind", "paymentdifferencekind", kinds),
    ):
        known = ", ".join(f"'{value}'" for value in values)
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{column} in ({known})")
