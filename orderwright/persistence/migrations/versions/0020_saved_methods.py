"""saved methods"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

NO = sa.text("false")


def upgrade() -> None:
    op.create_table(
        "saved_methods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), server_default="", nullable=False),
        sa.Column("last4", sa.Text(), server_default="", nullable=False),
        sa.Column("exp_month", sa.Integer(), nullable=True),
        sa.Column("exp_year", sa.Integer(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "last4 ~ '^([0-9]{4})?$' and length(brand) <= 40", name=op.f("ck_saved_methods_of_a_card")
        ),
        sa.CheckConstraint(
            "exp_month between 1 and 12 and exp_year between 2000 and 2200",
            name=op.f("ck_saved_methods_expiry"),
        ),
        sa.CheckConstraint(
            "detached_at is null or forgotten_at is not null", name=op.f("ck_saved_methods_detached")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_saved_methods_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_methods")),
    )
    op.create_index(op.f("ix_saved_methods_customer_id"), "saved_methods", ["customer_id"])
    op.create_index(
        "uq_saved_methods_reference",
        "saved_methods",
        ["provider", "reference"],
        unique=True,
        postgresql_where=sa.text("forgotten_at is null"),
    )
    op.create_index(
        "ix_saved_methods_leaving",
        "saved_methods",
        ["forgotten_at"],
        postgresql_where=sa.text("forgotten_at is not null and detached_at is null"),
    )
    for table in ("order_instruments", "payments"):
        op.add_column(table, sa.Column("keep", sa.Boolean(), server_default=NO, nullable=False))
        op.add_column(table, sa.Column("saved_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_saved_id"), table, "saved_methods", ["saved_id"], ["id"])
    op.add_column("payments", sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_payments_to_keep", "payments", ["id"], postgresql_where=sa.text("keep and kept_at is null")
    )


def downgrade() -> None:
    op.drop_index("ix_payments_to_keep", table_name="payments")
    op.drop_column("payments", "kept_at")
    for table in ("order_instruments", "payments"):
        op.drop_constraint(op.f(f"fk_{table}_saved_id"), table)
        op.drop_column(table, "saved_id")
        op.drop_column(table, "keep")
    op.drop_table("saved_methods")
