"""Where an experiment stands: what was counted, whether its sample is complete, and what may be said of it (R52)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from db.conversions import ArmCount, conversions
from db.trials import Trial
from models.trial import ExperimentPlan
from policy.trials.experiment import Arm, Call, call, fisher, sizes_for
from runtime.store import Store


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an experiment stands: its arms, whether its sample is complete, and what it says."""

    trial: Trial
    plan: ExperimentPlan
    arms: dict[Arm, ArmCount]
    complete: bool
    call: Call
    p: float


async def standing_of(store: Store, trial: Trial, now: datetime) -> Standing:
    """Count where an experiment stands, or stood when it ended. Raises `DatabaseUnreachable`."""
    at = trial.ended_at or now
    arms = await conversions(store.database, trial, now=at)
    assert trial.plan is not None, "an experiment has a plan"
    complete = _closed(trial, at) and not any(arm.waiting for arm in arms.values())
    control, variant = arms[Arm.CONTROL].counted, arms[Arm.VARIANT].counted
    said = call(control, variant, trial.plan.alpha, complete=complete)
    return Standing(trial, trial.plan, arms, complete, said, fisher(variant, control))


def _closed(trial: Trial, now: datetime) -> bool:
    """Say whether the experiment has taken in all the leads that were planned."""
    until = trial.plan.until if trial.plan else None
    return trial.full_at is not None or (until is not None and now >= until)


def sentence(standing: Standing) -> str:
    """Say in one sentence what the experiment says; before its planned end, that it says nothing yet."""
    match standing.call:
        case Call.TOO_EARLY:
            return f"too early to call: {progress(standing)}"
        case Call.NO_DIFFERENCE:
            return f"no difference to see (p {in_words(standing.p)}, not below {standing.plan.alpha:g})"
        case Call.CONTROL | Call.VARIANT:
            return f"the {standing.call} wins (p {in_words(standing.p)}, below {standing.plan.alpha:g})"


def progress(standing: Standing) -> str:
    """Say how much of the sample is in: a lead counts once its time for the goal is over."""
    fixed, arms = standing.plan, standing.arms
    waiting = sum(count.waiting for count in arms.values())
    still = f", {waiting} of them still have time" if waiting else ""
    if fixed.sample is None:
        assert fixed.until is not None, "a plan ends at a sample or at an instant"
        ends = f"{fixed.until.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        return f"{sum(count.enrolled for count in arms.values())} leads are in{still}; it ends {ends}"
    sizes = sizes_for(fixed.sample, fixed.share)
    planned = {Arm.CONTROL: sizes.control, Arm.VARIANT: sizes.variant}
    parts = [f"{arms[arm].enrolled} of {planned[arm]} leads in the {arm}" for arm in Arm]
    return f"{' and '.join(parts)}{still}"


def in_words(p: float) -> str:
    """Write a p as it is usual."""
    return f"{p:.4f}" if p >= 0.0001 else "< 0.0001"
