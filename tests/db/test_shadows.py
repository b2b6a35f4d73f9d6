"""What a shadow writes down: beside everything that counts, and touching none of it."""

import asyncio
from typing import Any

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables, waiting
from db.engine import Database
from db.leads import Leads
from db.ownership import Ownerships
from db.policies import Policies
from db.shadows import Beside, Shadows
from db.trials import Trial, Trials
from models.decisions import Disqualified, Qualification, Route, Score
from models.lead import Fit, Intent
from models.trial import TrialKind
from policy.fairness import UNIT
from policy.trials.beside import Answer
from tests.db.samples import AT, MINUTE, give, hold, order
from tests.db.test_trials import DRAFT

ANSWER = Answer("route", 10, sla="demo", pool="all", rule="all", owner="bo", because="owed most", sentence="for you")


@pytest.fixture
async def trial(staffed: Database) -> Trial:
    """A shadow on trial."""
    await Policies(staffed).publish("p1", "standard", "a: 1", by="mia", at=AT)
    return await Trials(staffed).start(TrialKind.SHADOW, DRAFT, by="mia", at=AT)


async def write(db: Database, trial: Trial, lead_id: str, **changes: Any) -> bool:
    """Write down what the draft would have done, on top of what was written before."""
    known: dict[str, Any] = {"at": AT, "judged": None, "pool": "all", "moves": {"bo": -UNIT, "ada": UNIT}}
    return await Shadows(db).write(trial, lead_id, changes.pop("answer", ANSWER), **(known | changes))


async def lines(db: Database, trial: Trial) -> list[Beside]:
    """Read every lead of the shadow."""
    return [line async for line in Shadows(db).lines(trial)]


async def judged(db: Database, lead_id: str, way: Qualification) -> None:
    """Store a live judgement."""
    score = Score(points=20, reasons=(), intent=Intent.HIGH, fit=Fit.WEAK, qualification=way, policy="p1")
    await Leads(db).save_score(lead_id, score, at=AT)


async def test_what_a_draft_would_have_done_is_kept_with_a_ledger_of_its_own(staffed: Database, trial: Trial) -> None:
    """The ledger that counts stays as it is; nobody has the lead."""
    assert await write(staffed, trial, "one")
    assert [Beside("one", AT, ANSWER, None, None)] == await lines(staffed, trial)
    assert {"all": {"ada": UNIT, "bo": -UNIT}} == await Shadows(staffed).balances(trial)
    assert ({}, {}) == (await Ownerships(staffed).balances(), await Ownerships(staffed).loads())
    assert None is await Ownerships(staffed).open_owner("one")


async def test_a_lead_is_looked_at_once(staffed: Database, trial: Trial) -> None:
    """A second look, also at the same instant, changes neither what was said nor the ledger."""
    assert not await Shadows(staffed).knows(trial, "one")
    await asyncio.gather(*(write(staffed, trial, "one", answer=ANSWER if n else None) for n in range(4)))
    assert await Shadows(staffed).knows(trial, "one")
    assert 1 == len(await lines(staffed, trial))
    assert {"all": {"ada": UNIT, "bo": -UNIT}} == await Shadows(staffed).balances(trial)


async def test_each_lead_builds_on_the_ledger_of_the_one_before(staffed: Database, trial: Trial) -> None:
    """What was read before another lead was judged is stale: look again."""
    shadows = Shadows(staffed)
    first = await shadows.glimpse(trial, "one", at=AT, companies=())
    assert first is not None
    assert await write(staffed, trial, "one", judged=first.judged)
    assert not await write(staffed, trial, "two", judged=first.judged)
    again = await shadows.glimpse(trial, "two", at=AT, companies=())
    assert again is not None
    assert {"all": {"ada": UNIT, "bo": -UNIT}} == again.situation.balances
    assert await write(staffed, trial, "two", judged=again.judged)


async def test_a_glimpse_is_of_the_moment_before_the_lead_was_given(staffed: Database, trial: Trial) -> None:
    """Live loads and roster; the lead itself does not count for whom the published policy was quicker to ask."""
    for lead_id in ("one", "two"):
        await Ownerships(staffed).assign(order(lead_id), give(lead_id, "ada"), at=AT, ordered_at=AT)
    glimpse = await Shadows(staffed).glimpse(trial, "one", at=AT, companies=())
    assert glimpse is not None
    assert ({"ada": 1}, {}) == (glimpse.situation.loads, glimpse.situation.balances)
    assert ["ada", "bo", "cy"] == [rep.id for rep in glimpse.situation.roster.reps]


