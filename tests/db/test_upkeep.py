"""What waits and what did not go out, counted on either database by their indexes."""

from datetime import timedelta

from sqlalchemy import text

from db import tables
from db.engine import Database
from db.hooks import Deliveries
from db.inbox import Arrival, Inbox
from db.notifications import Key, Notifications
from db.tables.words import Alerting, HandOffKind, HandOffState, HookState, Sending
from db.upkeep import Queue, SourceUse, Upkeep
from tests.db.samples import AT, MINUTE

HOUR = timedelta(hours=1)


async def test_everything_that_waits_is_counted_with_its_oldest(staffed: Database) -> None:
    """And what a person has to look at, apart."""
    await Inbox(staffed).put([Arrival("four", "{}"), Arrival("five", "{}", paced=True)], at=AT)
    await _fill(staffed)
    log = await Upkeep(staffed).backlog(AT + HOUR, late=MINUTE)
    assert (3, 0) == (log.open_leads, log.late)
    assert (Queue(1, AT), Queue(1, AT)) == (log.door, log.imports)
    assert Queue(1, AT, 1) == log.hand_offs
    assert Queue(1, AT, 1) == log.crm
    assert Queue(1, AT, 1) == log.messages
    assert Queue(1, None, 1) == log.alerts
    assert (Queue(1, AT), Queue(1, AT)) == (log.received, log.dead)
    assert (Queue(), Queue()) == (log.errands, log.erasures)
    day_after = await Upkeep(staffed).backlog(AT + 25 * HOUR, late=MINUTE)
    assert (Queue(), 0) == (day_after.messages, day_after.alerts.refused)


async def test_what_did_not_go_out_is_listed_and_told_again(staffed: Database) -> None:
    """Newest first, page by page; an alert of an open lead that nobody heard of is told by one of those who ask."""
    await _fill(staffed)
    upkeep = Upkeep(staffed)
    listed = await upkeep.troubled()
    assert [(3, Sending.REFUSED), (2, Sending.FAILED)] == [(number, one.state) for number, one in listed]
    assert [2] == [number for number, _ in await upkeep.troubled(before=3)]
    assert [3] == [number for number, _ in await upkeep.troubled(states=[Sending.REFUSED])]
    (untold,) = await upkeep.untold()
    assert ("one", "mia", "no mailbox") == (untold.lead_id, untold.person_id, untold.because)
    known = await upkeep.untold_one(untold.id)
    assert known is not None
    assert ("one:1:1", "mia") == (known.key, known.person_id)
    assert [True, False, False] == [await upkeep.reopen(one) for one in (untold.id, untold.id, 99)]
    assert ((), None) == (await upkeep.untold(), await upkeep.untold_one(untold.id))


async def test_sources_are_counted_by_what_came_of_them(db: Database) -> None:
    """Of the last webhooks of all, and what is unread of each."""
    deliveries = Deliveries(db)
    for number, state in enumerate((HookState.TAKEN, HookState.TAKEN, HookState.IGNORED, HookState.DEAD)):
        kept, _ = await deliveries.receive("form", None, "", b"{}", at=AT + number * MINUTE)
        await deliveries.settle(kept.id, state, "", [], at=AT)
    await deliveries.receive("else", None, "", b"{}", at=AT)
    upkeep = Upkeep(db)
    expected = (SourceUse("else", 1, AT, 0, 0), SourceUse("form", 4, AT + 3 * MINUTE, 2, 1))
    assert expected == await upkeep.sources_lately()
    assert {"else": 1, "form": 1} == await upkeep.unread_by_source()


async def test_the_tables_say_their_release(db: Database) -> None:
    """It is this program's, and which database it is."""
    schema = await Upkeep(db).schema()
    assert schema.has == schema.needs
    assert ("SQLite " if db.is_sqlite else "PostgreSQL ") in schema.software


async def test_failures_are_found_without_looking_through_everything(db: Database) -> None:
    """By partial indexes, whatever the number of messages that went out."""
    asked = {
        "ix_notification_troubled": "notification WHERE state IN ('failed', 'refused', 'claimed') ORDER BY id DESC",
        "ix_hand_off_refused": "hand_off WHERE state = 'refused' ORDER BY id",
        "ix_crm_copy_refused": "crm_copy WHERE refused ORDER BY lead_id",
        "ix_alert_undelivered": "alert WHERE state = 'undeliverable' ORDER BY id",
    }
    explain = "EXPLAIN QUERY PLAN" if db.is_sqlite else "EXPLAIN"
    async with db.reading() as session:
        connection = await session.connection()
        if not db.is_sqlite:  # an empty table is read whole unless that is forbidden
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
        for index, query in asked.items():
            plan = (await connection.execute(text(f"{explain} SELECT * FROM {query}"))).all()
            assert index in str(plan)


async def _fill(db: Database) -> None:
    said, deliveries = Notifications(db), Deliveries(db)
    for offer in (1, 2, 3):
        key = Key("one", offer, 0, "email")
        await said.claim(key, person_id="ada", at=AT)
        if offer == 1:
            await said.sent(key, provider_id=None, at=AT)
        elif offer == 2:
            await said.failed(key, "away", at=AT)
        else:
            await said.refused(key, "no mailbox", at=AT)
    await deliveries.receive("form", None, "", b"{}", at=AT)
    kept, _ = await deliveries.receive("form", None, "", b"{}", at=AT)
    await deliveries.settle(kept.id, HookState.DEAD, "", [], at=AT)
    async with db.writing() as session:
        for n, state in enumerate((HandOffState.WAITING, HandOffState.REFUSED, HandOffState.SENT)):
            session.add(
                tables.HandOff(
                    lead_id="one", kind=HandOffKind.ENROL, n=n, body={}, state=state, created_at=AT, next_at=AT
                )
            )
        for lead_id, told, refused in (("one", 1, False), ("two", 1, True), ("three", 2, False)):
            row = tables.CrmCopy(
                lead_id=lead_id, wanted=2, told=told, tasks={}, refused=refused, changed_at=AT, next_at=AT
            )
            session.add(row)
        for rung, stands in enumerate((Alerting.WAITING, Alerting.UNDELIVERABLE, Alerting.UNDELIVERABLE)):
            alert = tables.Alert(
                lead_id="one", offer=1, rung=rung, person_id="mia", what="breached", state=stands, because="no mailbox",
                bundle="one:1:1" if rung == 1 else None, raised_at=AT, send_at=AT,
            )  # fmt: skip
            session.add(alert)
