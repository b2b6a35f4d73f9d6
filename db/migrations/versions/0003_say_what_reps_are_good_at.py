"""Say what reps are good at and how much they may get, whose company a lead is of, and which turns were given back."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_PIECE = 500
_LEAD = sa.table(
    "lead", sa.column("lead_id", sa.Text), sa.column("facts", sa.JSON(none_as_null=True)), sa.column("company", sa.Text)
)


def upgrade() -> None:
    _add("rep", "skills", "'[]'")
    _add("rep", "certifications", "'[]'")
    _add("rep", "caps", "'[]'")
    _add("pool", "weights", "'{}'")
    op.add_column("lead", sa.Column("company", sa.Text(), nullable=True))
    _fill_companies()
    had_contact = sa.text("contacted_at IS NOT NULL")
    _index("ix_lead_company", "lead", ["company", "contacted_at"], had_contact)
    in_hand = sa.text("closed_at IS NULL AND owner IS NOT NULL")
    _index("ix_lead_company_open", "lead", ["company", "received_at"], in_hand)
    op.add_column("ownership", sa.Column("refund_limit", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("ownership", sa.Column("refunded", sa.String(length=32), nullable=True))
    op.add_column("ownership", sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True))
    refunded = sa.text("refunded_at IS NOT NULL")
    _index("ix_ownership_refunded", "ownership", ["rep_id", "refunded_at"], refunded)


def _add(table: str, column: str, default: str) -> None:
    kind = sa.JSON(none_as_null=True)
    op.add_column(table, sa.Column(column, kind, nullable=False, server_default=sa.text(default)))


def _index(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)


def _fill_companies() -> None:
    """Find the company of every lead there is in its facts, some at a time: there may be hundreds of thousands."""
    connection, last = op.get_bind(), ""
    asked = sa.select(_LEAD.c.lead_id, _LEAD.c.facts).order_by(_LEAD.c.lead_id).limit(_PIECE)
    write = _LEAD.update().where(_LEAD.c.lead_id == sa.bindparam("its_id")).values(company=sa.bindparam("found"))
    while rows := connection.execute(asked.where(_LEAD.c.lead_id > last)).all():
        found = [(row.lead_id, _company(row.facts)) for row in rows]
        if known := [{"its_id": lead_id, "found": company} for lead_id, company in found if company]:
            connection.execute(write, known)
        last = rows[-1].lead_id


def _company(facts: dict[str, Any] | None) -> str | None:
    if not facts:
        return None
    domain = (facts.get("company") or {}).get("domain")
    if domain is None and facts.get("email_kind") in ("work", "role"):
        domain = (facts.get("email") or "").rpartition("@")[2]
    return domain or None
