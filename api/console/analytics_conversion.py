"""Analytics: how leads convert, by source, team, rep, rule and more, with intervals (R49)."""

from collections.abc import Sequence

from markupsafe import Markup

from api.console.analytics_asked import LABELS, Asked, Choice, by_choice
from api.console.analytics_view import Built, Stat, View, bar, stat, told
from api.console.charts import Column, Figure, Kind, Mark, Sheet, bars
from api.console.words import number, share
from models.figures import Conversion, ConversionRow, Dimension, Share
from models.trial import Goal

BY = by_choice(
    Dimension.SOURCE,
    *(Dimension.TEAM, Dimension.REP, Dimension.RULE, Dimension.TYPE, Dimension.REGION, Dimension.INTENT),
    *(Dimension.FIT, Dimension.BAND, Dimension.POLICY),
)
DONE = {
    Goal.QUALIFIED: "became opportunities",
    Goal.WON: "were won",
    Goal.CONTACTED: "were contacted",
    Goal.ACCEPTED: "were accepted",
}
GOAL = Choice("goal", "To", tuple((goal.value, done.split()[-1]) for goal, done in DONE.items()))
MOST_ROWS = 20


async def build(asked: Asked) -> Built:
    """Show conversion to one goal, all and by one dimension."""
    goal = Goal(asked.chosen["goal"])
    found = await asked.figures.conversion(asked.filters, asked.by, goal)
    every = found.all
    stats = [stat(f"Offered leads that {DONE[goal]}", every.share), stat("Of those decided", every.settled)]
    if goal in (Goal.QUALIFIED, Goal.WON):
        stats.append(Stat("Worth of the won", _worth(every), "as it was said"))
    sheet = _sheet(asked, found)
    return Built(
        says=[_sentence(goal, every.share), *_surely(asked, found)],
        stats=stats,
        figures=[
            _figure(asked, found, sheet, f"Leads that {DONE[goal]}", "Of all that were offered to somebody", False),
            _figure(asked, found, sheet, "Of those decided alone", "Of leads that converted or ended otherwise", True),
        ],
        notes=[
            "Young leads have had less time to convert: look at those decided, too.",
            "Where intervals overlap, the difference may be chance; of twenty rows one stands out by chance alone.",
        ],
    )


def _sentence(goal: Goal, one: Share) -> str:
    if not one.of:
        return "No lead was offered to anybody in this while."
    if not one.tells:
        leads = "Only 1 lead was" if one.of == 1 else f"Only {one.of} leads were"
        return f"{leads} offered in this while: too few to tell how many {DONE[goal]}."
    return f"Of the offered leads {told(one)} {DONE[goal]}."


def _worth(row: ConversionRow) -> str:
    """Write what was won, each currency by itself: what would be added up is not the same money."""
    return ", ".join(f"{number(worth)} {currency}".rstrip() for currency, worth in row.worth) or "–"


def _surely(asked: Asked, found: Conversion) -> list[str]:
    """Name what is clearly better and clearly worse than all, where anything is."""
    whole, says = found.all.share.rate, []
    rows = [row for row in found.rows if row.share.tells]
    if whole is None or len(rows) < 2:
        return []
    best = max(rows, key=lambda row: row.share.low)
    worst = min(rows, key=lambda row: row.share.high)
    if best.share.low > whole:
        says.append(f"Clearly above: {asked.names.of(asked.by, best.value)}, {told(best.share)}.")
    if worst.share.high < whole:
        says.append(f"Clearly below: {asked.names.of(asked.by, worst.value)}, {told(worst.share)}.")
    return says or ["No difference is clear yet."]


def _figure(asked: Asked, found: Conversion, sheet: Sheet, head: str, says: str, settled: bool) -> Figure:
    def of(row: ConversionRow) -> Share:
        return row.settled if settled else row.share

    title = f"{head}, by {LABELS[asked.by].lower()}"
    whole = of(found.all)
    drawn = [bar(asked.names.of(asked.by, row.value), of(row), tone=2 if settled else 1) for row in found.rows]
    target = Mark(whole.rate, f"all: {share(whole.rate)}") if whole.tells and whole.rate is not None else None
    more = f" The first {MOST_ROWS} of {len(drawn)}; the table has all." if len(drawn) > MOST_ROWS else ""
    return Figure(
        title,
        f"{says}, most leads first; whiskers are the 95\u00a0% interval.{more}",
        bars(title, drawn[:MOST_ROWS], target=target) if drawn else Markup(),
        sheet,
        csv=asked.csv(sheet.name),
    )


def _sheet(asked: Asked, found: Conversion) -> Sheet:
    currencies = [currency for currency, _ in found.all.worth]
    return Sheet(
        "conversion",
        (
            Column("name", LABELS[asked.by]),
            Column("offered", "Offered", Kind.COUNT),
            Column("converted", "Converted", Kind.COUNT),
            Column("share", "Share", Kind.SHARE),
            Column("low", "At least", Kind.SHARE),
            Column("high", "At most", Kind.SHARE),
            Column("decided", "Decided", Kind.COUNT),
            Column("decided_share", "Of those", Kind.SHARE),
            Column("decided_low", "Of those, at least", Kind.SHARE),
            Column("decided_high", "Of those, at most", Kind.SHARE),
            *(
                Column(f"worth_{one or 'unknown'}".lower(), f"Worth of the won, {one or 'unknown'}", Kind.NUMBER)
                for one in currencies
            ),
            Column("value", "", Kind.KEY),
        ),
        tuple(_cells(asked, row, currencies) for row in found.rows),
    )


def _cells(asked: Asked, row: ConversionRow, currencies: Sequence[str]) -> tuple[str | int | float | None, ...]:
    one, two = row.share, row.settled
    sure = (one.rate, one.low, one.high) if one.tells else (None, None, None)
    settled = (two.rate, two.low, two.high) if two.tells else (None, None, None)
    return (
        asked.names.of(asked.by, row.value), one.of, one.part, *sure, two.of, *settled,
        *(dict(row.worth).get(one) for one in currencies), row.value,
    )  # fmt: skip


VIEW = View(
    "conversion", "Conversion", "Conversion", "Which leads come to something, and by whose hands.", build, (BY, GOAL)
)
