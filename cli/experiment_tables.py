"""Where an experiment stands, laid out for people: what was fixed, what was counted, and what may be said of it."""

from rich.console import RenderableType

from cli.output import facts, instant, span, table
from cli.trials import span_of
from policy.trials.experiment import Arm, Call, Interval, newcombe, wilson
from runtime.standing import Standing, in_words, progress, sentence


def layout(standing: Standing) -> list[RenderableType]:
    """Lay an experiment out."""
    trial, fixed, arms = standing.trial, standing.plan, standing.arms
    control, variant = arms[Arm.CONTROL].counted, arms[Arm.VARIANT].counted
    rows = []
    for arm, count in arms.items():
        rate, interval = count.counted.rate, wilson(count.counted)
        rows.append(
            (
                arm,
                trial.version_of(arm),
                count.enrolled,
                count.counted.leads,
                count.counted.converted,
                "" if rate is None else f"{rate:.1%}",
                "" if rate is None else _between(interval),
            )
        )
    difference = None
    if control.rate is not None and variant.rate is not None:
        interval = newcombe(variant, control)
        difference = f"{variant.rate - control.rate:+.1%}, {_between(interval, '+')} (variant less control)"
    ends = f"at {instant(fixed.until)}" if fixed.until else f"with {fixed.sample} leads in the smaller arm"
    return [
        facts(
            {
                "experiment": f"{trial.version} against {trial.control}",
                "runs": span_of(trial),
                "goal": f"{fixed.goal} within {span(fixed.within)}",
                "share": f"{fixed.share:.0%} of new leads to the variant",
                "planned": f"ends {ends}; alpha {fixed.alpha:g}",
                "sample": progress(standing),
            }
        ),
        "",
        table(("arm", "version", "enrolled", "counted", "converted", "rate", "95 %"), rows),
        "",
        facts({"difference": difference, "p": f"{in_words(standing.p)} (Fisher's exact test, two-sided)"}),
        "",
        sentence(standing) + ("" if standing.call is Call.TOO_EARLY or trial.ended_at else _next(standing)),
    ]


def _next(standing: Standing) -> str:
    if standing.call is Call.NO_DIFFERENCE:
        return ". `policy ab stop --by WHO` keeps what is published."
    return f". `policy ab adopt --by WHO` publishes {standing.trial.version_of(Arm(standing.call.value))}."


def _between(interval: Interval, sign: str = "") -> str:
    return f"{interval.low:{sign}.1%} to {interval.high:{sign}.1%}"
