"""What somebody asks the analytics for, as the address says it: so every view can be kept and sent.

    /analytics/kept?days=30&source=web&source=chat&team=emea
    /analytics/conversion?since=2026-07-01&until=2026-09-30&by=rule&goal=won

`days` goes with the calendar; `since` and `until` stay. This room refuses what it cannot read, with a sentence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from api.paper import Untellable
from db.figures import Figures
from db.figures_asked import tens_of
from models.figures import UNKNOWN, Dimension, Filters, Fresh
from models.roster import Roster
from policy.routing.crew import crew_of
from runtime.front import Front

DAYS = 30
PRESETS = ((7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "12 months"))
LONGEST_DAYS = 3660
MOST_VALUES, LONGEST_VALUE = 200, 200

LABELS = {
    Dimension.SOURCE: "Source",
    Dimension.TYPE: "Type",
    Dimension.REGION: "Region",
    Dimension.TEAM: "Team",
    Dimension.REP: "Rep",
    Dimension.RULE: "Rule",
    Dimension.POLICY: "Policy",
    Dimension.INTENT: "Intent",
    Dimension.FIT: "Fit",
    Dimension.BAND: "Points",
}
"""What people call each dimension."""

NONE = {Dimension.REP: "nobody", Dimension.RULE: "no rule", Dimension.TEAM: "no team", Dimension.BAND: "no points"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A question of one view: (value, label) pairs; the first is taken where nothing is said."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]


def by_choice(first: Dimension, *others: Dimension) -> Choice:
    """Ask by which dimension; `first` unless said."""
    return Choice("by", "By", tuple((one.value, LABELS[one].lower()) for one in (first, *others)))


@dataclass(frozen=True, slots=True)
class Names:
    """What the roster calls people."""

    people: Mapping[str, str]

    def of(self, dimension: Dimension, value: str) -> str:
        """Give what people call a value of a dimension."""
        if value == UNKNOWN:
            return NONE.get(dimension, "unknown")
        if dimension is Dimension.REP:
            return self.people.get(value, value)
        if dimension is Dimension.BAND:
            tens = tens_of(value)
            return value if tens is None else f"{tens} to {tens + 9}"
        return value


def names_of(roster: Roster | None) -> Names:
    """Read the names of people; of two of one name each has the id beside it."""
    people = {} if roster is None else {key: one.name for key, one in crew_of(roster).people.items()}
    names = list(people.values())
    return Names({key: f"{name} ({key})" if names.count(name) > 1 else name for key, name in people.items()})


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. `days`: the filters' days go with the calendar. `chosen`: what the view asks besides."""

    front: Front
    now: datetime
    path: str
    filters: Filters
    days: int | None
    chosen: Mapping[str, str]
    choices: tuple[Choice, ...]
    names: Names
    fresh: Fresh

    @property
    def figures(self) -> Figures:
        """Give whom to ask."""
        return self.front.store.figures

    @property
    def by(self) -> Dimension:
        """Give by which dimension; only of views that ask it."""
        return Dimension(self.chosen["by"])

    @property
    def while_(self) -> str:
        """Write of which days: `25 Oct to 23 Nov 2026`."""
        since, until = self.filters.since, self.filters.until
        if since == until:
            return f"{since.day} {since:%b %Y}"
        year = f" {since.year}" if since.year != until.year else ""
        return f"{since.day} {since:%b}{year} to {until.day} {until:%b %Y}"

    def csv(self, sheet: str) -> str:
        """Give the address of a file."""
        return self._link(f"{self.path}.csv", [*self._query(), ("sheet", sheet)])

    def to(self, path: str) -> str:
        """Give the address of another view with the same filters."""
        return self._link(path, self._query(own=False))

    def of_days(self, days: int) -> str:
        """Give this view's address for the last so many days."""
        return self._link(self.path, [("days", str(days)), *self._query(when=False)])

    def choosing(self, name: str, value: str) -> str:
        """Give this view's address with another answer to its question."""
        kept = [(key, one) for key, one in self._query() if key != name]
        first = next(one.options[0][0] for one in self.choices if one.name == name)
        return self._link(self.path, kept if value == first else [*kept, (name, value)])

    def without(self, dimension: Dimension, value: str) -> str:
        """Give this view's address without one of its filters."""
        return self._link(self.path, [one for one in self._query() if one != (dimension.value, value)])

    def narrowed(self) -> list[tuple[Dimension, str]]:
        """Give every filter that is set."""
        return [(one, value) for one in Dimension for value in self.filters.of(one)]

    def own(self) -> list[tuple[str, str]]:
        """Give what a form of filters carries besides them."""
        kept = [(key, value) for key, value in self._query(when=False) if key in self.chosen]
        return [*kept, *([("days", str(self.days))] if self.days else [])]

    def _query(self, *, when: bool = True, own: bool = True) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        if when and self.days is None:
            found += [("since", self.filters.since.isoformat()), ("until", self.filters.until.isoformat())]
        elif when and self.days != DAYS:
            found.append(("days", str(self.days)))
        found += [(one.value, value) for one, value in self.narrowed()]
        if self.filters.backfill:
            found.append(("backfill", "1"))
        if own:
            firsts = {one.name: one.options[0][0] for one in self.choices}
            found += [(name, value) for name, value in self.chosen.items() if value != firsts[name]]
        return found

    @staticmethod
    def _link(path: str, query: Iterable[tuple[str, str]]) -> str:
        words = urlencode(list(query))
        return f"{path}?{words}" if words else path


