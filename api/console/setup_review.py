"""What differs between two rosters, entry by entry, and what a change means, in sentences. It refuses to save."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.console.setup import names_of
from api.console.setup_hours import OpenDay, days_of
from models.calendar import WEEKDAYS
from models.roster import Roster
from runtime.rosters import Foreseen, Leaving, Left

LONGEST = 300
"""Signs of a value that are shown."""

_SECTIONS = (
    ("calendars", "calendar"),
    ("managers", "manager"),
    ("teams", "team"),
    ("reps", "rep"),
    ("pools", "pool"),
    ("rotas", "rota"),
    ("rooms", "room"),
)


@dataclass(frozen=True, slots=True)
class Differs:
    """One value that differs: of what (`rep ana`), which key of it, what it was and would be."""

    what: str
    key: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class NewHours:
    """One calendar whose hours would change: its days ahead as they are, where there are any, and as they would be."""

    name: str
    tz: str
    days: tuple[tuple[OpenDay, OpenDay | None], ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing that a change means. `bad`: leads lose somebody or something by it; `link`: where one can do more."""

    sentence: str
    bad: bool = False
    link: str = ""


def differences(before: Roster | None, after: Roster) -> tuple[Differs, ...]:
    """List everything that differs, section by section."""
    was, now = _laid_out(before), _laid_out(after)
    return tuple(
        one for section, noun in _SECTIONS for one in _section(noun, was.get(section, {}), now.get(section, {}))
    )


def new_hours(before: Roster | None, after: Roster, at: datetime) -> tuple[NewHours, ...]:
    """Lay out the days ahead of each calendar that is new or differs."""
    found = []
    for name, calendar in after.calendars.items():
        old = before.calendars.get(name) if before is not None else None
        if old == calendar:
            continue
        same_days = old is not None and old.tz == calendar.tz
        days, past = days_of(calendar, at), days_of(old, at) if old is not None and same_days else ()
        found.append(NewHours(name, calendar.tz, tuple((day, past[n] if past else None) for n, day in enumerate(days))))
    return tuple(found)


def meanings(seen: Foreseen, before: Roster | None, after: Roster) -> tuple[Meaning, ...]:
    """Say what taking the roster over means, what leads lose first."""
    names = names_of(before) | names_of(after)
    found = [
        *(Meaning(f"{gap[:1].upper()}{gap[1:]}. Leads that go by it find nobody there.", True) for gap in seen.gaps),
        *(
            Meaning(f"Nobody is in the pool {one}. Leads that go by it find nobody there.", True)
            for one in seen.deserted
        ),
        *(_left(one, names[one.person_id]) for one in seen.left),
        *(_leaving(one, names[one.rep_id]) for one in seen.leaving),
        *(Meaning(f"{names[one.rep_id]}{one.because}: {_recounted(one.leads)}.") for one in seen.recounted),
        *(
            Meaning(f"{names[rep]} is in the pool {pool} no more. Their share there is settled with those who stay.")
            for pool, rep in seen.out_of
        ),
    ]
    if seen.new:
        some = ", ".join(names[one] for one in seen.new)
        found.append(Meaning(f"New: {some}. They may be offered leads at once, and start even with the others."))
    found += [Meaning(f"To mend some time: {one}.") for one in seen.warnings]
    return tuple(found)


def _left(one: Left, name: str) -> Meaning:
    return Meaning(f"{name} is out, and {_leads(one.waiting)} for their word: nobody else is asked.", True)


def _leaving(one: Leaving, name: str) -> Meaning:
    said = f"{name} is offered nothing more."
    if one.offered:
        said += f" {one.offered} that they are asked about {'moves' if one.offered == 1 else 'move'} on."
    if stay := one.taken + one.contacted:
        said += f" {stay} that they have taken {'stays' if stay == 1 else 'stay'} theirs until handed over."
    return Meaning(said, one.held > 0, f"/team/reps/{one.rep_id}/handover" if one.held else "")


def _recounted(leads: int) -> str:
    return f"what {leads} {'lead was' if leads == 1 else 'leads were'} promised is counted again on the new hours"


def _leads(number: int) -> str:
    return "1 lead waits" if number == 1 else f"{number} leads wait"


def _laid_out(roster: Roster | None) -> dict[str, dict[str, dict[str, Any]]]:
    """Lay a roster out as section, name, key."""
    if roster is None:
        return {}
    document = roster.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    document["calendars"] = {name: _day_by_day(one) for name, one in document["calendars"].items()}
    return {
        section: found if isinstance(found, dict) else {one["id"]: one for one in found}
        for section, _ in _SECTIONS
        for found in (document.get(section, {}),)
    }


def _day_by_day(calendar: dict[str, Any]) -> dict[str, Any]:
    """Lay a calendar's week and the days that differ out as keys of their own, in words."""
    days = dict.fromkeys(WEEKDAYS, ()) | calendar.get("week", {}) | calendar.get("exceptions", {})
    rest = {key: value for key, value in calendar.items() if key not in ("week", "exceptions")}
    return rest | {day: ", ".join("\u2013".join(one) for one in windows) or "closed" for day, windows in days.items()}


def _section(noun: str, was: Mapping[str, dict[str, Any]], now: Mapping[str, dict[str, Any]]) -> Iterator[Differs]:
    for name in [one for one in was if one not in now]:
        yield Differs(f"{noun} {name}", "", _called(was[name], "there"), "gone")
    for name, entry in now.items():
        if name not in was:
            yield Differs(f"{noun} {name}", "", "", _called(entry, "new"))
            continue
        old = was[name]
        for key in [*entry, *(one for one in old if one not in entry)]:
            if old.get(key) != entry.get(key):
                yield Differs(f"{noun} {name}", key, _said(key, old.get(key)), _said(key, entry.get(key)))
    both = [one for one in was if one in now]
    if both != [one for one in now if one in was] and noun != "calendar":
        yield Differs(f"{noun}s", "order", "", "in another order")


def _called(entry: Mapping[str, Any], word: str) -> str:
    return f"{word}: {entry['name']}" if "name" in entry else word


def _said(key: str, value: Any) -> str:
    if value is None:
        return "(not said)"
    if key == "frozen":
        return f"{len(value)} public holidays, as they were looked up"
    if isinstance(value, str):
        said = value
    elif isinstance(value, list) and all(isinstance(one, str) for one in value):
        said = ", ".join(value) or "none"
    elif isinstance(value, bool):
        said = "yes" if value else "no"
    else:
        said = json.dumps(value, ensure_ascii=False).replace('"', "")
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}..."
