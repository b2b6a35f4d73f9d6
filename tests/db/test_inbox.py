"""The inbox: what is acknowledged is kept, and started by one dispatcher at a time."""

import asyncio
from datetime import timedelta

from db.engine import Database
from db.inbox import Arrival, Counts, Inbox
from db.leads import Leads
from db.tables.words import Intake
from models.lead import Stage
from tests.db.samples import AT, MINUTE, newcomer, standing


async def test_arrivals_are_kept_in_order_and_once(db: Database) -> None:
    """Each arrival gets a receipt in its place; a lead id that came before keeps its first row."""
    inbox = Inbox(db)
    first = await inbox.put([Arrival("one", '{"n":1}'), Arrival("two", '{"n":2}')], at=AT)
    again = await inbox.put([Arrival("two", '{"n":3}'), Arrival("three", "{}"), Arrival("three", "[]")], at=AT + MINUTE)
    assert [("one", True), ("two", True)] == [(one.lead_id, one.new) for one in first]
    assert [("two", False), ("three", True), ("three", False)] == [(one.lead_id, one.new) for one in again]
    assert (first[1].id, again[1].id) == (again[0].id, again[2].id)
    raws = {claim.lead_id: claim.raw for claim in await inbox.claim(9, now=AT + MINUTE, lease=MINUTE)}
    assert {"one": '{"n":1}', "two": '{"n":2}', "three": "{}"} == raws


async def test_a_big_import_fits(db: Database) -> None:
    """More rows than one statement takes are committed together, each with its line."""
    rows = [Arrival(f"lead-{n}", "{}", import_id="spring", line=n, paced=True) for n in range(1234)]
    receipts = await Inbox(db).put(rows, at=AT)
    assert [row.lead_id for row in rows] == [receipt.lead_id for receipt in receipts]
    assert Counts(waiting=1234) == await Inbox(db).counts("spring")
    assert Counts() == await Inbox(db).counts("autumn")
    claims = await Inbox(db).claim(3, now=AT, lease=MINUTE)
    assert [("spring", 0), ("spring", 1), ("spring", 2)] == [(claim.import_id, claim.line) for claim in claims]


async def test_dispatchers_never_claim_the_same_row(db: Database) -> None:
    """Eight dispatchers that claim at once get different rows, and all of them together."""
    await Inbox(db).put([Arrival(f"lead-{n}", "{}") for n in range(40)], at=AT)
    claimed = await asyncio.gather(*(Inbox(db).claim(5, now=AT, lease=MINUTE) for _ in range(8)))
    ids = [claim.id for claims in claimed for claim in claims]
    assert (40, 40) == (len(ids), len(set(ids)))


async def test_a_claim_comes_back_when_nobody_started_it(db: Database) -> None:
    """A dispatcher that died holds its rows only as long as its lease."""
    inbox = Inbox(db)
    await inbox.put([Arrival("one", "{}")], at=AT)
    (first,) = await inbox.claim(1, now=AT, lease=MINUTE)
    assert () == await inbox.claim(1, now=AT + MINUTE / 2, lease=MINUTE)
    (second,) = await inbox.claim(1, now=AT + MINUTE, lease=MINUTE)
    assert (1, 2, first.id) == (first.attempts, second.attempts, second.id)


async def test_a_door_that_starts_itself_is_given_time(db: Database) -> None:
    """While whoever put a row starts it, no dispatcher does."""
    inbox = Inbox(db)
    await inbox.put([Arrival("one", "{}")], at=AT, reserve=MINUTE)
    assert () == await inbox.claim(1, now=AT, lease=MINUTE)
    assert 1 == len(await inbox.claim(1, now=AT + MINUTE, lease=MINUTE))


async def test_what_is_started_is_never_claimed_again(db: Database) -> None:
    """A started row stays started, also when somebody slower says that it failed."""
    inbox = Inbox(db)
    (receipt,) = await inbox.put([Arrival("one", "{}")], at=AT)
    await inbox.started(receipt.id, at=AT)
    await inbox.failed(receipt.id, "Temporal did not answer", retry_at=AT)
    assert () == await inbox.claim(1, now=AT + timedelta(days=1), lease=MINUTE)
    assert Counts(started=1) == await inbox.counts()
    (again,) = await inbox.put([Arrival("one", "{}")], at=AT)
    assert (False, Intake.STARTED) == (again.new, again.state)


async def test_what_failed_waits_for_its_retry(db: Database) -> None:
    """A failed start is claimed again at its retry, a refused one never; both stay in sight."""
    inbox = Inbox(db)
    one, two = await inbox.put([Arrival("one", "{}"), Arrival("two", "{}")], at=AT)
    await inbox.failed(one.id, "Temporal is down", retry_at=AT + MINUTE)
    await inbox.failed(two.id, "no such task queue", retry_at=None)
    assert () == await inbox.claim(9, now=AT, lease=MINUTE)
    assert ["one"] == [claim.lead_id for claim in await inbox.claim(9, now=AT + MINUTE, lease=MINUTE)]
    assert Counts(waiting=1, refused=1) == await inbox.counts()


