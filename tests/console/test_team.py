"""The team's pages: who may be asked, what is late, who needs a word, who leaves, and who is away when."""

from datetime import date, timedelta

import pytest

from models.access import Role
from models.base import parse
from models.lead import Stage
from models.roster import TimeOff
from runtime import clock
from tests.api.house import Doors
from tests.console.desks import offer
from tests.console.house import visiting


async def away(doors: Doors, rep_id: str, first: date, last: date) -> None:
    """Note that somebody is away."""
    off = parse(TimeOff, {"from": first.isoformat(), "to": last.isoformat()})
    await doors.store.rosters.add_time_off(rep_id, off, at=clock.now())


async def test_the_team_says_who_may_be_asked_and_what_they_have_in_hand(doors: Doors) -> None:
    """One is available with two leads in hand, one of them late; one is on leave; nobody is counted twice."""
    now, today = clock.now(), clock.now().date()
    await offer(doors, "asked", "ana", breached=True, promised_in=timedelta(hours=-1), headline="late one")
    await offer(doors, "taken", "ana", accepted_at=now)
    await offer(doors, "ranout", "ben", ended="expired")
    await away(doors, "ben", today, today + timedelta(days=2))
    async with visiting(doors, Role.MANAGER, person_id="mia") as mia:
        page = (await mia.get("/team")).text
    assert "2 of 3 may be asked now; answers for it: Mia Moor" in page
    assert "2 of 1000" in page
    assert "on leave until" in page
    assert 'aria-label="2 of 1000 places taken"' in page
    assert "0 of 1 accepted" in page
    assert 'Late now <span class="quiet">(1)' in page
    assert 'action="/leads/asked/reassign"' in page
    assert "late one" in page


async def test_whoever_missed_offers_is_listed_and_can_be_forgiven(doors: Doors) -> None:
    """A rep whose offer ran out is on the list until a manager forgives it."""
    await offer(doors, "ranout", "ben", ended="expired")
    async with visiting(doors, Role.MANAGER, person_id="mia") as mia:
        before = (await mia.get("/team")).text
        page = (await mia.do("/team/reps/ben/forgive", reason="his phone was broken")).text
        without = await mia.post("/team/reps/ben/forgive", reason=" ")
        nobody = await mia.post("/team/reps/zed/forgive", reason="why not")
    assert 'action="/team/reps/ben/forgive"' in before
    assert "What Ben Bach missed so far counts no more." in page
    assert 'action="/team/reps/ben/forgive"' not in page
    assert (without.status_code, nobody.status_code) == (422, 404)


async def test_a_leavers_leads_go_to_others(doors: Doors) -> None:
    """It asks first with what they hold; leads in contact change hands at once, others by their own workflows."""
    now = clock.now()
    await offer(doors, "running", "ana", headline="still running")
    await offer(doors, "met", "ana", accepted_at=now, contacted_at=now, headline="in contact")
    async with visiting(doors, Role.MANAGER, person_id="mia") as mia:
        before = (await mia.get("/team/reps/ana/handover")).text
        unsaid = await mia.post("/team/reps/ana/handover", to="ben", reason="")
        page = (await mia.do("/team/reps/ana/handover", to="ben", reason="leaves sales")).text
    assert "still running" in before
    assert "in contact" in before
    assert unsaid.status_code == 422
    assert "Say why" in unsaid.text
    assert (
        "2 leads of Ana Abel are handed over: 1 are given on by their own workflows, 1 in contact went at once" in page
    )
    holder = await doors.store.ownerships.open_owner("met")
    assert holder is not None
    assert holder.rep_id == "ben"
    roster = await doors.store.rosters.load()
    assert roster is not None
    assert {rep.id: rep.active for rep in roster.reps}["ana"] is False


async def test_the_digest_is_shown_as_it_would_be_sent(doors: Doors) -> None:
    """The words are those of the digest, for the manager who looks or for one who is chosen."""
    await offer(doors, "triaged", None, stage=Stage.TRIAGE, answerable="mia", headline="left over")
    async with visiting(doors, Role.MANAGER, person_id="mia") as mia:
        page = (await mia.get("/team/digest")).text
    assert "Your teams: 1 open, 0 late, 1 waiting for you" in page
    assert "left over" in page


@pytest.mark.parametrize(("least", "expected"), [("1", 0), ("2", 1), ("3", 2)])
async def test_the_calendar_names_hours_that_too_few_cover(doors: Doors, least: str, expected: int) -> None:
    """Ana is away tomorrow and the day after, Ben the day after: one, then two, then three are there."""
    today = clock.now().date()
    first, second = today + timedelta(days=8), today + timedelta(days=9)
    await away(doors, "ana", first, second)
    await away(doors, "ben", second, second)
    async with visiting(doors, Role.MANAGER, person_id="mia") as mia:
        page = (await mia.get(f"/team/calendar?least={least}")).text
    assert page.count('data-label="Hours"') == expected
    assert f"Ana Abel, {first:%a} {first.day} {first:%b}: away" in page
    assert f"from {first:%a} {first.day} {first:%b}, until {second:%a} {second.day} {second:%b}" in page


