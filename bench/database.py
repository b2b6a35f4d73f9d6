"""How many leads a second the database gives to people, one transaction each, beside transactions that do nothing."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from itertools import count
from time import perf_counter

from bench import scene
from bench.engines import fresh_databases
from bench.harness import Contest, Figure, Samples
from bench.results import Unit
from db.admission import Newcomer
from db.engine import Database
from db.leads import Leads
from db.ownership import Choice, Give, Ownerships, Snapshot
from db.rosters import Rosters
from models.decisions import Admitted, Manners, Offered
from models.facts import LeadFacts
from models.ladder import Plan, Target
from models.lead import LeadType, Stage
from models.orders import AssignLead, RecordLead
from policy.fairness import turn

POOL = "crew"
POLICY = "bench-1"
EMPTY_FOR_EACH = 5
"""So many empty transactions for each assignment: they are short, and a round of each should take about as long."""


@asynccontextmanager
async def prepare(quick: bool) -> AsyncIterator[Sequence[Contest]]:
    """Set up a fresh database of each kind with the roster of twenty."""
    number = 5 if quick else 60
    async with AsyncExitStack() as stack:
        urls = await stack.enter_async_context(fresh_databases())
        contests = []
        for engine, url in urls.items():
            database = Database(url)
            stack.push_async_callback(database.dispose)
            await database.migrate()
            await Rosters(database).save(scene.roster(), at=scene.NOON)
            counter = Counter(database, number)
            await counter.assign()  # not counted: the first statements of a kind are compiled
            contests.append(_contest(engine, counter))
        yield contests


def _contest(engine: str, counter: "Counter") -> Contest:
    figure = Figure(f"assign() on {engine}", "empty writing transaction", Unit.PER_SECOND)

    async def assign() -> Samples:
        return {figure.name: [await counter.assign()]}

    async def empty() -> Samples:
        return {figure.name: [await counter.empty()]}

    return Contest((figure,), assign, empty)


class Counter:
    """Gives leads out over one database; each round finds it with as few open leads as the one before."""

    def __init__(self, database: Database, number: int) -> None:
        self._database, self._number, self._ids = database, number, count(1)
        self._leads, self._owners = Leads(database), Ownerships(database)

    async def assign(self) -> float:
        """Give leads to people, whose turn it is, one by one; how many a second. Letting them in is not counted."""
        lead_ids = [f"lead-{next(self._ids)}" for _ in range(self._number)]
        for lead_id in lead_ids:
            await self._leads.admit(_newcomer(lead_id))
        began = perf_counter()
        for lead_id in lead_ids:
            order = _order(lead_id)
            await self._owners.assign(order, _in_turn, at=scene.NOON, ordered_at=scene.NOON)
        took = perf_counter() - began
        held = sum((await self._owners.loads()).values())
        if held != self._number:
            raise ValueError(f"{self._number} leads were given out, and {held} are held")
        for lead_id in lead_ids:
            await self._leads.record(_closed(lead_id))
        return self._number / took

    async def empty(self) -> float:
        """Open and commit writing transactions in which nothing is done; how many a second."""
        times = self._number * EMPTY_FOR_EACH
        began = perf_counter()
        for _ in range(times):
            async with self._database.writing():
                pass
        return times / (perf_counter() - began)


def _in_turn(snapshot: Snapshot) -> Choice:
    """Choose whose turn it is among all of the roster; what a choice by policy costs is the decisions' benchmark."""
    weights = {rep.id: rep.weight for rep in snapshot.situation.roster.reps}
    following = turn(snapshot.situation.balances.get(POOL, {}), weights)
    offered = Offered(
        offer=1,
        rep_id=following.chosen,
        rep_name=following.chosen,
        team="crew",
        region="world",
        manager_id=scene.MANAGER,
        pool=POOL,
        sla="demo",
        sentence=following.because,
        at=snapshot.situation.at,
        plan=Plan(made_at=snapshot.situation.at, cause="qualified", rungs=()),
    )
    return Give(offered, moves=following.moves, turn_because=following.because)


def _newcomer(lead_id: str) -> Newcomer:
    facts = LeadFacts(
        lead_id=lead_id,
        source="web",
        type=LeadType.DEMO_REQUEST,
        email=f"kim@{lead_id}.example",
        received_at=scene.NOON,
    )
    answer = Admitted(
        lead_id=lead_id,
        headline=facts.headline,
        source=facts.source,
        type=facts.type,
        region=None,
        received_at=scene.NOON,
        policy=POLICY,
        manners=Manners(),
    )
    since = scene.NOON - timedelta(days=90)
    return Newcomer(
        lead_id=lead_id, answer=answer, facts=facts, raw=scene.lead(lead_id), at=scene.NOON, fold_since=since
    )


def _order(lead_id: str) -> AssignLead:
    return AssignLead(
        lead_id=lead_id,
        offer=1,
        policy=POLICY,
        to=Target.PRIMARY,
        sla="demo",
        cause="qualified",
        ordered_at=scene.NOON,
        sla_from=scene.NOON,
    )


def _closed(lead_id: str) -> RecordLead:
    return RecordLead(
        lead_id=lead_id,
        seq=1,
        at=scene.NOON,
        stage=Stage.CLOSED,
        holding=None,
        answerable=None,
        released_because="the round is over",
        offer=1,
        rung=0,
        due_at=None,
        next_step="",
        breached=False,
        closed=True,
    )
