"""What is known of one lead, put together for a decision."""

from dataclasses import dataclass
from datetime import datetime

from activities.knowing import Knowing
from db.leads import Leads
from db.timelines import Timelines
from models.decisions import Score
from models.facts import LeadFacts
from models.lead import Touch


@dataclass(frozen=True, slots=True)
class KnownLead:
    """Facts, what the prospect did since, and the latest judgement."""

    facts: LeadFacts
    touches: tuple[Touch, ...]
    score: Score | None


class Unread(LookupError):
    """Nothing is known of the lead: its input could not be read as one."""


class Casebook:
    """Reads what decisions need from where it is kept."""

    def __init__(self, leads: Leads, timelines: Timelines) -> None:
        self._leads, self._timelines, self._knowing = leads, timelines, Knowing(leads.database)

    async def known(self, lead_id: str, *, anew: datetime | None = None) -> KnownLead:
        """Give what is known of a lead, its account as it is now: acquired, merged, looked after by somebody else.

        `anew`: a lead that was judged before may be another account's since; it is looked for, as of this instant.
        Raises `Unread` when its input was not one.
        """
        facts = await self._leads.facts(lead_id)
        if facts is None:
            raise Unread(f"nothing is known of lead {lead_id}: its input could not be read")
        score = await self._leads.score(lead_id)
        if anew is not None and score is not None:
            facts = await self._knowing.again(facts, at=anew)
        else:
            facts = await self._knowing.as_it_is_now(facts)
        return KnownLead(facts, await self._timelines.touches(lead_id), score)
