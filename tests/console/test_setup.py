"""Setup: people, teams and calendars are shown as they are; changes are checked, foreseen, noted, and by right."""

import asyncio
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx2
import pytest
from sqlmodel import select

from api.console.setup_forms import calendar_as_typed, read_calendar, read_rep, rep_as_typed
from api.console.setup_hours import days_of
from db import tables
from db.tables.words import Errand
from models.access import Role
from models.base import parse
from models.calendar import WEEKDAYS, Calendar
from models.roster import Rep, Roster, TimeOff
from runtime import clock
from tests.api.house import Doors
from tests.console.desks import offer
from tests.console.house import Visitor, visiting

WEDNESDAY = datetime(2026, 12, 23, 12, tzinfo=UTC)

OFFICE = parse(
    Calendar,
    {
        "tz": "Europe/Berlin",
        "week": {day: [["09:00", "12:30"], ["13:30", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
        "holidays": ["2026-12-28"],
        "exceptions": {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []},
        "country": "DE",
        "public_holidays": True,
        "frozen": {"2026-12-25": "Christmas Day"},
    },
)


async def roster_of(doors: Doors) -> Roster:
    """The roster as it is."""
    found = await doors.store.rosters.load()
    assert found is not None
    return found


async def rep_form(doors: Doors, rep_id: str, **typed: str) -> dict[str, str]:
    """A rep's form as its page shows it, with some of it typed anew."""
    file = await doors.store.rosters.file()
    assert file is not None
    rep = next(one for one in file.roster.reps if one.id == rep_id)
    return rep_as_typed(rep) | {"was": file.digest} | typed


def hidden(page: httpx2.Response, name: str) -> str:
    """The value of a hidden field of a page."""
    return unescape(page.text.split(f'name="{name}" value="', 1)[1].split('"', 1)[0])


async def confirm(visitor: Visitor, page: httpx2.Response, **more: str) -> httpx2.Response:
    """Send the form that asks whether it is to be saved."""
    fields = {name: hidden(page, name) for name in ("document", "was", "origin")}
    return await visitor.post("/setup/save", fields | more)


async def test_people_teams_and_calendars_are_shown(doors: Doors) -> None:
    """Who is in which team, who may be asked and why not, what they hold; who leads and works by what."""
    await doors.store.rosters.add_time_off(
        "ana", parse(TimeOff, {"from": "2020-01-01", "to": "2090-01-01"}), at=clock.now()
    )
    await offer(doors, "one", "ben")
    async with visiting(doors, Role.OPS) as ops:
        people = (await ops.get("/setup")).text
        teams = (await ops.get("/setup/teams")).text
        calendars = (await ops.get("/setup/calendars")).text
    assert "3 reps, led by <bdi>Mia Moor</bdi>" in people
    assert 1 == people.count("not now")
    assert 2 == people.count("may be asked")
    assert "1 of 1000" in people
    assert "3 of 3" in teams
    assert "<bdi>Ana Abel</bdi>, <bdi>Ben Bach</bdi>, <bdi>Cam Cole</bdi>" in teams
    assert "<b>Mon–Sun</b> 00:00–24:00" in calendars


async def test_tabs_are_those_of_ones_rights(doors: Doors) -> None:
    """Managers see no members and no keys."""
    async with visiting(doors, Role.MANAGER) as manager, visiting(doors, Role.ADMIN) as admin:
        theirs, all_of_them = (await manager.get("/setup")).text, (await admin.get("/setup/members")).text
    for path in ("/setup", "/setup/teams", "/setup/calendars", "/setup/text"):
        assert f'href="{path}"' in theirs
        assert f'href="{path}"' in all_of_them
    assert 'href="/setup/keys"' not in theirs
    assert 'href="/setup/keys"' in all_of_them


async def test_a_change_that_touches_no_lead_is_saved_at_once(doors: Doors) -> None:
    """Time off that was noted stays; the log names what changed."""
    away = parse(TimeOff, {"from": "2090-01-01", "to": "2090-01-02"})
    await doors.store.rosters.add_time_off("ana", away, at=clock.now())
    async with visiting(doors, Role.OPS) as ops:
        form = await rep_form(doors, "ana", capacity="12", weight="3", languages="en, de", backup="ben")
        page = await ops.do("/setup/reps/ana", form)
    assert "Ana Abel is changed." in page.text
    ana = (await roster_of(doors)).reps[0]
    assert (12, 3, ["en", "de"], "ben", [away]) == (ana.capacity, ana.weight, ana.languages, ana.backup, ana.time_off)
    act = (await doors.store.acts.list(who="ops"))[0]
    assert ("roster.save", ["rep ana weight", "rep ana capacity", "rep ana languages", "rep ana backup"]) == (
        act.what, act.detail["changed"],
    )  # fmt: skip
    file = await doors.store.rosters.file()
    assert file is not None
    assert [] == file.roster.reps[0].time_off


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"capacity": "many"}, "Type a whole number."),
        ({"weight": "0"}, "Input should be greater than or equal to 1."),
        ({"channels": "pigeon"}, "pigeon is no channel: log, email, webhook, slack, teams."),
        ({"tz": "Mars/Base"}, "&#34;Mars/Base&#34; is not a time zone; write an IANA name, like Europe/Berlin."),
        ({"name": ""}, "Input should be a valid string."),
        ({"name": "Ana\u202e lebA"}, "This holds a character that cannot be seen."),
        ({"backup": "zed"}, "Choose one."),
    ],
)
async def test_a_wrong_form_is_told_beside_its_field(doors: Doors, typed: dict[str, str], says: str) -> None:
    """What was typed stands there still, and nothing has changed."""
    before = await roster_of(doors)
    field = next(iter(typed))
    async with visiting(doors, Role.ADMIN) as admin:
        page = await admin.post("/setup/reps/ana", await rep_form(doors, "ana", skills="<b>depth", **typed))
    assert 422 == page.status_code
    assert f'id="e-{field}"' in page.text
    assert says in page.text
    assert "&lt;b&gt;depth" in page.text
    assert before == await roster_of(doors)


