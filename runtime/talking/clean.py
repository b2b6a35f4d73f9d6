"""What hygiene made of a lead, for whoever looks at where it stands: role, contradictions, and what was noted (R42).

Nothing here says who the prospect is.
"""

from typing import Any

from runtime.store import Store

_ROLE = {"seniority", "department", "decision_maker"}


async def hygiene_of(store: Store, lead_id: str) -> dict[str, Any] | None:
    """Give a lead's role in its company, its conflicts with who was believed, and its notes; None while unread.

    Raises `DatabaseUnreachable`.
    """
    facts = await store.leads.facts(lead_id)
    return facts.model_dump(mode="json", include={*_ROLE, "conflicts", "notes"}) if facts else None
