"""Scores that live: a person's word, a tag, a larger company, and sixty quiet days (R21, R33, R36, R38)."""

from datetime import time
from typing import Any

from temporalio.client import WorkflowHandle

from runtime.ageing import Ager
from tests.stories.house import House

MONDAY, BERLIN = 0, "Europe/Berlin"
READER: dict[str, Any] = {"type": "newsletter", "title": "Analyst", "company": {"name": "Tiny Shop"}}


async def look_at_old_scores(house: House) -> None:
    """Do what a worker's chore does, as of the story's time, and have told what is to be told."""
    now = await house.now()
    ager = Ager(house.store, lambda: now)
    while await ager.once():
        pass
    await house.dispatch()


async def reasons_of(handle: WorkflowHandle[Any, Any]) -> dict[str, float]:
    """Give the points by rule, and hold them against the sum."""
    score = (await handle.query("explanation"))["score"]
    assert score["points"] == sum(reason["points"] for reason in score["reasons"])
    return {reason["rule"]: reason["points"] for reason in score["reasons"]}


async def test_a_persons_word_counts_and_is_bounded(house: House) -> None:
    """Mia met the reader at a fair: the lead goes to sales at once, and says by whose word (R38)."""
    await house.sleep_until(await house.next_weekday(MONDAY, time(10), BERLIN))
    handle = await house.start(**READER)
    await house.until(handle, stage="nurturing")
    said = {"by": "mia", "points": 80, "reason": "met at the fair", "key": "fair"}
    verdict = await handle.execute_update("adjust", said)
    assert ("done", "noted: +80 points") == (verdict["verdict"], verdict["because"])
    await house.until(handle, stage="offered")
    expected = {"not a decision maker": -5, "newsletter": 2, "by hand": 80, "by hand at most 50": -30}
    assert expected == await reasons_of(handle)
    assert "mia gives it 80 points: met at the fair" == (await house.until_line(handle, "asked"))["says"]
    assert (await handle.execute_update("adjust", said))["repeat"]


async def test_a_larger_company_is_judged_anew_while_nobody_has_accepted(house: House) -> None:
    """The field changes, its trigger fires, and an enterprise lead goes to those who are ready for it (R21)."""
    await house.sleep_until(await house.next_weekday(MONDAY, time(10), BERLIN))
    small = {"name": "Small Shop", "domain": "small-shop.example", "employees": 8, "industry": "electronics"}
    handle = await house.start("grows", company=small)
    await house.until(handle, stage="offered")
    assert "sdr-emea" == (await handle.query("explanation"))["assignment"]["pool"]
    change = {"field": "company.employees", "value": 310_000}
    await handle.signal("event", {"kind": "field_changed", "properties": change})
    says = await house.until_line(handle, "asked")
    assert "to be judged anew: another size: field changed: company.employees" == says["says"]
    await house.until(handle, stage="offered", offer=2)
    assert "enterprise-emea" == (await handle.query("explanation"))["assignment"]["pool"]
    facts = await house.store.leads.facts("grows")
    assert facts is not None
    assert (310_000, "event") == (facts.company.employees, facts.origin["company.employees"])


async def test_sixty_quiet_days_end_a_lead_that_is_none(house: House) -> None:
    """Out of work, no mail opened, no page read: nobody does anything, and it is disqualified and tagged (R36)."""
    await house.sleep_until(await house.next_weekday(MONDAY, time(10), BERLIN))
    quiet = await house.start("quiet", **READER, custom={"role": "unemployed"})
    reads = await house.start("reads", **READER, custom={"role": "unemployed"})
    for handle in (quiet, reads):
        await house.until(handle, stage="nurturing")
    await house.sleep(days=40)
    await reads.signal("event", {"kind": "blog_visit"})
    await look_at_old_scores(house)
    await house.sleep(days=21)
    await look_at_old_scores(house)
    assert (await house.until(quiet, stage="disqualified"))["owner"] is None
    assert "nurturing" == (await reads.query("status"))["stage"]

    async def tagged() -> bool | None:
        facts = await house.store.leads.facts("quiet")
        return True if facts is not None and "disqualified" in facts.tags else None

    assert await house.eventually(tagged)
