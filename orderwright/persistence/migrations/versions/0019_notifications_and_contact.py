"""notifications and contact"""

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

NOW = sa.text("clock_timestamp()")
KEPT = """
CREATE FUNCTION consents_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'consent is only added to' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def upgrade() -> None:
    op.drop_constraint(op.f("uq_notifications_order_id_stage_subject_channel"), "notifications")
    op.add_column("notifications", sa.Column("copy", sa.Integer(), server_default="1", nullable=False))
    for name in ("asked_by", "asked_why", "arrived", "arrived_code"):
        op.add_column("notifications", sa.Column(name, sa.Text(), server_default="", nullable=False))
    for name in ("due_at", "arrived_at"):
        op.add_column("notifications", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_unique_constraint(
        op.f("uq_notifications_order_id_stage_subject_channel_copy"),
        "notifications",
        ["order_id", "stage", "subject", "channel", "copy"],
    )
    op.create_index(
        "ix_notifications_due", "notifications", ["due_at"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index(
        "ix_notifications_reference",
        "notifications",
        ["reference"],
        postgresql_where=sa.text("reference is not null"),
    )
    _words()
    _people()
    _kinds(lambda kinds: [*kinds, "customer_message"])


def _words() -> None:
    op.create_table(
        "brands",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Text(), server_default="", nullable=False)
            for name in ("sender", "url", "color", "footer")
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_brands")),
    )
    op.create_table(
        "brand_channels",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand"], ["brands.code"], name=op.f("fk_brand_channels_brand"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_brand_channels")),
    )
    op.create_index(op.f("ix_brand_channels_brand"), "brand_channels", ["brand"])
    op.create_table(
        "notification_templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Text(), server_default="", nullable=False)
            for name in ("language", "brand", "segment")
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("subject", "text", "html", "sms")),
        sa.Column("withdrawn", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("channel in ('mail', 'sms')", name=op.f("ck_notification_templates_channel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_templates")),
        sa.UniqueConstraint(
            "stage",
            "channel",
            "language",
            "brand",
            "segment",
            "version",
            name=op.f("uq_notification_templates_stage_channel_language_brand_segment_version"),
        ),
    )
    op.create_table(
        "notification_texts",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_notification_texts_notification_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_notification_texts")),
    )
    op.create_index(op.f("ix_notification_texts_at"), "notification_texts", ["at"])


def _people() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("channel in ('mail', 'sms', 'marketing')", name=op.f("ck_consents_channel")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_consents_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_customer_id", "consents", ["customer_id", "channel", "id"])
    op.execute(KEPT)
    op.execute(
        "CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON consents FOR EACH ROW EXECUTE FUNCTION consents_are_kept()"
    )
    op.create_table(
        "address_marks",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("channel", "address_hash", name=op.f("pk_address_marks")),
    )
    op.create_table(
        "order_notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("audience in ('internal', 'customer')", name=op.f("ck_order_notes_audience")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_notes_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_notes")),
    )
    op.create_index(op.f("ix_order_notes_order_id"), "order_notes", ["order_id"])
    op.create_table(
        "customer_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("matched_by", sa.Text(), server_default="", nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_customer_messages_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_messages")),
        sa.UniqueConstraint("channel", "reference", name=op.f("uq_customer_messages_channel_reference")),
    )
    op.create_index("ix_customer_messages_order_id", "customer_messages", ["order_id", "id"])
    op.create_index(
        "ix_customer_messages_unmatched",
        "customer_messages",
        ["id"],
        postgresql_where=sa.text("order_id is null"),
    )


def downgrade() -> None:
    op.execute("DELETE FROM tasks WHERE kind = 'customer_message'")
    _kinds(lambda kinds: [kind for kind in kinds if kind != "customer_message"])
    for table in ("customer_messages", "order_notes", "address_marks", "consents"):
        op.drop_table(table)
    op.execute("DROP FUNCTION consents_are_kept()")
    for table in ("notification_texts", "notification_templates", "brand_channels", "brands"):
        op.drop_table(table)
    op.drop_index("ix_notifications_reference", table_name="notifications")
    op.drop_index("ix_notifications_due", table_name="notifications")
    op.drop_constraint(op.f("uq_notifications_order_id_stage_subject_channel_copy"), "notifications")
    op.execute("DELETE FROM notifications WHERE copy > 1 OR stage = 'note'")
    for name in ("arrived_at", "due_at", "arrived_code", "arrived", "asked_why", "asked_by", "copy"):
        op.drop_column("notifications", name)
    op.create_unique_constraint(
        op.f("uq_notifications_order_id_stage_subject_channel"),
        "notifications",
        ["order_id", "stage", "subject", "channel"],
    )


def _kinds(changed: Callable[[list[str]], list[str]]) -> None:
    """Change the kinds of tasks, whichever migrations came before."""
    name = op.f("ck_tasks_taskkind")
    said = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    kinds = changed(re.findall(r"'([a-z_]+)'", said))
    op.drop_constraint(name, "tasks")
    op.create_check_constraint(name, "tasks", "kind in ({})".format(", ".join(f"'{kind}'" for kind in kinds)))
