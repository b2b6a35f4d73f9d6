"""Keep what doors are told and answer: keys, sources, webhooks, imports, tasks, what is handed off, what is erased."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _doors()
    _hooks()
    _follow_up()
    _changes()


def _doors() -> None:
    op.create_table(
        "came",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_came")),
    )
    op.create_index("ix_came_content", "came", ["content", "at"], unique=False)
    op.create_index(op.f("ix_came_lead_id"), "came", ["lead_id"], unique=False)
    op.create_table(
        "door_sign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_sign")),
    )
    op.create_index(op.f("ix_door_sign_lead_id"), "door_sign", ["lead_id"], unique=False)
    op.create_index("ix_door_sign_value", "door_sign", ["kind", "value"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency")),
    )
    op.create_index("ix_idempotency_at", "idempotency", ["at"], unique=False)
    op.create_table(
        "lead_import",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("backfill", sa.Boolean(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("errors", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_lead_import")),
    )
    op.create_index(op.f("ix_lead_import_content"), "lead_import", ["content"], unique=False)


def _hooks() -> None:
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("former_digest", sa.Text(), nullable=True),
        sa.Column("former_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scopes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("sources", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("people", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_key")),
    )
    op.create_table(
        "hook_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("results", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_delivery")),
    )
    op.create_index("ix_hook_delivery_state", "hook_delivery", ["state", "id"], unique=False)
    _index(
        "uq_hook_delivery_webhook_id", "hook_delivery", ["source", "webhook_id"], "webhook_id IS NOT NULL", unique=True
    )
    op.create_table(
        "sealed_secret",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_secret")),
    )
    op.create_index(op.f("ix_sealed_secret_purpose"), "sealed_secret", ["purpose"], unique=False)
    op.create_table(
        "source",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_source")),
    )


def _follow_up() -> None:
    op.create_table(
        "erasure",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sent_out", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("same_person", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_erasure")),
    )
    _index("ix_erasure_undone", "erasure", ["at"], "done_at IS NULL")
    op.create_table(
        "hand_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_off")),
        sa.UniqueConstraint("lead_id", "kind", "n", name=op.f("uq_hand_off_lead_id_kind_n")),
    )
    _index("ix_hand_off_due", "hand_off", ["next_at"], "state = 'waiting'")
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("offer", sa.Integer(), nullable=False),
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("lead_id", "offer", name=op.f("uq_task_lead_id_offer")),
    )
    _index("ix_task_open", "task", ["rep_id", "due_at"], "state = 'open'")


def _changes() -> None:
    op.add_column("alert", sa.Column("kind", sa.Text(), server_default="alert", nullable=False))
    op.add_column("inbox", sa.Column("urgency", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("inbox", sa.Column("backfill", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("inbox", sa.Column("content", sa.Text(), nullable=True))
    op.drop_index(op.f("ix_inbox_due"), table_name="inbox", sqlite_where=sa.text("state = 'waiting'"))
    _index("ix_inbox_due", "inbox", ["paced", "urgency", "next_at"], "state = 'waiting'")
    op.create_index("ix_inbox_content", "inbox", ["content", "created_at"], unique=False)
    op.add_column("manager", sa.Column("slack", sa.Text(), nullable=True))
    op.add_column("manager", sa.Column("teams_url", sa.Text(), nullable=True))
    op.add_column("notification", sa.Column("kind", sa.Text(), server_default="", nullable=False))
    op.add_column("notification", sa.Column("shows", sa.Text(), nullable=True))
    _index("ix_notification_told", "notification", ["person_id", "sent_at"], "sent_at IS NOT NULL")
    op.add_column("rep", sa.Column("slack", sa.Text(), nullable=True))
    op.add_column("rep", sa.Column("teams_url", sa.Text(), nullable=True))
    op.add_column("room", sa.Column("slack", sa.Text(), nullable=True))
    op.add_column("room", sa.Column("teams_url", sa.Text(), nullable=True))


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
