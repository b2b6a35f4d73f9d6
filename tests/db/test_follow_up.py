"""Tasks and hand-offs follow where a lead stands: none too many, none too few, whatever is repeated."""

from datetime import timedelta

import pytest

from db.engine import Database
from db.follow_up import FollowUps, Task, UnknownTask
from db.hand_offs import HandOff, HandOffs, NotToBeRetried, UnknownHandOff, withdraw
from db.holding import Hands, lead_for_change
from db.leads import Leads
from db.ownership import Ownerships
from db.tables.words import HandOffKind, HandOffState, TaskState
from models.lead import Stage
from models.orders import Holding
from tests.db.samples import AT, MINUTE, give, hold, order, standing

ADA = Holding(rep_id="ada", offer=1)
ADA_HAS_IT = Holding(rep_id="ada", offer=1, accepted_at=AT + MINUTE)
ADA_CALLED = Holding(rep_id="ada", offer=1, accepted_at=AT + MINUTE, contacted_at=AT + 2 * MINUTE)
DUE = AT + 15 * MINUTE
EVERY_KIND = tuple(HandOffKind)
NOW = AT + 10 * MINUTE
LEASE = timedelta(seconds=30)


async def tasks_of(db: Database, lead_id: str = "one") -> list[tuple[str, int, TaskState]]:
    """Say whose tasks there are for a lead, first the oldest."""
    tasks = await FollowUps(db).list(lead_id=lead_id)
    return [(task.rep_id, task.offer, task.state) for task in reversed(tasks)]


async def hand_offs_of(db: Database, lead_id: str = "one") -> list[tuple[HandOffKind, int, HandOffState]]:
    """Say what was handed off for a lead, first the oldest."""
    found = await HandOffs(db).list(lead_id=lead_id)
    return [(one.kind, one.n, one.state) for one in reversed(found)]


async def test_who_gets_a_lead_gets_a_task_with_its_due_date(staffed: Database) -> None:
    """The task is there with the assignment, due when the response is promised; a retried order makes no second one."""
    ownerships = Ownerships(staffed)
    for _ in range(2):
        await ownerships.assign(order("one"), give("one", "ada", response_due_at=DUE), at=AT, ordered_at=AT)
    (task,) = await FollowUps(staffed).list(rep_id="ada", states=[TaskState.OPEN])
    assert task == Task(
        id=task.id,
        lead_id="one",
        offer=1,
        rep_id="ada",
        what="reach out: demo request, unknown company",
        due_at=DUE,
        state=TaskState.OPEN,
        because="",
        created_at=AT,
        closed_at=None,
    )
    assert task == await FollowUps(staffed).of("one")
    assert await FollowUps(staffed).of("two") is None


async def test_a_task_is_done_with_the_contact(staffed: Database) -> None:
    """Acceptance leaves it open; the first touch closes it at its own instant."""
    leads = Leads(staffed)
    await Ownerships(staffed).assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await leads.record(standing("one", 1, Stage.ACCEPTED, ADA_HAS_IT))
    assert [("ada", 1, TaskState.OPEN)] == await tasks_of(staffed)
    await leads.record(standing("one", 2, Stage.CONTACTED, ADA_CALLED, closed=True))
    (task,) = await FollowUps(staffed).list(lead_id="one")
    assert (TaskState.DONE, AT + 2 * MINUTE) == (task.state, task.closed_at)


async def test_a_task_goes_with_the_lead(staffed: Database) -> None:
    """When somebody else gets the lead, the former task is dropped and says why; the new one is theirs."""
    ownerships = Ownerships(staffed)
    await ownerships.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    again = order("one", 2, cause="declined by ada: on the road")
    await ownerships.assign(again, give("one", "bo", 2), at=AT + MINUTE, ordered_at=AT + MINUTE)
    assert [("ada", 1, TaskState.DROPPED), ("bo", 2, TaskState.OPEN)] == await tasks_of(staffed)
    (dropped,) = await FollowUps(staffed).list(rep_id="ada")
    assert "declined by ada: on the road" == dropped.because


async def test_a_lead_without_a_holder_has_no_open_task(staffed: Database) -> None:
    """Held back by an assignment, or ended by a record: nobody has to do anything."""
    for lead_id in ("one", "two"):
        await Ownerships(staffed).assign(order(lead_id), give(lead_id, "ada"), at=AT, ordered_at=AT)
    await Ownerships(staffed).assign(order("one", 2), hold(DUE), at=AT + MINUTE, ordered_at=AT + MINUTE)
    await Leads(staffed).record(standing("two", 1, Stage.CLOSED, closed=True))
    assert [("ada", 1, TaskState.DROPPED)] == await tasks_of(staffed, "one") == await tasks_of(staffed, "two")


