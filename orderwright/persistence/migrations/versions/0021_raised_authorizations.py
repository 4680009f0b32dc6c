"""raised authorizations and answers to disputes"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
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
    _answers()


def downgrade() -> None:
    op.drop_table("dispute_files")
    op.drop_table("dispute_answers")
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


def _answers() -> None:
    op.create_table(
        "dispute_answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _enum("answerkind", "defend", "accept"), nullable=False),
        sa.Column(
            "state", _enum("answerstate", "requested", "sent", "refused"), server_default="requested",
            nullable=False,
        ),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("said", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "parcels", sa.dialects.postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("defense_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "asked_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(state = 'requested') = (ended_at is null)", name=op.f("ck_dispute_answers_ended")
        ),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_answers_dispute_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_answers")),
    )  # fmt: skip
    op.create_index(op.f("ix_dispute_answers_dispute_id"), "dispute_answers", ["dispute_id"])
    op.create_index(
        "ix_dispute_answers_requested", "dispute_answers", ["id"],
        postgresql_where=sa.text("state = 'requested'"),
    )  # fmt: skip
    op.create_index(
        "uq_dispute_answers_one", "dispute_answers", ["dispute_id", "taken"], unique=True,
        postgresql_where=sa.text("state <> 'refused'"),
    )  # fmt: skip
    op.create_table(
        "dispute_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind", _enum("evidencekind", "receipt", "delivery", "communication", "other"), nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["dispute_answers.id"], name=op.f("fk_dispute_files_answer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_files")),
    )
    op.create_index(op.f("ix_dispute_files_answer_id"), "dispute_files", ["answer_id"])


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
