"""consent by kind of message"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("consents", sa.Column("kind", sa.Text(), server_default="", nullable=False))
    op.create_check_constraint(
        op.f("ck_consents_kind"), "consents", "kind in ('', 'essential', 'progress', 'returns')"
    )
    op.drop_index("ix_consents_customer_id", table_name="consents")
    op.create_index("ix_consents_customer_id", "consents", ["customer_id", "channel", "kind", "id"])


def downgrade() -> None:
    op.drop_index("ix_consents_customer_id", table_name="consents")
    op.create_index("ix_consents_customer_id", "consents", ["customer_id", "channel", "id"])
    op.drop_constraint(op.f("ck_consents_kind"), "consents", type_="check")
    op.drop_column("consents", "kind")
