"""Stories of leads and the people they went to, with the shipped policy."""

import asyncio
from datetime import UTC, datetime, time, timedelta

from sqlmodel import col, select

from db import tables
from tests.stories.house import House

FRIDAY, MONDAY, SUNDAY = 4, 0, 6


async def test_a_hot_lead_on_friday_evening_and_nobody_answers(house: House) -> None:
    """Friday 17:55 in Berlin: five minutes of business time are left, the rest is Monday's."""
    friday = await house.next_weekday(FRIDAY, time(17, 55), "Europe/Berlin")
    await house.sleep_until(friday)
    handle = await house.start()
    first = await house.until(handle, stage="offered")
    steps = {step["says"]: _instant(step["due_at"]) for step in reversed(await handle.query("next_steps"))}
    monday = friday + timedelta(days=2, hours=15, minutes=5)
    assert _close(_instant(first["due_at"]), monday + timedelta(minutes=5)), "5 of the reminder's 10 minutes were left"
    backup = next(at for says, at in steps.items() if "backup" in says)
    assert _close(backup, monday + timedelta(minutes=10))
    await house.sleep_until(monday + timedelta(minutes=12))
    second = await house.until(handle, stage="offered", offer=2)
    assert second["owner"] != first["owner"]
    await house.sleep(hours=4)
    last = await house.until(handle, stage="triage")
    assert last["breached"]
    assert last["answerable"] == "mia"
    entries = await handle.query("timeline")
    offers = [entry["data"]["rep_id"] for entry in entries if entry["kind"] == "offered"]
    assert len(offers) == 5
    assert len(set(offers)) == 5, "nobody is asked twice"
    assert house.told("mia"), "the manager heard of it"
    assert [message.offer for message in house.told(first["owner"])] == [1, 1], "the offer and one reminder"


async def test_a_lead_on_sunday_waits_for_monday_best_score_first(house: House) -> None:
    """Nobody is on shift: leads are held without owner until the opening; scarce places go to the best."""
    sunday = await house.next_weekday(SUNDAY, time(12, 0), "Europe/Berlin")
    await house.sleep_until(sunday)
    weak = [await house.start(title=None) for _ in range(8)]
    strong = [await house.start(title="Chief Executive Officer", message="call me") for _ in range(4)]
    monday = sunday + timedelta(hours=21)
    for handle in (*weak, *strong):
        status = await house.until(handle, stage="routing", next_step="look for somebody again")
        assert status["owner"] is None
        assert _close(_instant(status["due_at"]), monday)
    scores = {(await handle.query("status"))["score"] for handle in strong}
    assert min(scores) > max([(await handle.query("status"))["score"] for handle in weak])
    await house.sleep_until(monday + timedelta(minutes=1))
    for handle in strong:
        await house.until(handle, stage="offered")
    async with asyncio.timeout(30):
        stages = [(await handle.query("status"))["stage"] for handle in weak]
        while stages.count("offered") < 6:
            stages = [(await handle.query("status"))["stage"] for handle in weak]
    assert stages.count("offered") == 6, "ten places, four of them for the better leads"
    assert stages.count("routing") == 2
    assert max((await house.store.ownerships.loads()).values()) == 2, "nobody above capacity"


async def test_a_promise_made_at_the_door_counts_while_a_lead_is_held(house: House) -> None:
    """Everybody is full on Monday morning: 15 minutes of business time later it is late, and the manager hears."""
    await house.sleep_until(await house.next_weekday(MONDAY, time(8, 0), "Europe/Berlin"))
    for _ in range(10):
        await house.start(title="Chief Executive Officer")
    last = await house.start(title=None)
    held = await house.until(last, stage="routing", next_step="look for somebody again")
    assert _instant(held["response_due_at"]) == (await house.now()).replace(
        hour=_instant(held["response_due_at"]).hour, minute=15, second=0, microsecond=0
    )
    await house.sleep(hours=1, minutes=10)
    assert not (await house.until(last, stage="routing"))["breached"]
    alerts = len(house.told("mia"))
    await house.sleep(minutes=8)
    status = await house.until(last, breached=True)
    assert status["owner"] is None
    assert len(house.told("mia")) > alerts


async def test_a_decline_goes_to_the_backup_and_costs_nobody_a_turn(house: House) -> None:
    """A decline advances at once, to the one who was reserved; and who covers costs nobody a turn."""
    await house.sleep_until(await house.next_weekday(MONDAY, time(10, 0), "Europe/Berlin"))
    handle = await house.start()
    first = await house.until(handle, stage="offered")
    explained = await handle.query("explanation")
    reserved = explained["assignment"]["backup_id"]
    verdict = await handle.execute_update("decline", {"rep_id": first["owner"], "reason": "on the road"})
    assert verdict["verdict"] == "done"
    second = await house.until(handle, stage="offered", offer=2)
    assert second["owner"] == reserved
    balances = (await house.store.ownerships.balances())["enterprise-emea"]
    assert {0} == set(balances.values()), "the turn is given back, and a backup is not charged"
    third = await house.until(await house.start(), stage="offered")
    assert third["owner"] == first["owner"], "their turn still"


