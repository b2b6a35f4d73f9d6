"""One process of several that give leads to people at the same time; run by `test_processes.py`.

`python -m tests.db.assigning URL NUMBER` says "ready", waits for a line, gives its share of the leads to people by the
real policy room, asks for some of its neighbour's again, and says for each lead what it was answered.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from activities.casebook import KnownLead
from activities.desk import Desk
from db.choosing import Choice, Snapshot
from db.engine import Database
from db.ownership import Ownerships
from models.base import parse
from models.decisions import Held, Offered
from models.facts import LeadFacts
from models.policy import Policy
from models.roster import Roster
from policy.compiled import CompiledPolicy, compile_policy
from policy.qualification import judge
from policy.routing.accounts import companies_of
from tests.db.samples import AT, facts, order

PROCESSES = 4
EACH = 25
AGAIN = 3
WEIGHTS = {"ana": 5, "ben": 3, "col": 2}
PLACES = {"dan": 3, "eve": 4, "flo": 2}
"""How many leads each of the pool `tight` may get: by capacity, and Eve by a cap."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def leads_of(process: int) -> list[LeadFacts]:
    """List the leads of one process, of companies of their own; each fifth is for the pool `tight`."""
    return [
        facts(lead_id, email=f"kim@{lead_id}.example", email_kind="work", source="fair" if n % 5 == 4 else "web")
        for n, lead_id in enumerate(f"lead-{process}-{n:02}" for n in range(EACH))
    ]


def people() -> Roster:
    """Three who share by weight, and three who have few places."""
    limits: dict[str, Any] = {
        "ana": {"capacity": 200, "caps": [{"leads": 150, "per": "7d"}]},
        "ben": {"capacity": 100},
        "col": {"capacity": 16},
        "dan": {"capacity": PLACES["dan"]},
        "eve": {"capacity": 100, "caps": [{"leads": 50, "per": "3d"}, {"leads": PLACES["eve"]}]},
        "flo": {"capacity": PLACES["flo"]},
    }
    reps = [{"id": name, "name": name.title(), "team": "crew", "level": "mid", **more} for name, more in limits.items()]
    week = {"tz": "UTC", "week": {day: [["00:00", "24:00"]] for day in _DAYS}}
    pools = {"shared": {"members": list(WEIGHTS), "weights": WEIGHTS}, "tight": {"members": list(PLACES)}}
    raw = {
        "calendars": {"always": week},
        "managers": [{"id": "mia", "name": "Mia"}],
        "teams": [{"id": "crew", "name": "Crew", "manager": "mia", "calendar": "always", "region": "world"}],
        "reps": reps,
        "pools": pools,
    }
    return parse(Roster, raw)


def policy() -> CompiledPolicy:
    """A policy that sends leads from fairs to the pool `tight`, and all others to `shared`."""
    cells = [(intent, fit) for intent in ("high", "medium", "low") for fit in ("strong", "weak")]
    raw = {
        "name": "simple",
        "scoring": {},
        "intent": {"high": {"types": ["demo_request"]}, "medium": {}, "low": {}},
        "fit": {"strong_from": 1, "criteria": [{"name": "large", "points": 1, "when": "company.employees > 99"}]},
        "matrix": [{"intent": intent, "fit": fit, "do": "route"} for intent, fit in cells],
        "tiers": [{"name": "any", "levels": ["mid"]}],
        "routing": {
            "rules": [{"name": "fairs", "when": 'source == "fair"', "pool": "tight"}],
            "default_pool": "shared",
        },
        "sla": [
            {
                "name": "demo",
                "response": "1h",
                "clock": "wall",
                "ladder": [{"do": "offer", "to": "primary"}, {"do": "triage", "after": "2h"}],
            }
        ],
    }
    return compile_policy(parse(Policy, raw), "p1")


async def _assign(owners: Ownerships, compiled: CompiledPolicy, known: LeadFacts) -> dict[str, Any]:
    asked = order(known.lead_id)
    score = judge(compiled, known, (), AT)

    def decide(snapshot: Snapshot) -> Choice:
        return Desk(compiled, KnownLead(known, (), score), score, asked, snapshot).decide()

    companies = companies_of(compiled, known)
    answer = await owners.assign(asked, decide, at=AT, ordered_at=AT, companies=companies)
    assert isinstance(answer, Offered | Held), answer
    rep_id = answer.rep_id if isinstance(answer, Offered) else None
    return {"lead_id": known.lead_id, "rep_id": rep_id, "answer": answer.model_dump_json()}


def _work(process: int) -> Iterator[LeadFacts]:
    """List what a process asks for: its own leads, and meanwhile some of its neighbour's, done or not."""
    neighbours = leads_of((process + 1) % PROCESSES)
    for number, lead in enumerate(leads_of(process)):
        yield lead
        if number % (EACH // AGAIN) == 0 and number // (EACH // AGAIN) < AGAIN:
            yield neighbours[number]


async def main(url: str, process: int) -> None:
    """Do one process's work on a database that is ready."""
    database = Database(url, patience=timedelta(seconds=60))
    compiled, owners = policy(), Ownerships(database)
    await owners.loads()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for lead in _work(process):
        print(json.dumps(await _assign(owners, compiled, lead)), flush=True)
    await database.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