async def test_a_stale_form_changes_nothing(doors: Doors) -> None:
    """Somebody else was faster: it is told, with what was typed."""
    form = await rep_form(doors, "ana", capacity="7")
    await doors.store.rosters.set_active("ben", False, at=clock.now())
    async with visiting(doors, Role.OPS) as ops:
        page = await ops.post("/setup/reps/ana", form)
        assert 409 == page.status_code
        assert 'value="7"' in page.text
        again = await ops.post("/setup/reps/ana", form | {"was": hidden(page, "was")})
    assert 303 == again.status_code
    assert 7 == (await roster_of(doors)).reps[0].capacity


async def test_hours_with_leads_on_them_are_asked_about_first(doors: Doors) -> None:
    """How many leads are counted again is said before; saved, each of them is to look again."""
    await offer(doors, "one", "ana")
    await offer(doors, "two", "ana", accepted_at=clock.now())
    async with visiting(doors, Role.OPS) as ops:
        form = await rep_form(doors, "ana", tz="Asia/Tokyo")
        page = await ops.post("/setup/reps/ana", form)
        assert 200 == page.status_code
        assert (
            "Ana Abel&#39;s hours changed: what 2 leads were promised is counted again on the new hours." in page.text
        )
        assert (await roster_of(doors)).reps[0].tz is None
        saved = await confirm(ops, page)
        assert 303 == saved.status_code
        assert saved.headers["location"].startswith("/setup/reps/ana?told=")
        assert "it was so already" in (await ops.get((await confirm(ops, page)).headers["location"])).text
    assert "Asia/Tokyo" == (await roster_of(doors)).reps[0].tz
    async with doors.store.database.reading() as session:
        errands = [(one.what, one.lead_id) for one in (await session.exec(select(tables.Outbox))).all()]
    assert [(Errand.RECONSIDER, "one"), (Errand.RECONSIDER, "two")] == sorted(errands)


