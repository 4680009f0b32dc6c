"""consent by kind of message, and what became of a message that came in"""

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
    for name in ("handled", "handled_by"):
        op.add_column("customer_messages", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("customer_messages", sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_customer_messages_handled"), "customer_messages", "handled in ('', 'answered', 'dismissed')"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_customer_messages_handled"), "customer_messages", type_="check")
    for name in ("handled_at", "handled_by", "handled"):
        op.drop_column("customer_messages", name)
    op.drop_index("ix_consents_customer_id", table_name="consents")
    op.create_index("ix_consents_customer_id", "consents", ["customer_id", "channel", "id"])
    op.drop_constraint(op.f("ck_consents_kind"), "consents", type_="check")
    op.drop_column("consents", "kind")
