"""sourcing"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("fulfillment_orders", sa.Column("ships_on", sa.Date(), nullable=True))
    op.create_index(
        "ix_fulfillment_orders_ships_on", "fulfillment_orders", ["location", "ships_on"], unique=False
    )
    op.add_column(
        "routing_profiles", sa.Column("postage_points", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "routing_profiles", sa.Column("late_points", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "routing_profiles", sa.Column("load_points", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "routing_profiles", sa.Column("balance_points", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "routing_profiles", sa.Column("margin_points", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("shipment_offers", sa.Column("location", sa.Text(), nullable=True))
    op.add_column("shipment_offers", sa.Column("country", sa.Text(), nullable=True))
    op.add_column("shipment_offers", sa.Column("wanted", sa.Text(), nullable=True))
    op.add_column("shipment_offers", sa.Column("band", sa.Integer(), nullable=True))
    op.create_index(
        "ix_shipment_offers_lane",
        "shipment_offers",
        ["location", "country", "wanted", "band", "id"],
        unique=False,
    )
    op.drop_constraint(op.f("ck_routing_profiles_points"), "routing_profiles")
    op.create_check_constraint(
        op.f("ck_routing_profiles_points"),
        "routing_profiles",
        "least(parcel_points, km_points, cost_points, postage_points, late_points, load_points, balance_points,"
        " margin_points) >= 0",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_routing_profiles_points"), "routing_profiles")
    op.create_check_constraint(
        op.f("ck_routing_profiles_points"),
        "routing_profiles",
        "parcel_points >= 0 and km_points >= 0 and cost_points >= 0",
    )
    op.drop_index("ix_shipment_offers_lane", table_name="shipment_offers")
    op.drop_column("shipment_offers", "band")
    op.drop_column("shipment_offers", "wanted")
    op.drop_column("shipment_offers", "country")
    op.drop_column("shipment_offers", "location")
    op.drop_column("routing_profiles", "margin_points")
    op.drop_column("routing_profiles", "balance_points")
    op.drop_column("routing_profiles", "load_points")
    op.drop_column("routing_profiles", "late_points")
    op.drop_column("routing_profiles", "postage_points")
    op.drop_index("ix_fulfillment_orders_ships_on", table_name="fulfillment_orders")
    op.drop_column("fulfillment_orders", "ships_on")
