"""Leads that nobody ever sent, whose conversion follows a rule that no points model and no single feature tells.

Made by one seed, so that everybody gets the same ones. What decides are ordinary things (size, role, what they did) and
three combinations: a visit to the prices tells much from a large company and little from a small one, a trial needs
somebody who decides, and without a phone a far country is lost. All companies and people are fictional.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import exp
from random import Random
from typing import NamedTuple

from models.facts import Department, EmailKind, LeadFacts
from models.lead import Company, LeadType, Touch

BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
LASTED = timedelta(days=365)

_SOURCES = ("website", "webinar", "ads", "partner", "event", "import")
_COUNTRIES = ("US", "GB", "DE", "FR", "PL", "TR", "JP", "BR")
_FAR = frozenset({"JP", "BR"})
_INDUSTRIES = ("software", "retail", "health", "finance", "logistics", "education")
_TYPES = (
    LeadType.DEMO_REQUEST,
    LeadType.TRIAL_SIGNUP,
    LeadType.WEBINAR,
    LeadType.CONTENT_DOWNLOAD,
    LeadType.NEWSLETTER,
)
_SENIORITIES = ("c_level", "vp", "director", "manager", "specialist", "student", None)
_DEPARTMENTS = (Department.MARKETING, Department.SALES, Department.IT, Department.HR, None)
_SIZES = (3, 12, 40, 120, 600, 3000, None)
_KINDS = ("email_open", "pricing_visit", "page_visit", "careers_visit", "ebook_download", "booked_call")


class MadeLead(NamedTuple):
    """One made lead, as it was known `at` the instant somebody got it, and whether it converted."""

    facts: LeadFacts
    touches: tuple[Touch, ...]
    at: datetime
    converted: bool


def made(number: int, seed: int = 46) -> Iterator[MadeLead]:
    """Make leads in order of time, about one in eight of which converts."""
    dice = Random(seed)
    for n in range(number):
        received = BEGAN + LASTED * (n / number)
        facts, touches = _facts(dice, n, received), _touches(dice, received)
        likelihood = 1 / (1 + exp(-_log_odds(facts, touches)))
        yield MadeLead(facts, touches, received + timedelta(days=3), dice.random() < likelihood)


def _facts(dice: Random, n: int, received: datetime) -> LeadFacts:
    work = dice.random() < 0.7
    seniority = dice.choice(_SENIORITIES)
    return LeadFacts(
        lead_id=f"made-{n:06d}",
        source=dice.choice(_SOURCES),
        type=dice.choice(_TYPES),
        email=f"somebody{n}@company{n % 5000}.example",
        email_kind=EmailKind.WORK if work else EmailKind.FREE,
        phone="+4930123456" if dice.random() < 0.6 else None,
        seniority=seniority,
        decision_maker=None if seniority is None else seniority in ("c_level", "vp", "director"),
        department=dice.choice(_DEPARTMENTS),
        company=Company(name=f"Company {n % 5000}", employees=dice.choice(_SIZES), industry=dice.choice(_INDUSTRIES)),
        country=dice.choice(_COUNTRIES),
        received_at=received,
    )


def _touches(dice: Random, received: datetime) -> tuple[Touch, ...]:
    many = min(int(dice.expovariate(0.4)), 8)
    return tuple(
        Touch(kind=dice.choice(_KINDS), at=received + timedelta(hours=dice.uniform(0, 72))) for _ in range(many)
    )


def _log_odds(facts: LeadFacts, touches: tuple[Touch, ...]) -> float:
    """Say what decides; weights are ours and unlike the shipped points."""
    did = {touch.kind for touch in touches}
    size = facts.company.employees or 0
    large, decides, visited = size >= 100, facts.decision_maker is True, "pricing_visit" in did
    weight = -3.2
    weight += 0.5 * large + 0.6 * decides + 0.3 * (facts.company.industry in ("software", "finance"))
    weight += {"partner": 0.9, "website": 0.3, "import": -0.9}.get(facts.source, 0.0)
    weight += 0.5 * ("booked_call" in did) - 0.8 * ("careers_visit" in did) - 1.2 * (facts.seniority == "student")
    weight += 0.5 * (facts.type is LeadType.DEMO_REQUEST) - 0.4 * (facts.email_kind is EmailKind.FREE)
    weight += 1.6 * (visited and large) - 0.3 * (visited and not large)
    weight += 1.4 * (facts.type is LeadType.TRIAL_SIGNUP and decides)
    weight -= 1.5 * (facts.phone is None and facts.country in _FAR)
    return weight
