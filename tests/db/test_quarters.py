"""A quarter is counted by hand from rows that a test puts in, and a review is kept once; on either database."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

from db import tables
from db.engine import Database
from db.insights import Insights
from db.quarters import Quarters
from db.reports import Reports
from db.rosters import Rosters
from db.tables.words import ActOutcome, End
from models.figures import Filters
from policy.insight.alike import Dealt
from policy.insight.blame import Handled
from policy.insight.quarter import Quarter, RuleCount, Team
from tests.db.samples import AT, roster
from tests.db.test_figures import lead, taken

Q1 = Quarter(2026, 1)
MARCH = Filters(since=date(2026, 3, 1), until=date(2026, 3, 31))


def offer(lead_id: str, number: int = 1, **changes: Any) -> tables.OfferMeasure:
    """An offer in March by the rule hot, declined by Ada."""
    known: dict[str, Any] = {
        "lead_id": lead_id, "offer": number, "day": date(2026, 3, 2), "rep_id": "ada", "pool": "all", "source": "web",
        "type": "demo_request", "region": "emea", "team": "emea", "rule": "hot", "policy": "p1", "intent": "high",
        "fit": "strong", "ended": End.DECLINED,
    }  # fmt: skip
    return tables.OfferMeasure(**(known | changes))


async def put(db: Database, *rows: Any) -> None:
    """Put rows in."""
    async with db.writing() as session:
        session.add_all(rows)


async def test_a_quarter_is_what_one_counts(db: Database) -> None:
    """Two leads by hot, one of them moved; one through the default pool; one of December; one imported."""
    await Rosters(db).save(roster(), at=AT)
    await put(
        db,
        taken("a", 5, qualified=True),
        lead("b", handed=1, declines=2, kept=False),
        lead("c", rule=None),
        lead("d", day=date(2025, 12, 31), rule="old"),
        lead("e", backfill=True, rule="old"),
        *(offer("a"), offer("b"), offer("c", rule=None, region="apac"), offer("c", 2, rule=None, region="apac")),
        offer("d", day=date(2025, 12, 31)),
        tables.HumanAct(
            at=AT, who="Ada", what="complaint", detail={"rule": "hot"}, outcome=ActOutcome.DONE
        ),
        tables.HumanAct(
            at=datetime(2025, 12, 1, tzinfo=UTC), who="Ada", what="complaint", detail={"rule": "hot"},
            outcome=ActOutcome.DONE,
        ),
    )  # fmt: skip
    found = await Quarters(db).counts(Q1, "all")
    assert (3, 3, 1) == (found.now.received, found.now.offered, found.before.received)
    assert (2, 1, 2, 1) == (found.now.automatic.part, found.now.kept.part, found.now.kept.of, found.now.qualified.part)
    assert {"hot": RuleCount(2, 1, 1, 0)} == found.rules
    assert ({"old": 1}, {"hot": 1}) == (found.rules_before, found.complaints)
    assert {("type", "demo_request"): 1, ("region", "apac"): 1, ("source", "web"): 1} == found.unruled
    assert [2, 1] == [found.all_of["region", one] for one in ("emea", "apac")]
    assert 1 == found.all_of_before["region", "emea"]
    assert (Team("emea", "emea", 3, 3000),) == found.teams
    assert {} == (await Quarters(db).counts(Q1, "seniors")).unruled


async def test_the_latest_outcomes_are_looked_at(db: Database) -> None:
    """Of three with a result at most two: from after the oldest on; of all, from the quarter's first day on."""
    rows = [lead(name, received_at=AT.replace(minute=place), result="won") for place, name in enumerate("abc")]
    await put(db, *rows, lead("d"))
    quarters = Quarters(db)
    assert AT < await quarters.decided_since(Q1, 2) < AT.replace(minute=1)
    assert datetime(2026, 1, 1, tzinfo=UTC) == await quarters.decided_since(Q1, 3)


async def test_one_review_is_kept_of_many_that_are_written_at_once(db: Database) -> None:
    """Four workers write the same review: one is kept. Who asks for one gets one each time."""
    reports, span = Reports(db), (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))

    async def keep(by: str, *, once: bool) -> int | None:
        return await reports.keep("quarter", span, "text", {"a": 1}, at=AT, by=by, once=once)

    kept = await asyncio.gather(*(keep("baton", once=True) for _ in range(4)))
    assert 1 == sum(one is not None for one in kept)
    assert None is not await keep("mia", once=False)
    assert None is not await keep("mia", once=False)
    assert ["mia", "mia", "baton"] == [one.created_by for one in await reports.list("quarter")]
    assert [] == await reports.list("other")
    assert await reports.is_kept("quarter", span[0], "baton")
    assert not await reports.is_kept("quarter", span[1], "baton")
    number = next(one for one in kept if one is not None)
    found = await reports.get(number)
    assert found is not None
    assert ("text", {"a": 1}, *span) == (found.text, found.document, found.since, found.until)
    assert await reports.get(10**6) is None


async def test_insights_count_what_reps_chose_and_how_leads_fared(db: Database) -> None:
    """An offer by hand, and one taken away, was no choice; who is still open, or has an open promise, fared not yet."""
    accepted: dict[str, Any] = {"ended": None, "accepted_b": 3}
    await put(
        db,
        *(offer("a"), offer("b", **accepted, qualified=True), offer("c", **accepted, result="lost")),
        *(offer("d", by_hand=True), offer("e", ended=End.WITHDRAWN), offer("f", **accepted)),
        *(taken("g", 5, qualified=True), taken("h", 20, result="lost"), lead("i", result="lost"), taken("j", 20)),
    )
    insights, kind = Insights(db), "demo_request · high · strong"
    assert (Dealt("ada", kind, 4, 3),) == await insights.accepted(MARCH)
    assert (Dealt("ada", kind, 2, 1),) == await insights.converted(MARCH)
    fared = sorted(await insights.handled(MARCH), key=lambda one: one.in_time)
    assert [Handled("web", "emea", False, 1, 0), Handled("web", "emea", True, 1, 1)] == fared
