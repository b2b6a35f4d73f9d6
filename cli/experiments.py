"""An experiment at the command line: planned, begun, looked at, and ended by adopting a winner or by stopping (R52)."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from cli import reach
from cli.confirming import confirm
from cli.exits import BadInput, Code, RefusedByBusiness
from cli.experiment_tables import layout
from cli.output import say, say_json, show
from cli.standing import standing_of
from cli.trials import begin, document_of, end
from cli.typed import read_duration, read_instant, read_person
from config.settings import Settings
from db.trials import NoTrial, Trial
from models.trial import ExperimentPlan, Goal, TrialKind
from policy.spelling import did_you_mean
from policy.trials.experiment import (
    Arm,
    Call,
    Sizes,
    newcombe,
    sample_size,
    sizes_for,
    wilson,
)
from runtime import clock
from runtime.standing import Standing, sentence

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How an experiment is to be: the options as they were typed."""

    share: float
    goal: str
    within: str
    sample: int | None = None
    until: str | None = None
    baseline: float | None = None
    effect: float | None = None
    alpha: float = 0.05
    power: float = 0.8


def plan(wanted: Wanted, as_json: bool) -> int:
    """Say how many leads an experiment needs, and at the present pace how many days. Raises BadInput."""
    sizes = _sizes(wanted)
    within = read_duration(wanted.within, "--within")
    pace = reach.carry_out(_pace(reach.settings()))
    days = None if pace is None else sizes.both / pace + within / _DAY
    if as_json:
        say_json({**asdict(sizes), "both": sizes.both, "leads_a_day": pace, "days": days})
        return Code.DONE
    say(
        f"{sizes.control} leads in the control and {sizes.variant} in the variant, {sizes.both} together, find "
        f"{wanted.effect:+.1%} on {wanted.baseline:.1%} with a power of {wanted.power:.0%} at alpha {wanted.alpha:g}."
    )
    if pace is None or days is None:
        say("No leads came in of late, so nobody can say how long that takes.")
    else:
        say(f"At {pace:.1f} leads a day that takes {days:,.0f} days, the {wanted.within} of the last lead included.")
    return Code.DONE


async def _pace(settings: Settings) -> float | None:
    async with reach.store(settings) as store:
        return await store.trials.pace(now=clock.now())


def start(file: str, by: str, wanted: Wanted, as_json: bool) -> int:
    """Begin to split new leads. Raises BadInput and RefusedByBusiness."""
    fixed = _plan(wanted, clock.now())
    trial = begin(TrialKind.EXPERIMENT, file, by, fixed)
    if as_json:
        say_json({**document_of(trial), "plan": fixed.model_dump(mode="json")})
        return Code.DONE
    ends = f"until {fixed.until:%Y-%m-%d %H:%M} UTC" if fixed.until else ""
    if fixed.sample:
        sizes = sizes_for(fixed.sample, fixed.share)
        ends = f"until {sizes.control} leads are in the control and {sizes.variant} in the variant"
    say(f"{file}: {fixed.share:.0%} of new leads get version {trial.version} instead of {trial.control}, {ends}.")
    return Code.DONE


def status(as_json: bool) -> int:
    """Tell where the latest experiment stands. Raises BadInput."""
    standing = reach.carry_out(standing_of(reach.settings()))
    if as_json:
        say_json(_document(standing))
    else:
        show(*layout(standing))
    return Code.DONE


def adopt(by: str, yes: bool, anyway: bool, as_json: bool) -> int:
    """Publish the winner and end the experiment, in one confirmed act. Raises RefusedByBusiness and BadInput."""
    by, settings = read_person(by), reach.settings()
    standing = reach.carry_out(standing_of(settings))
    trial = standing.trial
    if trial.ended_at is not None:
        raise RefusedByBusiness("refused: no experiment runs")
    if standing.call in (Call.TOO_EARLY, Call.NO_DIFFERENCE) and not anyway:
        raise RefusedByBusiness(
            f"refused: {sentence(standing)}", "--anyway adopts the variant all the same, and it is recorded"
        )
    arm = Arm.CONTROL if standing.call is Call.CONTROL else Arm.VARIANT
    act = f"publish {trial.version_of(arm)}, the {arm}, for new leads, and end the experiment"
    if not yes:
        confirm(act)
    ended = reach.carry_out(_adopt(settings, standing, arm, by))
    if as_json:
        say_json({**document_of(ended), "adopted": arm.value, "version": ended.version_of(arm)})
    else:
        say(f"version {ended.version_of(arm)}, the {arm}, is what new leads get from now on.")
    return Code.DONE