async def test_a_manager_changes_who_of_theirs_is_there_and_nothing_else(doors: Doors) -> None:
    """Active and time off of their own teams; not of others', not the rest, not what the file says."""
    days = {"from": "2090-03-01", "to": "2090-03-05", "reason": "a long walk"}
    async with visiting(doors, Role.MANAGER, person_id="mia") as mia:
        page = await mia.do("/setup/reps/ana/time-off", days)
        assert "Ana Abel is away from 2090-03-01 to 2090-03-05." in page.text
        assert "a long walk" in page.text
        off = {"starts": "2090-03-01", "ends": "2090-03-05"}
        assert "not away then after all" in (await mia.do("/setup/reps/ana/time-off/remove", off)).text
        page = await mia.do("/setup/reps/ana/active", active="no", reason="on loan")
        assert "Ana Abel is inactive: they are offered nothing." in page.text
        assert 'action="/setup/reps/ana"' not in page.text
        for path, form in (
            ("/setup/reps/ana", await rep_form(doors, "ana")),
            ("/setup/calendars/always", {}),
            ("/setup/text", {"text": "x"}),
            ("/setup/save", {"document": "{}"}),
            ("/setup/reps/ana/time-off/remove", off | {"of_file": "yes"}),
        ):
            refused = await mia.post(path, form)
            assert (403, True) == (refused.status_code, "Operations change this" in refused.text), path
    async with visiting(doors, Role.MANAGER, person_id="ben") as other:
        for path in ("time-off", "time-off/remove", "active"):
            assert 403 == (await other.post(f"/setup/reps/ana/{path}", days | {"active": "yes"})).status_code
    ana = (await roster_of(doors)).reps[0]
    assert (False, []) == (ana.active, ana.time_off)


async def test_time_off_of_the_file_is_taken_back_by_whoever_may(doors: Doors) -> None:
    """It leaves the file's words, and what was noted beside it stays."""
    file = await doors.store.rosters.file()
    assert file is not None
    said, noted = ({"from": f"2090-0{n}-01", "to": f"2090-0{n}-02", "reason": ""} for n in (4, 5))
    ana = file.roster.reps[0].model_copy(update={"time_off": [parse(TimeOff, said)]})
    await doors.store.rosters.save(
        file.roster.model_copy(update={"reps": [ana, *file.roster.reps[1:]]}), at=clock.now()
    )
    await doors.store.rosters.add_time_off("ana", parse(TimeOff, noted), at=clock.now())
    gone = {"starts": "2090-04-01", "ends": "2090-04-02", "of_file": "yes"}
    async with visiting(doors, Role.OPS) as ops:
        assert "not away then after all" in (await ops.do("/setup/reps/ana/time-off/remove", gone)).text
        assert "No such time off stands there." in (await ops.do("/setup/reps/ana/time-off/remove", gone)).text
    assert [parse(TimeOff, noted)] == (await roster_of(doors)).reps[0].time_off


async def test_time_off_that_is_sent_twice_is_noted_once(doors: Doors) -> None:
    """Though both come at the same moment, on a double click."""
    days = {"from": "2090-03-01", "to": "2090-03-05"}
    async with visiting(doors, Role.OPS) as ops:
        both = await asyncio.gather(*(ops.post("/setup/reps/ana/time-off", days) for _ in range(2)))
    assert [303, 303] == [one.status_code for one in both]
    assert 1 == len((await roster_of(doors)).reps[0].time_off)


