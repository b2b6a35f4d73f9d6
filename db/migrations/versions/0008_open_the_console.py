"""Open the console: who may sign in, what people did, drafts of policies, what is measured of leads, reports."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _people()
    _drafts()
    _figures()
    _upkeep()


def _people() -> None:
    op.create_table(
        "console_session",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_console_session")),
    )
    op.create_index(op.f("ix_console_session_expires_at"), "console_session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_console_session_member_id"), "console_session", ["member_id"], unique=False)
    op.create_table(
        "human_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_human_act")),
    )
    op.create_index("ix_human_act_at", "human_act", ["at", "id"], unique=False)
    op.create_index("ix_human_act_lead_id", "human_act", ["lead_id"], unique=False)
    op.create_index("ix_human_act_who", "human_act", ["who", "at"], unique=False)
    op.create_table(
        "member",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("roles", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member")),
        sa.UniqueConstraint("email", name=op.f("uq_member_email")),
        sa.UniqueConstraint("subject", name=op.f("uq_member_subject")),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sign_in_link")),
    )


def _drafts() -> None:
    op.create_table(
        "draft_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("against", sa.Text(), nullable=False),
        sa.Column("wanted", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("document", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_run")),
    )
    op.create_index("ix_draft_run_version", "draft_run", ["version", "id"], unique=False)
    op.create_table(
        "policy_draft",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy_draft")),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("document", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
    )
    op.create_index("ix_report_kind", "report", ["kind", "id"], unique=False)


def _figures() -> None:
    op.create_table(
        "lead_measure",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hour_of_week", sa.SmallInteger(), nullable=False),
        sa.Column("answered_hour", sa.SmallInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("rep_id", sa.Text(), nullable=True),
        sa.Column("promise_rep_id", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=True),
        sa.Column("fit", sa.Text(), nullable=True),
        sa.Column("band", sa.SmallInteger(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("backfill", sa.Boolean(), nullable=False),
        sa.Column("offers", sa.SmallInteger(), nullable=False),
        sa.Column("declines", sa.SmallInteger(), nullable=False),
        sa.Column("ran_out", sa.SmallInteger(), nullable=False),
        sa.Column("handed", sa.SmallInteger(), nullable=False),
        sa.Column("offered_s", sa.Integer(), nullable=True),
        sa.Column("accepted_s", sa.Integer(), nullable=True),
        sa.Column("contacted_s", sa.Integer(), nullable=True),
        sa.Column("target_s", sa.Integer(), nullable=True),
        sa.Column("offered_b", sa.SmallInteger(), nullable=True),
        sa.Column("accepted_b", sa.SmallInteger(), nullable=True),
        sa.Column("contacted_b", sa.SmallInteger(), nullable=True),
        sa.Column("left_b", sa.SmallInteger(), nullable=True),
        sa.Column("kept", sa.Boolean(), nullable=True),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("qualified", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("outcome_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_lead_measure")),
    )
    op.create_index("ix_lead_measure_day", "lead_measure", ["day"], unique=False)
    op.create_index("ix_lead_measure_rep_id", "lead_measure", ["rep_id", "day"], unique=False)
    op.create_index("ix_lead_measure_rule", "lead_measure", ["rule", "day"], unique=False)
    op.create_index("ix_lead_measure_source", "lead_measure", ["source", "day"], unique=False)
    op.create_index("ix_lead_measure_team", "lead_measure", ["team", "day"], unique=False)
    _partial("ix_lead_measure_waits", "lead_measure", "day", sa.text("contacted_b IS NULL AND left_b IS NULL"))
    op.create_table(
        "measured_until",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_measured_until")),
    )
    op.create_table(
        "offer_measure",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("offer", sa.SmallInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("pool", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=True),
        sa.Column("fit", sa.Text(), nullable=True),
        sa.Column("band", sa.SmallInteger(), nullable=True),
        sa.Column("backfill", sa.Boolean(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("accepted_s", sa.Integer(), nullable=True),
        sa.Column("accepted_b", sa.SmallInteger(), nullable=True),
        sa.Column("contacted", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.String(32), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("qualified", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", "offer", name=op.f("pk_offer_measure")),
    )
    op.create_index("ix_offer_measure_day", "offer_measure", ["day"], unique=False)
    op.create_index("ix_offer_measure_rep_id", "offer_measure", ["rep_id", "day"], unique=False)
    op.create_table(
        "measured_word",
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("dimension", "word", name=op.f("pk_measured_word")),
    )
    op.create_index("ix_lead_changed", "lead", ["changed_at", "lead_id"], unique=False)


def _upkeep() -> None:
    """Find what did not go out without looking through everything that did."""
    troubled = sa.text("state IN ('failed', 'refused', 'claimed')")
    undelivered, refused = sa.text("state = 'undeliverable'"), sa.text("state = 'refused'")
    _partial("ix_notification_troubled", "notification", "id", troubled)
    _partial("ix_alert_undelivered", "alert", "id", undelivered)
    _partial("ix_hand_off_refused", "hand_off", "id", refused)
    _partial("ix_crm_copy_refused", "crm_copy", "lead_id", sa.text("refused"))


def _partial(name: str, table: str, column: str, where: sa.TextClause) -> None:
    op.create_index(name, table, [column], unique=False, sqlite_where=where, postgresql_where=where)