async def test_a_glimpse_is_of_one_instant(staffed: Database, trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """The published policy may give the lead away just while the shadow reads: all that is read is of before."""
    loads = waiting.loads

    async def loads_and_then_it_is_given(session: AsyncSession) -> dict[str, int]:
        monkeypatch.setattr(waiting, "loads", loads)
        found = await loads(session)
        await Ownerships(staffed).assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
        return found

    monkeypatch.setattr(waiting, "loads", loads_and_then_it_is_given)
    glimpse = await Shadows(staffed).glimpse(trial, "one", at=AT, companies=())
    assert glimpse is not None
    assert {} == glimpse.situation.loads
    assert {"ada": 1} == await Ownerships(staffed).loads()


async def test_a_shadow_that_was_stopped_writes_nothing(staffed: Database, trial: Trial) -> None:
    """Also if it had looked already."""
    await Trials(staffed).stop(TrialKind.SHADOW, by="mia", at=AT)
    assert None is await Shadows(staffed).glimpse(trial, "one", at=AT, companies=())
    assert not await write(staffed, trial, "one")
    assert [] == await lines(staffed, trial)


async def test_the_first_decision_is_what_is_compared(staffed: Database, trial: Trial) -> None:
    """What the published policy did first, whatever became of the lead since; nothing while it is not through."""
    route = Route(sla="demo", because="hot")
    await judged(staffed, "one", route)
    await judged(staffed, "two", Disqualified(because="a student"))
    await judged(staffed, "three", route)
    for lead_id in ("one", "two", "three"):
        await write(staffed, trial, lead_id)
    assert {"one": None, "two": "disqualify", "three": None} == {
        line.lead_id: line.live and line.live.way for line in await lines(staffed, trial)
    }
    assigns = Ownerships(staffed)
    await assigns.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await assigns.assign(order("one", 2), give("one", "cy", 2), at=AT + MINUTE, ordered_at=AT + MINUTE)
    await assigns.assign(order("three"), hold(AT + MINUTE), at=AT, ordered_at=AT)
    live = {line.lead_id: line.live for line in await lines(staffed, trial)}
    assert live["one"] is not None
    assert live["three"] is not None
    assert ("route", "ada", "ada is next") == (live["one"].way, live["one"].owner, live["one"].sentence)
    assert (None, "nobody is on shift") == (live["three"].owner, live["three"].because)


async def test_leads_it_never_looked_at_are_counted(staffed: Database, trial: Trial) -> None:
    """First judged while it ran, and not written down; failures are written down, with the error's name."""
    await judged(staffed, "one", Disqualified(because="a student"))
    await judged(staffed, "two", Disqualified(because="a student"))
    await write(staffed, trial, "two", answer=None, pool=None, moves=None, failed="TimeoutError")
    assert 1 == await Shadows(staffed).missed(trial)
    line = (await lines(staffed, trial))[0]
    assert ("two", None, "TimeoutError") == (line.lead_id, line.draft, line.failed)
    ended = await Trials(staffed).stop(TrialKind.SHADOW, by="mia", at=AT)
    assert 0 == await Shadows(staffed).missed(ended)


async def test_a_shadow_of_many_leads_is_read_page_by_page(staffed: Database, trial: Trial) -> None:
    """None is left out between two pages, and none told twice."""
    ids = [f"l{n:04}" for n in range(1101)]
    async with staffed.writing() as session:
        (known,) = (await session.exec(select(tables.Lead).where(tables.Lead.lead_id == "one"))).all()
        row = known.model_dump(exclude={"lead_id"})
        session.add_all([tables.Lead(lead_id=lead_id, **row) for lead_id in ids])
        await session.flush()
        session.add_all([tables.ShadowDecision(trial_id=trial.id, lead_id=lead_id, at=AT) for lead_id in ids])
    assert ids == [line.lead_id for line in await lines(staffed, trial)]
