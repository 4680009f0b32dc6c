"""instruments refunds and disputes"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "refunds",
        sa.Column(
            "destination",
            sa.Enum(
                "original",
                "store_credit",
                name="refundto",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="original",
            nullable=False,
        ),
    )
    op.create_check_constraint(op.f("ck_order_lines_refunded"), "order_lines", "refunded <= ordered")
    op.execute(  # what was given back so far was for nothing in particular, and booked without tax
        "INSERT INTO refund_lines (id, refund_id, kind, amount)"
        " SELECT gen_random_uuid(), r.id, 'ad_hoc', r.amount FROM refunds r"
        " WHERE NOT EXISTS (SELECT FROM refund_lines l WHERE l.refund_id = r.id)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_order_lines_refunded"), "order_lines")
    op.drop_column("refunds", "destination")
