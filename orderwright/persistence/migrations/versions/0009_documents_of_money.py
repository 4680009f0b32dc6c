"""documents of money"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "sellers",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tax_id", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "invoice_per",
            sa.Enum(
                "shipment", "order", name="invoiceper", native_enum=False, create_constraint=True, length=32
            ),
            server_default="shipment",
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_sellers")),
    )
    op.create_table(
        "money_documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "invoice",
                "credit_memo",
                "receipt",
                name="documentkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("nth", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(kind = 'credit_memo') = (refund_id is not null)", name=op.f("ck_money_documents_refund")
        ),
        sa.CheckConstraint(
            "(kind = 'receipt') = (payment_id is not null)", name=op.f("ck_money_documents_payment")
        ),
        sa.CheckConstraint(
            "total = net + tax and net >= 0 and tax >= 0 and nth > 0", name=op.f("ck_money_documents_amounts")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_money_documents_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_money_documents_payment_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name=op.f("fk_money_documents_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_documents")),
        sa.UniqueConstraint("number", name=op.f("uq_money_documents_number")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_money_documents_refund_id")),
        sa.UniqueConstraint("series", "year", "nth", name=op.f("uq_money_documents_series_year_nth")),
    )
    op.create_index("ix_money_documents_order_id", "money_documents", ["order_id", "id"], unique=False)
    op.create_index(
        "ix_money_documents_payment_id",
        "money_documents",
        ["payment_id"],
        unique=False,
        postgresql_where=sa.text("payment_id is not null"),
    )
    op.create_table(
        "billed_parts",
        sa.Column("fulfillment_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0 and tax between 0 and amount", name=op.f("ck_billed_parts_amounts")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["money_documents.id"], name=op.f("fk_billed_parts_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"], ["fulfillment_orders.id"], name=op.f("fk_billed_parts_fulfillment_id")
        ),
        sa.PrimaryKeyConstraint("fulfillment_id", name=op.f("pk_billed_parts")),
    )
    op.create_index(op.f("ix_billed_parts_document_id"), "billed_parts", ["document_id"], unique=False)
    for table in ("money_documents", "billed_parts"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.drop_index(op.f("ix_billed_parts_document_id"), table_name="billed_parts")
    op.drop_table("billed_parts")
    op.drop_index(
        "ix_money_documents_payment_id",
        table_name="money_documents",
        postgresql_where=sa.text("payment_id is not null"),
    )
    op.drop_index("ix_money_documents_order_id", table_name="money_documents")
    op.drop_table("money_documents")
    op.drop_table("sellers")
