"""A draft that looks on: it judges real leads beside the published policy, and whatever it does, no lead suffers."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs
from temporalio.testing import ActivityEnvironment

from activities import shadow as shadow_module
from activities.casebook import Casebook
from activities.decide import Decider
from activities.policybook import Policybook
from activities.shadow import Shadow
from config.load import read_policy, read_roster
from config.settings import load_settings
from db import tables
from db.shadows import Beside
from db.tables.words import End, Holds
from db.trials import Draft, Trial
from models.decisions import Score
from models.ladder import Target
from models.orders import AssignLead, ScoreLead
from models.trial import TrialKind
from policy.fairness import UNIT
from policy.trials.beside import Difference, difference
from runtime.store import Store, open_store
from tests.cli.house import ROSTER, policy_text
from tests.db.samples import facts, newcomer

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OTHER = policy_text().replace("default_pool: demo", "default_pool: others")
POOLS = ROSTER + "  others: {members: [ben, cam]}\n"


class Desk:
    """The activities `score` and `assign` on a real database, and the shadow beside them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        policybook = Policybook(store.policies, store.trials)
        shadow = Shadow(store.trials, store.shadows, policybook, store.beside.start)
        casebook = Casebook(store.leads, store.timelines)
        self.decider = Decider(store.leads, casebook, store.ownerships, store.rosters, policybook, shadow)
        self.trial: Trial | None = None

    async def begin(self, text: str = OTHER) -> Trial:
        """Put a draft on trial."""
        version = read_policy(text)[1].version
        draft = Draft(version, "demo", text)
        self.trial = await self.store.trials.start(TrialKind.SHADOW, draft, by="mia", at=NOW)
        return self.trial

    async def judge(self, lead_id: str, at: datetime = NOW) -> Score:
        """Have a lead judged as Temporal has it judged."""
        if await self.store.leads.get(lead_id) is None:
            await self.store.leads.admit(newcomer(lead_id, facts(lead_id, type="demo_request")))
        policy = await self.store.policies.active()
        assert policy is not None
        score: Score = await self._run(self.decider.score, ScoreLead(lead_id=lead_id, policy=policy.version, at=at), at)
        return score

    async def give(self, lead_id: str, at: datetime = NOW) -> str:
        """Have somebody asked to take a lead, and say who."""
        policy = await self.store.policies.active()
        assert policy is not None
        order = AssignLead(
            lead_id=lead_id,
            offer=1,
            policy=policy.version,
            to=Target.PRIMARY,
            sla=None,
            cause="qualified",
            ordered_at=at,
            sla_from=at,
        )
        offered = await self._run(self.decider.assign, order, at)
        rep_id: str = offered.rep_id
        return rep_id

    async def _run(self, activity: Any, order: Any, at: datetime) -> Any:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, started_time=at)
        return await environment.run(activity, order)

    async def lines(self) -> list[Beside]:
        """Wait for the shadow, and read what it wrote."""
        await self.store.beside.settle()
        trial = await self.store.trials.latest(TrialKind.SHADOW)
        assert trial is not None
        return [line async for line in self.store.shadows.lines(trial)]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk with a published policy and a roster of three."""
    async with open_store(load_settings(state_dir=tmp_path)) as store:
        await store.database.migrate()
        await store.rosters.save(read_roster(POOLS), at=NOW)
        version = read_policy(policy_text())[1].version
        await store.policies.publish(version, "demo", policy_text(), by="ops", at=NOW)
        yield Desk(store)


async def test_each_new_lead_is_looked_at_once(desk: Desk) -> None:
    """What the draft would have done is kept beside what was done; rescoring adds nothing."""
    trial = await desk.begin()
    for n in range(3):
        await desk.judge(f"l{n}")
        await desk.lines()
        await desk.give(f"l{n}")
    await desk.judge("l0", NOW + timedelta(minutes=5))
    lines = await desk.lines()
    assert ["l0", "l1", "l2"] == [line.lead_id for line in lines]
    sides = [(line.live, line.draft) for line in lines if line.live and line.draft]
    assert ["ana", "ben", "cam"] == [live.owner for live, _ in sides]
    assert ["ben", "cam", "ben"] == [draft.owner for _, draft in sides], "its own ledger, in its own pool"
    assert [("demo", "others")] * 3 == [(live.pool, draft.pool) for live, draft in sides]
    assert {Difference.POOL} == {difference(live, draft) for live, draft in sides}
    assert all(draft.because and draft.sentence for _, draft in sides)
    assert {"others": {"ben", "cam"}} == {
        pool: set(reps) for pool, reps in (await desk.store.shadows.balances(trial)).items()
    }


async def test_nothing_that_counts_is_touched(desk: Desk) -> None:
    """Neither ledger nor loads nor any lead: owners are those they would have been."""
    owners = [await _handled(desk, f"a{n}") for n in range(3)]
    await desk.begin()
    owners += [await _handled(desk, f"b{n}") for n in range(3)]
    assert ["ana", "ben", "cam"] * 2 == owners
    ledger = await desk.store.ownerships.balances()
    assert {"demo": {"ana": 0, "ben": 0, "cam": 0}} == {
        pool: {rep: round(units / UNIT, 6) for rep, units in reps.items()} for pool, reps in ledger.items()
    }
    assert {"ana": 2, "ben": 2, "cam": 2} == await desk.store.ownerships.loads()
    card = await desk.store.leads.get("b0")
    published = await desk.store.policies.active()
    assert card is not None
    assert published is not None
    assert published.version == card.policy


async def _handled(desk: Desk, lead_id: str) -> str:
    await desk.judge(lead_id)
    return await desk.give(lead_id)


async def test_two_that_agree_agree_on_everybody(desk: Desk) -> None:
    """The same rules under another version: its ledger begins even, as the live one did here."""
    await desk.begin(policy_text().replace("undo: 5m", "undo: 6m"))
    for n in range(5):
        await _handled(desk, f"l{n}")
        await desk.lines()
    assert [Difference.NONE] * 5 == [
        difference(line.live, line.draft) for line in await desk.lines() if line.draft is not None
    ]


async def test_a_draft_sets_aside_who_lets_offers_run_out(desk: Desk) -> None:
    """By its own rule, of what really ran out: the published policy has none."""
    text = OTHER.replace("routing:\n", "routing:\n  aside: {misses: 1}\n", 1)
    assert text != OTHER
    await desk.begin(text)
    await _handled(desk, "a0")
    async with desk.store.database.writing() as session:
        missed = update(tables.Ownership).values(rep_id="ben", state=Holds.ENDED, ended=End.EXPIRED, ended_at=NOW)
        await session.exec(missed)
    for lead_id in ("b0", "b1"):
        await desk.judge(lead_id, NOW + timedelta(minutes=5))
        await desk.lines()
    assert ["ben", "cam", "cam"] == [line.draft.owner for line in await desk.lines() if line.draft]


async def test_a_burst_keeps_the_draft_fair(desk: Desk) -> None:
    """Leads that are judged at the same time are looked at one after the other."""
    await desk.begin()
    await asyncio.gather(*(desk.judge(f"l{n}") for n in range(20)))
    owners = [line.draft.owner for line in await desk.lines() if line.draft]
    assert (10, 10) == (owners.count("ben"), owners.count("cam"))


async def test_two_workers_keep_the_draft_fair(desk: Desk) -> None:
    """Whoever was slower looks again, on the ledger that the quicker one left."""
    await desk.begin()
    other = Desk(desk.store)
    await asyncio.gather(*((desk, other)[n % 2].judge(f"l{n}") for n in range(20)))
    owners = [line.draft.owner for line in await desk.lines() if line.draft]
    assert (10, 10) == (owners.count("ben"), owners.count("cam"))


async def test_without_a_shadow_nothing_is_written(desk: Desk) -> None:
    """Nor told."""
    with capture_logs() as logs:
        await desk.judge("one")
        await desk.store.beside.settle()
    assert [] == [one for one in logs if one["event"].startswith("shadow")]


async def test_a_draft_that_fails_harms_no_lead(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lead is judged; the error is told by its type, without the lead's data, and counted."""

    def judge(*_: Any, **__: Any) -> Any:
        raise RuntimeError("ann@acme.example broke it")

    monkeypatch.setattr(shadow_module, "judge", judge)
    await desk.begin()
    with capture_logs() as logs:
        score = await desk.judge("one")
        (line,) = await desk.lines()
    assert "route" == score.qualification.way
    assert (None, "RuntimeError") == (line.draft, line.failed)
    expected = {"event": "shadow_failed", "lead_id": "one", "error": "RuntimeError", "log_level": "error"}
    assert [expected] == [one for one in logs if one["event"].startswith("shadow")]
    assert "ana" == await desk.give("one")


