"""Stories of calendars: holidays, leave, other continents, slow promises, and the night on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.stories.house import BIG, POLICY, ROSTER, Opened, changed, instant

MONDAY, TUESDAY = 0, 1
BERLIN, NEW_YORK, TOKYO = "Europe/Berlin", "America/New_York", "Asia/Tokyo"


async def test_everybody_of_a_region_has_a_holiday(opened: Opened, time_skipping_env: WorkflowEnvironment) -> None:
    """A hot lead on a holiday waits for the morning after; nobody is disturbed, the promise counts from then."""
    today = (await time_skipping_env.get_current_time()).astimezone(ZoneInfo(BERLIN)).date()
    holiday = today + timedelta(days=7 + (MONDAY - today.weekday()) % 7)
    roster = changed(ROSTER, "    tz: Europe/Berlin\n", f'    tz: Europe/Berlin\n    holidays: ["{holiday}"]\n')
    async with opened(roster=roster) as house:
        await house.sleep_until(at_wall(holiday, time(10), BERLIN))
        lead = await house.start()
        held = await house.until(lead, stage="routing", next_step="look for somebody again")
        opening = at_wall(holiday + timedelta(days=1), time(9), BERLIN)
        assert (held["owner"], instant(held["due_at"])) == (None, opening)
        assert instant(held["response_due_at"]) == opening + timedelta(minutes=15)
        assert "off hours" in (await lead.query("explanation"))["sentence"]
        assert not house.post.sent
        await house.sleep_until(opening + timedelta(minutes=1))
        offered = await house.until(lead, stage="offered")
        assert len(await house.until_told(offered["owner"])) == 1
        assert not offered["breached"]


async def test_leave_that_begins_in_the_middle_of_an_offer_moves_it_on(opened: Opened) -> None:
    """The one asked at 11:50 goes on leave at noon: then it is somebody else's, and the turn is given back."""
    async with opened() as house:
        monday = await house.next_weekday(MONDAY, time(11, 50), BERLIN)
        for rep in ("ben", "cho", "dov", "eva"):
            await house.away(rep, monday - timedelta(hours=1), monday + timedelta(minutes=5))
        noon, evening = monday + timedelta(minutes=10), monday + timedelta(hours=6)
        await house.away("ana", noon, evening)
        await house.sleep_until(monday)
        lead = await house.start(type="pricing_visit")  # promised within hours, not minutes
        first = await house.until(lead, stage="offered", owner="ana")
        assert instant(first["due_at"]) == noon, "what happens next is that she leaves"
        await house.sleep_until(noon - timedelta(seconds=5))
        assert (await house.until(lead, stage="offered"))["owner"] == "ana"
        await house.sleep_until(noon + timedelta(seconds=5))
        second = await house.until(lead, stage="offered", offer=2)
        assert second["owner"] != "ana"
        assert any(entry["kind"] == "away" for entry in await lead.query("timeline"))
        assert (await house.store.ownerships.balances())["enterprise-emea"].get("ana", 0) >= 0, "no turn was spent"


async def test_whoever_calls_in_sick_loses_what_they_have_not_taken(opened: Opened) -> None:
    """Time off that begins now moves an offer on at once; what was accepted stays, and the manager hears of it."""
    async with opened() as house:
        await house.sleep_until(await house.next_weekday(MONDAY, time(10), BERLIN))
        lead, taken = await house.start(), await house.start()
        owner = (await house.until(lead, stage="offered"))["owner"]
        other = (await house.until(taken, stage="offered"))["owner"]
        await taken.execute_update("accept", {"rep_id": other})
        now = await house.now()
        for rep in (owner, other):
            await house.away(rep, now - timedelta(minutes=1), now + timedelta(days=3))
        await house.dispatch()
        moved = await house.until(lead, stage="offered", offer=2)
        assert moved["owner"] not in (owner, other)
        assert (await house.until(taken, stage="accepted"))["owner"] == other
        warned = (await house.until_told("mia"))[-1]
        assert f"lead-{warned.lead_id}" == taken.id
        assert f"{other} is on leave" in warned.text


