"""consent by kind of message, what became of a message that came in, the day an order is wanted on"""

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


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

    op.add_column("orders", sa.Column("wanted_on", sa.Date(), nullable=True))
    _values("ck_holds_holdtype", "type", lambda known: [*known, "date"])
    _values("ck_holds_atdeadline", "at_deadline", lambda known: [*known, "go_on"])


def _values(name: str, column: str, changed: Callable[[list[str]], list[str]]) -> None:
    """Change the values of a column of holds, whichever migrations came before."""
    said = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    values = ", ".join(f"'{value}'" for value in changed(re.findall(r"'([a-z_]+)'", said)))
    op.drop_constraint(op.f(name), "holds")
    op.create_check_constraint(op.f(name), "holds", f"{column} in ({values})")


def downgrade() -> None:
    op.execute("DELETE FROM holds WHERE type = 'date' OR at_deadline = 'go_on'")
    _values("ck_holds_atdeadline", "at_deadline", lambda known: [one for one in known if one != "go_on"])
    _values("ck_holds_holdtype", "type", lambda known: [one for one in known if one != "date"])
    op.drop_column("orders", "wanted_on")
    op.drop_constraint(op.f("ck_customer_messages_handled"), "customer_messages", type_="check")
    for name in ("handled_at", "handled_by", "handled"):
        op.drop_column("customer_messages", name)
    op.drop_index("ix_consents_customer_id", table_name="consents")
    op.create_index("ix_consents_customer_id", "consents", ["customer_id", "channel", "id"])
    op.drop_constraint(op.f("ck_consents_kind"), "consents", type_="check")
    op.drop_column("consents", "kind")