async def test_wrong_time_off_is_told_and_kept(doors: Doors) -> None:
    """The error stands at its field, and the form is open."""
    async with visiting(doors, Role.OPS) as ops:
        page = await ops.post("/setup/reps/ana/time-off", {"from": "2090-03-05", "to": "2090-03-01", "reason": "x<y"})
    assert 422 == page.status_code
    assert "It ends before it begins." in page.text
    assert 'value="x&lt;y"' in page.text


async def test_a_calendar_is_tried_and_saved(doors: Doors) -> None:
    """Its days ahead stand beside those of now, before anything has changed; then it is saved."""
    file = await doors.store.rosters.file()
    assert file is not None
    typed = calendar_as_typed(file.roster.calendars["always"]) | {"was": file.digest}
    typed |= {"sat": "", "sun": "closed", "mon": "9-17:30"}
    async with visiting(doors, Role.OPS) as ops:
        tried = await ops.post("/setup/calendars/always", typed, do="look")
        assert 200 == tried.status_code
        assert "Not saved yet." in tried.text
        assert 2 == tried.text.count("09:00–17:30")
        assert 6 == tried.text.count('<span class="badge wait">changes</span>')
        saved = await ops.do("/setup/calendars/always", typed, do="save")
        assert "The calendar always is saved." in saved.text
        wrong = await ops.post(
            "/setup/calendars/always", typed | {"was": hidden(saved, "was"), "tue": "noon"}, do="save"
        )
    assert 422 == wrong.status_code
    assert 'id="e-tue"' in wrong.text
    calendar = (await roster_of(doors)).calendars["always"]
    assert ((("09:00", "17:30"),), (), ()) == (calendar.week.mon, calendar.week.sat, calendar.week.sun)


def test_days_say_their_hours_and_why_not() -> None:
    """Hours of the calendar's zone; holidays and days that differ by name."""
    days = days_of(OFFICE, WEDNESDAY, 9)
    assert [
        ("09:00–12:30, 13:30–17:00", ""),
        ("09:00–12:00", "differs from the week"),
        ("", "Christmas Day"),
        ("", "closed"),
        ("", "closed"),
        ("", "a holiday"),
        ("09:00–12:30, 13:30–17:00", ""),
        ("09:00–12:30, 13:30–17:00", ""),
        ("", "differs from the week"),
    ] == [(one.hours, one.note) for one in days]
    assert (WEDNESDAY + timedelta(days=8)).date() == days[-1].day


def test_a_night_says_that_it_ends_on_the_next_day() -> None:
    """And midnight is 24:00."""
    night = parse(Calendar, {"tz": "UTC", "week": {"wed": [["22:00", "06:00"]], "thu": [["12:00", "24:00"]]}})
    assert ["22:00–06:00 (next day)", "12:00–24:00"] == [one.hours for one in days_of(night, WEDNESDAY, 2)]


def test_a_calendars_form_reads_back_what_it_shows() -> None:
    """Nothing is lost by opening a form and saving it, not even which holidays were looked up."""
    assert (OFFICE, {}) == read_calendar(calendar_as_typed(OFFICE), OFFICE)


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"mon": "9"}, "mon", "Write from and to"),
        ({"mon": "9-25"}, "mon", "is not a time of day"),
        ({"tue": "9-12, 11-14"}, "mon", "Tue 09:00-12:00 overlaps tue 11:00-14:00."),
        ({"holidays": "Christmas"}, "holidays", '"Christmas" is no day: write it like 2026-12-24.'),
        ({"exceptions": "2026-12-24 9-12\n2026-12-24 closed"}, "exceptions", "2026-12-24 is there twice."),
        ({"country": "XX"}, "country", "No public holidays of XX are known"),
        ({"country": ""}, "public_holidays", "Whose? say it with `country`."),
        ({"tz": "Berlin"}, "tz", '"Berlin" is not a time zone'),
    ],
)
def test_a_wrong_calendar_is_told_by_field(typed: dict[str, str], field: str, says: str) -> None:
    """Each mistake stands where it was typed."""
    found, wrong = read_calendar(calendar_as_typed(OFFICE) | typed, OFFICE)
    assert found is None
    assert says in wrong[field]


