"""Analytics: what the coming week brings hour by hour, beside who is on shift, and a rule for a peak (R51)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from api.console.analytics_asked import Asked
from api.console.analytics_view import Built, Stat, View
from api.console.charts import Column, Figure, Hour, Kind, Sheet, heat
from api.console.charts.heat import hour_named
from api.console.policy_frame import opened
from api.console.words import number
from models.policy import Policy
from models.roster import Roster
from policy.insight.peaks import WEEKS_NEEDED, WEEKS_SEEN, Expected, Forecast, forecast
from policy.insight.shifts import on_shift

MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Peaks(Built):
    """The forecast, with a rule for a while as text for a policy; empty where there is nothing to mend."""

    rule: str = ""


async def build(asked: Asked) -> Peaks:
    """Forecast the coming week, of the leads that the filters let through, whatever days are chosen."""
    store, today = asked.front.store, asked.now.date()
    since = today - timedelta(weeks=WEEKS_SEEN + 1)
    arrived = await store.insights.arrived(asked.filters.model_copy(update={"since": since, "until": today}))
    roster = await store.rosters.load()
    monday = today + timedelta(days=7 - today.weekday())
    people = on_shift(roster, asked.now + timedelta(days=7), asked.filters.team) if roster else None
    first = min((one.day for one in arrived), default=None)
    closed = _closed(roster, since, today)
    found = await asyncio.to_thread(forecast, arrived, today, first, closed, people)
    sheet = _sheet(found)
    if not found.told:
        few = f"There are {found.weeks} whole weeks: a forecast takes {WEEKS_NEEDED}."
        return Peaks([few], sheets=[sheet])
    worst = [one for one in found.hours if one.peak or one.gap]
    active = await store.policies.active()
    policy = await opened(active) if active else None
    return Peaks(
        says=_sentences(found),
        stats=[
            Stat("Expected in the week", number(sum(one.mean for one in found.hours)), f"from {found.weeks} weeks"),
            Stat("Hours with a gap", number(sum(one.gap for one in found.hours)), "leads come, nobody is on shift"),
            Stat("Peaks", number(sum(one.peak for one in found.hours)), "far more for each on shift than is usual"),
        ],
        figures=[
            _figure(
                asked, sheet, "Expected leads", "Framed: nobody is on shift. Hours are those of the team.", found, False
            ),
            *(
                [_figure(asked, sheet, "For each on shift", "Framed: far more than is usual.", found, True)]
                if people
                else []
            ),
        ],
        notes=[
            f"The week from {monday:%a} {monday.day} {monday:%b}, made of the last {found.weeks}, later ones the more.",
            "Wild weeks and holidays are left out; a campaign to come is not foreseen.",
            "The days above do not matter here; the other filters do.",
        ],
        rule=_rule(policy, roster, monday) if worst else "",
    )


def _closed(roster: Roster | None, since: date, until: date) -> dict[str, frozenset[date]]:
    """List the days on which each team's calendar was closed for a holiday."""
    if roster is None:
        return {}
    days = [since + timedelta(days=place) for place in range((until - since).days + 1)]
    calendars = {team.id: roster.calendars[team.calendar] for team in roster.teams}
    return {team: frozenset(day for day in days if one.is_holiday(day)) for team, one in calendars.items()}


def _rule(policy: Policy | None, roster: Roster | None, monday: date) -> str:
    """Write a rule that lets other pools help for that week; the person who pastes it says which, and which leads."""
    if policy is None or roster is None:
        return ""
    pool = policy.routing.default_pool
    others = ", ".join(one for one in sorted(roster.pools) if one != pool)
    last = monday + timedelta(days=6)
    helped = f"  overflow: [{others}]  # who helps when nobody of it is free\n" if others else ""
    return (
        f'- name: peak of {monday}\n  when: intent == "high"  # which leads\n  pool: {pool}\n{helped}'
        f'  from: "{monday}"\n  until: "{last}"\n'
    )


def _sentences(found: Forecast) -> list[str]:
    busiest = max(found.hours, key=lambda one: one.mean)
    most = f"{_short(busiest.mean)}, in nine weeks of ten at most {_short(busiest.high)}"
    says = [f"Most leads are expected {hour_named(busiest.hour)}: {most}."]
    gaps = sorted((one for one in found.hours if one.gap), key=lambda one: -one.mean)
    peaks = sorted((one for one in found.hours if one.peak), key=lambda one: -(one.each or 0.0))
    if gaps:
        says.append(f"Nobody is on shift {_listed(gaps)}.")
    if peaks:
        says.append(f"Far more than usual for each on shift: {_listed(peaks)}.")
    return says


def _listed(hours: Sequence[Expected]) -> str:
    rest = f" and {len(hours) - MOST_NAMED} hours more" if len(hours) > MOST_NAMED else ""
    return ", ".join(f"{hour_named(one.hour)} ({_short(one.mean)})" for one in hours[:MOST_NAMED]) + rest


def _short(leads: float) -> str:
    return f"{leads:.0f}" if leads >= 9.95 else f"{leads:.1f}".removesuffix(".0")


def _figure(asked: Asked, sheet: Sheet, title: str, says: str, found: Forecast, each: bool) -> Figure:
    drawn = []
    for one in found.hours:
        value = one.each if each else one.mean
        told = "nobody on shift" if value is None else f"{_short(value)} expected, at most {_short(one.high)}"
        if each and value is not None:
            told = f"{_short(value)} for each of {one.people}"
        written = "" if value is None or value < 0.05 else _short(value)
        drawn.append(Hour(value, written, f"{hour_named(one.hour)}: {told}", one.peak if each else one.gap))
    drawing = heat(f"{title}, by hour of the week", drawn) if found.told else Markup()
    return Figure(title, says, drawing, sheet, csv=asked.csv(sheet.name))


def _sheet(found: Forecast) -> Sheet:
    return Sheet(
        "peaks",
        (
            Column("hour", "Hour"),
            Column("hour_of_week", "", Kind.KEY),
            Column("expected", "Expected", Kind.NUMBER),
            Column("at_most", "In 9 of 10 weeks at most", Kind.NUMBER),
            Column("people", "On shift", Kind.COUNT),
            Column("each", "For each", Kind.NUMBER),
            Column("so", "So"),
        ),
        tuple(
            (hour_named(one.hour), one.hour, one.mean, one.high, one.people, one.each,
             "gap" if one.gap else "peak" if one.peak else "")
            for one in found.hours
        ),
    )  # fmt: skip


VIEW = View(
    "peaks", "Peaks", "What the coming week brings", "When many leads come, and who is there.", build,
    template="peaks.html",
)  # fmt: skip