async def test_a_task_stands_again_with_its_offer(staffed: Database) -> None:
    """An accept that came before the next offer brings the lead back to who accepted, and their task with it."""
    ownerships = Ownerships(staffed)
    await ownerships.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await ownerships.assign(order("one", 2), give("one", "bo", 2), at=AT + MINUTE, ordered_at=AT + MINUTE)
    told = standing("one", 1, Stage.ACCEPTED, ADA_HAS_IT.model_copy(update={"accepted_at": AT + MINUTE}))
    await Leads(staffed).record(told)
    assert [("ada", 1, TaskState.OPEN), ("bo", 2, TaskState.DROPPED)] == await tasks_of(staffed)


async def test_an_offer_from_before_there_were_tasks_gets_one(staffed: Database) -> None:
    """What a workflow records of an offer that the database never made is followed up, too."""
    await Leads(staffed).record(standing("one", 1, Stage.OFFERED, ADA))
    assert [("ada", 1, TaskState.OPEN)] == await tasks_of(staffed)


async def test_tasks_are_listed_page_by_page(staffed: Database) -> None:
    """The newest first, and each once; an unknown place to go on from is refused."""
    for minute, lead_id in enumerate(("one", "two", "three")):
        at = AT + minute * MINUTE
        await Ownerships(staffed).assign(order(lead_id), give(lead_id, "ada"), at=at, ordered_at=at)
    first = await FollowUps(staffed).list(rep_id="ada", limit=2)
    rest = await FollowUps(staffed).list(rep_id="ada", limit=2, after=first[-1].id)
    assert ["three", "two", "one"] == [task.lead_id for task in (*first, *rest)]
    assert () == await FollowUps(staffed).list(rep_id="bo")
    with pytest.raises(UnknownTask, match="999"):
        await FollowUps(staffed).list(after=999)


async def test_a_nurtured_lead_is_enrolled_once_and_leaves_once(staffed: Database) -> None:
    """Records that say the same add nothing; promoted, its enrolment ends; nurtured again, it is enrolled anew."""
    leads, hand_offs = Leads(staffed), HandOffs(staffed)
    until = AT + timedelta(days=180)
    for seq in (1, 2):
        await leads.record(standing("one", seq, Stage.NURTURING, due_at=until))
    (enrolment,) = await hand_offs.claim(EVERY_KIND, 10, now=NOW, lease=LEASE)
    assert ("one:enrol:1", {"until": until.isoformat(), "answerable": "mia"}) == (enrolment.key, enrolment.body)
    await hand_offs.sent(enrolment, at=NOW, provider_id="m-1")
    for seq in (3, 4):
        await leads.record(standing("one", seq, Stage.ROUTING))
    await leads.record(standing("one", 5, Stage.NURTURING, due_at=until))
    assert [
        (HandOffKind.ENROL, 1, HandOffState.SENT),
        (HandOffKind.LEAVE, 1, HandOffState.WAITING),
        (HandOffKind.ENROL, 2, HandOffState.WAITING),
    ] == await hand_offs_of(staffed)


async def test_an_enrolment_that_never_went_out_is_only_dropped(staffed: Database) -> None:
    """A tool that never heard of the lead hears of no end; a refused one cannot be retried after it."""
    leads, hand_offs = Leads(staffed), HandOffs(staffed)
    await leads.record(standing("one", 1, Stage.NURTURING))
    await leads.record(standing("two", 1, Stage.NURTURING))
    refused = next(one for one in await hand_offs.claim(EVERY_KIND, 10, now=NOW, lease=LEASE) if one.lead_id == "two")
    await hand_offs.refused(refused, "answered 400")
    await hand_offs.put_off(next(iter(await hand_offs.list(lead_id="one"))), "no tool", until=NOW, tried=False)
    for lead_id in ("one", "two"):
        await leads.record(standing(lead_id, 2, Stage.CLOSED, closed=True))
        assert [(HandOffKind.ENROL, 1, HandOffState.DROPPED)] == await hand_offs_of(staffed, lead_id)
    with pytest.raises(NotToBeRetried, match="answered 400"):
        await hand_offs.retry(refused.id, at=NOW)


async def test_an_enrolment_that_may_have_been_heard_is_ended(staffed: Database) -> None:
    """Nobody answered the first try and the second was refused: the tool may have it, and hears of the end."""
    leads, hand_offs = Leads(staffed), HandOffs(staffed)
    await leads.record(standing("one", 1, Stage.NURTURING))
    tries: list[HandOff] = []
    for _ in range(2):
        tries += await hand_offs.claim(EVERY_KIND, 10, now=NOW, lease=LEASE)
        await hand_offs.put_off(tries[-1], "no answer", until=NOW)
    assert 2 == len(tries)
    await hand_offs.refused(tries[-1], "answered 422")
    await leads.record(standing("one", 2, Stage.ROUTING))
    assert [
        (HandOffKind.ENROL, 1, HandOffState.DROPPED),
        (HandOffKind.LEAVE, 1, HandOffState.WAITING),
    ] == await hand_offs_of(staffed)


