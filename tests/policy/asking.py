"""Routing questions and who is asked: three pools of four people, one lead, every part changeable."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from models.base import parse
from models.decisions import Route, Score
from models.facts import LeadFacts
from models.ladder import Target
from models.lead import Company, Fit, Intent, LeadType, Touch
from models.orders import AssignLead
from models.policy import Policy
from models.roster import Roster
from policy.compiled import CompiledPolicy, compile_policy
from policy.routing.choosing import Choice, Chosen, NoOne, Waits, choose
from policy.routing.situation import Situation

OFFICE = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """Give a Berlin wall time of March 2026 as an instant."""
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


NOON = berlin(3, 12)  # a Tuesday


def compiled(**routing: Any) -> CompiledPolicy:
    """Make a policy with two rules and three tiers, with changes to its routing."""
    rules = [
        {
            "name": "enterprise-emea",
            "when": 'region == "emea" && company.employees >= 1000',
            "pool": "enterprise-emea",
        },
        {"name": "keen", "when": "touches.pricing_visit >= 2", "pool": "solo"},
    ]
    matrix: list[dict[str, Any]] = [{"intent": intent, "fit": fit, "do": "route"} for intent in Intent for fit in Fit]
    matrix[0]["levels"] = ["senior"]
    raw = {
        "name": "test",
        "territories": {"emea": ["DE", "FR"]},
        "scoring": {},
        "intent": {},
        "fit": {"strong_from": 0, "criteria": []},
        "matrix": matrix,
        "tiers": [
            {"name": "small", "below": 10000, "levels": ["junior", "sdr"]},
            {"name": "mid-market", "below": 50000, "levels": ["mid"]},
            {"name": "enterprise", "levels": ["senior"]},
        ],
        "routing": {"rules": rules, "default_pool": "everybody"} | routing,
        "sla": [{"name": "demo", "response": "15m", "ladder": [{"do": "offer", "to": "primary"}, {"do": "triage"}]}],
        "triage": {"answerable": "vera"},
    }
    return compile_policy(parse(Policy, raw), "test@1")


POLICY = compiled()


def roster(**reps: Any) -> Roster:
    """Make a roster; each keyword changes a rep: `ben={"active": False}`."""
    people: dict[str, dict[str, Any]] = {
        "ana": {"team": "emea", "level": "senior", "backup": "dee", "weight": 2},
        "ben": {"team": "emea", "level": "senior"},
        "cho": {"team": "emea", "level": "junior"},
        "dee": {"team": "amer", "level": "mid"},
    }
    for rep_id, changes in reps.items():
        people[rep_id] = people.get(rep_id, {"team": "emea"}) | changes
    return parse(
        Roster,
        {
            "calendars": {
                "berlin": {"tz": "Europe/Berlin", "week": OFFICE},
                "denver": {"tz": "America/Denver", "week": OFFICE},
            },
            "managers": [{"id": "vera", "name": "Vera"}, {"id": "max", "name": "Max"}, {"id": "zoe", "name": "Zoe"}],
            "teams": [
                {"id": "emea", "name": "EMEA", "manager": "vera", "calendar": "berlin", "region": "emea"},
                {"id": "amer", "name": "AMER", "manager": "max", "calendar": "denver", "region": "americas"},
                {"id": "idle", "name": "Idle", "manager": "zoe", "calendar": "denver", "region": "americas"},
            ],
            "reps": [{"id": rep_id, "name": rep_id.title()} | changes for rep_id, changes in people.items()],
            "pools": {
                "enterprise-emea": {"members": ["ana", "ben", "cho"]},
                "solo": {"members": ["dee"]},
                "everybody": {"team": "emea"},
                "nobody": {"team": "idle"},
            },
        },
    )


FACTS = LeadFacts(
    lead_id="l1",
    source="web",
    type=LeadType.DEMO_REQUEST,
    email="jo@acme.example",
    first_name="Jo",
    company=Company(name="Acme", employees=12000, country="DE"),
    received_at=NOON,
)


def score(intent: Intent = Intent.HIGH, fit: Fit = Fit.STRONG, tier: str | None = None) -> Score:
    """Make a score; high and strong asks for seniors, any other cell leaves it to the tier."""
    route = Route(sla="demo", tier=tier, because="high intent")
    return Score(points=30, reasons=(), intent=intent, fit=fit, qualification=route, policy="test@1")


ANYBODY = score(Intent.LOW, Fit.WEAK)


def order(to: Target = Target.PRIMARY, **changes: Any) -> AssignLead:
    """Make an order for the first offer."""
    base = AssignLead(
        lead_id="l1",
        offer=1,
        policy="test@1",
        to=to,
        sla="demo",
        cause="the first offer",
        sla_from=NOON,
        ordered_at=NOON,
    )
    return base.model_copy(update=changes)


def ask(
    people: Roster | None = None,
    *,
    at: datetime = NOON,
    facts: LeadFacts = FACTS,
    judged: Score | None = None,
    loads: Mapping[str, int] | None = None,
    balances: Mapping[str, Mapping[str, int]] | None = None,
    wanted: AssignLead | None = None,
    policy: CompiledPolicy = POLICY,
    touches: tuple[Touch, ...] = (),
) -> Choice:
    """Ask who gets the lead; everything left out is the ordinary case."""
    return choose(
        policy,
        facts,
        judged or score(),
        wanted or order(),
        Situation(at, people or roster(), loads or {}, balances or {}),
        touches,
    )


def chosen(*args: Any, **kwargs: Any) -> Chosen:
    """Ask, and expect somebody."""
    answer = ask(*args, **kwargs)
    assert isinstance(answer, Chosen)
    return answer


def reasons(answer: Chosen | Waits | NoOne) -> dict[str, str | None]:
    """Give the first reason against each person in the trace."""
    return {one.rep_id: one.excluded for one in answer.trace.candidates}
