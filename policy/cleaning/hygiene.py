"""A lead as it came, cleaned: one spelling for everything, missing facts derived, oddities noted (R42).

What cannot be read is dropped and noted, never guessed; a lead that nobody could reach is refused. Notes say what
was done in words without personal data. This room refuses to ask anybody: enrichment only hands its findings to
`fill`.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from models.base import Problem, Refused
from models.decisions import Fact
from models.facts import EmailKind, LeadFacts
from models.lead import YEARS, Company, LeadInput
from policy.cleaning.addresses import (
    Unreadable,
    belongs_to_nobody,
    is_page_elsewhere,
    kind_of,
    phone_zone,
    read_companys_domain,
    read_domain,
    read_email,
    read_phone,
)
from policy.cleaning.amounts import MOST_EMPLOYEES
from policy.cleaning.conflicts import conflicts_in, country_from
from policy.cleaning.departments import department_of
from policy.cleaning.places import country_of_domain, country_of_zone, read_country, read_language, read_zone, zone_of
from policy.cleaning.states import country_of_state, zone_of_state
from policy.cleaning.texts import lower, tidy, words_of
from policy.cleaning.titles import decides, seniority_named, seniority_of

EARLIEST = datetime(YEARS[0], 1, 1, tzinfo=UTC)
"""No lead was received before; most such instants are a sender's zero, and calendars reach back to 1900 only."""

AHEAD = timedelta(minutes=5)
"""How far ahead of ours a sender's clock may be."""


def receipt(said: datetime | None, started_at: datetime, now: datetime) -> tuple[datetime, str]:
    """Say when a lead was received, and what there is to note about it.

    That is when its sender says; one who says nothing, or what cannot be, is taken to mean when it was started.
    """
    if said is None:
        return started_at, ""
    if said < EARLIEST:
        return started_at, f"received_at: lies before the year {EARLIEST.year}; it counts from its start"
    if said > now + AHEAD:
        return started_at, "received_at: lies ahead of us; it counts from its start"
    return said, ""


def clean(lead: LeadInput, lead_id: str, received_at: datetime, *notes: str) -> LeadFacts:
    """Normalise a lead that came in at `received_at`; `notes` are what there is to say of how it was read.

    Raises Refused when nobody could be reached: neither the e-mail address nor the phone number is one.
    """
    work = _Work()
    work.notes += filter(None, notes)
    company = _company(lead.company, work)
    country = work.read("country", lead.country, read_country, "is not the name or code of a country")
    zone = work.read("timezone", lead.timezone, read_zone, "is not an IANA time zone")
    email, phone = _contact(lead, work, tuple(filter(None, (country, company.country))), zone, company.domain)
    given = lead.model_dump(include={"external_id", "type", "deal_value", "campaign", "custom", "decision_maker"})
    facts = LeadFacts.model_validate(
        {
            **given,
            "lead_id": lead_id,
            "received_at": received_at,
            "source": tidy(lead.source) or "unknown",
            "email": email,
            "email_kind": kind_of(email) if email else EmailKind.NONE,
            "phone": phone,
            "company": company.model_dump(),
            "country": country,
            "timezone": zone,
            "language": work.read("language", lead.language, read_language, "is not a language we know"),
            "seniority": work.read("seniority", lead.seniority, seniority_named, "is not a seniority we know"),
            "message": tidy(lead.message, keep_lines=True),
            "tags": words_of(lead.tags),
            **{
                name: tidy(getattr(lead, name))
                for name in ("first_name", "last_name", "title", "region", "product", "use_case")
            },
        }
    )
    return _derive(facts, work)


def fill(facts: LeadFacts, findings: Sequence[Fact]) -> LeadFacts:
    """Put what enrichment found where nothing was known (R43); what the sender said stands.

    `origin` names each finding's source. The first finding for a field wins; one that does not fit is noted.
    """
    work = _Work(facts)
    known = facts.model_dump()
    for finding in findings:
        if finding.field not in _KNOWN_TO_ENRICHMENT:
            work.note(f"{finding.field}: {finding.source} knows it, but it is not for enrichment to say")
            continue
        holder, _, name = finding.field.rpartition(".")
        spot = known[holder] if holder else known
        if spot[name] in (None, []):
            if (value := _fitting(finding)) is None:
                work.note(f"{finding.field}: what {finding.source} says cannot be one")
            else:
                spot[name] = value
                work.origin[finding.field] = finding.source
    return _derive(LeadFacts.model_validate(known), work)


class _Work:
    """Where notes and origins are collected on the way."""

    def __init__(self, facts: LeadFacts | None = None) -> None:
        self.notes: list[str] = list(facts.notes) if facts else []
        self.origin: dict[str, str] = dict(facts.origin) if facts else {}

    def note(self, what: str) -> None:
        self.notes.append(what)

    def read(self, name: str, text: str | None, reader: Callable[[str], Any], otherwise: str) -> Any:
        """Read a text with `reader`; one that it cannot read is None, and noted."""
        if (text := tidy(text)) is None:
            return None
        if (value := reader(text)) is None:
            self.note(f"{name}: {otherwise}; left out")
        return value


