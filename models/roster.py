"""Who may get leads: the roster file's shape, and the same words in the database."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from models.base import Outside
from models.calendar import Calendar, TimeOfDay, known_zone, plausible
from models.durations import Duration

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
    SLACK = "slack"
    TEAMS = "teams"


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
    """Somebody with a name and a way to be told things: a manager, a rep, or a room that many read."""

    id: Slug
    name: str = Field(min_length=1, max_length=120)
    email: str | None = Field(None, max_length=320)
    webhook_url: str | None = Field(None, max_length=2000)
    slack: str | None = Field(
        None, pattern=r"^[A-Z][A-Z0-9]{5,40}$", description="Slack id of a member or a channel: U..."
    )
    teams_url: str | None = Field(None, max_length=2000, description="where a Teams workflow takes cards")
    crm: str | None = Field(None, min_length=1, max_length=64, description="the id of their user in the CRM")
    channels: list[ChannelName] = Field(default_factory=lambda: [ChannelName.LOG])
    tz: str | None = Field(None, description="IANA zone; left out: the calendar's, a manager's first team's")
    quiet: tuple[TimeOfDay, TimeOfDay] | None = Field(
        None, description="from, to in their zone, over midnight too: nothing but what is urgent is told then"
    )

    @field_validator("tz")
    @classmethod
    def _a_zone(cls, tz: str | None) -> str | None:
        return None if tz is None else known_zone(tz)

    @field_validator("quiet", mode="before")
    @classmethod
    def _a_pair(cls, quiet: Any) -> Any:
        return tuple(quiet) if isinstance(quiet, list) else quiet

    @field_validator("quiet")
    @classmethod
    def _lasts(cls, quiet: tuple[str, str] | None) -> tuple[str, str] | None:
        if quiet is not None and quiet[0] == quiet[1]:
            raise ValueError("begins when it ends; leave it out to be told at any time")
        return quiet


class Manager(Person):
    """Somebody who answers for teams, and to whom they answer themselves."""

    manager: Slug | None = Field(None, description="their own manager: alerts to the manager's manager go there")


class Swap(Outside):
    """Somebody takes a rota over for some days, both included."""

    who: Slug
    first: date = Field(alias="from")
    last: date = Field(alias="to")

    @field_validator("first", "last")
    @classmethod
    def _plausible(cls, day: date) -> date:
        return plausible(day)

    @model_validator(mode="after")
    def _runs_forward(self) -> "Swap":
        if self.last < self.first:
            raise ValueError("to: lies before from")
        return self


class Rota(Outside):
    """Who is on duty: the members by turns, each for `turn` (whole days), from `first` at `at` in `tz` on.

    Whoever is on leave or inactive is covered by the next member. Members are reps or managers.
    """

    members: list[Slug] = Field(min_length=1, max_length=100)
    turn: Duration = timedelta(days=7)
    first: date = Field(alias="from")
    at: TimeOfDay = "00:00"
    tz: str = "UTC"
    swaps: list[Swap] = Field(default_factory=list, max_length=500)

    @field_validator("tz")
    @classmethod
    def _a_zone(cls, tz: str) -> str:
        return known_zone(tz)

    @field_validator("first")
    @classmethod
    def _plausible(cls, day: date) -> date:
        return plausible(day)

    @field_validator("turn")
    @classmethod
    def _whole_days(cls, turn: timedelta) -> timedelta:
        if turn < timedelta(days=1) or turn % timedelta(days=1):
            raise ValueError("lasts whole days: 1d, 7d")
        return turn


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
    managers: list[Manager]
    teams: list[Team]
    reps: list[Rep]
    pools: dict[Slug, Pool]
    rotas: dict[Slug, Rota] = Field(default_factory=dict)
    rooms: list[Person] = Field(default_factory=list, description="places that many read, told like a person")

    @field_validator("managers", "teams", "reps", "rooms")
    @classmethod
    def _no_twins(cls, entries: Any) -> Any:
        ids = Counter(entry.id for entry in entries)
        if twins := sorted(one for one, times in ids.items() if times > 1):
            raise ValueError(f"holds an id twice: {', '.join(twins)}")
        return entries

    @model_validator(mode="after")
    def _chiefs_and_rotas_are_defined(self) -> "Roster":
        above = {manager.id: manager.manager for manager in self.managers}
        for name, chief in above.items():
            _known(f"managers.{name}.manager", [chief], above)
            seen, higher = {name}, chief
            while higher is not None:
                if higher in seen:
                    raise ValueError(f"managers.{name}.manager: goes round in a circle by {higher}")
                seen.add(higher)
                higher = above.get(higher)
        for name, rota in self.rotas.items():
            people = {*above, *(rep.id for rep in self.reps)}
            for place, member in enumerate(rota.members):
                _known(f"rotas.{name}.members[{place}]", [member], people)
            for place, swap in enumerate(rota.swaps):
                _known(f"rotas.{name}.swaps[{place}].who", [swap.who], people)
        taken = {*above, *(rep.id for rep in self.reps)}
        if twins := sorted(room.id for room in self.rooms if room.id in taken):
            raise ValueError(f"rooms: {twins[0]} is a person's id already")
        return self

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