LATE = "    response: 15m\n    response_clock: wall\n    late: {late}\n    ladder:"


@pytest.mark.parametrize(
    ("late", "told"),
    [
        ("{do: hold}", []),
        ("{do: page}", ["mia"]),
        ("{do: follow, pools: [sdr-apac]}", ["yui"]),
    ],
    ids=["hold", "page", "follow"],
)
async def test_a_lead_in_asia_and_a_team_in_america(opened: Opened, late: str, told: list[str]) -> None:
    """Morning in Tokyo, night in New York: it waits, somebody is paged, or it follows the sun, as the policy says."""
    policy = changed(POLICY, "    response: 15m\n    ladder:", LATE.replace("{late}", late))
    roster = changed(ROSTER, "    tz: Europe/Berlin\n", f"    tz: {NEW_YORK}\n")
    roster = changed(roster, "\nmanagers:", f"  tokyo:\n    tz: {TOKYO}\n    week: {WEEKDAYS}\n\nmanagers:")
    roster = changed(
        roster,
        "\nreps:\n",
        "  - {id: apac, name: APAC, manager: mia, calendar: tokyo, region: apac, countries: [JP]}\n\nreps:\n"
        "  - {id: yui, name: Yui Mori, email: yui@sales.example, channels: [email], team: apac, level: senior}\n",
    )
    roster = changed(roster, "  sdr-apac: {team: emea}", "  sdr-apac: {team: apac}")
    async with opened(policy, roster) as house:
        morning = await house.next_weekday(TUESDAY, time(10), TOKYO)
        await house.sleep_until(morning)
        lead = await house.start(country="Japan", company={**BIG, "name": "Kaisha", "country": "JP"})
        if "follow" in late:
            status = await house.until(lead, stage="offered")
            assert status["owner"] == "yui"
        else:
            status = await house.until(lead, stage="routing", next_step="look for somebody again")
            assert instant(status["due_at"]) > morning + timedelta(minutes=15)
            explained = (await lead.query("explanation"))["sentence"]
            assert "on shift before it is due" in explained
        for person_id in told:
            await house.until_told(person_id)
        assert sorted({message.to.person_id for message in house.post.sent.values()}) == told


async def test_a_nurtured_lead_is_promoted_on_day_twelve_and_its_twin_ends_on_day_thirty(opened: Opened) -> None:
    """Thirty days of nurture: behaviour promotes at once, silence ends it by policy."""
    policy = changed(POLICY, "nurture: {lasts: 180d}", "nurture: {lasts: 30d}")
    async with opened(policy) as house:
        await house.sleep_until(await house.next_weekday(MONDAY, time(10), BERLIN))
        begun = await house.now()
        reader: dict[str, Any] = {"type": "newsletter", "title": "Analyst", "company": {"name": "Tiny Shop"}}
        eager, silent = await house.start(**reader), await house.start(**reader)
        await house.until(eager, stage="nurturing")
        await house.until(silent, stage="nurturing")
        await house.sleep(days=11)
        await eager.signal("event", {"kind": "ebook_download"})
        await house.sleep(days=1)
        assert (await house.until(eager, stage="nurturing"))["owner"] is None, "not enough yet"
        await eager.signal("event", {"kind": "call_booked"})
        await house.sleep_until(await house.next_weekday(MONDAY, time(9, 1), BERLIN))  # day 12 is a Saturday
        promoted = await house.until(eager, stage="offered")
        assert not promoted["breached"], "the promise counts from the promotion"
        result = await silent.result()
        assert (result["stage"], result["owner"]) == ("closed", None)
        ended = next(entry for entry in await silent.query("timeline") if entry["kind"] == "ended")
        assert timedelta(0) <= instant(ended["at"]) - begun - timedelta(days=30) < timedelta(minutes=1)


