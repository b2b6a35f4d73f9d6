"""What benchmarks work on: a roster of twenty, and leads that the shipped policy gives to a person. All fictional."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import product
from typing import Any

from config.load import SHIPPED, read_policy
from models.base import parse
from models.facts import LeadFacts
from models.lead import LeadInput
from models.roster import Roster
from models.routing import PoolRule
from policy.cleaning.hygiene import clean
from policy.compiled import CompiledPolicy, compile_policy
from policy.placing import localise

POLICY = SHIPPED / "default.yaml"
NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
"""A Tuesday: the instant of everything that is not measured on the wall clock."""

REPS = 20
CAPACITY = 10_000
MANAGER = "mia"

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ON_LEAVE, _AT_NIGHT = ("rep-17", "rep-18"), ("rep-19", "rep-20")
RULES = 50
"""Routing rules of `many_rules`, each of four clauses."""

_TYPES = ("demo_request", "contact_sales", "pricing_visit", "outbound_reply")
_COUNTRIES = ("DE", "US", "JP", "FR")
_EMPLOYEES = (12, 300, 9000)
_INDUSTRIES = ("software", "banking", "retail", "media", "insurance", "automotive", "healthcare", "electronics")
_TITLES = ("Chief Operating Officer", "Head of Sales", "Marketing Manager", "Account Executive", "IT Director")
_TECH: tuple[list[str], ...] = (["salesforce"], ["hubspot", "slack"], ["sap crm"], [])


def policy() -> CompiledPolicy:
    """Compile the policy that Baton ships with."""
    return read_policy(POLICY)[1]


def many_rules() -> CompiledPolicy:
    """Compile the shipped policy with fifty routing rules of four clauses, all to pools that it has anyway."""
    shipped = policy().policy
    pools = [rule.pool for rule in shipped.routing.rules]
    regions, floors = tuple(shipped.territories), (5000, 200, 10)
    cells = list(product(floors, _INDUSTRIES, regions))[:RULES]
    rules = [
        PoolRule(
            name=f"{industry} in {region} from {floor}",
            when=f'region == "{region}" && company.industry == "{industry}" && company.employees >= {floor}'
            f' && (points > {number % 7} || "{_TECH[0][0]}" in company.tech)',
            pool=pools[number % len(pools)],
        )
        for number, (floor, industry, region) in enumerate(cells)
    ]
    routing = shipped.routing.model_copy(update={"rules": rules})
    return compile_policy(shipped.model_copy(update={"routing": routing}), "fifty-rules")


def roster(raw: bool = False) -> Any:
    """Give twenty reps who are all in every pool of the shipped policy; `raw` as a file's data, else as `Roster`.

    At `NOON` two are on leave and two off hours. On the wall clock, sixteen are always there.
    """
    day, night = [["00:00", "24:00"]], [["20:00", "23:00"]]
    rules = policy().policy
    pools = [rule.pool for rule in rules.routing.rules] + [way.pool for way in rules.ways if way.pool]
    pools.append(rules.routing.default_pool)
    data = {
        "calendars": {
            "always": {"tz": "Europe/Berlin", "week": dict.fromkeys(_WEEKDAYS, day)},
            "night": {"tz": "Europe/Berlin", "week": dict.fromkeys(_WEEKDAYS, night)},
        },
        "managers": [{"id": MANAGER, "name": "Mia Overbrook"}],
        "teams": [{"id": "crew", "name": "The crew", "manager": MANAGER, "calendar": "always", "region": "world"}],
        "reps": [_rep(number) for number in range(1, REPS + 1)],
        "pools": {pool: {"team": "crew"} for pool in pools},
    }
    return data if raw else parse(Roster, data)


def _rep(number: int) -> dict[str, Any]:
    rep_id = f"rep-{number}"
    rep = {
        "id": rep_id,
        "name": f"Rep Number {number}",
        "team": "crew",
        "level": "senior",
        "weight": 1 + number % 3,
        "capacity": CAPACITY,
        "calendar": "night" if rep_id in _AT_NIGHT else "always",
    }
    if rep_id in _ON_LEAVE:
        rep["time_off"] = [{"from": "2026-03-02", "to": "2026-03-06", "reason": "away"}]
    return rep


def roster_file() -> str:
    """Write the roster as a file that Baton loads."""
    return json.dumps(roster(raw=True))


def lead(lead_id: str, kind: str = "demo_request", country: str = "DE", employees: int = 300) -> dict[str, Any]:
    """Write one hot lead, of a person of its own, as a door takes it."""
    return {
        "source": "web",
        "type": kind,
        "email": f"kim@{lead_id}.example",
        "first_name": "Kim",
        "last_name": "Lake",
        "title": "Chief Operating Officer",
        "company": {
            "name": f"Company {lead_id}",
            "domain": f"{lead_id}.example",
            "employees": employees,
            "industry": "software",
            "country": country,
        },
    }


def different_facts(count: int) -> tuple[LeadFacts, ...]:
    """Give leads of which no two are alike, each of which goes to a person."""
    compiled, facts = policy(), []
    for n in range(count):
        raw = lead(f"d{n}", _TYPES[n % 4], _COUNTRIES[n // 4 % 4], 10 + n * 7919 % 20_000)
        raw["title"] = f"{_TITLES[n % 5]} {n}"
        raw["deal_value"] = {"amount": n * 104_729 % 90_000}
        raw["company"] |= {"industry": _INDUSTRIES[n // 16 % 8], "city": f"City {n}", "tech": _TECH[n // 3 % 4]}
        facts.append(localise(clean(parse(LeadInput, raw), f"d{n}", NOON), compiled.policy))
    return tuple(facts)


def many_facts() -> tuple[LeadFacts, ...]:
    """Give leads of several types, countries and sizes after hygiene, each of which goes to a person."""
    compiled = policy()
    facts = []
    for number, (kind, country, employees) in enumerate(product(_TYPES, _COUNTRIES, _EMPLOYEES)):
        raw = parse(LeadInput, lead(f"b{number}", kind, country, employees))
        facts.append(localise(clean(raw, f"b{number}", NOON), compiled.policy))
    return tuple(facts)


def round_trips(facts: Sequence[LeadFacts]) -> Callable[[], int]:
    """Make a round of JSON: what many decisions are measured against."""
    plain = [one.model_dump(mode="json") for one in facts]

    def work() -> int:
        for one in plain:
            json.loads(json.dumps(one))
        return len(plain)

    return work
