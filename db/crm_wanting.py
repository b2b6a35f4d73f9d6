"""Having the CRM told: a lead's `wanted` goes up in the transaction that changes it, and nothing else happens there.

This room refuses to say what is told, and by whom (`db/crm.py`).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Update, and_, case, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.statements import insert_into

TELLING = "is being told"
"""What stands at a copy while its lease runs."""


class CopyState(StrEnum):
    """Where a copy stands: the CRM knows the lead as it is, is to be told, or took offence for good."""

    TOLD = "told"
    WAITING = "waiting"
    REFUSED = "refused"


async def tell_crm(db: Database, session: AsyncSession, lead_id: str, at: datetime) -> None:
    """Have the CRM, if there is one, told of a lead that changed; within the transaction that changed it.

    One that waits to be tried again goes on waiting: a change makes no CRM come back.
    """
    if db.tells_crm:
        await session.exec(_wanted(db, lead_id, at))


def unheard_of(db: Database, places: Sequence[tuple[str, datetime]], at: datetime) -> sqlite.Insert | postgresql.Insert:
    """Have some told, each from an instant on, that were never to be told."""
    rows = [{"lead_id": lead_id, **_new(at), "next_at": next_at} for lead_id, next_at in places]
    return insert_into(db, tables.CrmCopy, rows).on_conflict_do_nothing(index_elements=["lead_id"])


def _new(at: datetime) -> dict[str, Any]:
    return {
        "wanted": 1,
        "told": 0,
        "tasks": {},
        "refused": False,
        "attempts": 0,
        "because": "",
        "changed_at": at,
        "next_at": at,
    }


def _wanted(db: Database, lead_id: str, at: datetime) -> sqlite.Insert | postgresql.Insert:
    table = tables.CrmCopy
    known = insert_into(db, table, [{"lead_id": lead_id, **_new(at)}])
    waits = stands(CopyState.WAITING)
    return known.on_conflict_do_update(
        index_elements=["lead_id"],
        set_={
            "wanted": col(table.wanted) + 1,
            "changed_at": at,
            "refused": False,
            "attempts": case((waits, col(table.attempts)), else_=0),
            "next_at": case((waits, col(table.next_at)), else_=known.excluded.next_at),
        },
    )


def again(which: ColumnElement[bool], at: datetime) -> Update:
    """Have some told anew, whatever they were told before; who is being told of is told again afterwards.

    Which tasks the CRM knows stays known: those that were closed here since have to be closed there.
    """
    table = tables.CrmCopy
    busy = and_(col(table.because) == TELLING, col(table.next_at) > at)
    return (
        update(table)
        .where(which)
        .values(
            wanted=col(table.wanted) + 1,
            digest=None,
            refused=False,
            attempts=case((busy, col(table.attempts)), else_=0),
            next_at=case((busy, col(table.next_at)), else_=at),
        )
    )


def stands(state: CopyState) -> ColumnElement[bool]:
    """Say which copies stand so."""
    table = tables.CrmCopy
    waits = col(table.wanted) > col(table.told)
    match state:
        case CopyState.REFUSED:
            return col(table.refused).is_(True)
        case CopyState.WAITING:
            return and_(waits, col(table.refused).is_(False))
        case CopyState.TOLD:
            return and_(~waits, col(table.refused).is_(False))
