"""A lead's ladder, as its page shows it: rungs whose time came and rungs ahead, and how each instant was counted.

A pure view: it refuses to look anything up and to write HTML.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.console.lead_known import Known
from api.console.words import at, span
from db.tables.words import DecisionKind
from models.calendar import ALWAYS, Calendar
from models.decisions import Offered
from models.ladder import Clock, Entry, EntryKind, Rung
from policy.routing.crew import calendar_of
from runtime.countdowns import count_down
from runtime.talking.looking import ToldBy

_PLANNED = re.compile(r"(.*) at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", re.DOTALL)
"""How a line of the story names a rung of a plan."""

_CLOCKS = {
    Clock.REP: "on the working hours of whoever is asked",
    Clock.TEAM: "on the team's working hours",
    Clock.LEAD: "on the prospect's working hours",
    Clock.WALL: "around the clock",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the ladder. `how` is what else is to be known of it, `windows` how its time was counted, in `zone`.

    `zone` is empty where the windows are the prospect's, or nobody's hours are known.
    """

    n: int
    at: datetime
    says: str
    when: str
    how: tuple[str, ...]
    windows: tuple[str, ...]
    zone: str
    clock: str


@dataclass(frozen=True, slots=True)
class Behind:
    """One rung whose time came: when that was, to the second, and what it was to do."""

    at: datetime
    says: str


def away(due_at: datetime | None, now: datetime) -> str:
    """Say how far away an instant is: `in 12 m`, `late by 5 m`."""
    if due_at is None:
        return ""
    left = due_at - now
    return f"in {span(left)}" if left.total_seconds() >= 0 else f"late by {span(-left)}"


def climbed(known: Known) -> tuple[Behind, ...]:
    """Give the rungs whose time came since whoever has the lead was asked, each as the plan of that moment had it.

    A plan stands until the next one, until its time is stopped, and until the lead is taken.
    """
    offer, entries = known.standing.offer, known.story.entries
    offers = (n for n, one in enumerate(entries) if one.kind is EntryKind.OFFERED and one.data.get("offer") == offer)
    start = max(offers, default=None)
    if start is None or known.standing.owner is None or known.standing.ended:
        return ()
    came, plan = list[Behind](), tuple[Behind, ...]()
    for entry in entries[start:]:
        came += [one for one in plan if one.at <= entry.at]
        plan = tuple(one for one in plan if one.at > entry.at)
        if entry.kind is EntryKind.PLANNED:
            plan = _planned(entry)
        elif _stops(entry):
            plan = ()
    came += [one for one in plan if one.at <= known.at]
    waits = {(rung.says, rung.due_at.replace(microsecond=0)) for rung in _ahead(known)}
    return tuple(one for one in came if (one.says, one.at) not in waits)


def _planned(entry: Entry) -> tuple[Behind, ...]:
    """Read the rungs of a plan from the line that tells it."""
    rungs = (_PLANNED.fullmatch(str(one)) for one in entry.data.get("rungs", ()))
    return tuple(Behind(datetime.fromisoformat(f"{one[2]}+00:00"), one[1]) for one in rungs if one is not None)


def _stops(entry: Entry) -> bool:
    """Say whether no rung of the plan so far comes any more: a rung that rests a while does not stop the others."""
    return entry.kind is EntryKind.ACCEPTED or (entry.kind is EntryKind.PAUSED and "rung" not in entry.data)


def ahead(known: Known) -> tuple[Step, ...]:
    """Give the rungs ahead, the next first: as the workflow tells them, else as they stood when the offer was made."""
    return tuple(_step(known, rung) for rung in _ahead(known))


def as_stored(known: Known) -> bool:
    """Say whether the rungs ahead are those of the offer, because the workflow does not tell what it changed since."""
    return known.standing.told_by is not ToldBy.WORKFLOW and bool(_ahead(known))


def _present(known: Known) -> Offered | None:
    """Give the offer that stands, as it was decided; None where nobody is asked, and once it is over."""
    standing, latest = known.standing, known.why.assignment
    if standing.owner is None or standing.ended:
        return None
    if isinstance(latest, Offered) and latest.offer == standing.offer:
        return latest
    made = (one for one in reversed(known.decided) if one.offer == standing.offer and one.kind is DecisionKind.ASSIGN)
    body = next((one.body for one in made if one.body.get("outcome") == "offered"), None)
    return None if body is None else Offered.model_validate(body)


def _ahead(known: Known) -> Sequence[Rung]:
    standing, made = known.standing, _present(known)
    if standing.ahead or standing.told_by is ToldBy.WORKFLOW or standing.ended:
        return standing.ahead
    if made is None or standing.accepted_at is not None:
        return ()
    return [rung for rung in made.plan.rungs if rung.n >= max(standing.rung, 1)]


def next_windows(known: Known) -> Step | None:
    """Give the rung that the next step is, with how its instant was counted; None where it is none."""
    return next((step for step in ahead(known) if step.at == known.standing.due_at), None)


def _step(known: Known, rung: Rung) -> Step:
    return Step(
        rung.n,
        rung.due_at,
        rung.says,
        _left(known, rung),
        tuple(_how(known, rung)),
        rung.trace,
        _zone(known, rung.clock) if rung.trace else "",
        _CLOCKS[rung.clock],
    )


def _left(known: Known, rung: Rung) -> str:
    """Say how long it is until a rung, in the working hours that it was counted on where these are known."""
    calendar = None if rung.projected else _calendar(known, rung.clock)
    if calendar is None or calendar.always_open:
        return away(rung.due_at, known.at)
    return count_down(rung.due_at, known.at, calendar).words


def _calendar(known: Known, clock: Clock) -> Calendar | None:
    """Give whose hours a clock counts; None for the wall's, the prospect's, and where nobody of ours has the lead."""
    roster, owner = known.eyes.roster, known.standing.owner
    rep = next((rep for rep in roster.reps if rep.id == owner), None)
    if clock not in (Clock.REP, Clock.TEAM):
        return None
    if rep is not None and clock is Clock.REP:
        return calendar_of(roster, rep)
    teams = (team for team in roster.teams if (team.id == rep.team if rep else team.manager == owner))
    return next((roster.calendars[team.calendar] for team in teams), None)


def _zone(known: Known, clock: Clock) -> str:
    """Name the zone in which the windows of a clock are told; empty where it is not ours to know."""
    calendar = _calendar(known, clock)
    return calendar.tz if calendar else ALWAYS.tz if clock is Clock.WALL else ""


def _how(known: Known, rung: Rung) -> Iterator[str]:
    if rung.counted_from is not None and rung.budget is not None:
        yield f"{span(rung.budget)} {_CLOCKS[rung.clock]}, counted from {at(rung.counted_from, known.zone)}"
    elif rung.counted_from is None:
        yield "as a person set it"
    if rung.channels:
        yield f"only over {' or '.join(rung.channels)}"
    if rung.urgent:
        yield "in quiet hours, too"
    if rung.until_at is not None:
        yield f"goes on {at(rung.until_at, known.zone)}"
    if rung.pools:
        yield f"asks in {', '.join(rung.pools)}, too"
    if rung.projected:
        yield "counted anew once the step before it is taken"
