"""What of the policy fired how often, counted on both databases."""

from datetime import timedelta
from typing import Any

import pytest

from db import rule_use, tables
from db.engine import Database
from db.rule_use import Judged, RuleUse, RuleUses
from db.tables.words import ActOutcome, Holds
from tests.db.samples import AT

DAY = timedelta(days=1)


async def put(db: Database, *rows: Any) -> None:
    """Insert rows as they are."""
    async with db.writing() as session:
        for row in rows:
            session.add(row)
            await session.flush()


def measured(lead_id: str, ago: int, rule: str | None = "big", **changes: Any) -> tables.LeadMeasure:
    """What is measured of a lead that came so many days ago."""
    given: dict[str, Any] = {
        "day": (AT - ago * DAY).date(),
        "received_at": AT - ago * DAY,
        "hour_of_week": 0,
        "source": "web",
        "type": "demo_request",
        "policy": "p1",
        "stage": "offered",
        "offers": 1,
        "changed_at": AT,
    }
    return tables.LeadMeasure(lead_id=lead_id, rule=rule, **(given | changes))


def judged(lead_id: str, ago: int, because: str, sla: str | None = "slow", **changes: Any) -> tables.Lead:
    """A lead that was judged, so many days ago."""
    went = {"way": "route" if sla else "review", "because": because} | ({"sla": sla} if sla else {})
    given: dict[str, Any] = {
        "headline": "demo request",
        "source": "web",
        "type": "demo_request",
        "policy": "p1",
        "received_at": AT - ago * DAY,
        "changed_at": AT,
        "intent": "high",
        "fit": "strong",
        "score": {"points": 1, "qualification": went},
    }
    return tables.Lead(lead_id=lead_id, **(given | changes))


def offer(lead_id: str, tie: str | None, number: int = 1, by: str | None = None) -> tables.Ownership:
    """An offer that came by a tie, or not."""
    return tables.Ownership(
        lead_id=lead_id, offer=number, rep_id="ada", state=Holds.ENDED, ordered_at=AT, offered_at=AT, ended_at=AT,
        refund_on=[], by=by, assignment={"trace": {"tie": tie, "rules": []}},
    )  # fmt: skip


def complaint(rule: str, ago: int, what: str = "complaint") -> tables.HumanAct:
    """What somebody said at the console."""
    return tables.HumanAct(
        at=AT - ago * DAY, who="ada", what=what, lead_id="a", about=rule, detail={"rule": rule, "offer": 1},
        outcome=ActOutcome.DONE,
    )  # fmt: skip


async def test_rules_are_counted_in_three_whiles_with_what_people_did_about_them(db: Database) -> None:
    """The first day of each while counts, the one before does not; old imports and leads without an offer never."""
    await put(
        db,
        measured("a", 0, handed=2),
        measured("b", 6, declines=1),
        measured("c", 7, ran_out=3, handed=1),
        measured("d", 29),
        measured("e", 30),
        measured("f", 89),
        measured("g", 90),
        measured("h", 1, backfill=True),
        measured("i", 1, offers=0),
        measured("j", 40, rule="small"),
        measured("k", 1, rule=None, handed=1),
    )
    await put(db, complaint("big", 1), complaint("big", 89), complaint("big", 91), complaint("big", 1, "reassign"))
    await put(db, judged("a", 100, "", score=None), judged("z", 100, "", score=None))
    erased = complaint("big", 2)
    erased.detail = {}
    await put(db, complaint("", 3), erased)
    use = await RuleUses(db).read(at=AT)
    assert {"big": RuleUse((2, 4, 6), 2, 3, 1, 1), "small": RuleUse((0, 0, 1), 0, 0, 0, 0)} == use.rules
    assert RuleUse((1, 1, 1), 1, 1, 0, 0) == use.unruled
    assert {"big": 2, "": 1} == use.complaints
    assert {"": [("a", "demo request")], "big": [("a", "demo request")]} == use.complained


async def test_ways_promises_and_ties_are_counted_as_leads_were_judged(db: Database) -> None:
    """What was folded, is not judged or came in an old import does not count; of offers only the first, by rules."""
    await put(
        db,
        judged("a", 0, "high intent, strong fit"),
        judged("b", 10, "high intent, strong fit"),
        judged("c", 10, "students: no buyer", None),
        judged("d", 95, "students: no buyer", None),
        judged("e", 1, "students: no buyer", None, folded_into="c"),
        judged("f", 1, "students: no buyer", None, backfill=True),
        judged("g", 1, "", score=None),
    )
    await put(db, offer("a", "open_lead"), offer("a", "parent", 2), offer("b", "open_lead", by="mia"))
    use = await RuleUses(db).read(at=AT)
    assert {
        Judged("route", "high intent, strong fit", "high", "strong", "slow", (1, 2, 2)),
        Judged("review", "students: no buyer", "high", "strong", None, (0, 1, 1)),
    } == set(use.judged)
    assert {"open_lead": (1, 1, 1)} == use.ties
    assert use.judged_since is None


async def test_of_very_many_leads_the_latest_are_looked_at(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """And since when, is said."""
    monkeypatch.setattr(rule_use, "MOST_JUDGED", 2)
    await put(db, *(judged(str(ago), ago, "high intent, strong fit") for ago in (1, 2, 3, 4)))
    use = await RuleUses(db).read(at=AT)
    assert AT - 3 * DAY == use.judged_since
    assert (3, 3, 3) == use.judged[0].leads


async def test_nothing_that_fired_is_nothing(db: Database) -> None:
    """An empty house has a page, too."""
    use = await RuleUses(db).read(at=AT)
    assert ({}, {}, {}, (), {}) == (use.rules, use.complaints, use.complained, use.judged, use.ties)
    assert (0, 0, 0) == use.unruled.leads
