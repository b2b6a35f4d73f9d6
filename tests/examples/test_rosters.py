"""The sample rosters parse, everybody has a backup and a manager, and somebody is always on shift."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.load import read_roster
from models.calendar import span
from models.roster import Rep, Roster, TimeOff

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
FIRST, LAST = date(2026, 1, 1), date(2028, 12, 31)
REGIONS = ("americas", "emea", "apac")


def _roster(name: str) -> Roster:
    return read_roster(EXAMPLES / name)


def _away(day: date, absences: list[TimeOff]) -> bool:
    return any(str(off.start) <= str(day) <= str(off.end) for off in absences)


def _shifts(roster: Roster, rep: Rep) -> Iterator[tuple[datetime, datetime]]:
    team = next(team for team in roster.teams if team.id == rep.team)
    calendar = roster.calendars[rep.calendar or team.calendar]
    zone = ZoneInfo(calendar.tz)
    for offset in range(-1, (LAST - FIRST).days + 2):
        day = FIRST + timedelta(days=offset)
        if not rep.active or _away(day, rep.time_off):
            continue
        for opens, closes in map(span, calendar.windows_on(day)):
            yield _instant(day, opens, zone), _instant(day, closes, zone)


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall time, given its zone below
    return (midnight + timedelta(minutes=minutes)).replace(tzinfo=zone).astimezone(UTC)


def _gaps(roster: Roster) -> list[tuple[datetime, datetime]]:
    covered = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    until = datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC)
    gaps = []
    for opens, closes in sorted(shift for rep in roster.reps for shift in _shifts(roster, rep)):
        if opens > covered:
            gaps.append((covered, opens))
        covered = max(covered, closes)
    return gaps if covered >= until else [*gaps, (covered, until)]


@pytest.mark.parametrize("name", ["roster.yaml", "demo-roster.yaml"])
def test_somebody_is_on_shift_at_any_instant(name: str) -> None:
    """Weekends, holidays, time off and three years of clock changes leave no minute uncovered."""
    assert [] == _gaps(_roster(name))


def test_a_gap_would_be_seen() -> None:
    """Without the weekend duty the check above fails: weekends and holidays are open."""
    roster = _roster("roster.yaml")
    weekdays = [rep for rep in roster.reps if not (rep.calendar or "").endswith("-duty")]
    assert len(_gaps(roster.model_copy(update={"reps": weekdays}))) > 100


@pytest.mark.parametrize("name", ["roster.yaml", "demo-roster.yaml"])
def test_everybody_has_a_backup_and_a_fictional_address(name: str) -> None:
    """A backup of the same team or trade for every rep (R30, R27), and no address anybody owns."""
    roster = _roster(name)
    side_of = {rep.id: rep.role if rep.role == "Customer success" else rep.team for rep in roster.reps}
    for rep in roster.reps:
        assert rep.backup is not None
        assert side_of[rep.id] == side_of[rep.backup]
    for person in [*roster.managers, *roster.reps]:
        assert (person.email or "").endswith(".example")


def test_three_teams() -> None:
    """Three teams with a manager each and a rep on weekend duty: ten in sales, three in customer success."""
    roster = _roster("roster.yaml")
    assert REGIONS == tuple(team.region for team in roster.teams)
    assert 3 == len({team.manager for team in roster.teams})
    success = {rep.id for rep in roster.reps if rep.role == "Customer success"}
    assert (10, 3) == (len(roster.reps) - len(success), len(success))
    assert success == set(roster.pools["customer-success"].members)
    for team in roster.teams:
        members = [rep for rep in roster.reps if rep.team == team.id]
        assert {"senior", "mid", "sdr"} == {str(rep.level) for rep in members}
        assert any((rep.calendar or "").endswith("-duty") for rep in members)


def test_a_country_is_one_teams() -> None:
    """No country is in two territories, and Norway is a country, not a truth value."""
    countries = [country for team in _roster("roster.yaml").teams for country in team.countries]
    assert len(set(countries)) == len(countries)
    assert "NO" in countries


def test_a_pool_for_each_size_and_region() -> None:
    """Enterprise, mid and sdr pools for each region, of its reps; one for leads from nowhere, one for customers."""
    roster = _roster("roster.yaml")
    expected = {f"{size}-{region}" for size in ("enterprise", "mid", "sdr") for region in REGIONS}
    expected |= {"anywhere", "customer-success"}
    assert expected == set(roster.pools)
    team_of = {rep.id: rep.team for rep in roster.reps}
    for name, pool in roster.pools.items():
        if name not in ("anywhere", "customer-success"):
            assert {name.partition("-")[2]} == {team_of[member] for member in pool.members}


def test_the_demo_has_its_cast() -> None:
    """The demo script plays these by name; one of them is always away."""
    roster = _roster("demo-roster.yaml")
    assert ["ada", "sam", "dee", "ali", "bea", "ben", "cam", "eli"] == [rep.id for rep in roster.reps]
    assert ["mia"] == [person.id for person in roster.managers]
    assert ["ali"] == [rep.id for rep in roster.reps if _away(date(2026, 11, 23), rep.time_off)]
