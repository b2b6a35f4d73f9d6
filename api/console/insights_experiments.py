"""Analytics: what trials on real leads say, and whether they may be read yet (R52)."""

from markupsafe import Markup

from api.console.analytics_asked import Asked
from api.console.analytics_view import Built, Stat, View, bar
from api.console.charts import Column, Figure, Kind, Sheet, bars
from api.console.words import number, share, span
from models.trial import TrialKind
from policy.insight.shares import share as share_of
from policy.trials.experiment import Arm, Call, Counted, newcombe
from runtime.standing import Standing, in_words, progress, standing_of

MOST = 12
"""So many experiments are shown, the newest."""

SAYS = {
    Call.TOO_EARLY: "may not be read yet",
    Call.NO_DIFFERENCE: "no difference to see",
    Call.CONTROL: "the control wins",
    Call.VARIANT: "the variant wins",
}


async def build(asked: Asked) -> Built:
    """Show each experiment: its arms, their difference, and what it proposes."""
    store = asked.front.store
    found = [
        await standing_of(store, one, asked.now) for one in await store.trials.of_kind(TrialKind.EXPERIMENT, limit=MOST)
    ]
    sheet = _sheet(found)
    if not found:
        says = ["No experiment was begun yet: `policy ab start` splits new leads between the policy and a draft."]
        return Built(says, sheets=[sheet])
    running = sum(one.trial.ended_at is None for one in found)
    return Built(
        says=[_headline(found[0]), proposal(found[0])],
        stats=[
            Stat("Experiments", number(len(found)), f"{running} running"),
            Stat("The newest", SAYS[found[0].call], progress(found[0])),
        ],
        figures=[_figure(asked, one, sheet) for one in found],
        notes=[
            "The sample is fixed before the first lead: who stops at the first good day calls chance a winner.",
            "A lead counts once its time for the goal is over, and keeps its arm. The test is Fisher's exact one.",
        ],
    )


def _name(one: Standing) -> str:
    return f"{one.trial.version} against {one.trial.control}"


def _headline(one: Standing) -> str:
    return f"{_name(one)}: {SAYS[one.call]}."


def difference(one: Standing) -> str:
    """Say how far apart the arms are, with the interval; before the end only that it may not be read."""
    control, variant = one.arms[Arm.CONTROL].counted, one.arms[Arm.VARIANT].counted
    if one.call is Call.TOO_EARLY:
        return f"{progress(one).capitalize()}. Until then a difference says nothing."
    if control.rate is None or variant.rate is None:
        return "One of the arms has no lead."
    sure, points = newcombe(variant, control), 100 * (variant.rate - control.rate)
    return (
        f"The variant converts {points:+.1f} points beside the control ({100 * sure.low:+.1f} to "
        f"{100 * sure.high:+.1f}, p {in_words(one.p)})."
    )


def proposal(one: Standing) -> str:
    """Say what follows: let it run, keep what is published, or make the winner the default."""
    if one.trial.ended_at is not None:
        how = one.trial.ended.value if one.trial.ended else "over"
        return f"It was {how}{f': {one.trial.because}' if one.trial.because else ''}."
    match one.call:
        case Call.TOO_EARLY:
            return "Let it run."
        case Call.NO_DIFFERENCE:
            return "Keep what is published: `policy ab stop --by WHO` ends it."
        case Call.CONTROL | Call.VARIANT:
            winner = one.trial.version_of(Arm(one.call.value))
            return f"Make {winner} the default: `policy ab adopt --by WHO` publishes it, and asks first."


def _figure(asked: Asked, one: Standing, sheet: Sheet) -> Figure:
    goal = f"{one.plan.goal} within {span(one.plan.within)}"
    drawn = [
        bar(
            f"{arm}, {one.trial.version_of(arm)}",
            share_of(count.counted.converted, count.counted.leads),
            tone=1 if arm is Arm.CONTROL else 2,
        )
        for arm, count in one.arms.items()
    ]
    title = _name(one)
    return Figure(
        title,
        f"{SAYS[one.call].capitalize()}. Goal: {goal}; {share(one.plan.share)} of new leads get the variant. "
        f"{difference(one)}",
        bars(f"{title}: {goal}", drawn) if drawn else Markup(),
        sheet,
        csv=asked.csv(sheet.name),
    )


def _sheet(found: list[Standing]) -> Sheet:
    return Sheet(
        "experiments",
        (
            Column("version", "Version"),
            Column("arm", "Arm"),
            Column("enrolled", "Let in", Kind.COUNT),
            Column("counted", "Counted", Kind.COUNT),
            Column("converted", "Converted", Kind.COUNT),
            Column("share", "Share", Kind.SHARE),
            Column("low", "At least", Kind.SHARE),
            Column("high", "At most", Kind.SHARE),
            Column("says", "So"),
            Column("p", "", Kind.KEY),
            Column("experiment", "", Kind.KEY),
        ),
        tuple(_cells(one, arm) for one in found for arm in one.arms),
    )


def _cells(one: Standing, arm: Arm) -> tuple[str | int | float | None, ...]:
    count = one.arms[arm]
    counted: Counted = count.counted
    sure = share_of(counted.converted, counted.leads)
    shares = (sure.rate, sure.low, sure.high) if sure.tells else (None, None, None)
    p = None if one.call is Call.TOO_EARLY else one.p
    return (
        one.trial.version_of(arm), arm.value, count.enrolled, counted.leads, counted.converted, *shares,
        SAYS[one.call], p, one.trial.id,
    )  # fmt: skip


VIEW = View("experiments", "Experiments", "Experiments", "What trials on real leads say.", build, filtered=False)
