"""A small world to simulate in: a policy, a roster and leads, each with only what a test is about."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from models.base import parse
from models.facts import EmailKind, LeadFacts
from models.lead import Company, Fit, Intent, LeadType, Touch
from models.policy import Policy
from models.roster import Roster
from policy.compiled import CompiledPolicy, compile_policy
from policy.simulation.simulator import HANDLING, Simulator
from policy.simulation.verdicts import Verdict

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = {day: [["09:00", "17:00"]] for day in WEEK[:5]}
ALWAYS = {day: [["00:00", "24:00"]] for day in WEEK}


def at(hour: float, day: int = 0) -> datetime:
    """Give an instant of the week that begins on a Monday, in UTC."""
    return MONDAY + timedelta(days=day, hours=hour)


def town(*reps: Mapping[str, Any], week: Mapping[str, Any] | None = None, **changes: Any) -> Roster:
    """Reps of one team, all in the pool `all`; `week` is when they work, `changes` replace whole sections."""
    raw: dict[str, Any] = {
        "calendars": {"office": {"tz": "UTC", "week": week or OFFICE}},
        "managers": [{"id": "mia", "name": "Mia Moor"}],
        "teams": [{"id": "crew", "name": "Crew", "manager": "mia", "calendar": "office", "region": "world"}],
        "reps": [{"name": str(rep["id"]).title(), "team": "crew"} | dict(rep) for rep in reps],
        "pools": {"all": {"team": "crew"}},
    }
    return parse(Roster, raw | changes)


def rules(version: str = "toy", **changes: Any) -> CompiledPolicy:
    """The policy of `rules_as_data`, compiled."""
    return compile_policy(parse(Policy, rules_as_data(**changes)), version)


def rules_as_data(**changes: Any) -> dict[str, Any]:
    """A policy: asking for a demo goes to sales, the rest is nurtured; big companies bring points.

    `changes` to `routing` are added to it; others replace whole sections.
    """
    matrix = [
        {"intent": intent, "fit": fit, "do": "route" if intent is Intent.HIGH else "nurture"}
        for intent in Intent
        for fit in Fit
    ]
    raw: dict[str, Any] = {
        "name": "toy",
        "territories": {"emea": ["DE", "FR"], "apac": ["JP"]},
        "scoring": {
            "qualified_above": 100,
            "attributes": [
                {"name": "large", "when": "company.employees >= 1000", "points": 50},
                {"name": "medium", "when": "company.employees >= 100", "points": 20},
            ],
            "behaviour": [{"kind": "call_booked", "points": 200}],
        },
        "intent": {"high": {"types": ["demo_request"]}, "medium": {}, "low": {}},
        "fit": {"strong_from": 0, "criteria": []},
        "matrix": matrix,
        "ways": [
            {"name": "introductions", "when": 'type == "referral"', "do": "review", "because": "a person decides"},
            {"name": "job seekers", "when": 'type == "other"', "do": "disqualify", "because": "looks for a job"},
        ],
        "tiers": [{"name": "any", "levels": ["sdr", "junior", "mid", "senior"]}],
        "sla": [{"name": "hour", "response": "1h", "clock": "wall", "response_clock": "wall", "ladder": LADDER}],
    }
    routing = {"default_pool": "all", "ties": [], "recheck": "15m"} | changes.pop("routing", {})
    return raw | {"routing": routing} | changes


LADDER = [{"do": "offer", "to": "primary"}, {"do": "triage", "after": "1d"}]


def lead(number: int, received_at: datetime, **changes: Any) -> LeadFacts:
    """A lead of a person and a company of its own, who asks for a demo."""
    domain = changes.pop("domain", f"c{number}.example")
    company = Company(domain=domain, employees=changes.pop("employees", None))
    known: dict[str, Any] = {
        "source": "web",
        "type": LeadType.DEMO_REQUEST,
        "email": f"p{number}@{domain}",
        "email_kind": EmailKind.WORK,
        "country": "DE",
        "company": company,
        "received_at": received_at,
    }
    return LeadFacts(lead_id=f"l{number}", **(known | changes))


def simulated(
    policy: CompiledPolicy,
    roster: Roster,
    leads: Iterable[LeadFacts],
    touches: Mapping[str, Sequence[Touch]] | None = None,
    handling: timedelta = HANDLING,
    after: timedelta = timedelta(days=4),
) -> dict[str, Verdict]:
    """Replay leads and some days after them; give the verdicts by lead."""
    simulator, last = Simulator(policy, roster, handling), MONDAY
    for facts in leads:
        simulator.take(facts, (touches or {}).get(facts.lead_id, ()))
        last = facts.received_at
    simulator.close(last + after)
    return {verdict.lead_id: verdict for verdict in simulator.verdicts()}
