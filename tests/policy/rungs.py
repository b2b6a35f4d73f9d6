"""Ladders, calendars and rosters for tests of plans."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from pydantic import ValidationError

from models.base import parse
from models.calendar import ALWAYS, Calendar
from models.ladder import Clock, Plan
from models.lead import Fit, Intent
from models.policy import Policy
from models.roster import Roster
from models.sla import SlaClass
from policy.ladder import Clocks

DAYS = ("mon", "tue", "wed", "thu", "fri")
BERLIN = Calendar.model_validate({"tz": "Europe/Berlin", "week": {day: [["09:00", "18:00"]] for day in DAYS}})
DENVER = Calendar.model_validate({"tz": "America/Denver", "week": {day: [["08:00", "16:30"]] for day in DAYS}})
NIGHTS = Calendar.model_validate({"tz": "Asia/Seoul", "week": {day: [["22:00", "06:00"]] for day in (*DAYS, "sun")}})
SEASON = Calendar.model_validate({"tz": "UTC", "week": {}, "exceptions": {"2026-03-06": [["09:00", "17:00"]]}})

LADDER = [
    {"do": "offer", "to": "primary"},
    {"do": "remind", "after": "15m"},
    {"do": "offer", "to": "backup", "after": "30m"},
    {"do": "alert", "after": "15m"},
    {"do": "reassign", "after": "30m", "times": 2},
    {"do": "triage", "after": "1h"},
]
CONTACT = [{"do": "remind", "after": "1h", "times": 2}, {"do": "alert", "after": "3h"}]


def policy(ladder: Any = LADDER, contact: Any = CONTACT, **sla: Any) -> Policy:
    """Make a policy whose only SLA class, `demo`, has this ladder."""
    one = {"name": "demo", "response": "15m", "clock": "rep", "ladder": ladder, "contact": contact} | sla
    return parse(
        Policy,
        {
            "name": "test",
            "scoring": {},
            "intent": {},
            "fit": {"strong_from": 10, "criteria": []},
            "matrix": [{"intent": intent, "fit": fit, "do": "route"} for intent in Intent for fit in Fit],
            "tiers": [{"name": "any", "levels": ["mid"]}],
            "routing": {"default_pool": "all"},
            "sla": [one],
        },
    )


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """Give a Berlin wall time of March 2026 as an instant."""
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def told(plan: Plan, zone: str = "Europe/Berlin") -> list[str]:
    """Tell a plan as a person would: number, wall time in the zone, what; a star where it is projected."""
    return [
        f"{rung.n} {rung.due_at.astimezone(ZoneInfo(zone)):%a %H:%M} {rung.says}{'*' if rung.projected else ''}"
        for rung in plan.rungs
    ]


FRIDAY = berlin(6, 17, 55)
OFFICE = Clocks(rep=BERLIN, team=BERLIN, lead=BERLIN)


def roster(**changes: Any) -> Roster:
    """Make a roster of one team in Berlin, whose ana works in Denver's hours and lives in Phoenix."""
    document = {
        "calendars": {"berlin": BERLIN.model_dump(mode="json"), "denver": DENVER.model_dump(mode="json")},
        "managers": [{"id": "dana", "name": "Dana", "manager": "max"}, {"id": "max", "name": "Max"}],
        "teams": [{"id": "emea", "name": "EMEA", "manager": "dana", "calendar": "berlin", "region": "emea"}],
        "reps": [
            {"id": "ana", "name": "Ana", "team": "emea", "calendar": "denver", "tz": "America/Phoenix"},
            {"id": "ben", "name": "Ben", "team": "emea"},
        ],
        "pools": {"all": {"team": "emea"}},
    }
    return parse(Roster, document | changes)


def with_leave(*leave: tuple[str, str], rep: str = "ben", **rep_changes: Any) -> Roster:
    """Make the roster with somebody's time off, and whatever else is different about them."""
    off = [{"from": start, "to": end} for start, end in leave]
    there = {"id": rep, "name": rep.title(), "team": "emea", "time_off": off} | rep_changes
    others = [one for one in roster().model_dump(mode="json", by_alias=True)["reps"] if one["id"] != rep]
    return roster(reps=[*others, there])


CALENDARS = st.sampled_from([BERLIN, DENVER, NIGHTS, SEASON, ALWAYS])
CLOCKS = st.builds(Clocks, rep=CALENDARS, team=CALENDARS, lead=CALENDARS)
INSTANTS = st.integers(0, 40 * 24 * 60).map(lambda minute: berlin(1, 0) + timedelta(minutes=minute))


OFFERS = ("offer", "reassign")
TELLS = ("remind", "alert", "widen", "pause")


@st.composite
def ladders(draw: st.DrawFn, kinds: tuple[str, ...] = (*OFFERS, *TELLS)) -> list[dict[str, Any]]:
    """Make a ladder that a policy file may hold, of rungs of these kinds, maybe with a part that is repeated."""
    rungs: list[dict[str, Any]] = [{"do": "offer", "to": "primary"}]
    least = 0
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=6)):
        minutes = least + draw(st.integers(0, 3000))
        times = draw(st.integers(1, 3))
        rungs.append({"do": kind, "after": f"{minutes}m", "times": times} | AS_WELL.get(kind, {}))
        rungs[-1] |= draw(st.sampled_from([{}, *({"clock": clock.value} for clock in Clock)]))
        least = 0 if kind in OFFERS else minutes * times
    end = {"do": "triage", "after": f"{least + draw(st.integers(0, 600))}m"}
    again = {"do": "repeat", "rungs": draw(st.integers(1, 3)), "times": draw(st.integers(1, 3))}
    repeated = [*rungs, again, end]
    return repeated if draw(st.booleans()) and _may_be(repeated) else [*rungs, end]


AS_WELL: dict[str, dict[str, Any]] = {"widen": {"pools": ["all"]}, "pause": {"until": "08:30"}}


def _may_be(ladder: list[dict[str, Any]]) -> bool:
    try:
        SlaClass.model_validate({"name": "demo", "response": "15m", "ladder": ladder}, strict=False)
    except ValidationError:
        return False
    return True
