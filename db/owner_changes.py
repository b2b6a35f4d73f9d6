"""Somebody gave a lead to somebody else in the CRM: what follows here, decided and kept in one transaction.

While a lead's workflow runs, it is told by an errand; once it is in contact, the database alone says whose it is. What
only echoes what we wrote ourselves, or is older than what has happened since, changes nothing. This room refuses to
know which lead is meant (`db.recognising`) and what a CRM calls its users: the roster says that (`crm`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.giving_over import Leaving, give_over
from db.holding import Hands, lead_for_change
from db.ledger import ROTATION
from db.outbox import keep_saying
from db.tables import ManagerRow, RepRow
from db.tables.words import Errand, Holds
from models.lead import ENDED, Stage

P = TypeVar("P", RepRow, ManagerRow)

UNROUTED = frozenset({Stage.RECEIVED, Stage.ENRICHING, Stage.SCORING})
"""Where nobody has been looked for yet: a lead there hears no change of owner."""


class CannotOwn(ValueError):
    """Whom the CRM names cannot have the lead here. Says by which field, and why."""

    def __init__(self, field: str, what: str) -> None:
        self.field, self.what = field, what
        super().__init__(f"{field}: {what}")


class TooEarly(Exception):
    """The lead is on its way to its first owner; said again in a moment, it is heard."""


@dataclass(frozen=True, slots=True)
class Change:
    """Who has a lead in the CRM now: `owner` as we call them, or `crm_owner` as the CRM does; `at`: since when."""

    owner: str | None
    crm_owner: str | None
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Followed:
    """What follows of a change: `moves` is false where nothing does; `because` says it in words."""

    rep_id: str
    moves: bool
    because: str


class OwnerChanges:
    """Follows the CRM's changes of owner."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def follow(self, lead_id: str, change: Change, *, key: str, now: datetime) -> Followed:
        """Give a lead to whom it was given in the CRM; under the same key it is said to the lead once.

        Raises `UnknownLead`, `CannotOwn` and `TooEarly`, with nothing changed.
        """
        return await self._follow(lead_id, change, key, now)

    async def unheard(self, lead_id: str, said: Mapping[str, Any], *, now: datetime) -> Followed | None:
        """Follow a change that a lead's workflow had no time to hear of, because it ended first.

        `said`: the errand's body; None where it tells of no change in the CRM. A lead in contact by now goes to whom
        the CRM names all the same. Raises `UnknownLead` and `CannotOwn`.
        """
        if said.get("name") != "reassign" or "of" not in said:
            return None
        message = said["message"]
        change = Change(message["rep_id"], None, message["by"], message["reason"], datetime.fromisoformat(said["of"]))
        return await self._follow(lead_id, change, message["key"], now, late=True)

    async def _follow(self, lead_id: str, change: Change, key: str, now: datetime, *, late: bool = False) -> Followed:
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION, f"said:{lead_id}")
            lead = await lead_for_change(session, lead_id)
            to = await _person(session, change)
            hands = Hands(self._db, session, lead, now)
            present = await hands.open()
            copy = await session.get(tables.CrmCopy, lead_id)
            waiting = None if late else await _waiting(session, lead_id)
            if late and (present is None or present.state is not Holds.CONTACTED):
                why: str | None = f"the lead is {lead.stage}, and its workflow has ended"
            elif waiting is not None:
                why = _not_beside(waiting, to, change)
            else:
                why = _nothing_follows(lead, present, None if late else copy, to, change)
            if why is not None:
                return Followed(to.id, False, why)
            if not getattr(to, "active", True):
                raise CannotOwn(_field(change), f"is {to.id}, who is not active")
            if present is None and lead.stage in UNROUTED:
                raise TooEarly(f"the lead is {lead.stage} still")
            if copy is not None:
                copy.owner, copy.owner_before, copy.named_at = to.crm or to.id, copy.owner, change.at
            if present is not None and present.state is Holds.CONTACTED:
                if not isinstance(to, RepRow):
                    raise CannotOwn(_field(change), f"is {to.id}, who is no rep: leads in contact go to reps")
                leaving = Leaving(present.rep_id, change.by, change.reason, to.id)
                return Followed(to.id, True, await give_over(hands, present, to, "as the CRM has it", leaving))
            said = {"rep_id": to.id, "by": change.by, "reason": change.reason, "key": key}
            if waiting is not None:  # whoever runs errands runs them side by side: only the last word may wait
                waiting.sent_at, waiting.because = now, "the CRM named somebody else before it was said"
            await keep_saying(session, lead_id, "reassign", said, at=now, of=change.at)
            return Followed(to.id, True, f"the lead is told to go to {to.id}")


async def _waiting(session: AsyncSession, lead_id: str) -> tables.Outbox | None:
    """Give the change of owner in the CRM that the lead is still to be told of; None where it was told of all."""
    table = tables.Outbox
    unsaid = select(table).where(table.lead_id == lead_id, table.what == Errand.SAY, col(table.sent_at).is_(None))
    rows = (await session.exec(unsaid.order_by(col(table.id).desc()).with_for_update())).all()
    return next((row for row in rows if row.body.get("name") == "reassign" and "of" in row.body), None)


def _not_beside(waiting: tables.Outbox, to: RepRow | ManagerRow, change: Change) -> str | None:
    """Say why a change needs nothing beside the one that the lead is still to be told of; None where it goes first."""
    rep_id = waiting.body["message"]["rep_id"]
    if rep_id == to.id:
        return f"the lead is told to go to {to.id} already"
    if change.at < datetime.fromisoformat(waiting.body["of"]):
        return f"it is older than what the CRM said last: {rep_id}"
    return None


def _nothing_follows(
    lead: tables.Lead,
    present: tables.Ownership | None,
    copy: tables.CrmCopy | None,
    to: RepRow | ManagerRow,
    change: Change,
) -> str | None:
    """Say why a change needs nothing to be done; None where it does."""
    if present is None and (lead.stage in ENDED or lead.stage is Stage.CONTACTED):
        return f"the lead is {lead.stage} already, and nobody has it"
    if present is not None and present.rep_id == to.id:
        return f"{to.id} has it already"
    if copy is not None and copy.owner is not None and copy.owner in (to.id, to.crm):
        return f"{to.id} is whom we named to the CRM ourselves"
    if copy is not None and copy.owner_before in (to.id, to.crm) and copy.named_at and change.at <= copy.named_at:
        return f"{to.id} is whom we named to the CRM ourselves, before whom it has now"
    if present is not None and change.at < present.offered_at:
        return f"it was said before {present.rep_id} got the lead here"
    return None


def _field(change: Change) -> str:
    return "owner" if change.crm_owner is None else "crm_owner"


async def _named(session: AsyncSession, table: type[P], change: Change) -> Sequence[P]:
    column, value = (table.id, change.owner) if change.crm_owner is None else (table.crm, change.crm_owner)
    return (await session.exec(select(table).where(col(column) == value))).all()


async def _person(session: AsyncSession, change: Change) -> RepRow | ManagerRow:
    """Find whom a change names, among reps and managers. Raises `CannotOwn`."""
    found: list[RepRow | ManagerRow] = [*(await _named(session, RepRow, change))]
    found += await _named(session, ManagerRow, change)
    if not found:
        what = "is nobody in the roster" if change.crm_owner is None else "is nobody's `crm` in the roster"
        raise CannotOwn(_field(change), what)
    if len({one.id for one in found}) > 1:
        raise CannotOwn(_field(change), f"is the `crm` of several: {', '.join(sorted(one.id for one in found))}")
    return found[0]
