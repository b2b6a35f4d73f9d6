"""A roster opened for questions: people by id, the members of pools, everybody's hours, each worked out once.

A roster does not change; a new file is a new one. So what follows from one is kept as long as it is in use, and a few
more. This room refuses to say who may get a lead (`policy/routing/availability.py`).
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from models.calendar import Calendar
from models.roster import Person, Pool, Rep, Roster, Team

if TYPE_CHECKING:
    from policy.routing.availability import Presence

_KEPT = 8
"""Rosters whose crews are kept: the one in force, one that is tried, and those of tests and simulations beside."""

Trait = Literal["languages", "regions", "industries", "products", "skills", "certifications"]


class Crew:
    """The people of one roster. Made by `crew_of`."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.reps: Mapping[str, Rep] = {rep.id: rep for rep in roster.reps}
        self.teams: Mapping[str, Team] = {team.id: team for team in roster.teams}
        self._calendars: dict[str, Calendar] = {}
        self._members: dict[str, tuple[Rep, ...]] = {}
        self._traits: dict[tuple[str, Trait], frozenset[str]] = {}
        self.presences: dict[str, Presence] = {}
        self.overlaps: dict[tuple[str, str, int], timedelta] = {}

    @cached_property
    def people(self) -> Mapping[str, Person]:
        """Give reps and managers by id."""
        return {person.id: person for person in self.roster.managers} | dict(self.reps)

    def team(self, rep: Rep) -> Team:
        """Give the team of a rep; the roster has made sure that it is there."""
        return self.teams[rep.team]

    def calendar(self, rep: Rep) -> Calendar:
        """Give the hours a rep works: their calendar, else their team's, in their own zone when they have one."""
        known = self._calendars.get(rep.id) if self.reps.get(rep.id) is rep else None
        if known is None:
            known = self.roster.calendars[rep.calendar or self.team(rep).calendar]
            if rep.tz is not None and rep.tz != known.tz:
                known = known.model_copy(update={"tz": rep.tz})
            if self.reps.get(rep.id) is rep:
                self._calendars[rep.id] = known
        return known

    def members(self, pool: str) -> tuple[Rep, ...]:
        """List a pool's members: those it names, then everybody of its team (and levels, if given), each once.

        Nobody is in a pool that the roster does not have.
        """
        known = self._members.get(pool)
        if known is None:
            there = self.roster.pools.get(pool)
            known = members_of(self.roster, there) if there else ()
            if there:
                self._members[pool] = known
        return known

    def has(self, rep: Rep, trait: Trait) -> frozenset[str]:
        """Give a rep's languages, skills, ... as they are compared: in small letters."""
        known = self._traits.get((rep.id, trait))
        if known is None:
            values: list[str] = getattr(rep, trait)
            known = self._traits[rep.id, trait] = frozenset(map(as_compared, values))
        return known


def crew_of(roster: Roster) -> Crew:
    """Open a roster; asked again for the same one, give the same crew."""
    known = _crews.get(id(roster))
    if known is not None and known.roster is roster:
        return known
    while len(_crews) >= _KEPT:
        _crews.pop(next(iter(_crews)), None)
    crew = _crews[id(roster)] = Crew(roster)
    return crew


_crews: dict[int, Crew] = {}  # a crew keeps its roster alive, so no other one has its id


def members_of(roster: Roster, pool: Pool) -> tuple[Rep, ...]:
    """List a pool's members: those it names, then everybody of its team (and its levels, if given), each once."""
    by_id = {rep.id: rep for rep in roster.reps}
    named = [by_id[name] for name in pool.members]
    team = [rep for rep in roster.reps if rep.team == pool.team and (not pool.levels or rep.level in pool.levels)]
    return tuple({rep.id: rep for rep in [*named, *team]}.values())


def rep_of(roster: Roster, rep_id: str) -> Rep | None:
    """Find a rep by id."""
    return crew_of(roster).reps.get(rep_id)


def team_of(roster: Roster, rep: Rep) -> Team:
    """Find the team of a rep; the roster has made sure that it is there."""
    return crew_of(roster).team(rep)


def calendar_of(roster: Roster, rep: Rep) -> Calendar:
    """Give the hours a rep works: their calendar, else their team's, in their own zone when they have one."""
    return crew_of(roster).calendar(rep)


def as_compared(word: str) -> str:
    """Give a language, skill, ... as it is compared: in small letters, spaces single."""
    return " ".join(word.casefold().split())
