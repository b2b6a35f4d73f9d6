"""Emptying what is kept of a lead: after it no table holds a word of its person, or of what others wrote about them.

What counts for others stays: who held the lead and when, whose turn it was, what was sent when. It may be done as often
as one likes. This room refuses to decide who is erased.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, delete, literal, or_, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.acquaintance import forget
from db.drafts import forget_in_runs
from db.evidence import take_back
from db.measures import unmeasure
from db.tables.words import Alerting, Errand, HandOffKind, HandOffState, HookState, Intake, TaskState
from models.ladder import EntryKind
from models.lead import Stage

ERASED = "erased"
"""What stands where there were words."""

_GONE = (
    tables.Timeline,
    tables.Touched,
    tables.Decision,
    tables.Identity,
    tables.DoorSign,
    tables.Came,
    tables.PossibleMatchRow,
    tables.CrmCopy,
)
EMPTIED = (
    *("alert", "came", "contact", "crm_copy", "decision", "door_sign", "draft_run", "evidence", "evidence_lead"),
    *("hand_off", "hook_delivery", "human_act", "idempotency", "identity", "likelihood", "inbox"),
    *("lead", "lead_measure", "ledger", "measured_word", "notification", "offer_measure", "outbox", "outcome"),
    *("ownership", "possible_match", "shadow_decision", "task", "timeline"),
    "touch",
)
"""The tables that an erasure leaves with less in them."""

_KEPT_ERRANDS = (Errand.ERASE, Errand.REFRESH)
"""What is still to be done for an erased lead; these errands say nothing of it."""


async def empty(session: AsyncSession, lead_ids: Collection[str], at: datetime) -> None:
    """Empty everything that is kept of these leads, all of which have a row, but for the payloads of webhooks."""
    await forget(session, lead_ids, at)
    await take_back(session, lead_ids)
    await unmeasure(session, lead_ids)
    await forget_in_runs(session, lead_ids)
    for table in _GONE:
        await session.exec(delete(table).where(_of(table, lead_ids)))
    outbox, asked = tables.Outbox, tables.Idempotency
    await session.exec(delete(outbox).where(_of(outbox, lead_ids), col(outbox.what).not_in(_KEPT_ERRANDS)))
    answer = cast(col(asked.answer), Text)
    await session.exec(delete(asked).where(or_(*(answer.contains(f'"{one}"', autoescape=True) for one in lead_ids))))
    for emptied, values in _emptied().items():
        await session.exec(update(emptied).where(_of(emptied, lead_ids)).values(**values))
    await _leads(session, lead_ids, at)


async def empty_payloads(session: AsyncSession, delivery_ids: Collection[int]) -> None:
    """Empty webhooks as they came; one that waits for its mapping to be mended waits no more."""
    table = tables.HookDelivery
    unsettled = col(table.state).in_([HookState.RECEIVED, HookState.DEAD])
    dropped = case((unsettled, HookState.DROPPED.value), else_=col(table.state))
    await session.exec(
        update(table).where(col(table.id).in_(delivery_ids)).values(raw=b"", because=ERASED, results=[], state=dropped)
    )


def ask_to_erase(session: AsyncSession, lead_id: str, at: datetime) -> None:
    """Have the workflows of an erased lead ended and deleted, within the transaction that knows that there may be."""
    session.add(tables.Outbox(lead_id=lead_id, what=Errand.ERASE, body={}, created_at=at, next_at=at))


def _of(table: Any, lead_ids: Collection[str]) -> ColumnElement[bool]:
    return col(table.lead_id).in_(lead_ids)


def _emptied() -> dict[type[tables.Table], dict[str, Any]]:
    """Say which words go from rows that stay."""
    inbox, alert, task, hand_off = tables.Inbox, tables.Alert, tables.FollowUp, tables.HandOff
    outcome, shadow = tables.Outcome, tables.ShadowDecision
    waits_to_go_out = (col(hand_off.state) == HandOffState.WAITING) & (col(hand_off.kind) != HandOffKind.LEAVE)
    waits_alone = (col(alert.state) == Alerting.WAITING) & col(alert.bundle).is_(None)
    return {
        inbox: {
            "raw": "",
            "source": None,
            "content": None,
            "because": ERASED,
            "state": case((col(inbox.state) == Intake.WAITING, Intake.REFUSED.value), else_=col(inbox.state)),
        },
        tables.Ownership: {"because": ERASED, "assignment": None},
        tables.Ledger: {"because": ERASED},
        tables.Notification: {"because": ""},
        tables.HumanAct: {"because": ERASED, "about": "", "detail": {}},
        alert: {  # one that leads others in their message stays what it is: they go out under its key
            "what": "the lead was erased",
            "because": ERASED,
            "state": case((waits_alone, Alerting.UNDELIVERABLE.value), else_=col(alert.state)),
        },
        task: {
            "what": ERASED,
            "because": ERASED,
            "state": case((col(task.state) == TaskState.OPEN, TaskState.DROPPED.value), else_=col(task.state)),
        },
        hand_off: {  # the end of an enrolment still goes out, and names the lead alone: the tool has to let it go
            "body": {},
            "because": ERASED,
            "state": case((waits_to_go_out, HandOffState.DROPPED.value), else_=col(hand_off.state)),
        },
        outcome: {"key": literal("erased-") + cast(col(outcome.id), Text)},
        shadow: {
            "because": "",
            "sentence": "",
            "failed": case((col(shadow.failed).is_(None), None), else_=ERASED),
        },
    }


async def _leads(session: AsyncSession, lead_ids: Collection[str], at: datetime) -> None:
    """Leave of each lead that it was there, and one line that says what became of it."""
    for lead_id in lead_ids:
        lead = await session.get_one(tables.Lead, lead_id)
        lead.stage, lead.headline, lead.source, lead.next_step = Stage.ERASED, ERASED, ERASED, ""
        lead.account_id = None
        lead.region = lead.company = lead.owner = lead.answerable = lead.due_at = None
        lead.admission = lead.raw = lead.facts = lead.enrichment = lead.score = lead.likelihood = None
        lead.closed_at, lead.changed_at = lead.closed_at or at, at
        session.add(tables.Timeline(lead_id=lead_id, n=0, at=at, kind=EntryKind.ENDED, says=ERASED, data={}))
    await session.flush()
