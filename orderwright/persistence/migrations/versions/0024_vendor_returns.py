"""vendor returns, parts that go with a faster service, claims filed at the carrier"""

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"

KIND = "vendor_return"


def upgrade() -> None:
    op.add_column(
        "return_inspections", sa.Column("gathered", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_return_inspections_gathered"),
        "return_inspections",
        "gathered between 0 and units and (gathered = 0 or disposition = 'to_vendor')",
    )
    op.create_index(
        "ix_return_inspections_for_vendor",
        "return_inspections",
        ["id"],
        postgresql_where=sa.text("disposition = 'to_vendor' and gathered < units"),
    )
    op.add_column("fulfillment_orders", sa.Column("hurried", postgresql.JSONB(), nullable=True))
    op.add_column(
        "carrier_claims",
        sa.Column("at_carrier", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    for name in ("description", "words"):
        op.add_column("carrier_claims", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("carrier_claims", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    _vendor_returns()
    _lines()
    _kinds(lambda kinds: [*kinds, KIND])
    _without_order(f"'unmatched_money', '{KIND}'")


def _vendor_returns() -> None:
    op.create_table(
        "vendor_returns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(start=10001), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "shipped",
                "settled",
                "canceled",
                name="vendorreturnstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="open",
            nullable=False,
        ),
        *(
            sa.Column(name, sa.Text(), server_default="", nullable=False)
            for name in ("note", "authorization_number", "carrier", "tracking_code")
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("credit", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("shipped_by", sa.Text(), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'settled') = (credit is not null)", name=op.f("ck_vendor_returns_settled")
        ),
        sa.CheckConstraint(
            "(credit is null) = (currency is null) and credit >= 0", name=op.f("ck_vendor_returns_credit")
        ),
        sa.CheckConstraint(
            "state not in ('shipped', 'settled') or shipped_at is not null",
            name=op.f("ck_vendor_returns_shipped"),
        ),
        sa.ForeignKeyConstraint(["location"], ["locations.code"], name=op.f("fk_vendor_returns_location")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_returns")),
        sa.UniqueConstraint("number", name=op.f("uq_vendor_returns_number")),
    )
    op.create_index("ix_vendor_returns_state", "vendor_returns", ["state", "id"])
    op.create_index(
        "ix_vendor_returns_due",
        "vendor_returns",
        ["due_at"],
        postgresql_where=sa.text("state = 'shipped'"),
    )


def _lines() -> None:
    op.create_table(
        "vendor_return_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_return_id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("restocked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("credit", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "units > 0 and refused between 0 and units and restocked between 0 and refused",
            name=op.f("ck_vendor_return_lines_units"),
        ),
        sa.CheckConstraint("credit >= 0", name=op.f("ck_vendor_return_lines_credit")),
        sa.ForeignKeyConstraint(
            ["vendor_return_id"], ["vendor_returns.id"], name=op.f("fk_vendor_return_lines_vendor_return_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["return_inspections.id"], name=op.f("fk_vendor_return_lines_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_return_lines")),
        sa.UniqueConstraint(
            "vendor_return_id",
            "inspection_id",
            name=op.f("uq_vendor_return_lines_vendor_return_id_inspection_id"),
        ),
    )
    op.create_index(op.f("ix_vendor_return_lines_inspection_id"), "vendor_return_lines", ["inspection_id"])


def _kinds(changed: Callable[[list[str]], list[str]]) -> None:
    """Change the kinds of tasks, whichever migrations came before."""
    name = op.f("ck_tasks_taskkind")
    said = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    kinds = changed(re.findall(r"'([a-z_]+)'", said))
    op.drop_constraint(name, "tasks")
    op.create_check_constraint(name, "tasks", "kind in ({})".format(", ".join(f"'{kind}'" for kind in kinds)))


def _without_order(kinds: str) -> None:
    op.drop_constraint(op.f("ck_tasks_order"), "tasks")
    op.create_check_constraint(op.f("ck_tasks_order"), "tasks", f"order_id is not null or kind in ({kinds})")


def downgrade() -> None:
    op.execute(f"DELETE FROM tasks WHERE kind = '{KIND}'")  # noqa: S608 - our own name
    _without_order("'unmatched_money'")
    _kinds(lambda kinds: [kind for kind in kinds if kind != KIND])
    for name in ("at_carrier", "description", "words", "asked_at"):
        op.drop_column("carrier_claims", name)
    op.drop_column("fulfillment_orders", "hurried")
    op.drop_table("vendor_return_lines")
    op.drop_table("vendor_returns")
    op.drop_index("ix_return_inspections_for_vendor", table_name="return_inspections")
    op.drop_constraint(op.f("ck_return_inspections_gathered"), "return_inspections")
    op.drop_column("return_inspections", "gathered")
