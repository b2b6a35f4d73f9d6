"""What enrichment leaves behind, in one transaction: the facts, what was asked, what it cost, what is asked later.

This room refuses to decide who is believed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db import tables
from db.acquaintance import meet
from db.asking_later import ask_later
from db.crm_wanting import tell_crm
from db.engine import Database
from db.holding import lead_for_change
from db.known import keep_facts
from db.outbox import keep_saying
from db.provider_use import Use, count
from models.decisions import Enrichment
from models.facts import LeadFacts
from models.lead import Stage


@dataclass(frozen=True, slots=True)
class Learned:
    """What is to be kept of one enrichment.

    `was`: what was known when it was asked; facts that are no longer so are not overwritten. `later`: the providers
    that are asked again beside the lead. `says`: the event that tells its workflow.
    """

    was: LeadFacts
    facts: LeadFacts
    enrichment: Enrichment
    uses: tuple[Use, ...] = ()
    later: tuple[str, ...] = ()
    says: Mapping[str, Any] | None = None


class Enrichments:
    """Keeps what was learned of leads."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def keep(self, learned: Learned, *, at: datetime, next_at: datetime | None = None) -> bool:
        """Keep it all; False, and nothing but the counts is kept, where the lead is known differently by now.

        Nothing but the counts is kept of an erased lead, either. `next_at`: when late answers are asked for. Raises
        `UnknownLead`.
        """
        async with self._db.writing() as session:
            lead = await lead_for_change(session, learned.facts.lead_id)
            fresh = lead.stage is Stage.ERASED or _as_known(lead) == learned.was
            if fresh and lead.stage is not Stage.ERASED:
                keep_facts(lead, learned.facts, at)
                await meet(self._db, session, learned.facts, lead.account_id, at)
                lead.enrichment = learned.enrichment.model_dump(mode="json")
                await tell_crm(self._db, session, lead.lead_id, at)
                if learned.later:
                    await ask_later(session, lead.lead_id, learned.later, at=at, next_at=next_at or at)
                if learned.says is not None:
                    await keep_saying(session, lead.lead_id, "event", learned.says, at=at)
            await count(self._db, session, learned.uses, at.date())
            return fresh

    async def count(self, uses: Iterable[Use], *, at: datetime) -> None:
        """Count what providers did for nothing."""
        async with self._db.writing() as session:
            await count(self._db, session, uses, at.date())


def _as_known(lead: tables.Lead) -> LeadFacts | None:
    """Read what is known of a lead: an earlier release may have written it with fewer fields."""
    return None if lead.facts is None else LeadFacts.model_validate(lead.facts)
