"""locations asked again and late receipts"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "expected_receipts", sa.Column("weeks_late", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_expected_receipts_weeks_late"), "expected_receipts", "(weeks_late >= 0)"
    )
    op.add_column(
        "fulfillment_orders", sa.Column("asked_again_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("fulfillment_orders", "asked_again_at")
    op.drop_column("expected_receipts", "weeks_late")
