"""Telling what follows from leads, alike at every door: tasks, and what leaves the house. Nobody's person is in it."""

from datetime import datetime
from typing import Any

from db.follow_up import Task
from db.hand_offs import HandOff
from db.tables.words import HandOffKind, HandOffState, TaskState
from runtime.store import Store
from runtime.talking.instants import stamp

Document = dict[str, Any]


def task_document(task: Task, now: datetime) -> Document:
    """Lay out a task; `overdue`: it is open, and its instant is past."""
    return {
        "id": task.id,
        "lead_id": task.lead_id,
        "offer": task.offer,
        "contact_id": task.contact_id,
        "rep_id": task.rep_id,
        "what": task.what,
        "due_at": stamp(task.due_at),
        "overdue": task.state is TaskState.OPEN and task.due_at is not None and now > task.due_at,
        "state": task.state.value,
        "because": task.because,
        "created_at": stamp(task.created_at),
        "closed_at": stamp(task.closed_at),
    }


def hand_off_document(one: HandOff) -> Document:
    """Lay out a hand-off; the programme is known once it is out, `next_at` is when it is tried (again)."""
    return {
        "id": one.id,
        "key": one.key,
        "lead_id": one.lead_id,
        "kind": one.kind.value,
        "n": one.n,
        "programme": one.body.get("programme"),
        "answerable": one.body.get("answerable"),
        "state": one.state.value,
        "attempts": one.attempts,
        "because": one.because,
        "provider_id": one.provider_id,
        "created_at": stamp(one.created_at),
        "next_at": stamp(one.next_at) if one.state is HandOffState.WAITING else None,
        "sent_at": stamp(one.sent_at),
    }


async def follow_up_of(store: Store, lead_id: str, now: datetime) -> Document:
    """Say of one lead: its newest task, and its enrolment while there is one. Raises `DatabaseUnreachable`."""
    task = await store.follow_ups.of(lead_id)
    return {
        "task": None if task is None else task_document(task, now),
        "enrolment": await _enrolment(store, lead_id),
    }


async def _enrolment(store: Store, lead_id: str) -> Document | None:
    kinds = (HandOffKind.ENROL, HandOffKind.LEAVE)
    latest = await store.hand_offs.list(lead_id=lead_id, kinds=kinds, limit=1)
    if not latest or latest[0].kind is HandOffKind.LEAVE or latest[0].state is HandOffState.DROPPED:
        return None
    return hand_off_document(latest[0])
