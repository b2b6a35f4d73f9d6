"""What tests of decisions stand on: a simple policy, three reps, and the activities on a real database."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.casebook import Casebook
from activities.decide import Decider
from activities.policybook import Policybook
from activities.shadow import Shadow
from config.settings import load_settings
from models.base import parse
from models.decisions import Assignment, Offered
from models.ladder import Plan, Target
from models.orders import AssignLead, PlanRungs, ScoreLead
from models.roster import Roster
from runtime.store import Store, open_store
from tests.db.samples import facts, newcomer

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
"""A Monday."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def policy_text(promise: dict[str, Any] | None = None, **routing: Any) -> str:
    """A policy that gives every lead to somebody of the pool `all`; `routing` adds to what it says of that.

    `promise` changes its one SLA class.
    """
    ladder = [{"do": "offer", "to": "primary"}, {"do": "offer", "to": "backup", "after": "1h"}]
    matrix = [
        {"intent": intent, "fit": fit, "do": "route"}
        for intent in ("high", "medium", "low")
        for fit in ("strong", "weak")
    ]
    return json.dumps(
        {
            "name": "simple",
            "scoring": {},
            "intent": {"high": {"types": ["demo_request"]}, "medium": {}, "low": {}},
            "fit": {"strong_from": 1, "criteria": [{"name": "large", "points": 1, "when": "company.employees > 99"}]},
            "matrix": matrix,
            "tiers": [{"name": "any", "levels": ["mid"]}],
            "routing": {"default_pool": "all", "recheck": "15m"} | routing,
            "sla": [
                {
                    "name": "every",
                    "response": "1h",
                    "clock": "wall",
                    "ladder": [*ladder, {"do": "triage", "after": "1h"}],
                }
                | (promise or {})
            ],
        }
    )


def roster(strategy: str = "weighted", sections: dict[str, Any] | None = None, **changes: Any) -> Roster:
    """Three reps who are always there; `changes` are made to one of them by id, `sections` replace whole ones."""
    week = {"tz": "UTC", "week": {day: [["00:00", "24:00"]] for day in DAYS}}
    reps = [
        {"id": name, "name": name.title(), "team": "crew", "capacity": 100} | changes.get(name, {})
        for name in ("ada", "bo", "cy")
    ]
    raw = {
        "calendars": {"always": week},
        "managers": [{"id": "mia", "name": "Mia"}],
        "teams": [{"id": "crew", "name": "Crew", "manager": "mia", "calendar": "always", "region": "world"}],
        "reps": reps,
        "pools": {"all": {"team": "crew", "strategy": strategy}},
    }
    sections = sections or {}
    calendars = raw["calendars"] | sections.get("calendars", {})
    return parse(Roster, raw | sections | {"calendars": calendars})


@asynccontextmanager
async def opened(state: Path) -> AsyncIterator[Store]:
    """Open a database with three reps and a simple policy, `p1`."""
    async with open_store(load_settings(state_dir=state)) as store:
        await store.database.migrate()
        await store.rosters.save(roster(), at=NOW)
        await publish(store)
        yield store


async def publish(store: Store, version: str = "p1", promise: dict[str, Any] | None = None, **routing: Any) -> None:
    """Publish a simple policy under a version."""
    await store.policies.publish(version, "simple", policy_text(promise, **routing), by="ops", at=NOW)


async def lead_in(store: Store, lead_id: str, **about: Any) -> None:
    """Let a lead in, each of a person and a company of its own unless `about` says otherwise."""
    known = {"email": f"kim@{lead_id}.example", "email_kind": "work"} | about
    await store.leads.admit(newcomer(lead_id, facts(lead_id, **known), at=NOW))


def decider_on(store: Store) -> Decider:
    """The activities that decide."""
    book = Policybook(store.policies, store.trials)
    shadow = Shadow(store.trials, store.shadows, book, store.beside.start)
    casebook = Casebook(store.leads, store.timelines)
    return Decider(store.leads, casebook, store.ownerships, store.rosters, book, shadow)


async def assigned(store: Store, lead_id: str, offer: int = 1, at: datetime = NOW, **changes: Any) -> Assignment:
    """Have a lead assigned as Temporal has it assigned at `at`."""
    decider = decider_on(store)
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=at)
    known: dict[str, Any] = {"policy": "p1", "to": Target.PRIMARY, "sla": None, "cause": "qualified"}
    order = AssignLead(lead_id=lead_id, offer=offer, ordered_at=at, sla_from=at, **(known | changes))
    scoring = ScoreLead(lead_id=lead_id, policy=order.policy, at=at)
    await environment.run(decider.score, scoring)
    answer: Assignment = await environment.run(decider.assign, order)
    return answer


async def given_to(store: Store, lead_id: str, **how: Any) -> Offered:
    """Assign a lead that somebody gets."""
    answer = await assigned(store, lead_id, **how)
    assert isinstance(answer, Offered)
    return answer


async def planned(store: Store, at: datetime, **order: Any) -> Plan:
    """Have rungs planned as Temporal has them planned."""
    known: dict[str, Any] = {"policy": "p1", "sla": "every", "cause": "asked"}
    plan: Plan = await ActivityEnvironment().run(decider_on(store).plan, PlanRungs(at=at, **(known | order)))
    return plan