def filters_of(query: QueryParams, today: date) -> tuple[Filters, int | None]:
    """Read filters, and the number of days where they go with the calendar. Raises `Untellable`."""
    days = _days(query.get("days", ""))
    rolling = (today - timedelta(days=(days or DAYS) - 1), today)
    since, until = _day(query, "since", rolling[0]), _day(query, "until", rolling[1])
    if since > until:
        raise _unreadable("the first day is after the last")
    if (until - since).days > LONGEST_DAYS:
        raise _unreadable("these are more than ten years")
    values = {one.value: _values(query, one) for one in Dimension}
    said = {"since", "until"} & {key for key, value in query.items() if value}
    moves = (since, until) == rolling and (days is not None or not said)
    return Filters(since=since, until=until, backfill=query.get("backfill") == "1", **values), (
        (days or DAYS) if moves else None
    )


def chosen_of(query: QueryParams, choices: Iterable[Choice]) -> dict[str, str]:
    """Read the answers to a view's questions. Raises `Untellable` for one that is none."""
    found = {}
    for choice in choices:
        known = [value for value, _ in choice.options]
        value = query.get(choice.name) or known[0]
        if value not in known:
            raise _unreadable(f"{choice.name} is one of {', '.join(known)}")
        found[choice.name] = value
    return found


def _values(query: QueryParams, dimension: Dimension) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(query.getlist(dimension.value)))
    if len(values) > MOST_VALUES or any(len(one) > LONGEST_VALUE or not one.isprintable() for one in values):
        raise _unreadable(f"{dimension.value}: at most {MOST_VALUES} values of {LONGEST_VALUE} characters")
    return values


def _days(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= LONGEST_DAYS):
        raise _unreadable(f"days is a number from 1 to {LONGEST_DAYS}")
    return int(text)


def _day(query: QueryParams, name: str, default: date) -> date:
    text = query.get(name, "")
    if not text:
        return default
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise _unreadable(f"{name} is a day as 2026-11-23") from None
    if not 2000 <= found.year <= 2200:
        raise _unreadable(f"{name} is a day of this century")
    return found


def _unreadable(why: str) -> Untellable:
    return Untellable(422, "These filters cannot be read", f"What is wrong: {why}.")
