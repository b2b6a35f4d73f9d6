"""Analytics: how many leads found their way by rules alone (R28), and which rules people overrule (R29)."""

from datetime import date

from markupsafe import Markup

from api.console.analytics_asked import Asked
from api.console.analytics_kept import cells
from api.console.analytics_view import Built, Stat, View, bar, stat, told
from api.console.charts import Column, Days, Figure, Kind, Line, Mark, Sheet, bars, by_day
from api.console.words import number
from models.figures import HEALTHY, Automation, Dimension

LOW, HIGH = HEALTHY
HEALTHY_WORDS = f"{100 * LOW:.0f} to {100 * HIGH:.0f} %"
MOST_ROWS = 20


async def build(asked: Asked) -> Built:
    """Show the share that goes by rules alone: all, by week, by rule."""
    found = await asked.figures.automation(asked.filters)
    return Built(
        says=[_sentence(found)],
        stats=[
            stat("By rules alone", found.all),
            Stat("Moved by a person", number(found.by_hand)),
            Stat("Healthy", HEALTHY_WORDS, "where rules and people go well together"),
        ],
        figures=[_weeks(asked, found), _rules(asked, found)],
        notes=["A lead is moved by a person when somebody gave it, took it or moved it by hand, at any time."],
    )


def _sentence(found: Automation) -> str:
    one = found.all
    if not one.of:
        return "No lead was offered to anybody in this while."
    if not one.tells:
        leads = "Only 1 lead was" if one.of == 1 else f"Only {one.of} leads were"
        return f"{leads} offered in this while: too few to tell how many went by rules alone."
    said = f"By rules alone went {told(one)}"
    if one.high < LOW:
        return f"{said}: surely less than the healthy {HEALTHY_WORDS}. The rules by which people move leads are below."
    if one.low > HIGH:
        return f"{said}: surely more than the healthy {HEALTHY_WORDS}. Does anybody look whether the rules are right?"
    return f"{said}; {HEALTHY_WORDS} is healthy."


def _weeks(asked: Asked, found: Automation) -> Figure:
    weeks = [(date.fromisoformat(one.value), one.automatic) for one in found.weeks]
    tell = [(day.toordinal(), one) for day, one in weeks if one.tells]
    title = "By rules alone, by week"
    sheet = Sheet(
        "weeks", (Column("week", "Week of", Kind.DAY), *_COLUMNS), tuple((day, *cells(one)) for day, one in weeks)
    )
    line = Line(
        "share",
        tuple((at, one.rate or 0.0) for at, one in tell),
        1,
        tuple((at, one.low, one.high) for at, one in tell),
    )
    drawing = Markup()
    if tell:
        days = Days(date.fromordinal(tell[0][0]), date.fromordinal(tell[-1][0]))
        ends = [(days.first.toordinal(), LOW, HIGH), (days.last.toordinal(), LOW, HIGH)]
        drawing = by_day(title, [Line("", (), 3, tuple(ends)), line], days)
    return Figure(
        title,
        "By week of receipt; the band on the line is its 95\u00a0% interval. Weeks of fewer than 5 are left out.",
        drawing,
        sheet,
        (("by rules alone", "s1"), (f"healthy: {HEALTHY_WORDS}", "s3")),
        asked.csv(sheet.name),
        empty="No week has enough leads to tell.",
    )


def _rules(asked: Asked, found: Automation) -> Figure:
    title = "By rules alone, by rule"
    named = [(asked.names.of(Dimension.RULE, one.value), one) for one in found.rules]
    sheet = Sheet(
        "rules",
        (Column("rule", "Rule"), *_COLUMNS, Column("value", "", Kind.KEY)),
        tuple((name, *cells(one.automatic), one.value) for name, one in named),
    )
    drawn = [bar(name, one.automatic) for name, one in named]
    more = f" The first {MOST_ROWS} of {len(drawn)}; the table has all." if len(drawn) > MOST_ROWS else ""
    return Figure(
        title,
        f"By the rule of a lead's first offer that one made: where a bar is short, people overrule it.{more}",
        bars(title, drawn[:MOST_ROWS], target=Mark(LOW, f"healthy from {100 * LOW:.0f} %")) if drawn else Markup(),
        sheet,
        csv=asked.csv(sheet.name),
    )


_COLUMNS = (
    Column("share", "By rules alone", Kind.SHARE),
    Column("low", "At least", Kind.SHARE),
    Column("high", "At most", Kind.SHARE),
    Column("automatic", "By rules", Kind.COUNT),
    Column("of", "Of", Kind.COUNT),
)

VIEW = View("automation", "Automation", "Automation", "How many leads find their way without a person.", build)
