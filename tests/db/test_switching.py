"""The switch: nothing is given away while it is off, and what waited goes on best score first once it is on again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from activities.casebook import KnownLead
from activities.desk import Desk
from db import tables
from db.choosing import Choice, Hold, Snapshot, Stopped
from db.engine import Database
from db.leads import Leads
from db.outbox import Outbox, Task
from db.ownership import Ownerships
from db.rosters import Rosters
from db.switching import Queue, Switching
from db.tables.words import Errand
from models.decisions import Held, Offered
from models.lead import Stage
from models.orders import Holding
from policy.qualification import judge
from tests.db.assigning import people, policy
from tests.db.samples import AT, MINUTE, facts, give, hold, newcomer, order, standing

POINTS = {"lo": 10.0, "mid": 20.0, "fine": 30.0, "hi": 40.0, "top": 50.0, "peak": 60.0}


async def test_whoever_stops_it_first_has_stopped_it(db: Database) -> None:
    """A second stop changes nothing and is told who did it; a start ends it, and a second start has nothing to do."""
    switch = Switching(db)
    assert await switch.state() is None
    stopped = Stopped("mia", AT, "the territories are wrong")
    assert stopped == await switch.stop(by="mia", reason="the territories are wrong", at=AT)
    assert stopped == await switch.stop(by="max", reason="me too", at=AT + MINUTE)
    assert stopped == await switch.state()
    assert 0 == await switch.start(by="max", at=AT + 2 * MINUTE)
    assert await switch.state() is None
    assert await switch.start(by="max", at=AT + 3 * MINUTE) is None


async def test_a_choice_is_told_and_no_place_wakes_anybody(staffed: Database) -> None:
    """The snapshot says who has stopped routing; a place that comes free meanwhile stays free until it starts."""
    owners, outbox, switch = Ownerships(staffed), Outbox(staffed), Switching(staffed)
    await owners.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    stopped = await switch.stop(by="mia", reason="", at=AT)
    seen: list[Snapshot] = []

    def look(snapshot: Snapshot) -> Choice:
        seen.append(snapshot)
        return hold(AT + 60 * MINUTE)(snapshot)

    await owners.assign(order("two"), look, at=AT, ordered_at=AT)
    assert stopped == seen[0].stopped
    await Leads(staffed).record(standing("one", 1, Stage.CLOSED, closed=True))
    assert (0, Queue(1, AT, 0)) == (await outbox.pending(), await switch.queue())
    assert 1 == await switch.start(by="mia", at=AT + MINUTE)
    (task,) = await outbox.claim(9, now=AT + MINUTE, lease=MINUTE)
    assert ("two", Errand.WAKE, "mia has started routing again") == (task.lead_id, task.what, task.body["because"])
    assert Queue(1, AT, 1) == await switch.queue()
    # No place was kept for it, so none comes free when it waits no longer.
    await Leads(staffed).record(standing("two", 1, Stage.CLOSED, closed=True))
    await outbox.done(task.id, at=AT)
    assert 0 == await outbox.pending()


async def test_all_that_waits_is_woken_best_score_first(staffed: Database) -> None:
    """Many at once: in the order of their scores, equal ones as long as they wait, whomever they wait for."""
    count = 1200
    async with staffed.writing() as session:
        lead = (await session.get(tables.Lead, "one")) or pytest.fail("no lead")
        about = lead.model_dump(exclude={"lead_id"})
        session.add_all(tables.Lead(lead_id=f"held-{n:04}", **about) for n in range(count))
        await session.flush()
        session.add_all(
            tables.Waiting(
                lead_id=f"held-{n:04}",
                pool="all" if n % 3 else None,
                rep_id=None if n % 3 else "ada",
                points=float(n * 7919 % 100),
                since=AT + n % 5 * MINUTE,
                until=AT + timedelta(days=1),
            )
            for n in range(count)
        )
    await Switching(staffed).stop(by="mia", reason="", at=AT)
    assert count == await Switching(staffed).start(by="mia", at=AT + MINUTE)
    told: list[Task] = []
    while some := await Outbox(staffed).claim(500, now=AT + MINUTE, lease=60 * MINUTE):
        told += some
    wanted = sorted(range(count), key=lambda n: (-(n * 7919 % 100), n % 5, n))
    assert [f"held-{n:04}" for n in wanted] == [task.lead_id for task in told]


@pytest.mark.parametrize("asking", [sorted(POINTS), sorted(POINTS, reverse=True), list(POINTS)])
async def test_scarce_places_go_to_the_best_however_they_ask(db: Database, asking: Sequence[str]) -> None:
    """Three places are left, six leads waited out the stop: whatever order they ask in, the best three get them."""
    capacities = {"dan": 2, "eve": 1, "flo": 0}
    crew = people()
    reps = [rep.model_copy(update={"capacity": capacities.get(rep.id, 0), "caps": []}) for rep in crew.reps]
    await Rosters(db).save(crew.model_copy(update={"reps": reps}), at=AT)
    for lead_id in POINTS:
        await Leads(db).admit(newcomer(lead_id, facts(lead_id, source="fair")))
        await _score(db, lead_id)
    await Switching(db).stop(by="mia", reason="a bad rule", at=AT)
    assert {None} == {(await _ask(db, lead_id, 1, AT)) for lead_id in asking}
    await Switching(db).start(by="mia", at=AT + MINUTE)
    later = AT + 5 * MINUTE  # the errands are still to be run: a slow start gives nobody an advantage
    got = {lead_id for lead_id in asking if await _ask(db, lead_id, 2, later)}
    again = {lead_id for lead_id in asking if lead_id not in got and await _ask(db, lead_id, 3, later + MINUTE)}
    assert {"hi", "top", "peak"} == got | again


async def test_what_is_held_for_a_person_is_woken_by_their_place_only(staffed: Database) -> None:
    """Their free place wakes the best of those that wait for them and of their pools' leads; nobody else's does."""
    owners, outbox, due = Ownerships(staffed), Outbox(staffed), AT + 60 * MINUTE
    for lead_id, rep_id in (("four", "ada"), ("five", "bo"), ("six", "ada")):
        await Leads(staffed).admit(newcomer(lead_id))
        await owners.assign(order(lead_id), give(lead_id, rep_id), at=AT, ordered_at=AT)
    for lead_id, points in (("one", 30.0), ("two", 20.0), ("three", 10.0)):
        await _score(staffed, lead_id, points)
    await owners.assign(order("one"), hold(due, pool=None, rep_id="ada"), at=AT, ordered_at=AT)
    await owners.assign(order("two"), hold(due), at=AT, ordered_at=AT)
    await owners.assign(order("three"), hold(due, pool=None, rep_id="ada"), at=AT, ordered_at=AT)
    woken = []
    for lead_id in ("five", "four", "six"):
        holding = Holding(rep_id="bo" if lead_id == "five" else "ada", offer=1, accepted_at=AT, contacted_at=AT)
        await Leads(staffed).record(standing(lead_id, 1, Stage.CONTACTED, holding, closed=True))
        tasks = await outbox.claim(9, now=due, lease=60 * MINUTE)
        woken.append([(task.lead_id, task.body["rep_id"]) for task in tasks])
    assert [[("two", "bo")], [("one", "ada")], [("three", "ada")]] == woken


async def test_the_promise_is_kept_while_nobody_has_it(staffed: Database) -> None:
    """A held lead's row says by when it is to be answered; whoever gets it later changes nothing of that."""
    owners, promised = Ownerships(staffed), AT + 30 * MINUTE

    held = Held(until=AT + 60 * MINUTE, because="nobody is on shift", response_due_at=promised)
    await owners.assign(order("one"), lambda _: Hold(held, pool="all"), at=AT, ordered_at=AT)
    card = await Leads(staffed).get("one")
    assert promised == (card and card.response_due_at)
    await owners.assign(order("one", 2), give("one", "ada", 2, response_due_at=AT), at=AT, ordered_at=AT)
    card = await Leads(staffed).get("one")
    assert promised == (card and card.response_due_at)


async def _ask(db: Database, lead_id: str, offer: int, at: datetime) -> str | None:
    """Ask for somebody by the real choice, and say who got it."""
    compiled, known = policy(), facts(lead_id, source="fair")
    asked, score = order(lead_id, offer), judge(policy(), known, (), AT)

    def decide(snapshot: Snapshot) -> Choice:
        return Desk(compiled, KnownLead(known, (), score), score, asked, snapshot).decide()

    answer = await Ownerships(db).assign(asked, decide, at=at, ordered_at=at)
    assert isinstance(answer, Offered | Held), answer
    return answer.rep_id if isinstance(answer, Offered) else None


async def _score(db: Database, lead_id: str, points: float | None = None) -> None:
    async with db.writing() as session:
        lead = (await session.get(tables.Lead, lead_id)) or pytest.fail("no lead")
        lead.points = POINTS[lead_id] if points is None else points
