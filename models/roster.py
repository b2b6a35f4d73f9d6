"""Who may get leads: the roster file's shape, and the same words in the database."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from models.base import Outside
from models.calendar import Calendar, known_zone

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""An id that people read and type: lower-case letters, digits, - and _."""


class Level(StrEnum):
    """What a rep is ready for (R8)."""

    SDR = "sdr"
    JUNIOR = "junior"
    MID = "mid"
    SENIOR = "senior"


class ChannelName(StrEnum):
    """Ways to reach a person, in the roster's order of preference."""

    LOG = "log"
    EMAIL = "email"
    WEBHOOK = "webhook"


class TimeOff(Outside):
    """An absence (R19): dates (inclusive) or wall times, both in the rep's zone, or instants with an offset."""

    start: date | datetime = Field(alias="from")
    end: date | datetime = Field(alias="to")
    reason: str = ""

    @model_validator(mode="after")
    def _runs_forward(self) -> "TimeOff":
        first, last = self.start, self.end
        if (
            isinstance(first, datetime)
            and isinstance(last, datetime)
            and (first.tzinfo is None) == (last.tzinfo is None)
        ):
            backwards = last < first
        else:
            backwards = _day(last) < _day(first)
        if backwards:
            raise ValueError("to: lies before from")
        return self


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


class Person(Outside):
    """Somebody with a name and a way to be told things: a manager, or a rep."""

    id: Slug
    name: str = Field(min_length=1, max_length=120)
    email: str | None = Field(None, max_length=320)
    webhook_url: str | None = Field(None, max_length=2000)
    channels: list[ChannelName] = Field(default_factory=lambda: [ChannelName.LOG])


class Cap(Outside):
    """How many leads a rep may get within a day of theirs, or within any such span (R19).

    Leads count that they were offered and have taken, or may still take.
    """

    leads: int = Field(ge=1, le=10_000)
    per: str = Field("day", pattern=r"^(day|[1-9][0-9]{0,2}[hd])$", description="`day` (theirs), or a span: 12h, 7d")

    @property
    def span(self) -> timedelta | None:
        """Give the rolling span; None for the rep's calendar day."""
        if self.per == "day":
            return None
        count = int(self.per[:-1])
        return timedelta(days=count) if self.per.endswith("d") else timedelta(hours=count)


class Rep(Person):
    """Somebody leads are offered to."""

    team: Slug
    level: Level = Level.MID
    role: str = ""
    weight: int = Field(1, ge=1, le=1000, description="share of the pool's rotation")
    capacity: int = Field(10, ge=0, le=10_000, description="offered and accepted-not-contacted leads at once")
    tz: str | None = Field(None, description="IANA zone; left out: the calendar's")
    calendar: Slug | None = Field(None, description="left out: the team's")
    languages: list[str] = Field(default_factory=list)
    regions: list[str] = Field(default_factory=list)
    industries: list[str] = Field(default_factory=list)
    products: list[str] = Field(default_factory=list)
    skills: list[str] = Field(default_factory=list, description="what they do well: use cases, job titles, depth (R22)")
    certifications: list[str] = Field(default_factory=list)
    caps: list[Cap] = Field(default_factory=list, max_length=5, description="leads they may get in a day or a while")
    backup: Slug | None = None
    active: bool = True
    time_off: list[TimeOff] = Field(default_factory=list)

    @field_validator("tz")
    @classmethod
    def _a_zone(cls, tz: str | None) -> str | None:
        return None if tz is None else known_zone(tz)


class Team(Outside):
    """Reps with one manager, one calendar and a region."""

    id: Slug
    name: str
    manager: Slug
    calendar: Slug
    region: str = Field(description="one word for reports: emea")
    countries: list[str] = Field(default_factory=list, description="ISO 3166 alpha-2")


class Strategy(StrEnum):
    """How a pool picks among its eligible members (R9, R22). The ledger decides among those who come out even.

    `weighted`: by turns, each as often as their weight says. `round_robin`: by turns, each as often as the others.
    `least_loaded`: who has the smallest part of their capacity in hand. `best_fit`: whom the lead suits best.
    """

    WEIGHTED = "weighted"
    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"
    BEST_FIT = "best_fit"


Weight = Annotated[int, Field(ge=1, le=1000)]


class Pool(Outside):
    """A rotation: named members, or everybody of a team (with a level, if given)."""

    members: list[Slug] = Field(default_factory=list)
    team: Slug | None = None
    levels: list[Level] = Field(default_factory=list)
    strategy: Strategy = Strategy.WEIGHTED
    weights: dict[Slug, Weight] = Field(default_factory=dict, description="in this pool, instead of the rep's own")


class Roster(Outside):
    """The whole roster file. Every name it mentions is defined in it."""

    calendars: dict[Slug, Calendar]
    managers: list[Person]
    teams: list[Team]
    reps: list[Rep]
    pools: dict[Slug, Pool]

    @field_validator("managers", "teams", "reps")
    @classmethod
    def _no_twins(cls, entries: list[Person] | list[Team]) -> list[Person] | list[Team]:
        ids = Counter(entry.id for entry in entries)
        if twins := sorted(one for one, times in ids.items() if times > 1):
            raise ValueError(f"holds an id twice: {', '.join(twins)}")
        return entries

    @model_validator(mode="after")
    def _names_are_defined(self) -> "Roster":
        people = {person.id for person in [*self.managers, *self.reps]}
        teams = {team.id for team in self.teams}
        reps = {rep.id for rep in self.reps}
        for team in self.teams:
            _known(f"teams.{team.id}.manager", [team.manager], people)
            _known(f"teams.{team.id}.calendar", [team.calendar], self.calendars)
        for rep in self.reps:
            _known(f"reps.{rep.id}.team", [rep.team], teams)
            _known(f"reps.{rep.id}.calendar", [rep.calendar], self.calendars)
            _known(f"reps.{rep.id}.backup", [rep.backup], reps - {rep.id})
        for name, pool in self.pools.items():
            _known(f"pools.{name}.team", [pool.team], teams)
            _known(f"pools.{name}.members", pool.members, reps)
            _known(f"pools.{name}.weights", pool.weights, reps)
            if not pool.members and not pool.team:
                raise ValueError(f"pools.{name} has neither members nor a team")
        return self


def _known(where: str, names: Iterable[str | None], known: Iterable[str]) -> None:
    for name in names:
        if name is not None and name not in known:
            raise ValueError(f"{where}: {name!r} is not defined (known: {', '.join(sorted(known)) or 'none'})")
