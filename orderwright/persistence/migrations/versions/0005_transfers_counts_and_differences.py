"""transfers counts and differences"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "stock_differences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "what",
            sa.Enum(
                "on_hand",
                "reserved",
                "reservations",
                "transfer_shipped",
                "transfer_received",
                "expected",
                name="differencekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "gone", name="differencestate", native_enum=False, create_constraint=True, length=32
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column(
            "found_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_differences")),
    )
    op.create_index(
        "uq_stock_differences_open",
        "stock_differences",
        ["what", "sku", "location", "subject"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "stock_counts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "submitted",
                "closed",
                "canceled",
                name="countstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("approval_limit", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("approval_limit >= 0", name=op.f("ck_stock_counts_approval_limit")),
        sa.ForeignKeyConstraint(["location"], ["locations.code"], name=op.f("fk_stock_counts_location")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_counts")),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "shipped",
                "closed",
                "canceled",
                name="transferstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="requested",
            nullable=False,
        ),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("shipped_by", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("origin <> destination", name=op.f("ck_transfers_two_places")),
        sa.ForeignKeyConstraint(["destination"], ["locations.code"], name=op.f("fk_transfers_destination")),
        sa.ForeignKeyConstraint(["origin"], ["locations.code"], name=op.f("fk_transfers_origin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    op.create_index(
        "ix_transfers_under_way",
        "transfers",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state in ('requested', 'shipped')"),
    )
    op.create_table(
        "stock_count_lines",
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "waiting",
                "applied",
                "refused",
                "rejected",
                "skipped",
                name="countlinestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("counted_by", sa.Text(), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("book", sa.Integer(), nullable=True),
        sa.Column("book_seq", sa.BigInteger(), nullable=True),
        sa.Column("worth", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("counted >= 0", name=op.f("ck_stock_count_lines_counted")),
        sa.ForeignKeyConstraint(
            ["count_id"], ["stock_counts.id"], name=op.f("fk_stock_count_lines_count_id")
        ),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_stock_count_lines_sku")),
        sa.PrimaryKeyConstraint("count_id", "sku", name=op.f("pk_stock_count_lines")),
    )
    op.create_table(
        "transfer_lines",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "received",
                name="transferlinestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column("received", sa.Integer(), server_default="0", nullable=False),
        sa.Column("short", sa.Integer(), server_default="0", nullable=False),
        sa.Column("over", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "damaged",
                "lost",
                "found",
                "expired",
                "theft",
                "sample",
                "correction",
                "other",
                name="adjustreason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("received_by", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expected_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state = 'open' or units = received + short - over", name=op.f("ck_transfer_lines_balances")
        ),
        sa.CheckConstraint("(short + over > 0) = (reason is not null)", name=op.f("ck_transfer_lines_gap")),
        sa.CheckConstraint(
            "units > 0 and received >= 0 and short >= 0 and over >= 0", name=op.f("ck_transfer_lines_units")
        ),
        sa.ForeignKeyConstraint(
            ["expected_id"], ["expected_receipts.id"], name=op.f("fk_transfer_lines_expected_id")
        ),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_transfer_lines_sku")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfers.id"], name=op.f("fk_transfer_lines_transfer_id")
        ),
        sa.PrimaryKeyConstraint("transfer_id", "sku", name=op.f("pk_transfer_lines")),
    )
    op.add_column("stock_moves", sa.Column("reference", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "stock_moves",
        sa.Column(
            "code",
            sa.Enum(
                "damaged",
                "lost",
                "found",
                "expired",
                "theft",
                "sample",
                "correction",
                "other",
                name="adjustreason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
    )
    op.create_index(
        "ix_stock_moves_reference",
        "stock_moves",
        ["reference"],
        unique=False,
        postgresql_where=sa.text("reference <> ''"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_stock_moves_reference", table_name="stock_moves", postgresql_where=sa.text("reference <> ''")
    )
    op.drop_column("stock_moves", "code")
    op.drop_column("stock_moves", "reference")
    op.drop_table("transfer_lines")
    op.drop_table("stock_count_lines")
    op.drop_index(
        "ix_transfers_under_way",
        table_name="transfers",
        postgresql_where=sa.text("state in ('requested', 'shipped')"),
    )
    op.drop_table("transfers")
    op.drop_table("stock_counts")
    op.drop_index(
        "uq_stock_differences_open",
        table_name="stock_differences",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("stock_differences")
