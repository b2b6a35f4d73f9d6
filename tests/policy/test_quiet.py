"""Quiet hours: when they end, in whose time, also at midnight and in the night on which clocks change."""

from datetime import UTC, datetime

import pytest

from models.base import parse
from models.roster import Manager, Person, Rep, Roster
from policy.quiet import quiet_until, zone_of

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ROSTER = parse(
    Roster,
    {
        "calendars": {
            zone: {"tz": tz, "week": {day: [["09:00", "17:00"]] for day in DAYS}}
            for zone, tz in {"berlin": "Europe/Berlin", "denver": "America/Denver"}.items()
        },
        "managers": [{"id": "mia", "name": "Mia Brook"}, {"id": "max", "name": "Max Hill"}],
        "teams": [
            {"id": "west", "name": "West", "manager": "mia", "calendar": "denver", "region": "na"},
            {"id": "emea", "name": "EMEA", "manager": "mia", "calendar": "berlin", "region": "emea"},
        ],
        "reps": [
            {"id": "ana", "name": "Ana Silva", "team": "emea"},
            {"id": "bo", "name": "Bo Lind", "team": "emea", "calendar": "denver"},
            {"id": "cy", "name": "Cy Dorn", "team": "emea", "tz": "Asia/Tokyo"},
        ],
        "pools": {},
    },
)


def berliner(begins: str, ends: str) -> Manager:
    """Somebody in Berlin with these quiet hours."""
    return Manager(id="mia", name="Mia Brook", tz="Europe/Berlin", quiet=(begins, ends))


@pytest.mark.parametrize(
    ("quiet", "at", "until"),
    [
        (("22:00", "07:00"), "2026-03-02T20:59:59Z", None),
        (("22:00", "07:00"), "2026-03-02T21:00:00Z", "2026-03-03T06:00:00Z"),
        (("22:00", "07:00"), "2026-03-03T05:59:59Z", "2026-03-03T06:00:00Z"),
        (("22:00", "07:00"), "2026-03-03T06:00:00Z", None),
        (("12:00", "13:00"), "2026-03-03T11:30:00Z", "2026-03-03T12:00:00Z"),
        (("22:00", "24:00"), "2026-03-03T22:59:59Z", "2026-03-03T23:00:00Z"),
        (("24:00", "07:00"), "2026-03-03T23:00:00Z", "2026-03-04T06:00:00Z"),
        (("24:00", "07:00"), "2026-03-03T22:59:59Z", None),
        # The night of 29 March has no 02:30: it is quiet until the gap's end; in October 02:30 is the first of two.
        (("22:00", "07:00"), "2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z"),
        (("22:00", "02:30"), "2026-03-28T23:00:00Z", "2026-03-29T01:00:00Z"),
        (("22:00", "02:30"), "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"),
        (("22:00", "02:30"), "2026-10-25T00:30:00Z", None),
        # Around the clock counts as never: else they would hear of nothing.
        (("00:00", "24:00"), "2026-03-03T12:00:00Z", None),
    ],
)
def test_when_the_quiet_ends(quiet: tuple[str, str], at: str, until: str | None) -> None:
    """From the first second on, up to and without the last; counted on the wall clock of whoever is asleep."""
    expected = None if until is None else datetime.fromisoformat(until)
    assert expected == quiet_until(ROSTER, berliner(*quiet), datetime.fromisoformat(at))


def test_who_asks_for_no_quiet_has_none() -> None:
    """Told at any time."""
    assert None is quiet_until(ROSTER, ROSTER.managers[0], datetime(2026, 3, 3, 2, tzinfo=UTC))


def test_in_whose_time_somebody_reads() -> None:
    """Their own zone; else a rep's hours', a manager's first team's; a chief without a team, and a room, has none."""
    ana, bo, cy = ROSTER.reps
    mia, chief = ROSTER.managers
    room = Person(id="war-room", name="War room")
    people: list[Person | Rep] = [ana, bo, cy, mia, chief, room, berliner("22:00", "07:00")]
    zones = ["Europe/Berlin", "America/Denver", "Asia/Tokyo", "America/Denver", "UTC", "UTC", "Europe/Berlin"]
    assert zones == [zone_of(ROSTER, one) for one in people]
