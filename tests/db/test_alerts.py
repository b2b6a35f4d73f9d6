"""Alerts: who sends which of them, whoever asks and however many at once."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from db import tables
from db.alerts import ABANDONED, LEASE, Alert, Alerts, Decided, Dropped, Told, Turn, UnderWay, Untold, Waits
from db.engine import Database
from db.leads import Leads
from db.notifications import Key, Notifications
from db.tables.words import Alerting
from models.lead import Stage
from tests.db.samples import AT, MINUTE, newcomer

WINDOW = 10 * MINUTE
ENDS = AT + WINDOW


@pytest.fixture
async def leads(db: Database) -> Database:
    """A database with the leads `one`, `two` and `three`."""
    for lead_id in ("one", "two", "three"):
        await Leads(db).admit(newcomer(lead_id))
    return db


def alert(lead_id: str, **changes: Any) -> Alert:
    """One lead's alert to the manager."""
    return replace(Alert(lead_id, 1, 3, "mia", f"nobody took {lead_id}", "ada", AT + MINUTE), **changes)


def turn_of(decided: Decided) -> Turn:
    """Be the one who sends."""
    assert isinstance(decided, Turn), decided
    return decided


async def ask(db: Database, lead_id: str, at: datetime = AT, **changes: Any) -> Decided:
    """Ask as a policy with a window of ten minutes does."""
    asked: dict[str, Any] = {"at": at, "bundle": WINDOW}
    return await Alerts(db).ask(alert(lead_id), **(asked | changes))


async def send(db: Database, lead_id: str, at: datetime = AT, **changes: Any) -> list[str]:
    """Ask, send what it is one's turn for, and give the leads that it told of."""
    turn = turn_of(await ask(db, lead_id, at, **changes))
    await Alerts(db).sent(turn, at=at)
    return [one.lead_id for one in turn.alerts]


async def change_lead(db: Database, lead_id: str, **values: Any) -> None:
    """Let something happen to a lead."""
    async with db.writing() as session:
        await session.exec(update(tables.Lead).where(col(tables.Lead.lead_id) == lead_id).values(**values))


async def states(db: Database) -> dict[str, str]:
    """Give where each lead's alert stands."""
    async with db.reading() as session:
        return {row.lead_id: row.state for row in (await session.exec(select(tables.Alert))).all()}


async def test_the_first_goes_at_once_and_what_comes_soon_after_goes_as_one(leads: Database) -> None:
    """Whoever asks first at the window's end sends for all, soonest due first; the others find theirs told."""
    assert ["one"] == await send(leads, "one")
    assert Waits(ENDS) == await ask(leads, "two", AT + MINUTE)
    assert Waits(ENDS) == await ask(leads, "three", ENDS - timedelta(microseconds=1))
    await change_lead(leads, "two", due_at=AT + 9 * MINUTE)
    turn = turn_of(await ask(leads, "three", ENDS))
    assert ("three:1:3", ["three", "two"]) == (turn.bundle, [one.lead_id for one in turn.alerts])
    await Alerts(leads).sent(turn, at=ENDS)
    assert [Told("mia", ("three", 1, 3))] * 2 == [await ask(leads, "two", ENDS), await ask(leads, "three", ENDS)]
    assert Waits(ENDS + WINDOW) == await Alerts(leads).ask(alert("one", rung=4), at=ENDS, bundle=WINDOW)


async def test_without_a_window_each_goes_by_itself(leads: Database) -> None:
    """It takes nothing along that waits, and what waits does not wait longer for it, however often that happens."""
    assert [["one"], ["two"]] == [await send(leads, lead, bundle=timedelta(0)) for lead in ("one", "two")]
    assert Waits(ENDS) == await ask(leads, "three", AT)
    for n in range(1, 10):
        turn = turn_of(await Alerts(leads).ask(alert("one", rung=3 + n), at=AT + n * MINUTE))
        await Alerts(leads).sent(turn, at=AT + n * MINUTE)
        assert ["one"] == [one.lead_id for one in turn.alerts]
    assert ["three"] == await send(leads, "three", ENDS)


async def test_a_message_stays_as_it_was_begun_whoever_sends_it_again(leads: Database) -> None:
    """Its sender has it back at once, the others when the lease is over; what comes meanwhile is not in it."""
    await send(leads, "one")
    await ask(leads, "two", AT + MINUTE)
    await ask(leads, "three", AT + MINUTE)
    begun = await ask(leads, "two", ENDS)
    await Alerts(leads).ask(alert("one", rung=4), at=ENDS, bundle=WINDOW)
    assert UnderWay() == await ask(leads, "three", ENDS + LEASE - timedelta(seconds=1))
    assert begun == await ask(leads, "two", ENDS + timedelta(seconds=1))
    assert begun == await ask(leads, "three", ENDS + LEASE + MINUTE)


async def test_nobody_is_left_waiting_by_a_message_that_could_not_be_sent(leads: Database) -> None:
    """Each alert in it says why, and the next one does not wait for a message that nobody got."""
    turn = turn_of(await ask(leads, "one"))
    assert Waits(ENDS) == await ask(leads, "two")
    await Alerts(leads).undeliverable(turn, "email: unknown")
    assert Untold("mia", "email: unknown") == await ask(leads, "one")
    assert ["two"] == await send(leads, "two", AT + MINUTE)