async def test_a_ten_day_content_download(opened: Opened) -> None:
    """Five business days for the first, five for the backup, and so on: nobody hurries, nobody forgets."""
    async with opened() as house:
        monday = await house.next_weekday(MONDAY, time(9), BERLIN)
        await house.sleep_until(monday)
        lead = await house.start(type="content_download", title="Chief Executive Officer", decision_maker=True)
        first = await house.until(lead, stage="offered")
        steps = {step["says"]: instant(step["due_at"]) for step in reversed(await lead.query("next_steps"))}
        backup = next(at for says, at in steps.items() if "backup" in says)
        # 5 business days are 40 hours: four days of nine hours, and four hours of the fifth.
        assert near(backup, at_wall(local(monday).date() + timedelta(days=4), time(13), BERLIN))
        await house.sleep_until(backup + timedelta(minutes=1))
        second = await house.until(lead, stage="offered", offer=2)
        assert second["breached"], "the promise was five business days"
        assert second["owner"] != first["owner"]
        assert "remind" in [message.kind for message in house.told(first["owner"])], "reminded before the breach"
        await house.sleep(days=10)
        assert house.told("mia"), "ten days on, the manager knows"
        accepted = await house.until(lead)
        await lead.execute_update("accept", {"rep_id": accepted["owner"]})
        assert (await house.until(lead, stage="accepted"))["owner"] == accepted["owner"]


async def test_the_night_on_which_the_clocks_change(opened: Opened) -> None:
    """A night shift in Berlin loses an hour in March: ten minutes stay ten, and people read their own clocks."""
    night = '[["22:00", "06:00"]]'
    week = "{" + ", ".join(f"{day}: {night}" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")) + "}"
    before, behind = ROSTER.split("    week:\n", 1)
    roster = before + f"    week: {week}\n" + behind[behind.index("\nmanagers:") :]
    async with opened(roster=roster) as house:
        change = next_spring_change((await house.now()).date())
        await house.sleep_until(change - timedelta(minutes=10))  # 01:50, and 02:00 will be 03:00
        lead = await house.start()
        offered = await house.until(lead, stage="offered")
        assert near(instant(offered["due_at"]), change), "the reminder comes after ten minutes, at 03:00"
        steps = [instant(step["due_at"]) for step in await lead.query("next_steps")]
        assert near(steps[1], change + timedelta(minutes=5))
        first = (await house.until_told(offered["owner"]))[0]
        assert "03:05" in first.text, "02:05 does not exist that night"
        # What is left of the ladder at 06:00, an hour sooner than on other nights, goes on at 22:00.
        await house.sleep_until(change + timedelta(minutes=6))
        second = await house.until(lead, stage="offered", offer=2)
        assert second["owner"] != offered["owner"]


WEEKDAYS = "{" + ", ".join(f'{day}: [["09:00", "18:00"]]' for day in ("mon", "tue", "wed", "thu", "fri")) + "}"


def at_wall(day: date, clock: time, zone: str) -> datetime:
    """The instant of a wall time."""
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


def local(at: datetime) -> datetime:
    """The same instant in Berlin."""
    return at.astimezone(ZoneInfo(BERLIN))


def near(one: datetime, other: datetime) -> bool:
    """Say whether two instants are the same but for the seconds that a busy machine takes."""
    return abs(one - other) < timedelta(minutes=1)


def next_spring_change(today: date) -> datetime:
    """The next instant at which Berlin's clocks go from 02:00 to 03:00."""
    for year in (today.year, today.year + 1):
        last = date(year, 3, 31)
        sunday = last - timedelta(days=(last.weekday() + 1) % 7)
        if sunday > today + timedelta(days=1):
            return datetime.combine(sunday, time(1), UTC)
    raise AssertionError("there is one each year")