async def test_urgent_rows_go_before_paced_ones(db: Database) -> None:
    """A hot lead does not wait behind an import, and an import can be claimed alone."""
    inbox = Inbox(db)
    await inbox.put([Arrival("import", "{}", paced=True)], at=AT)
    await inbox.put([Arrival("hot", "{}")], at=AT + MINUTE)
    assert ["hot"] == [claim.lead_id for claim in await inbox.claim(1, now=AT + MINUTE, lease=MINUTE)]
    assert () == await inbox.claim(1, now=AT + MINUTE, lease=MINUTE, paced=False)
    assert ["import"] == [claim.lead_id for claim in await inbox.claim(1, now=AT + MINUTE, lease=MINUTE, paced=True)]


async def test_dispatchers_keep_one_pace_together(db: Database) -> None:
    """However many ask and however often, imports are given out at their rate, with a second's worth saved up."""
    await Inbox(db).put([Arrival(f"lead-{n}", "{}", paced=True) for n in range(60)], at=AT)
    await Inbox(db).put([Arrival("hot", "{}")], at=AT)
    given = []
    for tenth in range(50):
        now = AT + timedelta(seconds=tenth / 10)
        both = await asyncio.gather(*(Inbox(db).claim_paced(4.0, now=now, lease=MINUTE) for _ in range(2)))
        given += [claim for claims in both for claim in claims]
    assert 1 + int(4.0 * 4.9) == len({claim.id for claim in given}) == len(given)
    assert "hot" not in {claim.lead_id for claim in given}
    after_a_pause = await Inbox(db).claim_paced(4.0, now=AT + timedelta(seconds=30), lease=MINUTE)
    assert 4 == len(after_a_pause)


async def test_a_slow_pace_still_moves(db: Database) -> None:
    """Less than one a second is a pace, too."""
    await Inbox(db).put([Arrival(f"lead-{n}", "{}", paced=True) for n in range(5)], at=AT)
    claims = [await Inbox(db).claim_paced(0.5, now=AT + timedelta(seconds=second), lease=MINUTE) for second in range(6)]
    assert [1, 0, 1, 0, 1, 0] == [len(each) for each in claims]


async def test_rows_given_back_wait_for_no_lease(db: Database) -> None:
    """Who cannot start what they claimed says so, and others get it at once; what is started stays started."""
    inbox = Inbox(db)
    await inbox.put([Arrival("one", "{}"), Arrival("two", "{}")], at=AT)
    one, two = await inbox.claim(2, now=AT, lease=MINUTE)
    await inbox.started(one.id, at=AT)
    await inbox.give_back([one.id, two.id], at=AT)
    assert ["two"] == [claim.lead_id for claim in await inbox.claim(9, now=AT, lease=MINUTE)]
    await inbox.give_back([], at=AT)


async def test_a_pace_may_be_kept_back(db: Database) -> None:
    """Who has enough in hand takes less than they may; what is left of the pace is saved up for a second."""
    await Inbox(db).put([Arrival(f"lead-{n}", "{}", paced=True) for n in range(20)], at=AT)
    taken = [
        len(await Inbox(db).claim_paced(4.0, now=AT + timedelta(seconds=second), lease=MINUTE, most=most))
        for second, most in ((0, 1), (2, 2), (3, 0), (4, 9))
    ]
    assert [1, 2, 0, 4] == taken


async def test_who_is_on_their_way_is_known(db: Database) -> None:
    """Who is not let in, or not judged yet; who was, has got somewhere, wherever that is."""
    for lead_id in ("in", "scored", "ended"):
        await Leads(db).admit(newcomer(lead_id))
    await Leads(db).record(standing("scored", 0, Stage.ROUTING))
    await Leads(db).record(standing("ended", 0, Stage.DISQUALIFIED))
    asked = ["waits", "in", "scored", "ended"]
    assert {"waits", "in"} == await Inbox(db).on_their_way(asked)
    assert frozenset() == await Inbox(db).on_their_way([])


async def test_whether_somebody_is_awaited(db: Database) -> None:
    """Who came at a door since, and is neither with anybody nor judged away; imports and former ones do not count."""
    inbox, leads = Inbox(db), Leads(db)
    await inbox.put([Arrival("import", "{}", paced=True)], at=AT)
    assert not await inbox.awaited(AT - MINUTE)
    await inbox.put([Arrival("hot", "{}"), Arrival("warm", "{}")], at=AT)
    assert (True, False) == (await inbox.awaited(AT - MINUTE), await inbox.awaited(AT))
    for lead_id in ("hot", "warm"):
        await leads.admit(newcomer(lead_id))
    await leads.record(standing("warm", 0, Stage.NURTURING))
    assert await inbox.awaited(AT - MINUTE)
    await leads.record(standing("hot", 0, Stage.OFFERED))
    assert not await inbox.awaited(AT - MINUTE)