async def _adopt(settings: Settings, standing: Standing, arm: Arm, by: str) -> Trial:
    async with reach.store(settings) as store:
        try:
            return await store.trials.adopt(
                standing.trial.id, arm, by=by, at=clock.now(), because=f"{arm} adopted: {sentence(standing)}"
            )
        except NoTrial as no:
            raise RefusedByBusiness(f"refused: {no}") from None


def stop(by: str, as_json: bool) -> int:
    """End the experiment without a winner: new leads get what was published all the time. Raises RefusedByBusiness."""
    trial = end(TrialKind.EXPERIMENT, by)
    if as_json:
        say_json(document_of(trial))
    else:
        say(f"the experiment has ended; new leads get {trial.control}, and leads in flight keep their version.")
    return Code.DONE


def _plan(wanted: Wanted, now: datetime) -> ExperimentPlan:
    """Fix what is to be fixed before the first lead. Raises BadInput naming the option."""
    by_effect = wanted.effect is not None or wanted.baseline is not None
    if sum((wanted.sample is not None, wanted.until is not None, by_effect)) != 1:
        raise BadInput("--sample, --until, --effect: say by one of them where the experiment ends, before it begins")
    if wanted.goal not in set(Goal):
        hint = did_you_mean(wanted.goal, Goal) or f" ({', '.join(Goal)})"
        raise BadInput(f"--goal: {wanted.goal} is not one{hint}")
    for option, value in (("--share", wanted.share), ("--alpha", wanted.alpha)):
        if not 0 < value < 1:
            raise BadInput(f"{option}: lies between 0 and 1, and is {value:g}")
    until = None if wanted.until is None else read_instant(wanted.until, now, "--until")
    if until is not None and until <= now:
        raise BadInput("--until: is past already")
    sizes = _sizes(wanted) if by_effect else None
    return ExperimentPlan(
        share=wanted.share,
        goal=Goal(wanted.goal),
        within=read_duration(wanted.within, "--within"),
        sample=min(sizes.control, sizes.variant) if sizes else wanted.sample,
        until=until,
        alpha=wanted.alpha,
        power=wanted.power if sizes else None,
        baseline=wanted.baseline,
        effect=wanted.effect,
    )


def _sizes(wanted: Wanted) -> Sizes:
    if wanted.baseline is None or wanted.effect is None:
        raise BadInput("--baseline, --effect: say both: the rate there is, and the difference that is worth finding")
    try:
        return sample_size(wanted.baseline, wanted.effect, share=wanted.share, alpha=wanted.alpha, power=wanted.power)
    except ValueError as error:
        raise BadInput(f"--{error}") from None


def _document(standing: Standing) -> dict[str, Any]:
    trial, arms = standing.trial, standing.arms
    control, variant = arms[Arm.CONTROL].counted, arms[Arm.VARIANT].counted
    sizes = sizes_for(standing.plan.sample, standing.plan.share) if standing.plan.sample else None
    rates = control.rate, variant.rate
    return {
        **document_of(trial),
        "plan": standing.plan.model_dump(mode="json"),
        "planned": asdict(sizes) if sizes else None,
        "arms": {
            arm.value: {
                "version": trial.version_of(arm),
                "enrolled": count.enrolled,
                "counted": count.counted.leads,
                "waiting": count.waiting,
                "converted": count.counted.converted,
                "rate": count.counted.rate,
                "interval": asdict(wilson(count.counted)),
            }
            for arm, count in arms.items()
        },
        "difference": None if rates[0] is None or rates[1] is None else rates[1] - rates[0],
        "interval": asdict(newcombe(variant, control)),
        "p": standing.p,
        "complete": standing.complete,
        "call": standing.call.value,
        "sentence": sentence(standing),
    }
