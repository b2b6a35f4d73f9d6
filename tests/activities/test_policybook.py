"""Which policy a lead gets, and in which arm it counts, whatever is tried again."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from activities.policybook import Policybook
from config.load import read_policy
from config.settings import load_settings
from db import tables
from db.trials import Draft, Trial
from models.trial import ExperimentPlan, Goal, TrialKind
from policy.trials.experiment import Arm
from runtime.store import Store, open_store
from tests.cli.house import policy_text
from tests.db.samples import newcomer

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OTHER = policy_text().replace("default_pool: demo", "default_pool: others")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A migrated database."""
    async with open_store(load_settings(state_dir=tmp_path)) as store:
        await store.database.migrate()
        yield store


@pytest.fixture
def book(store: Store) -> Policybook:
    """The policies of that database."""
    return Policybook(store.policies, store.trials)


async def experiment(store: Store) -> Trial:
    """Split leads between a published policy and a draft."""
    version = read_policy(policy_text())[1].version
    await store.policies.publish(version, "demo", policy_text(), by="mia", at=NOW)
    plan = ExperimentPlan(share=0.5, goal=Goal.ACCEPTED, within=timedelta(hours=1), sample=10)
    draft = Draft(read_policy(OTHER)[1].version, "demo", OTHER)
    return await store.trials.start(TrialKind.EXPERIMENT, draft, by="mia", at=NOW, plan=plan)


async def counts(store: Store) -> dict[Arm, int]:
    """Say how many leads the experiment has counted into each arm."""
    async with store.database.reading() as session:
        row = (await session.exec(select(tables.Trial))).one()
    return {Arm.CONTROL: row.control_leads, Arm.VARIANT: row.variant_leads}


async def test_a_version_is_called_what_it_was_published_as(store: Store, book: Policybook) -> None:
    """Leads are pinned to the name in the database, also if another release would derive another one."""
    await store.policies.publish("demo-of-old", "demo", policy_text(), by="mia", at=NOW)
    assert "demo-of-old" == (await book.active()).version == (await book.version("demo-of-old")).version
    again = Policybook(store.policies, store.trials)
    assert "demo-of-old" == (await again.version("demo-of-old")).version


async def test_a_lead_that_is_let_in_again_counts_once(store: Store, book: Policybook) -> None:
    """The worker may die between letting it in, noting its arm, and saying so: each step comes again."""
    trial = await experiment(store)
    for n in range(8):
        compiled = await book.for_new_lead(f"l{n}", NOW)
        await store.leads.admit(newcomer(f"l{n}"))
        for _ in range(3):
            assert compiled is await book.for_new_lead(f"l{n}", NOW)
            await book.enrol(f"l{n}", compiled.version, NOW)
        assert trial.arm(f"l{n}") is await store.trials.arm_of_lead(trial, f"l{n}")
    counted = await counts(store)
    assert 8 == sum(counted.values())
    assert counted == {arm: sum(trial.arm(f"l{n}") is arm for n in range(8)) for arm in Arm}


async def test_a_lead_that_was_known_before_is_in_no_arm(store: Store, book: Policybook) -> None:
    """Let in before the experiment began and asked for again since: else only those of the control would count."""
    for n in range(8):
        await store.leads.admit(newcomer(f"l{n}", at=NOW - timedelta(minutes=1)))
    trial = await experiment(store)
    for n in range(8):
        await book.enrol(f"l{n}", trial.control, NOW)
    assert {Arm.CONTROL: 0, Arm.VARIANT: 0} == await counts(store)
