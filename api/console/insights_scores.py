"""Analytics: do points, and learned scores, tell who converts; and does the threshold fit (R40)."""

from markupsafe import Markup

from api.console.analytics_asked import Asked
from api.console.analytics_view import Built, Stat, View, bar, stat
from api.console.charts import Bar, Column, Figure, Kind, Sheet, bars
from api.console.policy_frame import opened
from api.console.words import number, share
from db.score_models import Kept
from models.figures import UNKNOWN, Dimension, Share
from models.learning import ModelState
from models.trial import Goal
from policy.insight.bands import WIDTH, Bands, Tens, bands_of
from policy.insight.shares import share as share_of
from policy.reviewing import ENOUGH, ENOUGH_CONVERTED, AtThreshold
from policy.trials.experiment import Counted

SAYS = {
    AtThreshold.FITS: "Nothing speaks against the threshold.",
    AtThreshold.TOO_LATE: "The threshold comes too late: leads just below it convert better than the average one.",
    AtThreshold.TOO_EARLY: "The threshold comes too early: leads just above it convert worse than the average one.",
    AtThreshold.UNSURE: f"Too few next to the threshold to say whether it fits: it takes {ENOUGH} on either side.",
}


async def build(asked: Asked) -> Built:
    """Show conversion by points, at the threshold, and what learned scores said against what came."""
    found = await asked.figures.conversion(asked.filters, Dimension.BAND, Goal.QUALIFIED)
    active = await asked.front.store.policies.active()
    policy = await opened(active) if active else None
    above = policy.scoring.qualified_above if policy else 0.0
    told = [row for row in found.rows if row.value != UNKNOWN]
    bands = bands_of([Tens(int(row.value), _counted(row.settled)) for row in told], above)
    return Built(
        says=_sentences(bands),
        stats=[
            stat("Converted, of those decided", _share(bands.leads)),
            stat(f"With {bands.threshold} points or more", _share(bands.above)),
            stat("With fewer", _share(bands.below)),
            Stat("To sales go leads above", f"{above:g} points"),
        ],
        figures=[_points(asked, bands), *(_learned(asked, one) for one in await _telling(asked))],
        notes=[
            "Decided: became an opportunity, or ended with another result. Points are those of the last judgement.",
            f"Nothing is said of fewer than {2 * ENOUGH} leads or {ENOUGH_CONVERTED} conversions.",
            "The exact review, rule by rule, judges each lead anew: the quarterly review has it.",
        ],
    )


def _sentences(found: Bands) -> list[str]:
    if not found.enough:
        return [
            f"Too few outcomes to judge points by (n = {number(found.leads.leads)}, {found.leads.converted} converted)."
        ]
    says = [SAYS[found.says]]
    if found.says is not AtThreshold.UNSURE:
        below, above = (_named(one.low) for one in (found.just_below, found.just_above))
        low, high = _rate(found.just_below.counted), _rate(found.just_above.counted)
        says.append(f"With {below} points {low} convert; with {above} points, {high}; of all, {_rate(found.leads)}.")
    for one, more in found.turned:
        says.append(f"The wrong way round: {_named(more.low)} points convert clearly worse than {_named(one.low)}.")
    return says


def _rate(one: Counted) -> str:
    return f"{share(one.rate)} (n = {number(one.leads)})"


def _named(low: int) -> str:
    return f"{low} to {low + WIDTH - 1}"


def _counted(one: Share) -> Counted:
    return Counted(one.of, one.part)


def _share(one: Counted) -> Share:
    return share_of(one.converted, one.leads)


def _points(asked: Asked, found: Bands) -> Figure:
    title = "Conversion by points"
    sheet = Sheet(
        "points",
        (
            Column("points", "Points"),
            Column("leads", "Decided", Kind.COUNT),
            Column("converted", "Converted", Kind.COUNT),
            Column("share", "Share", Kind.SHARE),
            Column("low", "At least", Kind.SHARE),
            Column("high", "At most", Kind.SHARE),
            Column("to_sales", "To sales"),
            Column("from", "", Kind.KEY),
        ),
        tuple(_cells(one, found.threshold) for one in found.bands),
    )
    drawn = [
        bar(_named(one.low), _share(one.counted), tone=1 if one.low >= found.threshold else 6) for one in found.bands
    ]
    return Figure(
        title,
        "Of leads whose outcome is known; whiskers are the 95\u00a0% interval.",
        bars(title, drawn) if drawn else Markup(),
        sheet,
        (("above the threshold", "s1"), ("below it", "s6")),
        asked.csv(sheet.name),
        "No lead with an outcome in this while.",
    )


def _cells(one: Tens, threshold: int) -> tuple[str | int | float | None, ...]:
    sure = _share(one.counted)
    shares = (sure.rate, sure.low, sure.high) if sure.tells else (None, None, None)
    to_sales = "yes" if one.low >= threshold else "no"
    return (_named(one.low), one.counted.leads, one.counted.converted, *shares, to_sales, one.low)


async def _telling(asked: Asked) -> list[Kept]:
    """Choose the learned scores that count or look on."""
    kept = await asked.front.store.score_models.list()
    return [one for one in kept if one.state in (ModelState.PUBLISHED, ModelState.SHADOW)]


def _learned(asked: Asked, kept: Kept) -> Figure:
    report, version = kept.model.report, kept.model.version
    title = f"What {version} said, and what came"
    points = report.calibration
    sheet = Sheet(
        f"learned_{kept.state}",
        (
            Column("said", "Said", Kind.SHARE),
            Column("came", "Came", Kind.SHARE),
            Column("low", "At least", Kind.SHARE),
            Column("high", "At most", Kind.SHARE),
            Column("leads", "Leads", Kind.COUNT),
        ),
        tuple((one.said, *_sure(one.came, one.n), one.n) for one in points),
    )
    drawn = []
    for one in points:
        came, low, high = _sure(one.came, one.n)
        note = f"came {share(came)}, n = {one.n}" if came is not None else f"too few, n = {one.n}"
        drawn.append(Bar(f"said {share(one.said, 1)}", came, note, low, high, one.said if came is not None else None))
    state = "counts" if kept.state is ModelState.PUBLISHED else "looks on"
    return Figure(
        title,
        f"It {state}. The tick is what it said, the bar what came, on {number(report.tested_on)} later leads that it "
        "had not seen, in tenths. A tick outside of the whiskers was not true.",
        bars(title, drawn) if drawn else Markup(),
        sheet,
        csv=asked.csv(sheet.name),
        empty="It was not examined on later leads.",
    )


def _sure(came: float, leads: int) -> tuple[float | None, float | None, float | None]:
    one = share_of(round(came * leads), leads)
    return (one.rate, one.low, one.high) if one.tells else (None, None, None)


VIEW = View("scores", "Scores", "Scores against outcomes", "Whether points tell who converts.", build)
