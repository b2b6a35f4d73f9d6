"""Records of a workflow: the later one wins, the story is whole, and ownership follows who holds the lead."""

import asyncio
import itertools
import random
from collections import Counter

import pytest
from sqlmodel import col, select

from db import tables
from db.engine import Database
from db.holding import UnknownLead
from db.leads import Leads
from db.outbox import Outbox
from db.ownership import Choice, Give, Ownerships, Snapshot
from db.tables.words import End, Holds, Posting
from db.timelines import Timelines
from models.decisions import Held, Offered, Recorded
from models.ladder import Entry, EntryKind
from models.lead import Stage, Touch
from models.orders import Holding
from models.routing import Refundable
from tests.db.samples import AT, MINUTE, REFUNDED, give, hold, in_turn, newcomer, order, standing

ADA = Holding(rep_id="ada", offer=1)
ADA_HAS_IT = Holding(rep_id="ada", offer=1, accepted_at=AT + MINUTE)
ADA_CALLED = Holding(rep_id="ada", offer=1, accepted_at=AT + MINUTE, contacted_at=AT + 2 * MINUTE)
BO = Holding(rep_id="bo", offer=2)


def entry(n: int) -> Entry:
    """One line of a story."""
    return Entry(n=n, at=AT + n * MINUTE, kind=EntryKind.EVENT, says=f"line {n}", data={"n": n})


def touch(n: int) -> tuple[int, Touch]:
    """One thing the prospect did."""
    return n, Touch(kind="pricing_visit", at=AT + n * MINUTE, properties={"page": n})


async def test_a_record_says_where_the_lead_stands(staffed: Database) -> None:
    """Stage, owner, rung, due date, next step and flags are what the workflow says."""
    leads = Leads(staffed)
    await Ownerships(staffed).assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    due = AT + 15 * MINUTE
    told = standing("one", 1, Stage.OFFERED, ADA, rung=2, due_at=due, next_step="alert mia", breached=True)
    assert Recorded(seq=1) == await leads.record(told)
    card = await leads.get("one")
    assert card is not None
    assert (Stage.OFFERED, "ada", "mia", 1, 2) == (card.stage, card.owner, card.answerable, card.offer, card.rung)
    assert (due, "alert mia", True, None) == (card.due_at, card.next_step, card.breached, card.accepted_at)


async def test_an_unknown_lead_cannot_be_recorded(staffed: Database) -> None:
    """A record of a lead that was never let in is refused by name."""
    with pytest.raises(UnknownLead, match="ghost"):
        await Leads(staffed).record(standing("ghost", 1, Stage.OFFERED))


async def test_records_in_any_order_and_twice_end_the_same(staffed: Database) -> None:
    """Whatever order three records arrive in, repeated or not, the last one's state stands and no line is missing."""
    due = AT + 15 * MINUTE
    records = [
        standing("x", 1, Stage.ENRICHING, entries=(entry(0),), touches=(touch(0),)),
        standing("x", 2, Stage.SCORING, entries=(entry(1), entry(2)), due_at=due),
        standing("x", 3, Stage.ROUTING, entries=(entry(3),), touches=(touch(1),), next_step="find somebody"),
    ]
    for number, arrival in enumerate(itertools.permutations(records)):
        lead_id = f"order-{number}"
        await Leads(staffed).admit(newcomer(lead_id))
        for told in (*arrival, arrival[0]):
            await Leads(staffed).record(told.model_copy(update={"lead_id": lead_id}))
        card = await Leads(staffed).get(lead_id)
        assert card is not None
        assert (Stage.ROUTING, None, "find somebody") == (card.stage, card.due_at, card.next_step)
        assert tuple(map(entry, range(4))) == await Timelines(staffed).of(lead_id)
        assert (touch(0)[1], touch(1)[1]) == await Timelines(staffed).touches(lead_id)


async def test_a_late_record_says_what_is_known(staffed: Database) -> None:
    """An older record changes nothing, and is told the number that stands."""
    leads = Leads(staffed)
    await leads.record(standing("one", 5, Stage.TRIAGE))
    assert Recorded(seq=5) == await leads.record(standing("one", 3, Stage.OFFERED, ADA_HAS_IT))
    assert Recorded(seq=5) == await leads.record(standing("one", 5, Stage.OFFERED))
    card = await leads.get("one")
    assert card is not None
    assert (Stage.TRIAGE, None) == (card.stage, card.owner)


