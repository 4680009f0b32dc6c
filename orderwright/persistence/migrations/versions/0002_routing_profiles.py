"""routing profiles"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "routing_profiles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "active",
                "retired",
                name="profilestate",
                native_enum=False,
                length=32,
                create_constraint=True,
            ),
            server_default="draft",
            nullable=False,
        ),
        sa.Column("parcel_points", sa.BigInteger(), nullable=False),
        sa.Column("km_points", sa.BigInteger(), nullable=False),
        sa.Column("cost_points", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("activated_by", sa.Text(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "parcel_points >= 0 and km_points >= 0 and cost_points >= 0",
            name=op.f("ck_routing_profiles_points"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_profiles")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_routing_profiles_name_version")),
    )
    op.create_index(
        "uq_routing_profiles_active",
        "routing_profiles",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )


def downgrade() -> None:
    op.drop_table("routing_profiles")