async def test_a_reps_form_reads_back_what_it_shows(doors: Doors) -> None:
    """What the form has not (limits, quiet hours) stays."""
    roster = await roster_of(doors)
    rep = parse(
        Rep,
        {
            **roster.reps[0].model_dump(mode="json", by_alias=True),
            "caps": [{"leads": 8}],
            "quiet": ["20:00", "07:00"],
            "skills": ["a b", "c"],
            "channels": ["email", "log"],
            "email": "ana@company.example",
            "time_off": [{"from": "2026-03-01", "to": "2026-03-02"}],
        },
    )
    assert (rep, {}) == read_rep(rep_as_typed(rep), rep, roster)


async def test_who_left_comes_back_by_the_text_alone(doors: Doors) -> None:
    """No form makes them active or somebody's backup; why somebody is inactive stands in the log."""
    file = await doors.store.rosters.file()
    assert file is not None
    fewer = file.roster.model_copy(update={"reps": file.roster.reps[:2]})
    await doors.store.rosters.save(fewer, at=clock.now())
    async with visiting(doors, Role.MANAGER, person_id="mia") as mia:
        refused = await mia.post("/setup/reps/cam/active", active="yes", reason="back again")
        assert (409, True) == (refused.status_code, "comes back by the roster&#39;s text" in refused.text)
        await mia.do("/setup/reps/ben/active", active="no", reason="on loan")
    async with visiting(doors, Role.OPS) as ops:
        assert 'value="cam"' not in (await ops.get("/setup/reps/ana")).text
    assert [True, False, False] == [rep.active for rep in (await roster_of(doors)).reps]
    assert {"active": False, "reason": "on loan"} == (await doors.store.acts.list(who="mia"))[0].detail


async def test_a_calendar_that_never_opens_is_refused(doors: Doors) -> None:
    """As what is wrong, not as somebody else's change."""
    file = await doors.store.rosters.file()
    assert file is not None
    typed = calendar_as_typed(file.roster.calendars["always"]) | {"was": file.digest} | dict.fromkeys(WEEKDAYS, "")
    async with visiting(doors, Role.OPS) as ops:
        page = await ops.post("/setup/calendars/always", typed, do="save")
    assert (422, True) == (page.status_code, "Never opens" in page.text)


async def test_who_is_not_there_is_told(doors: Doors) -> None:
    """No page fails for what the roster does not have."""
    async with visiting(doors, Role.OPS) as ops:
        assert 404 == (await ops.get("/setup/reps/zed")).status_code
        assert 404 == (await ops.get("/setup/calendars/zed")).status_code
        assert 404 == (await ops.post("/setup/reps/zed/active", active="no", reason="x")).status_code


async def test_nobodys_promises_are_counted_again_for_nothing(doors: Doors) -> None:
    """Time off of the file and time off that was noted change places in their rows; that changes nobody's hours."""
    file = await doors.store.rosters.file()
    assert file is not None
    said, noted = (parse(TimeOff, {"from": f"2090-0{n}-01", "to": f"2090-0{n}-02"}) for n in (4, 5))
    ana = file.roster.reps[0].model_copy(update={"time_off": [said]})
    reps = [ana, *file.roster.reps[1:]]
    await doors.store.rosters.save(file.roster.model_copy(update={"reps": reps}), at=clock.now())
    await doors.store.rosters.add_time_off("ana", noted, at=clock.now())
    await offer(doors, "one", "ana")
    async with visiting(doors, Role.OPS) as ops:
        assert (
            "Ana Abel is changed." in (await ops.do("/setup/reps/ana", await rep_form(doors, "ana", weight="2"))).text
        )
    assert [noted, said] == (await roster_of(doors)).reps[0].time_off
    async with doors.store.database.reading() as session:
        assert [] == list((await session.exec(select(tables.Outbox))).all())