async def test_records_at_once_keep_every_line(staffed: Database) -> None:
    """Twenty records at the same time, each with lines that overlap, leave the highest number and all lines."""
    told = [standing("one", n, Stage.OFFERED, entries=(entry(n - 1), entry(n))) for n in range(1, 21)]
    await asyncio.gather(*(Leads(staffed).record(one) for one in told))
    async with staffed.reading() as session:
        assert 20 == (await session.exec(select(tables.Lead.seq).where(tables.Lead.lead_id == "one"))).one()
    assert list(range(21)) == [line.n for line in await Timelines(staffed).of("one")]


async def test_acceptance_and_contact_are_kept_with_the_ownership(staffed: Database) -> None:
    """Accepting and contacting move the ownership on; contact frees the place and leaves the owner."""
    owners, leads = Ownerships(staffed), Leads(staffed)
    await owners.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await leads.record(standing("one", 1, Stage.ACCEPTED, ADA_HAS_IT))
    assert (Holds.ACCEPTED, {"ada": 1}) == (await _state(staffed), await owners.loads())
    await leads.record(standing("one", 2, Stage.CONTACTED, ADA_CALLED, closed=True))
    assert (Holds.CONTACTED, {}) == (await _state(staffed), await owners.loads())
    card = await leads.get("one")
    assert card is not None
    assert ("ada", AT + MINUTE, AT + 2 * MINUTE, AT + 2 * MINUTE) == (
        card.owner,
        card.accepted_at,
        card.contacted_at,
        card.closed_at,
    )


async def test_an_undone_acceptance_is_an_offer_again(staffed: Database) -> None:
    """Taking an acceptance back within the grace leaves the offer standing."""
    await Ownerships(staffed).assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await Leads(staffed).record(standing("one", 1, Stage.ACCEPTED, ADA_HAS_IT))
    await Leads(staffed).record(standing("one", 2, Stage.OFFERED, ADA))
    assert Holds.OFFERED is await _state(staffed)


@pytest.mark.parametrize("stage", [Stage.REVIEW, Stage.NURTURING, Stage.TRIAGE, Stage.DISQUALIFIED, Stage.CLOSED])
@pytest.mark.parametrize(("holding", "how"), [(ADA, End.WITHDRAWN), (ADA_HAS_IT, End.RELEASED)])
async def test_a_lead_that_leaves_sales_hands_has_no_owner(
    staffed: Database, stage: Stage, holding: Holding, how: End
) -> None:
    """Review, nurture, triage and the ends close the ownership, with the reason, and free the place."""
    owners, leads = Ownerships(staffed), Leads(staffed)
    await owners.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await leads.record(standing("one", 1, Stage.OFFERED, holding))
    await leads.record(standing("one", 2, stage, offer=1, released_because="a student"))
    assert (None, {}) == (await owners.open_owner("one"), await owners.loads())
    (row,) = await _ownerships(staffed)
    assert (how, "a student", AT + 2 * MINUTE) == (row.ended, row.because, row.ended_at)
    card = await leads.get("one")
    assert card is not None
    assert None is card.owner


@pytest.mark.parametrize("holding", [ADA, ADA_HAS_IT])
@pytest.mark.parametrize("stage", [Stage.TRIAGE, Stage.ROUTING, Stage.DISQUALIFIED, Stage.CLOSED])
@pytest.mark.parametrize("ended", [End.EXPIRED, End.DECLINED, End.WITHDRAWN])
async def test_an_offer_that_a_record_ends_ends_as_the_record_says(
    staffed: Database, holding: Holding, stage: Stage, ended: End
) -> None:
    """The last who was silent, or who declined, keeps the turn where the policy gives back withdrawn ones only."""
    owners, leads = Ownerships(staffed), Leads(staffed)

    def decide(snapshot: Snapshot) -> Choice:
        choice = in_turn("one", weights={"ada": 1, "bo": 1})(snapshot)
        assert isinstance(choice, Give)
        return Give(choice.assignment, moves=choice.moves, refund_on=frozenset({Refundable.WITHDRAWN}))

    await owners.assign(order("one"), decide, at=AT, ordered_at=AT)
    taken = await owners.balances()
    await leads.record(standing("one", 1, Stage.OFFERED, holding))
    told = standing("one", 2, stage, offer=1, released_because="nobody took it", ended=ended.value)
    await leads.record(told)
    (row,) = await _ownerships(staffed)
    assert (ended, "nobody took it") == (row.ended, row.because)
    given_back = {"all": {"ada": 0, "bo": 0}}
    assert (given_back if ended is End.WITHDRAWN else taken) == await owners.balances()