async def test_what_everybody_gave_up_goes_out_with_the_next_message(leads: Database) -> None:
    """A channel was away for longer than any lead tries; what is settled since, or was sent after all, is not told."""
    await send(leads, "one")
    for lead_id in ("two", "three"):
        await ask(leads, lead_id, AT)
    turn_of(await ask(leads, "two", ENDS))
    await change_lead(leads, "three", owner="bo", accepted_at=ENDS)
    nobodys = ENDS + LEASE + ABANDONED + timedelta(seconds=1)
    early = await Alerts(leads).ask(alert("one", rung=4), at=nobodys - timedelta(seconds=1), bundle=MINUTE)
    assert ["one"] == [one.lead_id for one in turn_of(early).alerts]
    turn = turn_of(await Alerts(leads).ask(alert("one", rung=5), at=nobodys + WINDOW, bundle=WINDOW))
    assert {"one", "two"} == {one.lead_id for one in turn.alerts}
    assert Dropped("bo has accepted it by now") == await ask(leads, "three", nobodys)


async def test_what_comes_back_late_is_sent(leads: Database) -> None:
    """No worker was there at the window's end: who asks an hour later sends its own and what waits, once."""
    await send(leads, "one")
    await ask(leads, "two", AT)
    await ask(leads, "three", AT)
    await change_lead(leads, "three", owner="bo", accepted_at=AT + MINUTE)
    assert ["three", "two"] == await send(leads, "three", ENDS + 6 * WINDOW)


async def test_a_message_that_went_out_is_not_told_again_whoever_died(leads: Database) -> None:
    """Its sender died before its alerts were noted as sent, and nobody asked for them again."""
    turn = turn_of(await ask(leads, "one"))
    key = Key(turn.first.lead_id, turn.first.offer, turn.first.rung, "email")
    await Notifications(leads).claim(key, person_id="mia", at=AT)
    await Notifications(leads).sent(key, provider_id=None, at=AT)
    assert ["two"] == await send(leads, "two", AT + 2 * WINDOW)
    assert {"one": "sent", "two": "sent"} == await states(leads)


async def test_quiet_hours_end_in_one_message(leads: Database) -> None:
    """What was kept for the night goes out together; what does not heed the quiet goes by itself."""
    dawn = AT + timedelta(hours=8)
    for lead_id in ("one", "two"):
        assert Waits(dawn) == await ask(leads, lead_id, AT, quiet_until=dawn)
    assert ["three"] == await send(leads, "three", AT + MINUTE, bundle=timedelta(0))
    assert ["one", "two"] == sorted(await send(leads, "two", dawn))


async def test_a_bundle_says_how_things_stand(leads: Database) -> None:
    """Who has the lead by now, and when it is due."""
    await send(leads, "one")
    await ask(leads, "two", AT)
    await ask(leads, "three", AT)
    await change_lead(leads, "two", owner="bo", due_at=AT + 5 * MINUTE)
    turn = turn_of(await ask(leads, "three", ENDS))
    assert [
        ("three", "ada", "nobody took three", "demo request, unknown company"),
        ("two", "bo", "nobody took two", "demo request, unknown company"),
    ] == [(one.lead_id, one.owner, one.what, one.headline) for one in turn.alerts]


async def test_what_is_settled_meanwhile_is_not_told(leads: Database) -> None:
    """A lead that has ended or was accepted since needs nobody; whoever asks for it learns that."""
    await send(leads, "one")
    for lead_id in ("two", "three"):
        await ask(leads, lead_id, AT)
    await change_lead(leads, "two", stage=Stage.CONTACTED)
    await change_lead(leads, "three", owner="bo", accepted_at=AT + MINUTE)
    turn = turn_of(await Alerts(leads).ask(alert("one", rung=4), at=ENDS, bundle=WINDOW))
    assert ["one"] == [one.lead_id for one in turn.alerts]
    assert [Dropped("the lead is contacted by now"), Dropped("bo has accepted it by now")] == [
        await ask(leads, "two", ENDS),
        await ask(leads, "three", ENDS),
    ]


async def test_whoever_it_goes_to_by_now_gets_it(leads: Database) -> None:
    """While it waits, the rota may turn: it goes to who is on duty then, with what waits for them."""
    await send(leads, "one")
    await ask(leads, "two", AT)
    turned = alert("two", person_id="max")
    assert ["two"] == [one.lead_id for one in turn_of(await Alerts(leads).ask(turned, at=ENDS, bundle=WINDOW)).alerts]


async def test_of_many_at_once_one_sends_for_all(leads: Database, migrated_url: str) -> None:
    """Workers ask at the same instant, over connections of their own: one message, every alert in it once."""
    await send(leads, "one")
    rungs = range(10, 30)
    waiting = [alert(("one", "two", "three")[rung % 3], rung=rung) for rung in rungs]
    workers = [Database(migrated_url) for _ in range(4)]
    try:
        for one, worker in zip(waiting, cycle(workers), strict=False):
            assert Waits(ENDS) == await Alerts(worker).ask(one, at=AT + MINUTE, bundle=WINDOW)
        asked = (
            Alerts(worker).ask(one, at=ENDS, bundle=WINDOW)
            for one, worker in zip(waiting, cycle(workers), strict=False)
        )
        answers = await asyncio.gather(*asked)
    finally:
        for worker in workers:
            await worker.dispose()
    turns = [answer for answer in answers if isinstance(answer, Turn)]
    assert (1, len(rungs) - 1) == (len(turns), answers.count(UnderWay()))
    assert {one.key for one in waiting} == {one.key for one in turns[0].alerts}
    await Alerts(leads).sent(turns[0], at=ENDS)
    assert {Alerting.SENT.value} == set((await states(leads)).values())
