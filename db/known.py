"""What is known of a lead, in its row: kept whole, and what lists go by beside it; changed by what events say of it."""

from collections.abc import Sequence
from datetime import datetime

from db import tables
from db.companies import company_of
from models.decisions import Score
from models.facts import LeadFacts
from models.lead import Stage, Touch
from policy.cleaning.changing import changed, is_news, with_tag

DISQUALIFIED = "disqualified"
"""The tag of a lead that turned out to be none (R36). Its person may come back with another."""


def keep_facts(lead: tables.Lead, facts: LeadFacts, at: datetime) -> None:
    """Keep what is known of a lead now, in its row and what lists go by."""
    known = LeadFacts.model_validate(lead.facts).account if lead.facts else None
    named = facts.account.account.id if facts.account else None
    # Facts name the account as it was found; the row follows it when it is merged into another.
    if named is None or known is None or lead.account_id is None or known.account.id != named:
        lead.account_id = named
    lead.facts, lead.headline = facts.model_dump(mode="json"), facts.headline
    lead.type, lead.region, lead.company, lead.changed_at = facts.type, facts.region, company_of(facts), at


def keep_score(lead: tables.Lead, score: Score, at: datetime) -> None:
    """Keep a judgement in a lead's row, and what lists go by beside it."""
    lead.score, lead.points = score.model_dump(mode="json"), score.points
    lead.policy, lead.changed_at, lead.scored_at = score.policy, at, at
    lead.intent, lead.fit = score.intent, score.fit
    # CRM and exports take the bare number, without the word that there is too little data.
    lead.likelihood = score.learned.likelihood if score.learned and score.learned.trusted else None


def take_in(lead: tables.Lead, touches: Sequence[tuple[int, Touch]], stage: Stage, at: datetime) -> tuple[int, ...]:
    """Change what is known by what new touches say, in their order, and tag a lead that is disqualified now.

    Give the numbers of those that told nothing new.
    """
    if lead.facts is None:
        return ()
    before = facts = LeadFacts.model_validate(lead.facts)
    nothing_new = []
    for number, touch in touches:
        after = changed(facts, touch)
        if not is_news(facts, after, touch):
            nothing_new.append(number)
        facts = after
    if stage is Stage.DISQUALIFIED:
        facts = with_tag(facts, DISQUALIFIED)
    if facts != before:
        keep_facts(lead, facts, at)
    return tuple(nothing_new)