def _contact(
    lead: LeadInput, work: _Work, countries: tuple[str, ...], zone: str | None, domain: str | None
) -> tuple[str | None, str | None]:
    """Read e-mail and phone; one of them is enough."""
    email = phone = None
    problems = []
    if (text := tidy(lead.email)) is not None:
        try:
            email = read_email(text)
        except Unreadable as error:
            problems.append(Problem(field="email", what=_why("is not an e-mail address", error)))
    if (text := tidy(lead.phone)) is not None:
        try:
            hints = _places_hinted(zone, domain or (email or "").rpartition("@")[2], lead.region)
            phone, handed_out = read_phone(text, countries, hints)
            if not handed_out:
                work.note("phone: has the right length, but its country hands out no such numbers")
        except Unreadable as error:
            problems.append(Problem(field="phone", what=_why("is not a phone number", error)))
    if email is None and phone is None:
        problems = problems or [Problem(field="email", what="needs an email or a phone: nobody could be reached")]
        raise Refused(tuple(problems))
    for problem in problems:
        work.note(f"{problem}; left out")
    return email, phone


def _places_hinted(zone: str | None, domain: str, region: str | None) -> tuple[str, ...]:
    """Give the countries in which a number without a prefix may be read: of a zone, a domain's code, a state's name."""
    hinted = (
        country_of_zone(zone) if zone else None,
        country_of_domain(domain) if domain else None,
        country_of_state(region) if region else None,
    )
    return tuple(dict.fromkeys(filter(None, hinted)))


def _why(what: str, error: Unreadable) -> str:
    return f"{what}: {error}" if str(error) else what


def _company(company: Company, work: _Work) -> Company:
    domain = work.read("company.domain", company.domain, read_domain, "is not a domain")
    if domain and is_page_elsewhere(company.domain or "", domain):
        work.note("company.domain: is a page on a network's site, not the company's; left out")
        domain = None
    if domain and belongs_to_nobody(domain):
        work.note("company.domain: is an e-mail provider's, not the company's; left out")
        domain = None
    country = work.read("company.country", company.country, read_country, "is not the name or code of a country")
    return Company(
        name=tidy(company.name),
        domain=domain,
        employees=company.employees,
        industry=lower(company.industry),
        country=country,
        city=tidy(company.city),
        tech=words_of(company.tech),
    )


def _derive(facts: LeadFacts, work: _Work) -> LeadFacts:
    """Derive what follows from other facts, each with its origin; nothing that is known changes."""
    new: dict[str, Any] = {}

    def derive(name: str, present: Any, value: Any, origin: str) -> None:
        if present is None and value is not None:
            new[name] = value
            work.origin[name] = origin

    phone = facts.phone
    if facts.company.domain is None and facts.email and facts.email_kind in (EmailKind.WORK, EmailKind.ROLE):
        domain = read_domain(facts.email.rpartition("@")[2])
        facts = facts.model_copy(update={"company": facts.company.model_copy(update={"domain": domain})})
        work.origin["company.domain"] = "email"
    if found := country_from(facts):
        derive("country", facts.country, *found)
    country = facts.country or new.get("country")
    derive("timezone", facts.timezone, zone_of(country) if country else None, "country")
    if "timezone" not in new and country and facts.region:
        derive("timezone", facts.timezone, zone_of_state(country, facts.region), "region")
    if "timezone" not in new:
        derive("timezone", facts.timezone, phone_zone(phone) if phone else None, "phone")
    derive("seniority", facts.seniority, seniority_of(facts.title) if facts.title else None, "title")
    rank = facts.seniority or new.get("seniority")
    derive("decision_maker", facts.decision_maker, decides(rank) if rank else None, "seniority")
    derive("department", facts.department, department_of(facts.title) if facts.title else None, "title")
    if facts.email_kind is EmailKind.DISPOSABLE:
        work.note("email: is a throw-away address")
    if facts.email_kind is EmailKind.ROLE:
        work.note("email: is a shared mailbox, nobody's in particular")
    derived = facts.model_copy(update={**new, "notes": tuple(dict.fromkeys(work.notes)), "origin": work.origin})
    return derived.model_copy(update={"conflicts": conflicts_in(derived)})


def _fitting(finding: Fact) -> Any:
    """Give a finding's value as the lead would have it; None when it cannot be one."""
    value = finding.value
    if finding.field == "company.employees":
        return (
            value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_EMPLOYEES else None
        )
    if finding.field == "company.tech":
        return (
            words_of(word for word in value if isinstance(word, str))[:100] if isinstance(value, list | tuple) else None
        )
    text = tidy(value[:_LONGEST]) if isinstance(value, str) else None
    return _FILLABLE[finding.field](text) if text else None


_LONGEST = 120  # the least of what the fields below may hold
_FILLABLE: dict[str, Callable[[str], Any]] = {
    "company.name": str,
    "company.domain": read_companys_domain,
    "company.industry": str.lower,
    "company.country": read_country,
    "company.city": str,
    "country": read_country,
    "timezone": read_zone,
    "language": read_language,
    "title": str,
    "seniority": seniority_named,
}
_KNOWN_TO_ENRICHMENT = frozenset({*_FILLABLE, "company.employees", "company.tech"})
