"""A simulation says what the real activities do on a real database: the same owners, at the same instants."""

import heapq
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.casebook import Casebook
from activities.decide import Decider
from activities.policybook import Policybook
from activities.shadow import Shadow
from config.load import compile_text
from config.settings import load_settings
from db.tables.words import Errand
from models.decisions import Held, Offered, Route
from models.facts import LeadFacts
from models.ladder import Target
from models.lead import LeadType, Stage
from models.orders import AssignLead, Holding, ScoreLead
from models.roster import Roster
from policy.hours.calendars import due
from policy.routing.crew import calendar_of, rep_of
from policy.simulation.simulator import HANDLING, Simulator
from runtime.store import Store, open_store
from tests.db.samples import newcomer, standing
from tests.policy.toytown import LADDER, MONDAY, OFFICE, WEEK, at, lead, rules_as_data, town

LEASE = timedelta(minutes=1)
ROUTING = {
    "ties": [{"to": "named_account", "away": "hold"}, {"to": "relationship"}, {"to": "open_lead"}],
    "rules": [{"name": "large", "when": "company.employees >= 1000", "pool": "seniors", "overflow": ["all"]}],
    "charge": ["tie"],
    "recheck": "1h",
}
ACCOUNTS = [{"id": "acme", "name": "Acme", "domains": ["acme.example"], "owner": "cho"}]
CREW: Sequence[dict[str, Any]] = (
    {"id": "ana", "level": "senior", "capacity": 1, "weight": 2},
    {"id": "ben", "capacity": 2, "caps": [{"leads": 4}]},
    {"id": "cho", "capacity": 2, "weight": 3, "time_off": [{"from": "2026-03-03", "to": "2026-03-03"}]},
)
POOLS = {"all": {"team": "crew"}, "seniors": {"members": ["ana"]}}
NIGHT = {"id": "dee", "calendar": "night", "capacity": 3}
SUNS: dict[str, Any] = {
    "calendars": {
        "office": {"tz": "UTC", "week": OFFICE},
        "night": {"tz": "UTC", "week": {day: [["16:00", "02:00"]] for day in WEEK}},
    },
    "pools": {"all": {"members": ["ana", "ben", "cho"]}, "seniors": {"members": ["ana"]}, "far": {"members": ["dee"]}},
}
PROMISE = {"name": "hour", "response": "1h", "clock": "wall", "response_clock": "wall", "ladder": LADDER}
WORLDS: dict[str, tuple[Roster, dict[str, Any]]] = {
    "one office": (town(*CREW, pools=POOLS), {}),
    "two suns": (town(*CREW, NIGHT, **SUNS), {"sla": [PROMISE | {"late": {"do": "follow", "pools": ["far"]}}]}),
}


def leads() -> Sequence[LeadFacts]:
    """Thirty leads of two days and the night between, some of one company, one person after their lead was over."""
    made = []
    for number in range(30):
        changes: dict[str, Any] = {"employees": (None, 150, 4000, None, 300)[number % 5]}
        if number % 6 == 1:
            changes |= {"domain": "acme.example", "email": f"p{number}@acme.example"}
        if number % 8 in (3, 4):
            changes |= {"domain": "globex.example", "email": f"p{number}@globex.example"}
        if number % 11 == 6:
            changes["type"] = LeadType.NEWSLETTER
        made.append(lead(number, at(7.5 + number * 1.1), **changes))
    return [*made, lead(30, at(42), email=made[0].email, domain="moved.example")]