async def test_an_ended_lead_frees_its_holder_even_if_the_record_still_names_them(staffed: Database) -> None:
    """Disqualified while somebody held it: their place is free."""
    owners = Ownerships(staffed)
    await owners.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await Leads(staffed).record(standing("one", 1, Stage.DISQUALIFIED, ADA_HAS_IT, closed=True))
    assert (None, {}) == (await owners.open_owner("one"), await owners.loads())


async def test_an_end_is_final(staffed: Database) -> None:
    """Another run of a contacted lead cannot take it from its owner, nor open it; what it says joins the story."""
    owners, leads = Ownerships(staffed), Leads(staffed)
    await owners.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await leads.record(standing("one", 1, Stage.CONTACTED, ADA_CALLED, closed=True))
    before = await leads.get("one")
    for seq, stage in ((2, Stage.CLOSED), (3, Stage.OFFERED), (4, Stage.RECEIVED)):
        assert Recorded(seq=seq) == await leads.record(standing("one", seq, stage, entries=(entry(seq),)))
    assert before == await leads.get("one")
    assert await owners.still_stands("one", 1)
    assert [2, 3, 4] == [line.n for line in await Timelines(staffed).of("one")]


async def test_an_acceptance_while_the_next_offer_was_made_is_honoured(staffed: Database) -> None:
    """Ada accepts while the database gives it to bo: ada has it, bo's offer is withdrawn, each turn is right."""
    owners, leads = Ownerships(staffed), Leads(staffed)
    first = await owners.assign(order("one"), in_turn("one", weights={"ada": 1}), at=AT, ordered_at=AT)
    assert isinstance(first, Offered)
    await owners.assign(order("one", 2), in_turn("one", 2), at=AT + MINUTE, ordered_at=AT + MINUTE)
    await leads.record(standing("one", 1, Stage.ACCEPTED, ADA_HAS_IT))
    holder = await owners.open_owner("one")
    assert holder is not None
    assert ("ada", 1, Holds.ACCEPTED) == (holder.rep_id, holder.offer, holder.state)
    one, two = await _ownerships(staffed)
    assert (None, End.WITHDRAWN) == (one.ended, two.ended)
    assert {"ada": 0, "bo": 0, "cy": 0} == (await owners.balances())["all"]


async def test_a_turn_that_was_given_back_is_taken_again(staffed: Database) -> None:
    """An offer that stands again counts again: its turn is refunded and retaken, never twice."""
    owners, leads = Ownerships(staffed), Leads(staffed)
    await owners.assign(order("one"), in_turn("one"), at=AT, ordered_at=AT)
    before = await owners.balances()
    await owners.assign(order("one", 2), give("one", "ada", 2, pool=None), at=AT + MINUTE, ordered_at=AT + MINUTE)
    assert {0} == set((await owners.balances())["all"].values())
    late = Holding(rep_id="cy", offer=1, accepted_at=AT + MINUTE)
    await leads.record(standing("one", 1, Stage.ACCEPTED, late))
    await leads.record(standing("one", 2, Stage.ACCEPTED, late))
    assert before == await owners.balances()
    async with staffed.reading() as session:
        lines = (await session.exec(select(tables.Ledger.posting).where(tables.Ledger.rep_id == "cy"))).all()
    assert [Posting.TURN, Posting.REFUND, Posting.RETAKE] == list(lines)


