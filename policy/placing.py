"""Where a lead belongs and what its deal is worth under one policy: regions from countries, EUR from currencies.

This room refuses to change what the sender said about the person.
"""

from collections.abc import Mapping

from models.facts import LeadFacts
from models.policy import Policy
from policy.points import exact


def deal_in_euro(facts: LeadFacts, policy: Policy) -> float | None:
    """Give the deal's value in EUR; None when it, or its currency's rate, is not known."""
    deal = facts.deal_value
    if deal is None:
        return None
    rate = 1.0 if deal.currency == "EUR" else policy.currencies.get(deal.currency)
    return None if rate is None else exact(deal.amount * rate)


def regions_of(policy: Policy) -> dict[str, str]:
    """Give each country of the policy's territories its region."""
    return {country: region for region, place in policy.territories.items() for country in place.countries}


def region_of(facts: LeadFacts, policy: Policy, regions: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Give the policy's region of a lead (R10), and the field that it follows from: None for its own `region`.

    The sender's own `region` stands when the policy has it (or has no territories at all); otherwise the region
    follows from the lead's country, else from its company's. `regions` are those of `regions_of`.
    """
    if not policy.territories:
        return facts.region, None
    if facts.region and (own := facts.region.lower()) in policy.territories:
        return own, None
    for name, country in (("country", facts.country), ("company.country", facts.company.country)):
        if country and (region := regions.get(country)):
            return region, name
    return None, None


def localise(facts: LeadFacts, policy: Policy) -> LeadFacts:
    """Put the lead into one of the policy's regions (R10), and note a currency without a rate. Idempotent."""
    notes, origin = list(facts.notes), dict(facts.origin)
    region, follows_from = region_of(facts, policy, regions_of(policy))
    if facts.region and (region is None or follows_from):
        notes.append("region: what the sender wrote is none of the policy's regions")
    if follows_from:
        origin["region"] = follows_from
    if facts.deal_value is not None and deal_in_euro(facts, policy) is None:
        notes.append(f"deal_value: no rate for {facts.deal_value.currency}, so the deal's size counts as unknown")
    if region is None:
        origin.pop("region", None)
    return facts.model_copy(update={"region": region, "origin": origin, "notes": tuple(dict.fromkeys(notes))})
