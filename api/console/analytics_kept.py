"""Analytics: which promises were kept, by rep, team, region, type and source (R32)."""

from collections.abc import Sequence
from datetime import date, timedelta

from markupsafe import Markup

from api.console.analytics_asked import LABELS, Asked
from api.console.analytics_view import Built, Stat, View, bar, stat, told
from api.console.charts import Column, Days, Figure, Kind, Line, Mark, Sheet, bars, by_day
from api.console.words import number, share
from models.figures import Dimension, Kept, KeptDay, KeptRow, Share
from policy.insight.shares import share as share_of

MOST_ROWS = 15
BY_WEEK = 45
"""From so many days on, the line goes by weeks."""


async def build(asked: Asked) -> Built:
    """Show promises kept: all, over time, and by each dimension."""
    found = await asked.figures.kept(asked.filters)
    every = found.all
    return Built(
        says=[_sentence(every), *_furthest(asked, found)],
        stats=[
            stat("Kept", every.kept),
            Stat("Broken", number(every.broken), tone="late" if every.broken else ""),
            Stat("Still within their time", number(every.open)),
            Stat("Broken in nobody's hands", number(found.nobody), "no rep had the lead"),
        ],
        figures=[_over_time(asked, found.days), *(_by(asked, found, one) for one in found.by)],
        notes=[
            "A promise is kept when somebody accepts before its due instant, in business time.",
            "A promise belongs to whoever had the lead when it was kept or broke, not to who got it later.",
        ],
    )


def _sentence(every: KeptRow) -> str:
    if not every.kept.of:
        return "No promise was decided in this while."
    return f"Promises kept: {told(every.kept)}."


def _furthest(asked: Asked, found: Kept) -> list[str]:
    """Name the team that is surely below all, where there is one."""
    whole = found.all.kept
    rows = [row for row in found.by.get(Dimension.TEAM, ()) if row.kept.tells and whole.rate is not None]
    low = [row for row in rows if row.kept.high < (whole.rate or 0.0)]
    if not low:
        return []
    worst = min(low, key=lambda row: row.kept.high)
    return [f"{asked.names.of(Dimension.TEAM, worst.value)} is surely below the rest: {told(worst.kept)}."]


def _over_time(asked: Asked, days: Sequence[KeptDay]) -> Figure:
    weekly = (asked.filters.until - asked.filters.since).days >= BY_WEEK
    shares = weeks_of(days) if weekly else [(one.day, one.kept) for one in days]
    while_ = "week" if weekly else "day"
    title = f"Kept by {while_}"
    tell = [(day, one) for day, one in shares if one.tells]
    line = Line(
        "kept",
        tuple((day.toordinal(), one.rate or 0.0) for day, one in tell),
        1,
        tuple((day.toordinal(), one.low, one.high) for day, one in tell),
    )
    sheet = Sheet(
        "over_time",
        (Column(while_, "Week of" if weekly else "Day", Kind.DAY), *SHARE_COLUMNS),
        tuple((day, *cells(one)) for day, one in shares),
    )
    return Figure(
        title,
        f"By the {while_} of receipt; the band is the 95\u00a0% interval. A {while_} with fewer than 5 is left out.",
        by_day(title, [line], Days(tell[0][0], tell[-1][0])) if tell else Markup(),
        sheet,
        csv=asked.csv(sheet.name),
        empty=f"No {while_} has enough promises to tell.",
    )


def weeks_of(days: Sequence[KeptDay]) -> list[tuple[date, Share]]:
    """Sum up days into weeks, each by its Monday."""
    sums: dict[date, tuple[int, int]] = {}
    for one in days:
        monday = one.day - timedelta(days=one.day.weekday())
        part, of = sums.get(monday, (0, 0))
        sums[monday] = (part + one.kept.part, of + one.kept.of)
    return [(monday, share_of(*sums[monday])) for monday in sorted(sums)]


SHARE_COLUMNS = (
    Column("share", "Kept", Kind.SHARE),
    Column("low", "At least", Kind.SHARE),
    Column("high", "At most", Kind.SHARE),
    Column("kept", "Kept, number", Kind.COUNT),
    Column("of", "Of", Kind.COUNT),
)


def cells(one: Share) -> tuple[float | None, float | None, float | None, int, int]:
    """Give the cells of a share; of too few leads only the numbers."""
    sure = (one.rate, one.low, one.high) if one.tells else (None, None, None)
    return (*sure, one.part, one.of)


def _by(asked: Asked, found: Kept, by: Dimension) -> Figure:
    rows, whole = found.by[by], found.all.kept
    title = f"Kept, by {LABELS[by].lower()}"
    drawn = [bar(asked.names.of(by, row.value), row.kept) for row in rows[:MOST_ROWS]]
    target = Mark(whole.rate, f"all: {share(whole.rate)}") if whole.tells and whole.rate is not None else None
    sheet = Sheet(
        f"by_{by}",
        (
            Column("name", LABELS[by]),
            *SHARE_COLUMNS,
            Column("open", "Open", Kind.COUNT),
            Column("value", "", Kind.KEY),
        ),
        tuple((asked.names.of(by, row.value), *cells(row.kept), row.open, row.value) for row in rows),
    )
    more = f" The first {MOST_ROWS} of {len(rows)}; the table has all." if len(rows) > MOST_ROWS else ""
    return Figure(
        title,
        f"Most promises first; whiskers are the 95\u00a0% interval.{more}",
        bars(title, drawn, target=target) if drawn else Markup(),
        sheet,
        csv=asked.csv(sheet.name),
    )


VIEW = View("kept", "Promises", "Promises kept", "Who answers in time, and where it is late.", build)
