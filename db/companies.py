"""By which domain a lead's company is known, so that leads of one company find each other."""

from models.facts import LeadFacts
from policy.routing.accounts import domains_of


def company_of(facts: LeadFacts | None) -> str | None:
    """Give the domain of a lead's company: what is said of it, else that of a company's address; None when unknown."""
    domains = domains_of(facts) if facts else ()
    return domains[-1] if domains else None