async def test_reps_do_not_see_the_team(doors: Doors) -> None:
    """Each page and act of the team is refused to a rep, and to nobody who looks after teams."""
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        for path in ("/team", "/team/calendar", "/team/digest", "/team/reps/ben/handover"):
            assert (await ana.get(path)).status_code == 403
        assert (await ana.post("/team/reps/ben/forgive", reason="x")).status_code == 403
    async with visiting(doors, Role.OPS) as ops:
        for path in ("/team", "/team?team=all", "/team/calendar", "/team/digest", "/team/reps/ben/handover"):
            assert (await ops.get(path)).status_code == 200


async def test_time_off_is_noted_once_and_taken_back(doors: Doors) -> None:
    """A rep notes it for themselves, sees which of their leads are due then, and may take it back."""
    today = clock.now().date()
    first, last = (today + timedelta(days=days) for days in (1, 3))
    await offer(doors, "due", "ana", accepted_at=clock.now(), due_in=timedelta(days=2), headline="due while away")
    form = {"from": first.isoformat(), "to": last.isoformat(), "reason": "hiking"}
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        noted = (await ana.do("/mine/time/add", form)).text
        again = (await ana.do("/mine/time/add", form)).text
        wrong = await ana.post("/mine/time/add", {**form, "to": today.isoformat()})
        over = await ana.post("/mine/time/add", {"from": "2020-01-01", "to": "2020-01-02"})
        empty = await ana.post("/mine/time/add", {"from": "", "to": "soon"})
        gone = (await ana.do("/mine/time/remove", starts=first.isoformat(), ends=last.isoformat())).text
        twice = (await ana.do("/mine/time/remove", starts=first.isoformat(), ends=last.isoformat())).text
        nonsense = await ana.post("/mine/time/remove", starts="x", ends="y")
    assert "Done:" in noted
    assert "1 of your leads is due then:" in noted
    assert "due while away" in noted
    assert "It was noted before" in again
    assert again.count('name="starts"') == 1
    assert [one.status_code for one in (wrong, over, empty, nonsense)] == [422] * 4
    assert "This is over already." in over.text
    assert empty.text.count("Choose a day.") == 2
    assert "not away" in gone
    assert 'name="starts"' not in gone
    assert "Refused:" in twice


async def test_a_part_of_a_day_is_times_of_the_reps_zone(doors: Doors) -> None:
    """Left out, the second time is the day's end."""
    day = (clock.now() + timedelta(days=2)).date().isoformat()
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        page = (await ana.do("/mine/time/add", {"from": day, "to": day, "from_at": "13:00"})).text
    assert "13:00 to" in page
    roster = await doors.store.rosters.load()
    assert roster is not None
    (off,) = next(rep.time_off for rep in roster.reps if rep.id == "ana")
    assert (str(off.start)[11:16], str(off.end)[11:16]) == ("13:00", "00:00")


async def test_time_off_that_cannot_be_is_told_beside_its_field(doors: Doors) -> None:
    """Backwards, without a time of day, and past the last day of all calendars: each says what is wrong, and where."""
    day = (clock.now() + timedelta(days=2)).date().isoformat()
    table = (
        ({"from": day, "to": "2020-01-01"}, "to", "It ends before it begins."),
        ({"from": day, "to": day, "from_at": "12:00", "to_at": "11:00"}, "to", "It ends before it begins."),
        ({"from": day, "to": day, "from_at": "noon"}, "from_at", "Choose a time of day."),
        ({"from": day, "to": "9999-12-31", "from_at": "09:00"}, "to", "Calendars end before the day after this one."),
    )
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        for form, field, expected in table:
            answer = await ana.post("/mine/time/add", form)
            assert (expected, 422) == (expected, answer.status_code)
            assert f'id="e-{field}">{expected}<' in answer.text
            assert f'value="{form["from"]}"' in answer.text


async def test_figures_are_honest_about_small_numbers(doors: Doors) -> None:
    """Four answers are too few to tell; six tell the share with how sure it is."""
    now = clock.now()
    for number in range(4):
        await offer(doors, f"took-{number}", "ana", accepted_at=now, promised_in=timedelta(hours=1))
    async with visiting(doors, Role.REP, person_id="ana") as ana:
        few = (await ana.get("/mine/figures")).text
        await offer(doors, "lost-1", "ana", ended="expired", promised_in=timedelta(seconds=-30))
        await offer(doors, "lost-2", "ana", ended="declined")
        enough = (await ana.get("/mine/figures")).text
    assert "too few to tell (n = 4)" in few
    assert "67 %" in enough
    assert "4 of 6; likely between 30 % and 90 %" in enough
    assert "80 %" in enough
    assert "You passed 1 on. 1 ran out before you answered." in enough
