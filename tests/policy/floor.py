"""A made-up sales floor to ask routing questions of: four reps, three pools, one policy, every part changeable."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from models.base import parse
from models.decisions import Route, Score
from models.explanation import RoutingTrace
from models.facts import EmailKind, LeadFacts
from models.ladder import Target
from models.lead import Company, Fit, Intent, LeadType
from models.orders import AssignLead
from models.policy import Policy
from models.roster import Roster
from policy.compiled import CompiledPolicy, compile_policy
from policy.routing.choices import Choice, Chosen, NoOne, Waits
from policy.routing.choosing import choose
from policy.routing.late import choose_in_time, promise
from policy.routing.situation import Record, Situation, Tie, TieKind

OFFICE = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """Give a Berlin wall time of March 2026 as an instant."""
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


NOON = berlin(3, 12)
"""A Tuesday: Berlin works, Denver and Tokyo sleep."""

GLOBEX = {"id": "globex", "name": "Globex", "domains": ["globex.example"], "parent": "initech"}
INITECH = {"id": "initech", "name": "Initech", "domains": ["initech.example"]}


def compiled(
    accounts: Sequence[Mapping[str, Any]] = (), *, sla: Mapping[str, Any] | None = None, **routing: Any
) -> CompiledPolicy:
    """Compile a policy whose leads all go to pool `all`, with changes to its one promise and to its routing."""
    promise = {"name": "demo", "response": "15m", "ladder": [{"do": "offer", "to": "primary"}, {"do": "triage"}]}
    raw = {
        "name": "test",
        "territories": {"emea": ["DE", "FR", "TR"], "apac": ["JP"]},
        "accounts": list(accounts),
        "scoring": {},
        "intent": {},
        "fit": {"strong_from": 0, "criteria": []},
        "matrix": [{"intent": intent, "fit": fit, "do": "route"} for intent in Intent for fit in Fit],
        "tiers": [
            {"name": "small", "below": 10000, "levels": ["junior", "sdr"]},
            {"name": "mid", "below": 50000, "levels": ["mid"]},
            {"name": "enterprise", "levels": ["senior"]},
        ],
        "routing": {"default_pool": "all"} | routing,
        "sla": [promise | dict(sla or {})],
        "triage": {"answerable": "vera"},
    }
    return compile_policy(parse(Policy, raw), "test@1")


def roster(pools: Mapping[str, Any] | None = None, rotas: Mapping[str, Any] | None = None, **reps: Any) -> Roster:
    """Make a roster of ana, ben and cho in Berlin and dee in Denver; each further keyword changes or adds a rep."""
    people: dict[str, dict[str, Any]] = {
        "ana": {"level": "senior", "backup": "ben"},
        "ben": {"level": "mid"},
        "cho": {"level": "junior"},
        "dee": {"team": "amer", "level": "senior"},
    }
    for rep_id, changes in reps.items():
        people[rep_id] = people.get(rep_id, {}) | changes
    zones = {"berlin": "Europe/Berlin", "denver": "America/Denver", "tokyo": "Asia/Tokyo"}
    calendars = {name: {"tz": tz, "week": OFFICE} for name, tz in zones.items()}
    return parse(
        Roster,
        {
            "calendars": calendars | {"always": {"tz": "UTC", "week": ALWAYS}},
            "managers": [{"id": "vera", "name": "Vera"}, {"id": "max", "name": "Max"}],
            "teams": [
                {"id": "emea", "name": "EMEA", "manager": "vera", "calendar": "berlin", "region": "emea"},
                {"id": "amer", "name": "AMER", "manager": "max", "calendar": "denver", "region": "americas"},
            ],
            "reps": [{"id": one, "name": one.title(), "team": "emea"} | changes for one, changes in people.items()],
            "pools": {"all": {"team": "emea"}, "one": {"members": ["cho"]}, "west": {"team": "amer"}}
            | dict(pools or {}),
            "rotas": {name: {"from": "2026-03-02"} | dict(rota) for name, rota in (rotas or {}).items()},
        },
    )


def lead(company: Mapping[str, Any] | None = None, **changes: Any) -> LeadFacts:
    """Make a lead of Globex in Germany, with changes."""
    return LeadFacts(
        lead_id="l1",
        source="web",
        type=LeadType.DEMO_REQUEST,
        email="jo@globex.example",
        email_kind=EmailKind.WORK,
        company=Company(**{"name": "Globex Ltd", "domain": "globex.example", "country": "DE"} | dict(company or {})),
        received_at=NOON,
    ).model_copy(update=changes)


def score(**route: Any) -> Score:
    """Make a score whose way is to route; keywords say more of the way."""
    way = Route(sla="demo", because="high intent", **route)
    return Score(points=30, reasons=(), intent=Intent.HIGH, fit=Fit.STRONG, qualification=way, policy="test@1")


def order(to: Target = Target.PRIMARY, **changes: Any) -> AssignLead:
    """Make an order for the first offer."""
    base = AssignLead(
        lead_id="l1", offer=1, policy="test@1", to=to, sla="demo", cause="first", sla_from=NOON, ordered_at=NOON
    )
    return base.model_copy(update=changes)


def tie(kind: TieKind, rep_id: str, company: str | None = "globex.example", days: int = 1, lead_id: str = "old") -> Tie:
    """Make a tie of some days ago."""
    return Tie(kind, rep_id, lead_id, None if kind is TieKind.PERSON else company, NOON - timedelta(days=days))


def ask(
    people: Roster | None = None,
    policy: CompiledPolicy | None = None,
    facts: LeadFacts | None = None,
    *,
    at: datetime = NOON,
    judged: Score | None = None,
    wanted: AssignLead | None = None,
    loads: Mapping[str, int] | None = None,
    balances: Mapping[str, Mapping[str, int]] | None = None,
    recent: Mapping[str, Sequence[datetime]] | None = None,
    ties: Sequence[Tie] = (),
    records: Mapping[tuple[str, str | None], Record] | None = None,
    misses: Mapping[str, Sequence[datetime]] | None = None,
    whole: bool = True,
    in_time: bool = False,
) -> Choice:
    """Ask who gets the lead; everything left out is the ordinary case. `in_time`: the promise is looked at, too."""
    situation = Situation(
        at, people or roster(), loads or {}, balances or {}, recent or {}, tuple(ties), records or {}, misses or {}
    )
    policy, facts, judged, wanted = policy or compiled(), facts or lead(), judged or score(), wanted or order()
    if not in_time:
        return choose(policy, facts, judged, wanted, situation, whole=whole)
    promised = promise(policy, "demo", situation.roster, facts.timezone, wanted.sla_from)
    return choose_in_time(policy, facts, judged, wanted, situation, promised, whole=whole)


def chosen(*args: Any, **kwargs: Any) -> Chosen:
    """Ask, and expect somebody."""
    answer = ask(*args, **kwargs)
    assert isinstance(answer, Chosen), answer
    return answer


def waits(*args: Any, **kwargs: Any) -> Waits:
    """Ask, and expect that it waits."""
    answer = ask(*args, **kwargs)
    assert isinstance(answer, Waits), answer
    return answer


def no_one(*args: Any, **kwargs: Any) -> NoOne:
    """Ask, and expect nobody."""
    answer = ask(*args, **kwargs)
    assert isinstance(answer, NoOne), answer
    return answer


def excluded(trace: RoutingTrace) -> dict[str, str | None]:
    """Give the first reason against each person in a trace."""
    return {one.rep_id: one.excluded for one in trace.candidates}