async def test_an_end_waits_for_who_is_sending_the_enrolment(staffed: Database) -> None:
    """The tool hears of the end last, also when the lead is promoted while its enrolment is on its way."""
    leads, hand_offs = Leads(staffed), HandOffs(staffed)
    await leads.record(standing("one", 1, Stage.NURTURING))
    (enrolment,) = await hand_offs.claim(EVERY_KIND, 10, now=NOW, lease=LEASE)
    await leads.record(standing("one", 2, Stage.ROUTING))
    assert () == await hand_offs.claim(EVERY_KIND, 10, now=NOW + LEASE - timedelta(seconds=1), lease=LEASE)
    await hand_offs.put_off(enrolment, "answered 503", until=NOW)  # too late: nobody wants it any more
    await hand_offs.sent(enrolment, at=NOW, provider_id=None)
    (end,) = await hand_offs.claim(EVERY_KIND, 10, now=NOW + LEASE, lease=LEASE)
    assert ("one:leave:1", "the lead is routing") == (end.key, end.body["because"])


async def test_a_forgotten_lead_leaves_its_programme_and_is_not_answered(staffed: Database) -> None:
    """Withdrawing drops what waits and ends what may be out, once."""
    await Leads(staffed).record(standing("one", 1, Stage.NURTURING))
    (enrolment,) = await HandOffs(staffed).claim(EVERY_KIND, 10, now=NOW, lease=LEASE)
    await HandOffs(staffed).sent(enrolment, at=NOW, provider_id=None)
    for _ in range(2):
        async with staffed.writing() as session:
            hands = Hands(staffed, session, await lead_for_change(session, "one"), NOW)
            await withdraw(hands, "erased")
    assert [
        (HandOffKind.ENROL, 1, HandOffState.SENT),
        (HandOffKind.LEAVE, 1, HandOffState.WAITING),
    ] == await hand_offs_of(staffed)


async def test_claimed_hand_offs_are_nobody_elses(staffed: Database) -> None:
    """Until the lease is over; put off, they come back when said, and only those kinds that can be carried."""
    hand_offs = HandOffs(staffed)
    await Leads(staffed).record(standing("one", 1, Stage.NURTURING))
    assert () == await hand_offs.claim([HandOffKind.ANSWER], 10, now=NOW, lease=LEASE)
    (first,) = await hand_offs.claim(EVERY_KIND, 10, now=NOW, lease=LEASE)
    assert () == await hand_offs.claim(EVERY_KIND, 10, now=NOW, lease=LEASE)
    await hand_offs.put_off(first, "answered 503", until=NOW + MINUTE)
    assert () == await hand_offs.claim(EVERY_KIND, 10, now=NOW + LEASE, lease=LEASE)
    (second,) = await hand_offs.claim(EVERY_KIND, 10, now=NOW + MINUTE, lease=LEASE)
    assert ((1, ""), (2, "answered 503")) == ((first.attempts, first.because), (second.attempts, second.because))


async def test_only_what_is_not_out_can_be_retried(staffed: Database) -> None:
    """A refused one goes out when a person says so; one that is out never does again."""
    hand_offs = HandOffs(staffed)
    await Leads(staffed).record(standing("one", 1, Stage.NURTURING))
    (enrolment,) = await hand_offs.claim(EVERY_KIND, 10, now=NOW, lease=LEASE)
    await hand_offs.refused(enrolment, "answered 401")
    assert () == await hand_offs.claim(EVERY_KIND, 10, now=NOW + LEASE, lease=LEASE)
    assert HandOffState.WAITING == (await hand_offs.retry(enrolment.id, at=NOW)).state
    (again,) = await hand_offs.claim(EVERY_KIND, 10, now=NOW, lease=LEASE)
    await hand_offs.sent(again, at=NOW, provider_id="m-1")
    with pytest.raises(NotToBeRetried, match="out since"):
        await hand_offs.retry(enrolment.id, at=NOW)
    with pytest.raises(UnknownHandOff, match="999"):
        await hand_offs.retry(999, at=NOW)
    listed: tuple[HandOff, ...] = await hand_offs.list(states=[HandOffState.SENT], kinds=[HandOffKind.ENROL])
    assert ["m-1"] == [one.provider_id for one in listed]
    assert () == await hand_offs.list(after=listed[0].id)
