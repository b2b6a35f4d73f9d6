"""Analytics, first page: one number of each, and how many leads came."""

from datetime import date, timedelta

from markupsafe import Markup

from api.console.analytics_asked import Asked
from api.console.analytics_speed import half_of, in_words, timing_figure
from api.console.analytics_view import Built, Stat, View, stat
from api.console.charts import Column, Figure, Kind, Sheet, columns
from api.console.words import number
from models.figures import HEALTHY, Overview

BY_WEEK = 100
"""From so many days on, columns are weeks."""


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
    weekly = (asked.filters.until - asked.filters.since).days >= BY_WEEK
    whole: dict[date, tuple[int, int]] = {}
    for day, received, accepted in found.days:
        key = day - timedelta(days=day.weekday()) if weekly else day
        before = whole.get(key, (0, 0))
        whole[key] = (before[0] + received, before[1] + accepted)
    while_ = "week" if weekly else "day"
    title = f"Leads by {while_}"
    sheet = Sheet(
        "days",
        (
            Column(while_, "Week of" if weekly else "Day", Kind.DAY),
            Column("received", "Received", Kind.COUNT),
            Column("accepted", "Accepted", Kind.COUNT),
        ),
        tuple((day, *counts) for day, counts in sorted(whole.items())),
    )
    parts = [(day, (accepted, received - accepted)) for day, (received, accepted) in sorted(whole.items())]
    return Figure(
        title,
        f"By the {while_} on which they were received (UTC).",
        columns(f"{title}: accepted, and not", parts, (1, 6)) if parts else Markup(),
        sheet,
        (("accepted", "s1"), ("not accepted", "s6")),
        asked.csv(sheet.name),
    )


VIEW = View("", "Overview", "Analytics", "What became of the leads of a while.", build)
