"""What of a lead cannot all be so: its country against its phone, time zone, company and domain (R42).

Nothing is corrected here. The value that is kept was there already; a conflict says from where, what else was said,
and why that one goes first. The order of trust is fixed: what the lead says of itself, its phone number, its time
zone, its company's country, the country code of its company's domain.
"""

from collections.abc import Iterator
from typing import NamedTuple

from models.facts import Conflict, LeadFacts
from policy.cleaning.addresses import phone_country
from policy.cleaning.places import country_of_domain, country_of_zone, has_time_of

LEAD = "lead"
"""Who stands for what came with the lead."""

TRUST = (LEAD, "phone", "timezone", "company.country", "company.domain")
"""From where a lead's country may be known, who goes first first."""

_BECAUSE = {
    LEAD: "what the lead says of itself goes first",
    "phone": "a phone number tells more than a time zone or a company does",
    "timezone": "a person's own time zone tells more than their company does",
    "company.country": "where the company is tells more than the code its domain ends in",
    "company.domain": "nothing else was known when it was taken",
}


class _Evidence(NamedTuple):
    source: str
    country: str


def country_from(facts: LeadFacts) -> tuple[str, str] | None:
    """Give a country for a lead that names none, and what it follows from; None when nothing tells.

    A company's own country is not taken for its people's, and where it is known its domain's code says nothing.
    """
    told = tuple(_evidence(facts))
    for source, country in told:
        if source == "timezone" and any(
            has_time_of(one.country, facts.timezone or "", facts.received_at)
            for one in told
            if one.source.startswith("company.")
        ):
            continue  # half of Europe sends "Europe/Berlin"; a company in the same time tells which half
        if source != "company.country":
            return country, source
    return None


def conflicts_of(facts: LeadFacts) -> tuple[Conflict, ...]:
    """Give what contradicts the lead's country, and its company's, in the order of trust. Depends on nothing else."""
    return (*_about_the_lead(facts), *_about_the_company(facts))


def conflicts_in(facts: LeadFacts) -> tuple[Conflict, ...]:
    """Give a lead's conflicts brought up to date: those found here anew, those that others recorded as they are."""
    others = tuple(one for one in facts.conflicts if one.other_from not in TRUST[1:])
    return (*conflicts_of(facts), *others)


def _evidence(facts: LeadFacts) -> Iterator[_Evidence]:
    if facts.phone and (country := phone_country(facts.phone)):
        yield _Evidence("phone", country)
    if facts.timezone and "timezone" not in facts.origin and (country := country_of_zone(facts.timezone)):
        yield _Evidence("timezone", country)
    if facts.company.country:
        yield _Evidence("company.country", facts.company.country)
    elif facts.company.domain and (country := country_of_domain(facts.company.domain)):
        yield _Evidence("company.domain", country)


def _about_the_lead(facts: LeadFacts) -> Iterator[Conflict]:
    if facts.country is None:
        return
    kept_from = facts.origin.get("country", LEAD)
    for source, country in _evidence(facts):
        same_time = source == "timezone" and has_time_of(facts.country, facts.timezone or "", facts.received_at)
        if source != kept_from and country != facts.country and not same_time:
            yield Conflict(
                field="country",
                kept=facts.country,
                kept_from=kept_from,
                other=country,
                other_from=source,
                because=_BECAUSE.get(kept_from, f"{kept_from} was asked"),
            )


def _about_the_company(facts: LeadFacts) -> Iterator[Conflict]:
    company = facts.company
    ending = country_of_domain(company.domain) if company.domain else None
    if company.country and ending and ending != company.country:
        yield Conflict(
            field="company.country",
            kept=company.country,
            kept_from=facts.origin.get("company.country", LEAD),
            other=ending,
            other_from="company.domain",
            because=_BECAUSE["company.country"],
        )