@dataclass
class Reality:
    """The real activities, driven as workflows and reps would drive them; held leads ask the best score first."""

    store: Store
    decider: Decider
    roster: Roster
    policy: str
    by_id: Mapping[str, LeadFacts]
    owners: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)
    asks_at: dict[str, datetime] = field(default_factory=dict)
    since: dict[str, datetime] = field(default_factory=dict)
    due: list[tuple[datetime, int, float, datetime, int, str]] = field(default_factory=list)
    numbers: Any = field(default_factory=count)

    async def run(self) -> None:
        """Let everybody in at their instant, and everything happen that follows."""
        for facts in self.by_id.values():
            self._plan(facts.received_at, 3, facts.lead_id)
        while self.due:
            now, step, *_, lead_id = heapq.heappop(self.due)
            if step == 0:
                await self._contact(lead_id, now)
            elif step == 2 and self.asks_at.get(lead_id) == now:
                await self._ask(lead_id, now)
            elif step == 3:
                await self._let_in(lead_id, now)

    def _plan(self, now: datetime, step: int, lead_id: str) -> None:
        rank = (-self.points.get(lead_id, 0), self.since.get(lead_id, now), next(self.numbers))
        heapq.heappush(self.due, (now, step, *rank, lead_id))

    async def _do(self, now: datetime, activity: Any, order: Any) -> Any:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, started_time=now)
        return await environment.run(activity, order)

    async def _let_in(self, lead_id: str, now: datetime) -> None:
        await self.store.leads.admit(newcomer(lead_id, self.by_id[lead_id], at=now))
        score = await self._do(now, self.decider.score, ScoreLead(lead_id=lead_id, policy="toy", at=now))
        self.points[lead_id] = score.points
        if isinstance(score.qualification, Route):
            await self._ask(lead_id, now)

    async def _ask(self, lead_id: str, now: datetime) -> None:
        order = AssignLead(
            lead_id=lead_id,
            offer=1,
            policy="toy",
            to=Target.PRIMARY,
            sla="hour",
            rungs_done=1,
            cause="qualified",
            ordered_at=now,
            sla_from=self.by_id[lead_id].received_at,
        )
        answer = await self._do(now, self.decider.assign, order)
        self.asks_at.pop(lead_id, None)
        if isinstance(answer, Held):
            self.asks_at[lead_id] = answer.until
            self.since.setdefault(lead_id, now)
            self._plan(answer.until, 2, lead_id)
        else:
            assert isinstance(answer, Offered)
            self.owners[lead_id] = (answer.rep_id, now)
            rep = rep_of(self.roster, answer.rep_id)
            assert rep is not None
            self._plan(due(calendar_of(self.roster, rep), now, HANDLING).due_at, 0, lead_id)

    async def _contact(self, lead_id: str, now: datetime) -> None:
        rep_id, offered_at = self.owners[lead_id]
        holding = Holding(rep_id=rep_id, offer=1, accepted_at=offered_at, contacted_at=now)
        await self.store.leads.record(standing(lead_id, 1, Stage.CONTACTED, holding, at=now, closed=True))
        while tasks := await self.store.outbox.claim(10, now=now, lease=LEASE):
            for task in tasks:
                assert Errand.WAKE is task.what
                await self.store.outbox.done(task.id, at=now)
                await self._ask(task.lead_id, now)


@pytest.fixture(params=WORLDS)
async def reality(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Reality]:
    """A database with a policy and a roster, and the activities on it."""
    roster, changes = WORLDS[request.param]
    policy = json.dumps(rules_as_data(routing=ROUTING, accounts=ACCOUNTS, **changes))
    async with open_store(load_settings(state_dir=tmp_path)) as store:
        await store.database.migrate()
        await store.rosters.save(roster, at=MONDAY)
        await store.policies.publish("toy", "toy", policy, by="ops", at=MONDAY)
        book = Policybook(store.policies, store.trials)
        shadow = Shadow(store.trials, store.shadows, book, store.beside.start)
        casebook = Casebook(store.leads, store.timelines)
        decider = Decider(store.leads, casebook, store.ownerships, store.rosters, book, shadow)
        yield Reality(store, decider, roster, policy, {one.lead_id: one for one in leads()})


async def test_a_simulation_gives_the_same_leads_to_the_same_people(reality: Reality) -> None:
    """Ties, caps, overflow, places that come free, leave, openings, several suns; and the ledgers end up the same."""
    await reality.run()
    simulator = Simulator(compile_text(reality.policy, "toy"), reality.roster)
    for facts in leads():
        simulator.take(facts)
    simulator.run_until(MONDAY + timedelta(days=20))
    told = simulator.verdicts()
    assert reality.owners == {one.lead_id: (one.owner, one.offered_at) for one in told if one.owner}
    assert await reality.store.ownerships.balances() == simulator.books.balances
    assert len(reality.owners) > 25
    assert {True, False} == {one.held for one in told}
    assert {"named_account", "relationship", "open_lead", None} == {one.tie for one in told}
    assert ("dee" in {one.owner for one in told}) == ("far" in reality.roster.pools)
