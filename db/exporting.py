"""Everything of one kind, page by page, for tools that take a file: leads, accounts, their people, what became of them.

Each page is read for itself, in the order of ids: an export of any length holds nothing up, and what changes meanwhile
may be in it or not. This room refuses to know how a file is written.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from models.export import Export

PAGE = 500
"""Rows that are read at once."""

Row = dict[str, Any]


_OF_LEAD = (
    *("type", "stage", "owner", "answerable", "team", "region", "next_step", "due_at", "breached", "points"),
    *("intent", "fit", "likelihood", "account_id", "policy", "received_at", "response_due_at", "accepted_at"),
    *("contacted_at", "closed_at", "folded_into", "follows", "changed_at"),
)
_OF_FACTS = ("external_id", "email", "phone", "first_name", "last_name", "title", "seniority", "department")
_OF_COMPANY = ("name", "domain", "employees", "industry", "country")
_OF_OUTCOME = ("result", "value", "currency", "at")
COLUMNS: Mapping[Export, tuple[str, ...]] = {
    Export.LEADS: (
        *("lead_id", "source", *_OF_FACTS, *(f"company.{name}" for name in _OF_COMPANY), "country"),
        *(*_OF_LEAD, "reasons", *(f"outcome.{name}" for name in _OF_OUTCOME)),
    ),
    Export.ACCOUNTS: (
        *("id", "name", "names", "domains", "parent", "owner", "relationship", "success", "status", "region"),
        *("country", "open_deals", "merged_into", "source", "changed_at", "by"),
    ),
    Export.CONTACTS: (
        *("id", "account_id", "company", "email", "phone", "first_name", "last_name", "title", "seniority"),
        *("department", "decision_maker", "language", "role", "state", "source", "lead_id", "created_at", "changed_at"),
    ),
    Export.OUTCOMES: (
        *("id", "lead_id", "source", "external_id", "result", "value", "currency", "rep_id", "industry", "at", "by"),
        "recorded_at",
    ),
}
"""The columns of each, in their order."""


class Exporting:
    """Reads everything of one kind."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def pages(self, what: Export, since: datetime | None = None) -> AsyncIterator[Sequence[Row]]:
        """Give all rows in pages; `since`: only those that changed (outcomes: were noted) then or later."""
        table, key, changed, lay_out = _KINDS[what]
        after: Any = None
        while True:
            asked = select(table).order_by(key).limit(PAGE)
            asked = asked if since is None else asked.where(_since(what, changed, since))
            asked = asked if after is None else asked.where(key > after)
            async with self._db.reading() as session:
                found = (await session.exec(asked)).all()
                page = await lay_out(session, found)
            if page:
                yield page
            if len(found) < PAGE:
                return
            after = getattr(found[-1], key.key)


def _since(what: Export, changed: Any, since: datetime) -> ColumnElement[bool]:
    """Ask for what changed since; of a lead also what became of it is a change, for that is exported with it."""
    itself: ColumnElement[bool] = changed >= since
    if what is not Export.LEADS:
        return itself
    outcome = tables.Outcome
    return or_(itself, col(tables.Lead.lead_id).in_(select(outcome.lead_id).where(col(outcome.recorded_at) >= since)))


async def _leads(session: AsyncSession, found: Sequence[tables.Lead]) -> list[Row]:
    outcomes = await _newest([row.lead_id for row in found], session)
    return [_lead(row, outcomes.get(row.lead_id)) for row in found]


def _lead(row: tables.Lead, outcome: tables.Outcome | None) -> Row:
    facts = row.facts or {}
    company = facts.get("company") or {}
    reasons = (row.score or {}).get("reasons") or ()
    return {
        "lead_id": row.lead_id,
        "source": row.source,
        **{name: facts.get(name) for name in _OF_FACTS},
        **{f"company.{name}": company.get(name) for name in _OF_COMPANY},
        "country": facts.get("country"),
        **{name: getattr(row, name) for name in _OF_LEAD},
        "reasons": [f"{one['rule']} {one['points']:+g}" for one in reasons],
        **{f"outcome.{name}": getattr(outcome, name, None) for name in _OF_OUTCOME},
    }


async def _newest(lead_ids: Collection[str], session: AsyncSession) -> dict[str, tables.Outcome]:
    table = tables.Outcome
    asked = select(table).where(col(table.lead_id).in_(lead_ids)).order_by(col(table.id))
    return {row.lead_id: row for row in (await session.exec(asked)).all()}


async def _outcomes(session: AsyncSession, found: Sequence[tables.Outcome]) -> list[Row]:
    lead = tables.Lead
    asked = select(lead.lead_id, lead.source, lead.facts).where(col(lead.lead_id).in_({row.lead_id for row in found}))
    known = {lead_id: (source, facts or {}) for lead_id, source, facts in (await session.exec(asked)).all()}
    own = [name for name in COLUMNS[Export.OUTCOMES] if name not in ("source", "external_id")]
    rows = []
    for row in found:
        source, facts = known.get(row.lead_id, (None, {}))
        whose = {"source": source, "external_id": facts.get("external_id")}
        rows.append(whose | {name: getattr(row, name) for name in own})
    return rows


def _plain(what: Export, own: Mapping[str, str] | None = None) -> Callable[[AsyncSession, Sequence[Any]], Any]:
    """Lay rows out by the names of their columns; `own`: what one is called in the table, where that differs."""

    async def lay_out(_session: AsyncSession, found: Sequence[Any]) -> list[Row]:
        return [{name: getattr(row, (own or {}).get(name, name)) for name in COLUMNS[what]} for row in found]

    return lay_out


_KINDS: Mapping[Export, tuple[Any, Any, Any, Callable[[AsyncSession, Sequence[Any]], Any]]] = {
    Export.LEADS: (tables.Lead, col(tables.Lead.lead_id), col(tables.Lead.changed_at), _leads),
    Export.ACCOUNTS: (
        tables.AccountRow,
        col(tables.AccountRow.account_id),
        col(tables.AccountRow.changed_at),
        _plain(Export.ACCOUNTS, {"id": "account_id"}),
    ),
    Export.CONTACTS: (
        tables.Contact,
        col(tables.Contact.id),
        col(tables.Contact.changed_at),
        _plain(Export.CONTACTS),
    ),
    Export.OUTCOMES: (tables.Outcome, col(tables.Outcome.id), col(tables.Outcome.recorded_at), _outcomes),
}