async def test_a_draft_that_never_ends_delays_no_lead(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It computes in a thread of its own and is given up; meanwhile leads are judged and given."""
    released = threading.Event()

    def judge(*_: Any, **__: Any) -> Any:
        released.wait(30)
        raise AssertionError("nobody waits for this")

    monkeypatch.setattr(shadow_module, "judge", judge)
    monkeypatch.setattr(shadow_module, "WITHIN", timedelta(seconds=0.2))
    await desk.begin()
    try:
        with capture_logs() as logs:
            owners = [await asyncio.wait_for(_handled(desk, f"l{n}"), timeout=10) for n in range(3)]
            lines = await desk.lines()
    finally:
        released.set()
    assert ["ana", "ben", "cam"] == owners
    assert ["TimeoutError"] * 3 == [line.failed for line in lines]
    assert 3 == [one["event"] for one in logs].count("shadow_failed")


async def test_what_cannot_even_be_counted_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the report counts it among the leads that were never looked at."""

    async def write(*_: Any, **__: Any) -> bool:
        raise OSError("away")

    monkeypatch.setattr(desk.store.shadows, "write", write)
    trial = await desk.begin()
    with capture_logs() as logs:
        await desk.judge("one")
        assert [] == await desk.lines()
    told = [(one["event"], one["error"]) for one in logs if one["event"].startswith("shadow")]
    assert [("shadow_failed", "OSError"), ("shadow_not_counted", "OSError")] == told
    assert 1 == await desk.store.shadows.missed(trial)


async def test_a_flood_is_not_kept_in_memory(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many wait, the others are missed, and counted."""
    monkeypatch.setattr(shadow_module, "WAITING", 2)
    trial = await desk.begin()
    await asyncio.gather(*(desk.judge(f"l{n}") for n in range(10)))
    looked = len(await desk.lines())
    assert 2 <= looked < 10
    assert 10 == looked + await desk.store.shadows.missed(trial)
