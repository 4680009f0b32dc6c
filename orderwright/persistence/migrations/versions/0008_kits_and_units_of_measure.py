"""kits and units of measure"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "kit_components",
        sa.Column("kit", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("kit <> component", name=op.f("ck_kit_components_not_itself")),
        sa.CheckConstraint("units > 0", name=op.f("ck_kit_components_units")),
        sa.ForeignKeyConstraint(["component"], ["products.sku"], name=op.f("fk_kit_components_component")),
        sa.ForeignKeyConstraint(["kit"], ["products.sku"], name=op.f("fk_kit_components_kit")),
        sa.PrimaryKeyConstraint("kit", "component", name=op.f("pk_kit_components")),
    )
    op.create_index(op.f("ix_kit_components_component"), "kit_components", ["component"], unique=False)
    op.create_table(
        "units_of_measure",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units > 1", name=op.f("ck_units_of_measure_units")),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_units_of_measure_sku")),
        sa.PrimaryKeyConstraint("sku", "code", name=op.f("pk_units_of_measure")),
    )
    op.create_table(
        "order_kits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("unit_size", sa.Integer(), nullable=True),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_order_kits_units")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_kits_order_id")),
        sa.ForeignKeyConstraint(["sku"], ["products.sku"], name=op.f("fk_order_kits_sku")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_kits")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_kits_order_id_position")),
    )
    op.create_index("ix_order_kits_sku", "order_kits", ["sku"], unique=False)
    op.add_column("order_lines", sa.Column("kit_id", sa.Uuid(), nullable=True))
    op.add_column("order_lines", sa.Column("unit", sa.Text(), nullable=True))
    op.add_column("order_lines", sa.Column("unit_size", sa.Integer(), nullable=True))
    op.create_foreign_key(op.f("fk_order_lines_kit_id"), "order_lines", "order_kits", ["kit_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint(op.f("fk_order_lines_kit_id"), "order_lines", type_="foreignkey")
    op.drop_column("order_lines", "unit_size")
    op.drop_column("order_lines", "unit")
    op.drop_column("order_lines", "kit_id")
    op.drop_index("ix_order_kits_sku", table_name="order_kits")
    op.drop_table("order_kits")
    op.drop_table("units_of_measure")
    op.drop_index(op.f("ix_kit_components_component"), table_name="kit_components")
    op.drop_table("kit_components")
