"""Where a lead belongs and what its deal is worth under one policy: regions from countries, EUR from currencies.

This room refuses to change what the sender said about the person.
"""

from models.facts import LeadFacts
from models.policy import Policy


def deal_in_euro(facts: LeadFacts, policy: Policy) -> float | None:
    """Give the deal's value in EUR; None when it, or its currency's rate, is not known."""
    deal = facts.deal_value
    if deal is None:
        return None
    rate = 1.0 if deal.currency == "EUR" else policy.currencies.get(deal.currency)
    return None if rate is None else deal.amount * rate


def localise(facts: LeadFacts, policy: Policy) -> LeadFacts:
    """Put the lead into one of the policy's regions (R10), and note a currency without a rate. Idempotent.

    The sender's own `region` stands when the policy has it (or has no territories at all); otherwise the region
    follows from the lead's country, else from its company's.
    """
    notes, origin, region = list(facts.notes), dict(facts.origin), facts.region
    if policy.territories:
        region = region.lower() if region and region.lower() in policy.territories else None
        if region is None:
            region, origin["region"] = _region(facts, policy)
            if facts.region and facts.region != region:
                notes.append("region: what the sender wrote is none of the policy's regions")
    if facts.deal_value is not None and deal_in_euro(facts, policy) is None:
        notes.append(f"deal_value: no rate for {facts.deal_value.currency}, so the deal's size counts as unknown")
    if region is None:
        origin.pop("region", None)
    return facts.model_copy(update={"region": region, "origin": origin, "notes": tuple(dict.fromkeys(notes))})


def _region(facts: LeadFacts, policy: Policy) -> tuple[str | None, str]:
    for name, country in (("country", facts.country), ("company.country", facts.company.country)):
        for region, territory in policy.territories.items():
            if country in territory.countries:
                return region, name
    return None, ""
