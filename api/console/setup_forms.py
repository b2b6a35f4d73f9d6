"""One rep and one calendar as forms have them: read from what was typed, or refused with what is wrong with each field.

This room refuses to save.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from config.freezing import look_up
from config.yaml_marks import UNSEEN
from models.base import Refused, parse
from models.calendar import WEEKDAYS, Calendar
from models.roster import ChannelName, Level, Rep, Roster

Fields = dict[str, str]

LISTS = ("languages", "regions", "industries", "products", "skills", "certifications")
_WORDS = ("name", "team", "level", "role", "calendar", "backup", "tz", "email", "slack", "teams_url", "webhook_url")
_NUMBERS = ("capacity", "weight")
REP_FIELDS = (*_WORDS, *_NUMBERS, *LISTS, "channels")

CALENDAR_FIELDS = ("tz", *WEEKDAYS, "holidays", "exceptions", "country", "subdivision", "without", "public_holidays")

LONGEST = 20_000
"""Signs of one field of a calendar."""

_BETWEEN = re.compile(r"\s*(?:-|\u2013|to)\s*")
_CLOSED = "closed"
_UNSEEN_TOLD = "This holds a character that cannot be seen. Type it anew."


def rep_as_typed(rep: Rep) -> Fields:
    """Give what stands in the form before anything is typed."""
    plain = rep.model_dump(mode="json")
    return (
        {name: str(plain[name] or "") for name in _WORDS}
        | {name: str(plain[name]) for name in _NUMBERS}
        | {name: ", ".join(plain[name]) for name in (*LISTS, "channels")}
    )


def read_rep(typed: Fields, rep: Rep, roster: Roster) -> tuple[Rep | None, Fields]:
    """Read a rep's form; else say what is wrong, by field. What the form has not stays as it is."""
    wrong: Fields = {}
    raw: dict[str, Any] = rep.model_dump(mode="json", by_alias=True)
    raw |= {name: typed[name] or None for name in _WORDS if name != "role"} | {"role": typed["role"]}
    for name in _NUMBERS:
        if not (typed[name].isascii() and typed[name].isdigit() and len(typed[name]) < 7):
            wrong[name] = "Type a whole number."
        else:
            raw[name] = int(typed[name])
    raw |= {name: _listed(typed[name]) for name in (*LISTS, "channels")}
    if raw["channels"] and (strange := [one for one in raw["channels"] if one not in set(ChannelName)]):
        wrong["channels"] = f"{strange[0]} is no channel: {', '.join(ChannelName)}."
    wrong |= {name: _UNSEEN_TOLD for name in REP_FIELDS if UNSEEN.search(typed[name])}
    wrong |= {name: "Choose one." for name, known in _choices(roster, rep).items() if typed[name] not in known}
    if wrong:
        return None, wrong
    try:
        return parse(Rep, raw), {}
    except Refused as refused:
        return None, _by_field(refused)


def _choices(roster: Roster, rep: Rep) -> Mapping[str, set[str]]:
    return {
        "team": {team.id for team in roster.teams},
        "calendar": {"", *roster.calendars},
        "backup": {"", *(one.id for one in roster.reps if one.id != rep.id)},
        "level": set(Level),
    }


def calendar_as_typed(calendar: Calendar) -> Fields:
    """Give what stands in the form before anything is typed."""
    week = {name: _windows_text(calendar.week.of(number)) for number, name in enumerate(WEEKDAYS)}
    exceptions = sorted(calendar.exceptions.items())
    return week | {
        "tz": calendar.tz,
        "holidays": "\n".join(day.isoformat() for day in sorted(calendar.holidays)),
        "exceptions": "\n".join(f"{day} {_windows_text(windows) or _CLOSED}" for day, windows in exceptions),
        "country": calendar.country or "",
        "subdivision": calendar.subdivision or "",
        "without": "\n".join(calendar.without),
        "public_holidays": "yes" if calendar.public_holidays else "",
    }