async def test_a_record_that_cannot_know_the_newer_offer_leaves_it(staffed: Database) -> None:
    """Contact was not made in time and bo gets it; a record from before bo's name came back does not undo that."""
    owners, leads = Ownerships(staffed), Leads(staffed)
    await owners.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await leads.record(standing("one", 1, Stage.ACCEPTED, ADA_HAS_IT))
    lapse = AT + 60 * MINUTE
    await owners.assign(order("one", 2), give("one", "bo", 2), at=lapse, ordered_at=lapse)
    await leads.record(standing("one", 2, Stage.ACCEPTED, ADA_HAS_IT))
    assert await owners.still_stands("one", 2)
    await leads.record(standing("one", 3, Stage.OFFERED, BO))
    assert await owners.still_stands("one", 2)
    card = await leads.get("one")
    assert card is not None
    assert ("bo", None) == (card.owner, card.accepted_at)


@pytest.mark.parametrize("newer_is_accepted", [True, False])
async def test_a_contacted_lead_belongs_to_who_made_contact(staffed: Database, newer_is_accepted: bool) -> None:
    """Ada reports her contact while the lapsed lead is given to bo: she is its owner for good, bo's place is free."""
    owners, leads = Ownerships(staffed), Leads(staffed)
    await owners.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await leads.record(standing("one", 1, Stage.ACCEPTED, ADA_HAS_IT))
    lapse = AT + 60 * MINUTE
    to_bo = give("one", "bo", 2, accepted=newer_is_accepted)
    await owners.assign(order("one", 2), to_bo, at=lapse, ordered_at=lapse)
    called = ADA_HAS_IT.model_copy(update={"contacted_at": lapse})
    await leads.record(standing("one", 2, Stage.CONTACTED, called, offer=1, closed=True))
    holder, card = await owners.open_owner("one"), await leads.get("one")
    assert holder is not None
    assert card is not None
    assert ("ada", 1, Holds.CONTACTED) == (holder.rep_id, holder.offer, holder.state)
    assert ("ada", lapse, {}) == (card.owner, card.contacted_at, await owners.loads())
    assert [(1, None), (2, End.WITHDRAWN)] == [(row.offer, row.ended) for row in await _ownerships(staffed)]


async def test_a_record_of_an_offer_leaves_a_newer_offer(staffed: Database) -> None:
    """The workflow has only heard of ada's offer; the database has moved on to bo's, which stays."""
    owners = Ownerships(staffed)
    await owners.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await owners.assign(order("one", 2), give("one", "bo", 2), at=AT, ordered_at=AT)
    await Leads(staffed).record(standing("one", 1, Stage.OFFERED, ADA))
    assert await owners.still_stands("one", 2)
    await Leads(staffed).record(standing("one", 2, Stage.TRIAGE, offer=1))
    assert await owners.still_stands("one", 2)


async def test_the_workflow_brings_back_what_the_database_ended(staffed: Database) -> None:
    """A holder that only the workflow knows of is taken over, whether or not the offer's row is there."""
    owners, leads = Ownerships(staffed), Leads(staffed)
    await leads.record(standing("one", 1, Stage.OFFERED, BO))
    assert await owners.still_stands("one", 2)
    third = Holding(rep_id="cy", offer=3, accepted_at=AT + MINUTE)
    await leads.record(standing("one", 2, Stage.ACCEPTED, third))
    assert [(2, End.SUPERSEDED), (3, None)] == [(row.offer, row.ended) for row in await _ownerships(staffed)]