async def test_the_same_person_comes_again(house: House) -> None:
    """A second form of somebody in flight is folded in as an event; after the end they are a new lead, linked."""
    await house.sleep_until(await house.next_weekday(MONDAY, time(10, 0), "Europe/Berlin"))
    handle = await house.start("twin1", email="Twin@Person.example")
    owner = (await house.until(handle, stage="offered"))["owner"]
    again = await house.start("twin2", email="twin@person.example ", type="pricing_visit")
    result = await again.result()
    assert result["folded_into"] == "twin1"
    async with asyncio.timeout(20):
        while "event" not in [entry["kind"] for entry in await handle.query("timeline")]:
            pass
    await handle.execute_update("contacted", {"rep_id": owner})
    await handle.result()
    third = await house.start("twin3", email="twin@person.example")
    await house.until(third, stage="offered")
    card = await house.store.leads.get("twin3")
    assert card is not None
    assert card.follows == "twin1"


async def test_a_nurtured_lead_is_promoted_by_what_it_does(house: House) -> None:
    """A newsletter reader who books a call on day 14 goes to a person at once."""
    await house.sleep_until(await house.next_weekday(MONDAY, time(10, 0), "Europe/Berlin"))
    handle = await house.start(type="newsletter", title="Analyst", company={"name": "Tiny Shop"})
    status = await house.until(handle, stage="nurturing")
    assert status["owner"] is None
    assert status["answerable"] == "mia"
    await house.sleep(days=14)
    for kind in ("ebook_download", "email_open"):
        await handle.signal("event", {"kind": kind})
    assert (await handle.query("status"))["stage"] == "nurturing"
    await handle.signal("event", {"kind": "call_booked"})
    status = await house.until(handle, stage="offered")
    assert not status["breached"], "the promise counts from the promotion"


async def test_a_database_row_for_every_turn_of_the_story(house: House) -> None:
    """What the workflow tells, the database knows: stage, owner, times, and the lines of the story."""
    await house.sleep_until(await house.next_weekday(MONDAY, time(10, 0), "Europe/Berlin"))
    handle = await house.start("told")
    owner = (await house.until(handle, stage="offered"))["owner"]
    await handle.execute_update("accept", {"rep_id": owner, "key": "k"})
    await house.sleep(minutes=3)
    await handle.execute_update("contacted", {"rep_id": owner, "channel": "phone"})
    result = await handle.result()
    card = await house.store.leads.get("told")
    assert card is not None
    assert (card.stage, card.owner, card.offer) == ("contacted", owner, 1)
    assert card.accepted_at == _instant(result["accepted_at"])
    assert card.contacted_at == _instant(result["contacted_at"])
    assert card.closed_at is not None
    lines = await house.store.timelines.of("told")
    assert [line.n for line in lines] == list(range(len(lines)))
    assert {"received", "enriched", "scored", "qualified", "offered", "accepted", "contacted", "ended"} <= {
        line.kind.value for line in lines
    }
    assert (await house.store.ownerships.loads()).get(owner, 0) == 0, "contact frees the place"


async def test_a_mail_outage_of_a_minute_costs_nobody_an_offer(house: House) -> None:
    """While the mail server is away the offer stands, and its message goes out when it is back."""
    await house.sleep_until(await house.next_weekday(MONDAY, time(10, 0), "Europe/Berlin"))
    house.post.fail_temporarily(times=8)
    handle = await house.start()
    first = await house.until(handle, stage="offered")
    for _ in range(12):
        await house.sleep(seconds=10)
    status = await house.until(handle, stage="offered", offer=1, owner=first["owner"])
    assert status["rung"] == 1
    assert [message.kind for message in house.told(first["owner"])] == ["offer"]
    assert house.told("mia") == [], "nobody is alarmed"


async def test_a_lead_that_nobody_can_have_is_late_all_the_same(house: House) -> None:
    """Everybody has left the team: the manager has it at once, and the promise to the prospect still counts."""
    await house.sleep_until(await house.next_weekday(MONDAY, time(10, 0), "Europe/Berlin"))
    roster = await house.store.rosters.load()
    assert roster is not None
    gone = [rep.model_copy(update={"active": False}) for rep in roster.reps]
    await house.store.rosters.save(roster.model_copy(update={"reps": gone}), at=await house.now())
    handle = await house.start()
    status = await house.until(handle, stage="triage")
    assert not status["breached"]
    promise = _instant(status["response_due_at"])
    assert timedelta(0) < promise - await house.now() < timedelta(hours=1)
    await house.sleep_until(promise + timedelta(seconds=5))
    await house.until(handle, stage="triage", breached=True)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _close(one: datetime, other: datetime) -> bool:
    return abs(one - other) < timedelta(seconds=20)


async def test_whoever_sleeps_or_declines_last_has_had_their_turn(house: House) -> None:
    """The last offer of a ladder ends as expired, a declined one as declined: no turn is given back by triage."""
    await house.sleep_until(await house.next_weekday(MONDAY, time(10, 0), "Europe/Berlin"))
    silent = await house.start("silent")
    await house.until(silent, stage="offered")
    await house.sleep(hours=4)
    await house.until(silent, stage="triage")
    async with asyncio.timeout(20):
        while await house.store.ownerships.open_owner("silent"):
            pass
    balances = (await house.store.ownerships.balances())["enterprise-emea"]
    assert sum(balances.values()) == 0
    assert any(balances.values()), "turns that were slept through are not given back"
    async with house.store.database.reading() as session:
        ends = (await session.exec(select(tables.Ownership.ended).order_by(col(tables.Ownership.offer)))).all()
    assert [str(end) for end in ends] == ["expired"] * 5