def read_calendar(typed: Fields, was: Calendar) -> tuple[Calendar | None, Fields]:
    """Read a calendar's form; else say what is wrong, by field.

    Public holidays stay as they were looked up while whose they are stays the same.
    """
    wrong: Fields = {name: "This is too long." for name in CALENDAR_FIELDS if len(typed[name]) > LONGEST}
    if wrong:
        return None, wrong
    raw: dict[str, Any] = {"tz": typed["tz"], "week": {}}
    for name in WEEKDAYS:
        raw["week"][name] = _read(name, typed[name], _windows, wrong)
    raw["holidays"] = _read("holidays", typed["holidays"], _days, wrong)
    raw["exceptions"] = _read("exceptions", typed["exceptions"], _exceptions, wrong)
    raw["country"], raw["subdivision"] = typed["country"].upper() or None, typed["subdivision"].upper() or None
    raw["public_holidays"] = typed["public_holidays"] == "yes"
    raw["without"] = [line.strip() for line in typed["without"].splitlines() if line.strip()]
    if wrong:
        return None, wrong
    try:
        if raw["public_holidays"] and raw["country"]:
            raw["frozen"] = _frozen(raw, was)
        return parse(Calendar, raw), {}
    except Refused as refused:
        return None, _by_field(refused)


def _frozen(raw: Mapping[str, Any], was: Calendar) -> dict[str, str]:
    """Give the public holidays that were looked up, or look them up. Raises `Refused`."""
    whose = raw["country"], raw["subdivision"], tuple(raw["without"])
    if was.frozen is not None and whose == (was.country, was.subdivision, was.without):
        return {day.isoformat(): name for day, name in was.frozen.items()}
    return look_up(raw["country"], raw["subdivision"], raw["without"])


def _read(name: str, text: str, read: Any, wrong: Fields) -> Any:
    try:
        return read(text)
    except ValueError as error:
        wrong[name] = str(error)
        return []


def _windows_text(windows: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{opens}-{closes}" for opens, closes in windows)


def _windows(text: str) -> list[list[str]]:
    if text.strip().casefold() in ("", _CLOSED):
        return []
    pairs = [_BETWEEN.split(one.strip()) for one in text.split(",") if one.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError("Write from and to, like 09:00-12:30, 13:30-17:00; leave it empty where it is closed.")
    return [[_clock(one) for one in pair] for pair in pairs]


def _clock(text: str) -> str:
    """Read `9`, `9:30` and `09:30` alike; the calendar refuses what is no time of day."""
    hours, _, minutes = text.partition(":")
    return f"{hours:0>2}:{minutes or '00'}"


def _days(text: str) -> list[str]:
    return [_day(line.strip()) for line in text.splitlines() if line.strip()]


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f'"{text[:40]}" is no day: write it like 2026-12-24.') from None


def _exceptions(text: str) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        day, _, hours = line.partition(" ")
        if (known := _day(day.rstrip(":"))) in found:
            raise ValueError(f"{known} is there twice.")
        found[known] = _windows(hours)
    return found


def _listed(text: str) -> list[str]:
    return list(dict.fromkeys(one.strip() for one in text.replace("\n", ",").split(",") if one.strip()))


def _by_field(refused: Refused) -> Fields:
    """Put each problem beside its field; `week.mon.0.1` stands beside Monday. What is of no one field goes under ``."""
    found: Fields = {}
    for one in refused.problems:
        field, what = one.field, one.what
        if not field and (named := re.match(r"([a-z_]+): ", what)):
            field, what = named[1], what[named.end() :]
        parts = field.replace("[", ".").split(".")
        place = parts[1] if parts[0] == "week" and len(parts) > 1 else parts[0]
        place = "mon" if place == "week" else place
        found.setdefault(place, f"{what[:1].upper()}{what[1:]}.".replace("..", "."))
    return found