async def test_a_lead_that_is_held_has_no_owner(staffed: Database) -> None:
    """Back in routing, the offers that the workflow knows of are over; one that it has not heard of yet stands."""
    owners, leads = Ownerships(staffed), Leads(staffed)
    await owners.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await leads.record(standing("one", 1, Stage.ROUTING, offer=0))
    assert await owners.still_stands("one", 1)
    await leads.record(standing("one", 2, Stage.ROUTING, offer=1, released_because="declined by ada: ill"))
    assert None is await owners.open_owner("one")


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("holding", [ADA, ADA_HAS_IT])
async def test_an_offer_whose_answer_was_lost_is_withdrawn(staffed: Database, holding: Holding, taken: bool) -> None:
    """A person's wish was carried out, but the workflow never heard and refused it: who held it holds it still."""
    owners, leads = Ownerships(staffed), Leads(staffed)
    await owners.assign(order("one"), in_turn("one", weights={"ada": 1, "bo": 1}), at=AT, ordered_at=AT)
    before = await owners.balances()
    await leads.record(standing("one", 1, Stage.OFFERED, holding))
    wish = order("one", 2, by="mia", accepted=taken, cause="mia: takes it")
    to_mia = give("one", "mia", 2, accepted=taken, pool=None)
    await owners.assign(wish, to_mia, at=AT + 2 * MINUTE, ordered_at=AT + 2 * MINUTE)
    assert ({"mia": 1}, True) == (await owners.loads(), await owners.still_stands("one", 2))
    await leads.record(standing("one", 2, Stage.OFFERED, holding, offer=2))
    card, (first, second) = await leads.get("one"), await _ownerships(staffed)
    assert card is not None
    assert ("ada", 2, {"ada": 1}) == (card.owner, card.offer, await owners.loads())
    assert (None, End.WITHDRAWN, holding.accepted_at) == (first.ended, second.ended, first.accepted_at)
    assert before == await owners.balances()


@pytest.mark.parametrize("stage", [Stage.ROUTING, Stage.TRIAGE, Stage.REVIEW])
async def test_an_offer_whose_answer_was_lost_leaves_nobody_where_nobody_held_it(
    staffed: Database, stage: Stage
) -> None:
    """Likewise for a lead that nobody held: it does not stay with whom the workflow never heard of."""
    owners, leads = Ownerships(staffed), Leads(staffed)
    wish = order("one", by="mia", accepted=True)
    await owners.assign(wish, give("one", "mia", accepted=True, pool=None), at=AT, ordered_at=AT)
    await leads.record(standing("one", 1, stage, offer=0))
    assert await owners.still_stands("one", 1)
    await leads.record(standing("one", 2, stage, offer=1))
    assert (None, {}) == (await owners.open_owner("one"), await owners.loads())


async def test_a_lead_that_leaves_routing_waits_no_longer(staffed: Database) -> None:
    """A held lead that is nurtured, reviewed or ended wakes nobody's place any more."""
    assert isinstance(
        await Ownerships(staffed).assign(order("one"), hold(AT + 60 * MINUTE), at=AT, ordered_at=AT), Held
    )
    await Leads(staffed).record(standing("one", 1, Stage.ROUTING))
    assert ["one"] == await _waiting(staffed)
    await Leads(staffed).record(standing("one", 2, Stage.REVIEW))
    assert [] == await _waiting(staffed)


async def test_a_held_lead_that_is_paused_waits_no_longer(staffed: Database) -> None:
    """A paused lead does not ask: it is not woken, so the place that comes free goes to the next one."""
    owners, leads = Ownerships(staffed), Leads(staffed)
    await owners.assign(order("three"), give("three", "ada"), at=AT, ordered_at=AT)
    for minute, lead_id in enumerate(("one", "two")):
        await owners.assign(order(lead_id), hold(AT + 60 * MINUTE), at=AT + minute * MINUTE, ordered_at=AT)
    await leads.record(standing("one", 1, Stage.ROUTING, paused=True))
    assert ["two"] == await _waiting(staffed)
    await leads.record(standing("three", 1, Stage.CLOSED, offer=1, closed=True))
    (task,) = await Outbox(staffed).claim(9, now=AT + 60 * MINUTE, lease=MINUTE)
    assert "two" == task.lead_id
    await owners.assign(order("one"), hold(AT + 90 * MINUTE), at=AT + 3 * MINUTE, ordered_at=AT)
    await leads.record(standing("one", 2, Stage.ROUTING))
    assert ["one", "two"] == sorted(await _waiting(staffed))


