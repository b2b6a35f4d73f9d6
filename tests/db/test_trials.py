"""Trials of drafts: one at a time, arms for good, and one act that adopts."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from db.engine import Database
from db.leads import Leads
from db.policies import ExperimentRuns, Policies
from db.trials import Draft, NothingToCompare, NoTrial, Trial, TrialRuns, Trials
from models.trial import ExperimentPlan, Goal, TrialEnd, TrialKind
from policy.trials.experiment import Arm
from tests.db.samples import AT, MINUTE, facts, newcomer

DAY = timedelta(days=1)
DRAFT = Draft("p2", "standard", "a: 2")


@pytest.fixture
async def published(db: Database) -> Database:
    """A database whose leads get the policy `p1`."""
    await Policies(db).publish("p1", "standard", "a: 1", by="mia", at=AT)
    return db


def plan(**changes: Any) -> ExperimentPlan:
    """An experiment of ten leads an arm."""
    known: dict[str, Any] = {"share": 0.5, "goal": Goal.ACCEPTED, "within": 30 * DAY, "sample": 10}
    return ExperimentPlan(**(known | changes))


async def experiment(db: Database, **changes: Any) -> Trial:
    """Begin an experiment."""
    return await Trials(db).start(TrialKind.EXPERIMENT, DRAFT, by="mia", at=AT, plan=plan(**changes))


async def enrol(db: Database, trial: Trial, lead_id: str, arm: Arm | None = None) -> Arm:
    """Let a lead in and put it into its arm, or into the one named."""
    await Leads(db).admit(newcomer(lead_id))
    arm = arm or trial.arm(lead_id)
    await Trials(db).enrol(trial, lead_id, arm, at=AT)
    return arm


async def versions(db: Database) -> dict[str, bool]:
    """Say which versions are kept, and which one is active."""
    return {one.version: one.active for one in await Policies(db).versions()}


@pytest.mark.parametrize("kind", TrialKind)
async def test_a_draft_on_trial_is_kept_and_not_published(published: Database, kind: TrialKind) -> None:
    """Leads may be pinned to it; new leads still get the published one."""
    trials = Trials(published)
    begun = await trials.start(kind, DRAFT, by="mia", at=AT, plan=plan() if kind is TrialKind.EXPERIMENT else None)
    assert ("p2", "p1", "mia", AT, None) == (
        begun.version,
        begun.control,
        begun.started_by,
        begun.started_at,
        begun.ended_at,
    )
    assert begun == await trials.running(kind) == await trials.latest(kind)
    assert {"p1": True, "p2": False} == await versions(published)
    ended = await trials.stop(kind, by="ana", at=AT + DAY, because="enough seen")
    assert (TrialEnd.STOPPED, "ana", AT + DAY, "enough seen") == (
        ended.ended,
        ended.ended_by,
        ended.ended_at,
        ended.because,
    )
    assert (None, ended) == (await trials.running(kind), await trials.latest(kind))
    with pytest.raises(NoTrial):
        await trials.stop(kind, by="ana", at=AT + DAY)


async def test_one_of_each_kind_runs_at_a_time(published: Database) -> None:
    """Whoever begins a second one at the same instant, too, is refused; a shadow beside an experiment is not."""
    other = Draft("p3", "standard", "a: 3")
    trials = [Trials(published) for _ in range(4)]
    begun = await asyncio.gather(
        *(one.start(TrialKind.EXPERIMENT, other, by="mia", at=AT, plan=plan()) for one in trials),
        return_exceptions=True,
    )
    assert [TrialRuns] * 3 == [type(one) for one in begun if isinstance(one, Exception)]
    await trials[0].start(TrialKind.SHADOW, DRAFT, by="mia", at=AT)
    with pytest.raises(TrialRuns, match="p2 is on trial since 2026-03-02 09:00 UTC"):
        await trials[0].start(TrialKind.SHADOW, other, by="mia", at=AT)


async def test_there_has_to_be_something_to_compare(db: Database) -> None:
    """A published policy, and a draft that is another one."""
    with pytest.raises(NothingToCompare, match="no policy is published yet"):
        await Trials(db).start(TrialKind.SHADOW, DRAFT, by="mia", at=AT)
    await Policies(db).publish("p2", "standard", "a: 2", by="mia", at=AT)
    with pytest.raises(NothingToCompare, match="p2 is what new leads get already"):
        await Trials(db).start(TrialKind.SHADOW, DRAFT, by="mia", at=AT)


async def test_nothing_else_is_published_while_an_experiment_runs(published: Database) -> None:
    """A third version would make the comparison worthless; beside a shadow anything may be published."""
    await Trials(published).start(TrialKind.SHADOW, DRAFT, by="mia", at=AT)
    await Policies(published).publish("p3", "standard", "a: 3", by="mia", at=AT)
    await experiment(published)
    with pytest.raises(ExperimentRuns, match="an experiment compares p2 with p3"):
        await Policies(published).publish("p4", "standard", "a: 4", by="mia", at=AT)
    assert {"p1": False, "p2": False, "p3": True} == await versions(published)
    await Trials(published).stop(TrialKind.EXPERIMENT, by="mia", at=AT)
    await Policies(published).publish("p4", "standard", "a: 4", by="mia", at=AT)


@pytest.mark.parametrize(("arm", "active"), [(Arm.VARIANT, "p2"), (Arm.CONTROL, "p1")])
async def test_adopting_publishes_and_ends_in_one_act(published: Database, arm: Arm, active: str) -> None:
    """Twice at the same time, it happens once."""
    trial = await experiment(published)
    acts = [Trials(published).adopt(trial.id, arm, by="mia", at=AT + DAY, because="won") for _ in range(2)]
    done = await asyncio.gather(*acts, return_exceptions=True)
    assert [NoTrial] == [type(one) for one in done if isinstance(one, Exception)]
    latest = await Trials(published).latest(TrialKind.EXPERIMENT)
    assert latest is not None
    assert (TrialEnd.ADOPTED, "won", active) == (
        latest.ended,
        latest.because,
        next(version for version, is_active in (await versions(published)).items() if is_active),
    )


async def test_an_arm_is_for_good(published: Database) -> None:
    """However often a lead is let in, and whatever is said the second time."""
    trial = await experiment(published)
    arm = await enrol(published, trial, "one")
    other = next(one for one in Arm if one is not arm)
    await Trials(published).enrol(trial, "one", other, at=AT + MINUTE)
    assert arm is await Trials(published).arm_of_lead(trial, "one")
    assert None is await Trials(published).arm_of_lead(trial, "two")


async def test_a_full_sample_takes_in_no_lead(published: Database) -> None:
    """As soon as both arms have theirs, and not before: one of them is usually quicker."""
    trial = await experiment(published, sample=2)
    for n in range(4):
        await enrol(published, trial, f"v{n}", Arm.VARIANT)
    running = await Trials(published).running(TrialKind.EXPERIMENT)
    assert running is not None
    assert running.takes_in(AT)
    await asyncio.gather(*(enrol(published, trial, f"c{n}", Arm.CONTROL) for n in range(4)))
    full = await Trials(published).running(TrialKind.EXPERIMENT)
    assert full is not None
    assert (AT, False) == (full.full_at, full.takes_in(AT))
    enrolled = [await Trials(published).arm_of_lead(trial, f"c{n}") for n in range(4)]
    assert 2 == enrolled.count(Arm.CONTROL)


async def test_an_experiment_until_an_instant_takes_in_leads_until_then(published: Database) -> None:
    """And not one later."""
    trial = await experiment(published, sample=None, until=AT + DAY)
    assert (True, False) == (trial.takes_in(AT + DAY - MINUTE), trial.takes_in(AT + DAY))
    await Leads(published).admit(newcomer("late"))
    await Trials(published).enrol(trial, "late", Arm.VARIANT, at=AT + DAY)
    assert None is await Trials(published).arm_of_lead(trial, "late")


async def test_leads_keep_their_arm_over_experiments(published: Database) -> None:
    """The next experiment splits anew, and each is asked for its own."""
    first = await experiment(published)
    await Trials(published).stop(TrialKind.EXPERIMENT, by="mia", at=AT)
    second = await experiment(published)
    leads = [f"l{n}" for n in range(64)]
    assert [first.arm(one) for one in leads] != [second.arm(one) for one in leads]
    assert {"p1", "p2"} == {first.version_of(first.arm(one)) for one in leads}


async def test_the_pace_is_that_of_the_last_weeks(db: Database) -> None:
    """Leads a day; a house that is younger is measured since its first lead, folded ones are none."""
    trials = Trials(db)
    assert None is await trials.pace(now=AT)
    for n in range(6):
        await Leads(db).admit(newcomer(f"l{n}", facts(f"l{n}", received_at=AT - n * DAY)))
    await Leads(db).admit(newcomer("again", facts("again", email="l0@acme.example")))
    assert 1.2 == await trials.pace(now=AT)
    await Leads(db).admit(newcomer("old", facts("old", received_at=AT - 400 * DAY)))
    assert 6 / 28 == await trials.pace(now=AT)
