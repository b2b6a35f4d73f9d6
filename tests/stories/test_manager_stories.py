"""Stories of those who answer for others: routing stopped, a leaver's leads, alerts in a storm, quiet hours."""

from datetime import time, timedelta

from models.lead import Stage
from tests.stories.house import POLICY, ROSTER, House, Opened, changed

MONDAY = 0
BERLIN = "Europe/Berlin"


async def test_routing_is_stopped_and_goes_on_with_the_best(house: House) -> None:
    """While it is stopped leads wait, visibly, and answers count; then scarce places go to the best scores."""
    await house.sleep_until(await house.next_weekday(MONDAY, time(10), BERLIN))
    before = await house.start()
    owner = (await house.until(before, stage="offered"))["owner"]
    await house.store.switching.stop(by="mia", reason="the roster is wrong", at=await house.now())
    weak = [await house.start(title=None) for _ in range(8)]
    strong = [await house.start(title="Chief Executive Officer") for _ in range(3)]
    for lead in (*weak, *strong):
        waiting = await house.until(lead, stage="routing", next_step="look for somebody again")
        assert waiting["owner"] is None
        sentence = (await lead.query("explanation"))["sentence"]
        assert "stopped by mia" in sentence
        assert "the roster is wrong" in sentence
    assert (await before.execute_update("accept", {"rep_id": owner}))["verdict"] == "done"

    assert await house.store.switching.start(by="mia", at=await house.now()) == len(weak) + len(strong)
    await house.dispatch()
    for lead in strong:
        await house.until(lead, stage="offered")

    async def told() -> list[str] | None:
        stages = [(await lead.query("status"))["stage"] for lead in weak]
        return stages if stages.count("offered") == 6 else None

    assert (await house.eventually(told)).count("routing") == 2, "ten places, one of them taken before"
    assert max((await house.store.ownerships.loads()).values()) == 2


async def test_everything_a_leaver_had_is_somebody_elses(house: House) -> None:
    """Offered, accepted and in contact: each lead has somebody new, and each says why; the leaver gets nothing more."""
    await house.sleep_until(await house.next_weekday(MONDAY, time(10), BERLIN))
    contact, accepted, offered = [await house.start() for _ in range(3)]
    for lead in (contact, accepted, offered):
        if (await house.until(lead, stage="offered"))["owner"] != "ana":
            await lead.execute_update("reassign", {"rep_id": "ana", "by": "mia", "reason": "hers"})
            await house.until(lead, stage="offered", owner="ana")
        if lead is not offered:
            await lead.execute_update("accept", {"rep_id": "ana"})
        if lead is contact:
            await lead.execute_update("contacted", {"rep_id": "ana"})
            await lead.result()
    handover = await house.store.handovers.begin("ana", by="mia", reason="she leaves us", at=await house.now())
    await house.dispatch()
    for lead in (accepted, offered):
        assert "she leaves us" in (await house.until_line(lead, "handed_over"))["says"]

        async def elsewhere() -> str | None:
            status = await lead.query("status")  # noqa: B023 (looked at before the next lead is)
            return status["owner"] if status["owner"] != "ana" else None

        assert await house.eventually(elsewhere)
    where = {one.lead_id: one for one in await house.store.handovers.whereabouts(handover)}
    assert set(where) == {lead.id.removeprefix("lead-") for lead in (accepted, offered)}
    assert "ana" not in {one.owner for one in where.values()}
    (given,) = handover.given
    assert (f"lead-{given.lead_id}", given.to) == (contact.id, "ben"), "her backup goes on with whom she spoke to"
    assert (await house.store.ownerships.loads()).get("ana", 0) == 0
    assert "ana" not in (await house.store.ownerships.balances())["enterprise-emea"], "the ledger is settled"
    roster = await house.store.rosters.load()
    assert roster is not None
    assert [rep.active for rep in roster.reps if rep.id == "ana"] == [False]


async def test_a_storm_of_alerts_is_two_messages(opened: Opened) -> None:
    """Six leads nobody takes: the manager hears of the first at once, and of the others together, each by its line."""
    policy = changed(POLICY, "alerts: {bundle: 2m", "alerts: {bundle: 10m")
    async with opened(policy, ROSTER.replace("capacity: 2", "capacity: 20")) as house:
        await house.sleep_until(await house.next_weekday(MONDAY, time(10), BERLIN))
        leads = [await house.start() for _ in range(6)]
        for lead in leads:
            await house.until(lead, stage="offered")
        await house.sleep(minutes=50)
        assert len(await house.until_told("mia", 2)) == 2
        first, together = house.told("mia")
        named = {lead.id.removeprefix("lead-") for lead in leads}
        assert first.lead_id in named
        assert {lead_id for lead_id in named if lead_id in together.text} == named - {first.lead_id}


async def test_messages_wait_for_the_end_of_quiet_hours(opened: Opened) -> None:
    """Whoever is asked at lunch is told after it; the offer stands from the beginning, and the wait is in the story."""
    roster = ROSTER.replace("team: emea, level: senior,", 'team: emea, level: senior, quiet: ["12:00", "13:00"],')
    async with opened(roster=roster) as house:
        noon = await house.next_weekday(MONDAY, time(12, 10), BERLIN)
        await house.sleep_until(noon)
        lead = await house.start(type="pricing_visit")
        offered = await house.until(lead, stage="offered")
        await house.until_line(lead, "later")
        assert not house.post.sent
        await house.sleep_until(noon + timedelta(minutes=51))
        messages = await house.until_told(offered["owner"])
        assert [message.offer for message in messages] == [1]
        assert (await lead.query("status"))["stage"] == Stage.OFFERED
