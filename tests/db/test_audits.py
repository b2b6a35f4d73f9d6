"""Suspects are named by what the database keeps, each kind of them, and nobody who plainly goes on."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event

from db import tables
from db.alerts import LEASE, Alert, Alerts, Turn
from db.audits import KEPT, Audits
from db.engine import Database
from db.inbox import Arrival, Inbox
from db.leads import Leads
from db.ownership import Ownerships
from db.stood import stood
from models.audit import Audit, Finding, Found
from models.lead import Stage
from models.orders import Holding
from tests.db.samples import AT, MINUTE, give, newcomer, order, standing

HOUR = timedelta(hours=1)


async def stands(db: Database, lead_id: str, stage: Stage, due_at: datetime | None, seq: int = 1) -> None:
    """Let a lead stand somewhere, as its workflow recorded it."""
    await Leads(db).record(standing(lead_id, seq, stage, due_at=due_at))


async def suspicions(db: Database, at: datetime, limit: int = 10) -> dict[str, str]:
    """Give who is suspected at an instant, and why."""
    surveyed = await Audits(db).survey(at=at, limit=limit)
    return {one.lead_id: one.suspicion for one in surveyed.suspects}


async def test_a_lead_with_a_future_due_time_is_proved(staffed: Database) -> None:
    """It says when it goes on, and that instant is not past."""
    for lead_id in ("one", "two", "three"):
        await stands(staffed, lead_id, Stage.ROUTING, AT + HOUR)
    surveyed = await Audits(staffed).survey(at=AT + HOUR + MINUTE, limit=10)
    assert (3, 3, (), 0) == (surveyed.open_leads, surveyed.proved, surveyed.suspects, surveyed.more)


async def test_an_overdue_lead_is_suspected_past_the_grace(staffed: Database) -> None:
    """Within a minute it is being worked on; then the longest overdue comes first."""
    await stands(staffed, "one", Stage.OFFERED, AT + HOUR)
    await stands(staffed, "two", Stage.TRIAGE, AT)
    await stands(staffed, "three", Stage.NURTURING, AT + 9 * HOUR)
    assert {"two": "was due 61 min ago"} == await suspicions(staffed, AT + HOUR + MINUTE)
    found = await suspicions(staffed, AT + 3 * HOUR)
    assert {"two": "was due 3 h ago", "one": "was due 2 h ago"} == found
    assert ["two", "one"] == list(found)


async def test_a_lead_without_a_due_time_is_on_its_way_for_some_minutes_only(staffed: Database) -> None:
    """Taking in, scoring and choosing take moments; whoever stands there is stuck."""
    await stands(staffed, "two", Stage.TRIAGE, AT + 9 * HOUR)
    await stands(staffed, "three", Stage.ROUTING, None)
    assert {} == await suspicions(staffed, AT + 4 * MINUTE)
    assert {
        "one": "has stood in received for 6 min without a due time",
        "three": "has stood in routing for 5 min without a due time",
    } == await suspicions(staffed, AT + 6 * MINUTE + timedelta(seconds=1))


async def test_an_ended_lead_is_nobody_to_suspect(staffed: Database) -> None:
    """What is settled for good counts neither as open nor as forgotten."""
    for lead_id in ("one", "two", "three"):
        await Leads(staffed).record(standing(lead_id, 1, Stage.CLOSED, closed=True))
    surveyed = await Audits(staffed).survey(at=AT + 99 * HOUR, limit=10)
    assert (0, 0, ()) == (surveyed.open_leads, surveyed.proved, surveyed.suspects)


async def test_what_was_acknowledged_and_never_started_is_suspected(db: Database) -> None:
    """A lead of an import waits for its turn; one that came by itself is started at once, or something is wrong."""
    inbox = Inbox(db)
    await inbox.put([Arrival("direct", "{}"), Arrival("turn", "{}", paced=True)], at=AT)
    assert {} == await suspicions(db, AT + 5 * MINUTE)
    later = AT + 6 * MINUTE
    assert {"direct": "was acknowledged 6 min ago and is not started"} == await suspicions(db, later)
    for _ in range(3):
        await inbox.claim(10, now=AT, lease=timedelta(0), paced=True)
    assert ["direct", "turn"] == sorted(await suspicions(db, later))


async def test_what_was_started_and_never_let_in_is_suspected(db: Database) -> None:
    """A workflow that died before its first activity leaves a started row and no lead."""
    inbox = Inbox(db)
    receipts = await inbox.put([Arrival("lost", "{}"), Arrival("known", "{}")], at=AT)
    for receipt in receipts:
        await inbox.started(receipt.id, at=AT + MINUTE)
    await Leads(db).admit(newcomer("known"))
    await stands(db, "known", Stage.ROUTING, AT + HOUR)
    assert {} == await suspicions(db, AT + 6 * MINUTE)
    assert {"lost": "was started 6 min ago and never let in"} == await suspicions(db, AT + 7 * MINUTE)


async def test_an_errand_that_nobody_can_run_is_suspected(staffed: Database) -> None:
    """What a transaction left to do is done within moments, or its lead waits for nothing."""
    for lead_id in ("one", "two", "three"):
        await stands(staffed, lead_id, Stage.ROUTING, AT + HOUR)
    async with staffed.writing() as session:
        session.add(tables.Outbox(lead_id="two", what=tables.Errand.WAKE, body={}, created_at=AT, next_at=AT))
    assert {} == await suspicions(staffed, AT + 5 * MINUTE)
    assert {"two": "an errand (wake) waits for 6 min"} == await suspicions(staffed, AT + 6 * MINUTE)


async def test_a_lead_of_which_nobody_could_be_told_is_suspected(staffed: Database) -> None:
    """Everybody gave the message up; not where it was heard of since, somebody has taken it, or it waits its turn."""
    alerts = Alerts(staffed)
    for lead_id in ("one", "two", "three"):
        await stands(staffed, lead_id, Stage.TRIAGE, AT + 9 * HOUR)
        await alerts.ask(Alert(lead_id, 1, 1, f"of-{lead_id}", "late", None, None), at=AT)
    quiet = AT + 9 * HOUR
    await alerts.ask(Alert("two", 1, 2, "mia", "late", None, None), at=AT, quiet_until=quiet)
    heard = await alerts.ask(Alert("two", 1, 3, "max", "late", None, None), at=AT + MINUTE)
    assert isinstance(heard, Turn)
    await alerts.sent(heard, at=AT + MINUTE)
    await Leads(staffed).record(
        standing("three", 2, Stage.ACCEPTED, Holding(rep_id="ada", offer=1, accepted_at=AT + MINUTE), due_at=quiet)
    )
    assert {} == await suspicions(staffed, AT + HOUR)
    assert {"one": "of-one was to be alerted 2 h ago"} == await suspicions(staffed, AT + 2 * HOUR + LEASE)
    unheard = (await Audits(staffed).kept("one")).unheard
    assert unheard is not None
    assert ("of-one", AT + LEASE) == (unheard.person_id, unheard.send_at)
    assert [None, None] == [(await Audits(staffed).kept(lead_id)).unheard for lead_id in ("two", "three")]
    await stands(staffed, "one", Stage.CLOSED, None, seq=2)
    assert {} == await suspicions(staffed, AT + 2 * HOUR)


async def test_what_the_limit_cuts_is_counted(staffed: Database) -> None:
    """An audit that could not look at everybody knows of how many; a lead that is suspected twice counts once."""
    for lead_id in ("one", "two", "three"):
        await stands(staffed, lead_id, Stage.ROUTING, AT)
    async with staffed.writing() as session:
        session.add(tables.Outbox(lead_id="two", what=tables.Errand.WAKE, body={}, created_at=AT, next_at=AT))
    whole = await Audits(staffed).survey(at=AT + HOUR, limit=3)
    assert (3, 0) == (len(whole.suspects), whole.more)
    cut = await Audits(staffed).survey(at=AT + HOUR, limit=2)
    assert (2, 3, 0) == (len(cut.suspects), cut.open_leads, cut.proved)
    assert cut.more >= 1


async def test_the_survey_goes_by_index(db: Database) -> None:
    """A million leads that have ended cost nothing: none of the questions walks through a table."""
    if not db.is_sqlite:
        return  # its planner goes by what is in the tables, and here is nothing
    asked: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    async with db.reading() as session:
        engine = (await session.connection()).sync_connection.engine  # type: ignore[union-attr]
    event.listen(engine, "before_cursor_execute", hear)
    try:
        await Audits(db).survey(at=AT, limit=10)
    finally:
        event.remove(engine, "before_cursor_execute", hear)
    plans = []
    async with db.reading() as session:
        for statement, parameters in asked:
            found = await (await session.connection()).exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans += [str(row[-1]) for row in found.all()]
    assert len(asked) > 5
    of_leads = [plan for plan in plans if " lead " in plan]
    assert all("ix_lead_open" in plan or "autoindex_lead" in plan for plan in of_leads), of_leads
    assert not [plan for plan in plans if plan.startswith("SCAN") and "INDEX" not in plan], plans


async def test_all_that_is_kept_of_a_lead(staffed: Database) -> None:
    """The auditor sees row, inbox and errand at one instant, and what came in."""
    audits = Audits(staffed)
    await Inbox(staffed).put([Arrival("one", '{"source": "web"}')], at=AT)
    kept = await audits.kept("one")
    assert kept.row is not None
    assert kept.inbox is not None
    assert (Stage.RECEIVED, -1, {"source": "web"}, None) == (kept.row.stage, kept.row.seq, kept.raw, kept.errand)
    assert {"source": "web"} == (await audits.kept("two")).raw
    nothing = await audits.kept("nobody")
    assert (None, None, None, None) == (nothing.row, nothing.inbox, nothing.errand, nothing.raw)


async def test_where_a_lead_stood_is_what_a_new_workflow_goes_on_from(staffed: Database) -> None:
    """Who holds it by which offer, whom it was offered before, and the numbers that must go on."""
    ownerships, leads = Ownerships(staffed), Leads(staffed)
    assert await stood(staffed, "one", "gone") is None
    await ownerships.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    assert await stood(staffed, "one", "gone") is None
    await ownerships.assign(order("one", 2), give("one", "bo", 2), at=AT, ordered_at=AT + MINUTE)
    holding = Holding(rep_id="bo", offer=2, accepted_at=AT + 2 * MINUTE)
    await leads.record(standing("one", 7, Stage.ACCEPTED, holding, rung=3, due_at=AT + HOUR, next_step="remind"))
    async with staffed.writing() as session:
        session.add(
            tables.Notification(
                lead_id="one",
                offer=2,
                rung=1004,
                channel="log",
                state=tables.Sending.SENT,
                created_at=AT,
                changed_at=AT,
            )
        )
    there = await stood(staffed, "one", "gone")
    assert there is not None
    assert there.offered is not None
    assert ("bo", 2, "Bo", AT + 2 * MINUTE) == (
        there.holder,
        there.held_by,
        there.offered.rep_name,
        there.accepted_at,
    )
    assert (2, 3, 7, 4, 0) == (there.offer, there.rung, there.seq, there.alerts, there.told)
    assert (("ada", "bo"), ("ada",)) == (there.asked, there.declined)
    assert (Stage.ACCEPTED, AT + HOUR, "remind") == (there.stage, there.due_at, there.next_step)


def an_audit(audit_id: str, ended_at: datetime, *found: Finding) -> Audit:
    """An audit that found this."""
    unhealed = sum(one.found is Found.UNHEALED for one in found)
    return Audit(
        audit_id=audit_id,
        began_at=ended_at - MINUTE,
        ended_at=ended_at,
        open_leads=3,
        suspects=len(found),
        healed=len(found) - unhealed,
        unhealed=unhealed,
        found=found,
    )


async def test_audits_are_kept_for_a_month(db: Database) -> None:
    """Written once, read newest first, gone after thirty days."""
    audits = Audits(db)
    finding = Finding(lead_id="one", suspicion="was due 3 h ago", found=Found.UNHEALED, because="nobody knows")
    old, new = an_audit("a1", AT), an_audit("a2", AT + HOUR, finding)
    await audits.write(old)
    await audits.write(new)
    await audits.write(new.model_copy(update={"open_leads": 9}))
    assert (new, old) == await audits.latest(10)
    assert (new,) == await audits.since(AT)
    assert [False, True] == [one.healthy for one in await audits.latest(10)]
    await audits.write(an_audit("a3", AT + KEPT + timedelta(minutes=30)))
    assert ["a3", "a2"] == [one.audit_id for one in await audits.latest(10)]


async def test_some_waiting_leads_are_listed_from_anywhere_on(staffed: Database) -> None:
    """Whoever looks whether they still run begins somewhere else each time."""
    for lead_id in ("one", "two", "three"):
        await stands(staffed, lead_id, Stage.ROUTING, AT + HOUR)
    await stands(staffed, "two", Stage.ROUTING, AT, seq=2)
    audits = Audits(staffed)
    assert ("one", "three") == await audits.waiting(0, 10, at=AT + MINUTE)
    assert ("three",) == await audits.waiting(1, 10, at=AT + MINUTE)
    assert ("one",) == await audits.waiting(0, 1, at=AT + MINUTE)
