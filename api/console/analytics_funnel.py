"""Analytics: how far leads come, step by step, and where the others went."""

from markupsafe import Markup

from api.console.analytics_asked import Asked
from api.console.analytics_view import Built, Stat, View
from api.console.charts import Bar, Column, Figure, Kind, Sheet, axis_to, bars, plain
from api.console.words import number, share
from models.figures import TOO_FEW, Funnel, FunnelStep


async def build(asked: Asked) -> Built:
    """Show the funnel, and who left it."""
    found = await asked.figures.funnel(asked.filters)
    return Built(
        says=_sentences(found),
        stats=[
            Stat(one.name.capitalize(), number(one.leads), "" if place == 0 else _before(one))
            for place, one in enumerate(found.steps)
        ],
        figures=[_steps(asked, found), _aside(asked, found)],
        notes=["A lead that came to a later step counts at every step before, even where nobody said so."],
    )


def _sentences(found: Funnel) -> list[str]:
    if not found.steps or not found.steps[0].leads:
        return ["No lead came in this while."]
    came, won = found.steps[0].leads, found.steps[-1].leads
    of = "Of 1 lead" if came == 1 else f"Of {number(came)} leads"
    says = [f"{of}, {number(won) if won else 'none'} {'was' if won < 2 else 'were'} won so far."]
    steep = [one for one in found.steps[1:] if one.of_before.of >= TOO_FEW and one.of_before.part < one.of_before.of]
    if steep:
        worst = min(steep, key=lambda one: one.of_before.rate or 0.0)
        before = found.steps[found.steps.index(worst) - 1]
        says.append(f"The steepest step is from {before.name} to {worst.name}: {share(worst.of_before.rate)} go on.")
    return says


def _steps(asked: Asked, found: Funnel) -> Figure:
    title = "How far leads come"
    sheet = Sheet(
        "funnel",
        (
            Column("step", "Step"),
            Column("leads", "Leads", Kind.COUNT),
            Column("share", "Of all", Kind.SHARE),
            Column("low", "At least", Kind.SHARE),
            Column("high", "At most", Kind.SHARE),
            Column("of_before", "Of the step before", Kind.SHARE),
        ),
        tuple(_cells(one) for one in found.steps),
    )
    most = max((one.leads for one in found.steps), default=0)
    drawn = [Bar(one.name, one.leads, _note(one)) for one in found.steps]
    return Figure(
        title,
        "Each step with the number of leads, and how much of all that is.",
        bars(title, drawn, axis=axis_to(most, whole=True), written=plain) if most else Markup(),
        sheet,
        csv=asked.csv(sheet.name),
    )


def _before(one: FunnelStep) -> str:
    if not one.of_before.tells:
        return f"of {number(one.of_before.of)} before"
    return f"{share(one.of_before.rate)} of the step before"


def _note(one: FunnelStep) -> str:
    return number(one.leads) + (f", {share(one.share.rate)}" if one.share.tells else "")


def _cells(one: FunnelStep) -> tuple[str | int | float | None, ...]:
    sure = (one.share.rate, one.share.low, one.share.high) if one.share.tells else (None, None, None)
    return (one.name, one.leads, *sure, one.of_before.rate if one.of_before.tells else None)


def _aside(asked: Asked, found: Funnel) -> Figure:
    title = "Where the others are"
    sheet = Sheet("aside", (Column("stage", "Stage"), Column("leads", "Leads", Kind.COUNT)), found.aside)
    most = max((leads for _, leads in found.aside), default=0)
    drawn = [Bar(stage, leads, number(leads), tone=6) for stage, leads in found.aside]
    return Figure(
        title,
        "Leads that are not on their way to sales, nobody having been in touch with them.",
        bars(title, drawn, axis=axis_to(most, whole=True), written=plain) if most else Markup(),
        sheet,
        csv=asked.csv(sheet.name),
        empty="Every lead of this while went to sales.",
    )


VIEW = View("funnel", "Funnel", "Funnel", "How far leads come, and where others went.", build)
