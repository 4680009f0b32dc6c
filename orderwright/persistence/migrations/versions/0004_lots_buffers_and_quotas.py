"""lots, buffers and quotas"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "channel_buffers",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_channel_buffers_units")),
        sa.ForeignKeyConstraint(["location"], ["locations.code"], name=op.f("fk_channel_buffers_location")),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_channel_buffers_sku")),
        sa.PrimaryKeyConstraint("channel", "sku", "location", name=op.f("pk_channel_buffers")),
    )
    op.create_table(
        "channel_quotas",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("at_most", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("taken between 0 and at_most", name=op.f("ck_channel_quotas_taken")),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_channel_quotas_sku")),
        sa.PrimaryKeyConstraint("channel", "sku", name=op.f("pk_channel_quotas")),
    )
    op.create_table(
        "stock_lots",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("serial", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("on_hand", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reserved", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("not serial or on_hand <= 1", name=op.f("ck_stock_lots_serial")),
        sa.CheckConstraint(
            "reserved >= 0 and on_hand >= reserved", name=op.f("ck_stock_lots_never_oversold")
        ),
        sa.ForeignKeyConstraint(
            ["sku", "location"], ["stock_levels.sku", "stock_levels.location"], name=op.f("fk_stock_lots_sku")
        ),
        sa.PrimaryKeyConstraint("sku", "location", "lot", name=op.f("pk_stock_lots")),
    )
    op.create_index(
        "uq_stock_lots_serial",
        "stock_lots",
        ["sku", "lot"],
        unique=True,
        postgresql_where=sa.text("serial and on_hand > 0"),
    )
    op.create_table(
        "reservation_lots",
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_reservation_lots_units")),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservations.id"], name=op.f("fk_reservation_lots_reservation_id")
        ),
        sa.ForeignKeyConstraint(
            ["sku", "location", "lot"],
            ["stock_lots.sku", "stock_lots.location", "stock_lots.lot"],
            name=op.f("fk_reservation_lots_sku"),
        ),
        sa.PrimaryKeyConstraint("reservation_id", "lot", name=op.f("pk_reservation_lots")),
    )
    op.add_column("reservations", sa.Column("channel", sa.Text(), nullable=True))
    op.add_column("stock_moves", sa.Column("lot", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("stock_moves", "lot")
    op.drop_column("reservations", "channel")
    op.drop_table("reservation_lots")
    op.drop_index(
        "uq_stock_lots_serial", table_name="stock_lots", postgresql_where=sa.text("serial and on_hand > 0")
    )
    op.drop_table("stock_lots")
    op.drop_table("channel_quotas")
    op.drop_table("channel_buffers")
