"""Telling what the CRM knows of a lead, alike at every door. Nobody's person is in it."""

from typing import Any

from db.crm import Copy
from db.crm_wanting import CopyState
from runtime.talking.instants import stamp


def copy_document(one: Copy) -> dict[str, Any]:
    """Lay out a copy; `next_at` is when it is told (again), `owner` whom we named there last."""
    return {
        "lead_id": one.lead_id,
        "state": one.state.value,
        "crm_id": one.external_id,
        "owner": one.owner,
        "tasks": {key: known["id"] for key, known in sorted(one.tasks.items()) if known},
        "attempts": one.attempts,
        "because": one.because,
        "changed_at": stamp(one.changed_at),
        "told_at": stamp(one.told_at),
        "next_at": stamp(one.next_at) if one.state is CopyState.WAITING else None,
    }
