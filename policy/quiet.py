"""When somebody wants to hear only what is urgent, and in whose time they read.

Quiet hours are times of day in the zone of whoever keeps them, over midnight too, by the rules of `policy.hours`: an
ambiguous time is the first of the two, one that a gap swallowed is the gap's end.

This room refuses to know what is urgent.
"""

from datetime import datetime
from functools import lru_cache

from models.calendar import WEEKDAYS, Calendar, Week
from models.roster import Person, Roster
from policy.hours.calendars import closes_at
from policy.routing.crew import crew_of


def zone_of(roster: Roster, person: Person) -> str:
    """Name the IANA zone somebody reads times in: their own, a rep's hours', a manager's first team's; UTC else."""
    if person.tz is not None:
        return person.tz
    crew = crew_of(roster)
    if (rep := crew.reps.get(person.id)) is not None:
        return crew.calendar(rep).tz
    led = next((team for team in roster.teams if team.manager == person.id), None)
    return "UTC" if led is None else roster.calendars[led.calendar].tz


def quiet_until(roster: Roster, person: Person, at: datetime) -> datetime | None:
    """Find when the quiet hours running at `at` end, in UTC; None outside of them.

    Quiet around the clock counts as none: somebody who is never told anything would lose leads.
    """
    if person.quiet is None:
        return None
    return closes_at(_nights(person.quiet, zone_of(roster, person)), at)


@lru_cache(maxsize=512)
def _nights(quiet: tuple[str, str], zone: str) -> Calendar:
    begins, ends = quiet
    every_day = (("00:00" if begins == "24:00" else begins, ends),)
    return Calendar(tz=zone, week=Week(**dict.fromkeys(WEEKDAYS, every_day)))
