"""What counts as a conversion of an experiment's lead, and when."""

from datetime import datetime, timedelta

import pytest

from db.conversions import ArmCount, conversions
from db.engine import Database
from db.leads import Leads
from db.outcomes import Outcomes
from db.ownership import Ownerships
from db.policies import Policies
from db.trials import Trial, Trials
from models.lead import Stage
from models.orders import Holding
from models.outcome import Outcome, OutcomeResult
from models.trial import ExperimentPlan, Goal, TrialKind
from policy.trials.experiment import Arm, Counted
from tests.db.samples import AT, facts, give, newcomer, order, standing
from tests.db.test_trials import DRAFT

DAY = timedelta(days=1)
LATER = AT + 40 * DAY
"""When every lead's time is over."""


async def trial_for(db: Database, goal: Goal) -> Trial:
    """Begin an experiment with a goal to be reached within thirty days."""
    await Policies(db).publish("p1", "standard", "a: 1", by="mia", at=AT)
    plan = ExperimentPlan(share=0.5, goal=goal, within=30 * DAY, sample=10)
    return await Trials(db).start(TrialKind.EXPERIMENT, DRAFT, by="mia", at=AT, plan=plan)


async def lead(db: Database, trial: Trial, lead_id: str, arm: Arm = Arm.VARIANT, received_at: datetime = AT) -> None:
    """Let a lead in, put it into an arm, and offer it to somebody."""
    await Leads(db).admit(newcomer(lead_id, facts(lead_id, received_at=received_at)))
    await Trials(db).enrol(trial, lead_id, arm, at=AT)
    await Ownerships(db).assign(order(lead_id), give(lead_id, "ada"), at=AT, ordered_at=AT)


async def took(db: Database, lead_id: str, accepted: datetime | None, contacted: datetime | None = None) -> None:
    """Record how far the holder has come."""
    holding = Holding(rep_id="ada", offer=1, accepted_at=accepted, contacted_at=contacted)
    await Leads(db).record(standing(lead_id, 1, Stage.ACCEPTED, holding))


async def said(db: Database, lead_id: str, *results: tuple[OutcomeResult, datetime]) -> None:
    """Say one after the other what became of a lead."""
    for n, (result, at) in enumerate(results):
        await Outcomes(db).record(lead_id, Outcome(result=result, at=at), key=str(n), now=LATER)


async def converted(db: Database, trial: Trial, now: datetime = LATER) -> int:
    """Count the variant's conversions."""
    return (await conversions(db, trial, now=now))[Arm.VARIANT].counted.converted


@pytest.mark.parametrize("goal", [Goal.ACCEPTED, Goal.CONTACTED])
async def test_a_lead_converts_within_its_time(staffed: Database, goal: Goal) -> None:
    """At the very end of it still; a moment later not."""
    trial = await trial_for(staffed, goal)
    end = AT + 30 * DAY
    for lead_id, at in (("early", AT + DAY), ("last", end), ("late", end + timedelta(seconds=1)), ("never", None)):
        await lead(staffed, trial, lead_id)
        await took(staffed, lead_id, at if goal is Goal.ACCEPTED else AT, at if goal is Goal.CONTACTED else None)
    await lead(staffed, trial, "control", Arm.CONTROL)
    expected = {Arm.VARIANT: ArmCount(4, Counted(4, 2)), Arm.CONTROL: ArmCount(1, Counted(1, 0))}
    assert expected == await conversions(staffed, trial, now=LATER)


async def test_a_lead_counts_once_its_time_is_over(staffed: Database) -> None:
    """Who converts quickly does not count before who does not convert."""
    trial = await trial_for(staffed, Goal.ACCEPTED)
    await lead(staffed, trial, "quick")
    await took(staffed, "quick", AT)
    early = (await conversions(staffed, trial, now=AT + 30 * DAY - timedelta(seconds=1)))[Arm.VARIANT]
    assert (ArmCount(1, Counted(0, 0)), 1) == (early, early.waiting)
    ripe = (await conversions(staffed, trial, now=AT + 30 * DAY))[Arm.VARIANT]
    assert (ArmCount(1, Counted(1, 1)), 0) == (ripe, ripe.waiting)


