"""Analytics, first page: one number of each, and how many leads came."""

from datetime import date, timedelta

from markupsafe import Markup

from api.console.analytics_asked import Asked
from api.console.analytics_speed import half_of, in_words, timing_figure
from api.console.analytics_view import Built, Stat, View, stat
from api.console.charts import Column, Figure, Kind, Sheet, columns
from api.console.words import number
from models.figures import HEALTHY, Overview

BY_WEEK, BY_WEEKS = 100, 1000
"""From so many days on, columns are weeks; from so many, four of them."""


async def build(asked: Asked) -> Built:
    """Show one number of each."""
    found = await asked.figures.overview(asked.filters, asked.now)
    low, high = HEALTHY
    came = f"{number(found.received)} {'lead' if found.received == 1 else 'leads'} came in."
    return Built(
        says=[came if found.received else "No lead came in.", *in_words(found.accepted)],
        stats=[
            Stat("Leads", number(found.received), f"{number(found.waiting)} are still open"),
            half_of(found.accepted),
            stat("Promises kept", found.kept),
            stat("By rules alone", found.automatic, f"({100 * low:.0f} to {100 * high:.0f} % is healthy)"),
            stat("Became opportunities", found.qualified),
        ],
        figures=[_days(asked, found), timing_figure(asked, found.accepted, None)],
        notes=["Promises and speed are of leads for sales; rules and opportunities, of leads that were offered."],
    )


def _days(asked: Asked, found: Overview) -> Figure:
    since, until = asked.filters.since, asked.filters.until
    days = (until - since).days
    every = 1 if days < BY_WEEK else 7 if days < BY_WEEKS else 28
    whole: dict[date, tuple[int, int]] = {}
    for day, received, accepted in found.days:
        key = first_of(day, every)
        before = whole.get(key, (0, 0))
        whole[key] = (before[0] + received, before[1] + accepted)
    while_ = {1: "day", 7: "week", 28: "four_weeks"}[every]
    said = while_.replace("_", " ")
    title = f"Leads by {said}"
    sheet = Sheet(
        "days",
        (
            Column(while_, {1: "Day", 7: "Week of"}.get(every, "Four weeks from"), Kind.DAY),
            Column("received", "Received", Kind.COUNT),
            Column("accepted", "Accepted", Kind.COUNT),
        ),
        tuple((day, *counts) for day, counts in sorted(whole.items())),
    )
    ends = first_of(since, every), first_of(until, every)
    parts = [(day, (accepted, received - accepted)) for day, (received, accepted) in sorted(whole.items())]
    return Figure(
        title,
        f"By the {said} {'on' if every == 1 else 'in'} which they were received (UTC).",
        columns(f"{title}: accepted, and not", parts, (1, 6), within=ends) if parts else Markup(),
        sheet,
        (("accepted", "s1"), ("not accepted", "s6")),
        asked.csv(sheet.name),
    )


def first_of(day: date, every: int) -> date:
    """Give the first day of the column that a day is in; weeks begin with Mondays."""
    return day - timedelta(days=(day.toordinal() - 1) % every)


VIEW = View("", "Overview", "Analytics", "What became of the leads of a while.", build)