@pytest.mark.parametrize(
    ("stage", "paused"), [(Stage.ROUTING, True), (Stage.NURTURING, False), (Stage.DISQUALIFIED, False)]
)
async def test_a_wake_that_a_lead_does_not_use_is_the_next_ones(staffed: Database, stage: Stage, paused: bool) -> None:
    """Paused, nurtured or ended just as it was woken: the place wakes the next lead, once."""
    owners, leads, outbox = Ownerships(staffed), Leads(staffed), Outbox(staffed)
    await owners.assign(order("three"), give("three", "ada"), at=AT, ordered_at=AT)
    for minute, lead_id in enumerate(("one", "two")):
        await owners.assign(order(lead_id), hold(AT + 60 * MINUTE), at=AT + minute * MINUTE, ordered_at=AT)
    await leads.record(standing("three", 1, Stage.CLOSED, offer=1, closed=True))
    for seq in (1, 2):
        await leads.record(standing("one", seq, stage, paused=paused, closed=stage is Stage.DISQUALIFIED))
    tasks = await outbox.claim(9, now=AT + 60 * MINUTE, lease=MINUTE)
    assert [("one", "ada"), ("two", "ada")] == [(task.lead_id, task.body["rep_id"]) for task in tasks]
    await leads.record(standing("two", 1, Stage.REVIEW))
    assert (2, []) == (await outbox.pending(), await _waiting(staffed))


async def test_any_story_keeps_one_owner_and_a_ledger_that_adds_up(staffed: Database) -> None:
    """Two hundred random steps of assigning and recording, in every order: one open owner, who the list names, too."""
    dice = random.Random(20260302)
    owners, leads = Ownerships(staffed), Leads(staffed)
    stages = [Stage.ROUTING, Stage.OFFERED, Stage.ACCEPTED, Stage.TRIAGE, Stage.REVIEW]
    for step in range(1, 201):
        lead_id, offer = dice.choice(["one", "two", "three"]), dice.randint(1, 6)
        at = AT + step * MINUTE
        if dice.random() < 0.5:
            wanted = order(lead_id, offer, by=dice.choice([None, "mia"]))
            ordered_at = at - dice.randint(0, 3) * MINUTE
            await owners.assign(wanted, in_turn(lead_id, offer), at=at, ordered_at=ordered_at)
        else:
            accepted_at = dice.choice([None, at, at - 2 * MINUTE])
            contacted_at = at if accepted_at and dice.random() < 0.3 else None
            rep_id = dice.choice(["ada", "bo", "cy"])
            holding = Holding(rep_id=rep_id, offer=offer, accepted_at=accepted_at, contacted_at=contacted_at)
            told = dice.choice([None, holding, holding])
            number = dice.randint(max(1, step - 3), step)
            await leads.record(standing(lead_id, number, dice.choice(stages), told, released_because="a story"))
        await _agrees(staffed, lead_id)


async def _agrees(db: Database, lead_id: str) -> None:
    """The list's owner is the open one, loads count open uncontacted ones, and the ledger counts open turns."""
    rows = await _ownerships(db)
    async with db.reading() as session:
        owner = (await session.exec(select(tables.Lead.owner).where(tables.Lead.lead_id == lead_id))).one()
        lines = (await session.exec(select(tables.Ledger))).all()
    holders = [row.rep_id for row in rows if row.lead_id == lead_id and row.ended_at is None]
    assert holders == ([owner] if owner else [])
    busy = Counter(row.rep_id for row in rows if row.ended_at is None and row.contacted_at is None)
    assert dict(busy) == await Ownerships(db).loads()
    sums: Counter[str] = Counter()
    net: Counter[tuple[str, int]] = Counter()
    for line in lines:
        sums[line.rep_id] += line.units
        net[line.lead_id, line.offer] += abs(line.units) if line.posting is not Posting.REFUND else -abs(line.units)
    assert dict(sums) == (await Ownerships(db).balances()).get("all", {})
    counted = {place for place, units in net.items() if units}
    kept = {(row.lead_id, row.offer) for row in rows if row.pool and row.refunded is None}
    assert kept == counted
    assert kept == {(row.lead_id, row.offer) for row in rows if row.pool and str(row.ended) not in set(REFUNDED)}


async def _state(db: Database) -> Holds:
    holder = await Ownerships(db).open_owner("one")
    assert holder is not None
    return holder.state


async def _ownerships(db: Database) -> list[tables.Ownership]:
    async with db.reading() as session:
        return list((await session.exec(select(tables.Ownership).order_by(col(tables.Ownership.offer)))).all())


async def _waiting(db: Database) -> list[str]:
    async with db.reading() as session:
        return list((await session.exec(select(tables.Waiting.lead_id))).all())