async def test_an_acceptance_taken_back_is_none(staffed: Database) -> None:
    """Undone within its grace, nothing was accepted."""
    trial = await trial_for(staffed, Goal.ACCEPTED)
    await lead(staffed, trial, "one")
    await took(staffed, "one", AT)
    holding = Holding(rep_id="ada", offer=1)
    await Leads(staffed).record(standing("one", 2, Stage.OFFERED, holding))
    assert 0 == await converted(staffed, trial)


async def test_whoever_accepted_first_counts(staffed: Database) -> None:
    """Given to somebody else later, the lead was accepted all the same."""
    trial = await trial_for(staffed, Goal.ACCEPTED)
    await lead(staffed, trial, "one")
    await took(staffed, "one", AT)
    await Ownerships(staffed).assign(
        order("one", 2, by="mia"), give("one", "bo", 2), at=AT + 35 * DAY, ordered_at=AT + 35 * DAY
    )
    assert 1 == await converted(staffed, trial)


Q, W, L, B, U = (
    OutcomeResult.QUALIFIED,
    OutcomeResult.WON,
    OutcomeResult.LOST,
    OutcomeResult.BAD,
    OutcomeResult.UNREACHABLE,
)


@pytest.mark.parametrize(
    ("results", "qualified", "won"),
    [
        ([], 0, 0),
        ([(Q, 1)], 1, 0),
        ([(W, 1)], 1, 1),
        ([(Q, 1), (W, 35)], 1, 0),
        ([(Q, 1), (L, 2)], 1, 0),
        ([(Q, 1), (B, 2)], 0, 0),
        ([(W, 1), (U, 2)], 0, 0),
        ([(L, 1)], 0, 0),
        ([(L, 1), (W, 2)], 1, 1),
        ([(W, 1), (L, 2)], 1, 0),
        ([(W, 1), (W, 35)], 1, 1),
        ([(Q, 35)], 0, 0),
        ([(B, 1), (Q, 2)], 1, 0),
    ],
)
async def test_the_newest_outcome_counts(
    staffed: Database, results: list[tuple[OutcomeResult, int]], qualified: int, won: int
) -> None:
    """A lost opportunity was one; what was taken back was none; a deal won again was won the first time."""
    trial = await trial_for(staffed, Goal.QUALIFIED)
    await lead(staffed, trial, "one")
    await said(staffed, "one", *((result, AT + day * DAY) for result, day in results))
    assert qualified == await converted(staffed, trial)
    await Trials(staffed).stop(TrialKind.EXPERIMENT, by="mia", at=AT)
    other = await trial_for(staffed, Goal.WON)
    await Trials(staffed).enrol(other, "one", Arm.VARIANT, at=AT)
    assert won == await converted(staffed, other)


async def test_a_lead_has_its_time_from_when_it_was_let_in(staffed: Database) -> None:
    """One that its sender dates back, as an import of old leads does, is neither ripe at once nor lost to its arm."""
    trial = await trial_for(staffed, Goal.ACCEPTED)
    await lead(staffed, trial, "old", received_at=AT - 400 * DAY)
    await took(staffed, "old", AT + DAY)
    early = (await conversions(staffed, trial, now=AT + 2 * DAY))[Arm.VARIANT]
    assert ArmCount(1, Counted(0, 0)) == early
    assert ArmCount(1, Counted(1, 1)) == (await conversions(staffed, trial, now=LATER))[Arm.VARIANT]


async def test_what_is_said_later_changes_no_count_of_before(staffed: Database) -> None:
    """The report of an experiment that has ended stays what it was when its winner was adopted."""
    trial = await trial_for(staffed, Goal.WON)
    await lead(staffed, trial, "one")
    outcomes = Outcomes(staffed)
    await outcomes.record("one", Outcome(result=W, at=AT + DAY), key="won", now=AT + DAY)
    await outcomes.record("one", Outcome(result=L, at=AT + 50 * DAY), key="lost", now=AT + 50 * DAY)
    assert (1, 0) == (await converted(staffed, trial), await converted(staffed, trial, AT + 50 * DAY))


async def test_leads_of_no_arm_count_nowhere(staffed: Database) -> None:
    """What came before the experiment does not show in it."""
    trial = await trial_for(staffed, Goal.ACCEPTED)
    await took(staffed, "two", AT)
    assert {arm: ArmCount(0, Counted(0, 0)) for arm in Arm} == await conversions(staffed, trial, now=LATER)
