"""Stories of drafts tried on real leads: one that looks on, and one that gets a share of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities import shadow
from config.load import read_policy
from db.conversions import conversions
from db.tables.words import DecisionKind
from db.trials import Draft
from models.trial import ExperimentPlan, Goal, TrialKind
from policy.trials.beside import Difference, difference
from policy.trials.experiment import Arm, Counted
from tests.cli.house import ROSTER, policy_text
from tests.engines.temporal import time_skipping
from tests.stories.house import House, running_house

PUBLISHED = policy_text()
OTHER = PUBLISHED.replace("default_pool: demo", "default_pool: others")
LIVE, DRAFT = (read_policy(text)[1].version for text in (PUBLISHED, OTHER))


@asynccontextmanager
async def open_all_day(env: WorkflowEnvironment, folder: Path, name: str = "baton") -> AsyncIterator[House]:
    """A house of three who never sleep, two of whom are a pool of their own."""
    policy, roster = folder / "policy.yaml", folder / "roster.yaml"
    policy.write_text(PUBLISHED)
    roster.write_text(ROSTER + "  others: {members: [ben, cam]}\n")
    async with running_house(env, f"sqlite:///{folder / name}.db", policy, roster) as house:
        yield house


async def lead(house: House, lead_id: str) -> tuple[WorkflowHandle[Any, Any], dict[str, Any]]:
    """Let a lead of a company of its own in, and wait until somebody is asked."""
    handle = await house.start(lead_id, company={"name": lead_id, "domain": f"{lead_id}.example"})
    return handle, await house.until(handle, stage="offered")


async def owners(house: House) -> list[str]:
    """Let six leads in, one after the other, and say whose they are."""
    return [(await lead(house, f"l{n}"))[1]["owner"] for n in range(6)]


@pytest.mark.timeout(180)
async def test_a_draft_that_looks_on_changes_no_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same leads go to the same people with it and without; what it would have done is told beside."""
    monkeypatch.setattr(shadow, "WITHIN", timedelta(minutes=1))  # on a busy machine, too, it sees them all
    async with time_skipping() as env, open_all_day(env, tmp_path, "without") as house:
        expected = await owners(house)
    async with time_skipping() as env, open_all_day(env, tmp_path, "with") as house:
        draft = Draft(DRAFT, "demo", OTHER)
        trial = await house.store.trials.start(TrialKind.SHADOW, draft, by="mia", at=await house.now())
        assert expected == await owners(house)
        await house.store.beside.settle()
        lines = [line async for line in house.store.shadows.lines(trial)]
        assert 0 == await house.store.shadows.missed(trial)
        assert {"demo"} == set(await house.store.ownerships.balances())
    assert {f"l{n}" for n in range(6)} == {line.lead_id for line in lines}
    assert expected == [line.live.owner for line in lines if line.live]
    assert {Difference.POOL} == {difference(line.live, line.draft) for line in lines if line.draft}
    draft_owners = [line.draft.owner for line in lines if line.draft]
    assert (3, 3) == (draft_owners.count("ben"), draft_owners.count("cam"))


@pytest.mark.timeout(180)
async def test_an_experiment_splits_leads_and_its_winner_is_published(tmp_path: Path) -> None:
    """Each lead is pinned to its arm's version for good; what converts is counted; adopting touches none in flight."""
    async with time_skipping() as env, open_all_day(env, tmp_path) as house:
        trials = house.store.trials
        before, _ = await lead(house, "before")
        plan = ExperimentPlan(share=0.5, goal=Goal.ACCEPTED, within=timedelta(hours=1), sample=1)
        draft = Draft(DRAFT, "demo", OTHER)
        trial = await trials.start(TrialKind.EXPERIMENT, draft, by="mia", at=await house.now(), plan=plan)
        handles = {arm: await _of_arm(house, trial.arm, arm) for arm in (Arm.CONTROL, Arm.VARIANT)}
        for arm, (handle, status) in handles.items():
            assert (trial.version_of(arm), arm) == (
                status["policy"],
                await trials.arm_of_lead(trial, status["lead_id"]),
            )
            await _requalified(handle, "a second look")
            again = await _judged_anew(house, status["lead_id"])
            assert trial.version_of(arm) == again, "judged anew, it stays in its arm"
        variant, _ = handles[Arm.VARIANT]
        now = await house.until(variant, stage="offered")
        assert now["owner"] in ("ben", "cam")
        verdict = await variant.execute_update("accept", {"rep_id": now["owner"]})
        assert "done" == verdict["verdict"]
        await house.until(variant, stage="accepted")

        full = await trials.running(TrialKind.EXPERIMENT)
        assert full is not None
        assert full.full_at is not None, "one lead an arm was planned"
        late, status = await lead(house, "late")
        assert (LIVE, None) == (status["policy"], await trials.arm_of_lead(trial, "late"))

        await house.sleep(hours=1, minutes=1)
        counted = await conversions(house.store.database, trial, now=await house.now())
        assert {Arm.CONTROL: Counted(1, 0), Arm.VARIANT: Counted(1, 1)} == {
            arm: count.counted for arm, count in counted.items()
        }
        await trials.adopt(trial.id, Arm.VARIANT, by="mia", at=await house.now(), because="it wins")
        assert DRAFT == (await lead(house, "after"))[1]["policy"]
        for handle in (before, late, handles[Arm.CONTROL][0]):
            assert LIVE == (await handle.query("status"))["policy"], "in flight, it keeps its version"
        await _requalified(late, "the winner")
        assert DRAFT == (await house.until(late, policy=DRAFT))["policy"]


async def _of_arm(house: House, arm_of: Any, arm: Arm) -> tuple[WorkflowHandle[Any, Any], dict[str, Any]]:
    """Let a lead in that falls into an arm."""
    return await lead(house, next(f"{arm}-{n}" for n in range(99) if arm_of(f"{arm}-{n}") is arm))


async def _requalified(handle: WorkflowHandle[Any, Any], reason: str) -> None:
    """Have a lead judged anew."""
    verdict = await handle.execute_update("requalify", {"by": "mia", "reason": reason})
    assert "done" == verdict["verdict"]


async def _judged_anew(house: House, lead_id: str) -> str:
    """Wait for a lead's second judgement, and say under which version it was made."""
    async with asyncio.timeout(30):
        while True:
            scores = [one for one in await house.store.decisions.of(lead_id) if one.kind is DecisionKind.SCORE]
            if len(scores) == 2:
                return scores[-1].policy
            await asyncio.sleep(0.02)
