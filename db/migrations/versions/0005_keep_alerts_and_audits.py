"""Keep alerts and audits, who was forgiven and what is stopped, rotas and rooms, and for whom a lead is held."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _people()
    _alerts()
    _audits_and_the_switch()
    op.add_column("waiting", sa.Column("rep_id", sa.Text(), nullable=True))
    _index("ix_waiting_rep_id", "waiting", ["rep_id", "points"], "rep_id IS NOT NULL")
    _index("ix_ownership_in_contact", "ownership", ["rep_id"], "ended_at IS NULL AND contacted_at IS NOT NULL")
    _index("ix_ownership_ran_out", "ownership", ["rep_id", "ended_at"], "ended = 'expired'")
    _index("ix_lead_open", "lead", ["due_at", "lead_id"], "closed_at IS NULL")


def _people() -> None:
    op.add_column("manager", sa.Column("tz", sa.Text(), nullable=True))
    op.add_column("manager", sa.Column("quiet", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("manager", sa.Column("manager", sa.Text(), nullable=True))
    op.add_column("rep", sa.Column("quiet", sa.JSON(none_as_null=True), nullable=True))
    op.create_table(
        "room",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("webhook_url", sa.Text(), nullable=True),
        sa.Column("channels", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("tz", sa.Text(), nullable=True),
        sa.Column("quiet", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
    )
    op.create_table(
        "rota",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rota")),
    )
    op.create_table(
        "forgiven",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forgiven")),
    )
    op.create_index("ix_forgiven_rep_id", "forgiven", ["rep_id", "at"], unique=False)


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("offer", sa.Integer(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("lead_id", "offer", "rung", name=op.f("uq_alert_lead_id_offer_rung")),
    )
    _index("ix_alert_waiting", "alert", ["person_id", "raised_at"], "state = 'waiting'")
    _index("ix_alert_told", "alert", ["person_id", "sent_at"], "sent_at IS NOT NULL")


def _audits_and_the_switch() -> None:
    op.create_table(
        "audit",
        sa.Column("audit_id", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("open_leads", sa.Integer(), nullable=False),
        sa.Column("suspects", sa.Integer(), nullable=False),
        sa.Column("healed", sa.Integer(), nullable=False),
        sa.Column("unhealed", sa.Integer(), nullable=False),
        sa.Column("found", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_ended_at"), "audit", ["ended_at"], unique=False)
    op.create_table(
        "switch",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switch")),
    )


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=False, sqlite_where=condition, postgresql_where=condition)
