"""Giving leads to people: exactly one each, once, in turn, in one transaction."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from db import tables
from db.decisions import Decisions
from db.engine import Database
from db.holding import UnknownLead
from db.leads import Leads
from db.outbox import Outbox
from db.ownership import AlreadyTaken, Choice, Give, LeadOver, Leave, NoRoster, Ownerships, Snapshot
from db.rosters import Rosters
from db.tables.words import End, Errand, Holds, Posting
from models.decisions import Held, Nobody, NotAllowed, Offered
from models.lead import ENDED, Stage
from models.orders import Holding
from models.roster import Level
from models.routing import Refundable
from policy.fairness import UNIT
from tests.db.samples import (
    AT,
    MINUTE,
    REFUNDED,
    WEIGHTS,
    give,
    hold,
    in_turn,
    newcomer,
    offered,
    order,
    rep,
    roster,
    standing,
)


async def test_a_lead_is_given_to_whom_the_choice_names(staffed: Database) -> None:
    """What was chosen is what is answered, who owns the lead, and what its list says."""
    owners = Ownerships(staffed)
    answer = await owners.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    assert offered("one", "ada") == answer
    holder = await owners.open_owner("one")
    card = await Leads(staffed).get("one")
    assert holder is not None
    assert card is not None
    assert ("ada", 1, Holds.OFFERED, False) == (holder.rep_id, holder.offer, holder.state, holder.accepted)
    assert ("ada", "emea", 1, AT) == (card.owner, card.team, card.offer, card.first_offered_at)
    assert (True, False) == (await owners.still_stands("one", 1), await owners.still_stands("one", 2))
    assert {"ada": 1} == await owners.loads()


async def test_a_retry_is_answered_as_the_first_time(staffed: Database) -> None:
    """The same (lead, offer) again gives the same person, whatever would be chosen now, and moves no ledger."""
    owners = Ownerships(staffed)
    first = await owners.assign(order("one"), in_turn("one"), at=AT, ordered_at=AT)
    before = await owners.balances()
    again = await owners.assign(order("one"), give("one", "bo"), at=AT + MINUTE, ordered_at=AT)
    assert (first, before) == (again, await owners.balances())
    assert 1 == len(await Decisions(staffed).of("one"))


async def test_a_retry_after_the_offer_has_ended_tells_the_same(staffed: Database) -> None:
    """A late retry of an old offer does not open it again."""
    owners = Ownerships(staffed)
    first = await owners.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await owners.assign(order("one", 2), give("one", "bo", 2), at=AT, ordered_at=AT)
    assert first == await owners.assign(order("one"), give("one", "cy"), at=AT, ordered_at=AT)
    assert await owners.still_stands("one", 2)


async def test_fifty_at_once_get_exact_shares(staffed: Database) -> None:
    """Fifty leads assigned at the same time go 1:2:3 to weights of 1:2:3, and nobody twice."""
    leads = [f"lead-{n}" for n in range(54)]
    for lead_id in leads:
        await Leads(staffed).admit(newcomer(lead_id))
    answers = await asyncio.gather(
        *(Ownerships(staffed).assign(order(one), in_turn(one), at=AT, ordered_at=AT) for one in leads[:50])
    )
    shares = Counter(answer.rep_id for answer in answers if isinstance(answer, Offered))
    assert {"ada": 8, "bo": 17, "cy": 25} == shares
    for one in leads[50:]:
        await Ownerships(staffed).assign(order(one), in_turn(one), at=AT, ordered_at=AT)
    assert {"ada": 9, "bo": 18, "cy": 27} == await Ownerships(staffed).loads()
    await _the_ledger_adds_up(staffed)
    assert {"ada": 0, "bo": 0, "cy": 0} == _in_leads((await Ownerships(staffed).balances())["all"])


async def test_the_same_lead_at_once_is_given_once(staffed: Database) -> None:
    """An activity that runs many times at the same time chooses once."""
    answers = await asyncio.gather(
        *(Ownerships(staffed).assign(order("one"), in_turn("one"), at=AT, ordered_at=AT) for _ in range(8))
    )
    assert 1 == len({answer.model_dump_json() for answer in answers if isinstance(answer, Offered)})
    assert 1 == sum((await Ownerships(staffed).loads()).values())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ownership SET ended_at = NULL",
        (
            "INSERT INTO ownership (lead_id, offer, rep_id, state, ordered_at, offered_at, because, refund_on)"
            " SELECT lead_id, 9, 'cy', state, ordered_at, offered_at, '', refund_on FROM ownership WHERE offer = 2"
        ),
        "UPDATE ownership SET offer = 2",
    ],
)
async def test_the_database_itself_refuses_two_owners(staffed: Database, statement: str) -> None:
    """Hand-written statements cannot give a lead two open owners, nor two owners by one offer."""
    for number, rep_id in ((1, "ada"), (2, "bo")):
        await Ownerships(staffed).assign(order("one", number), give("one", rep_id, number), at=AT, ordered_at=AT)

    async def force() -> None:
        async with staffed.writing() as session:
            await (await session.connection()).execute(text(statement))

    with pytest.raises(IntegrityError):
        await force()
    assert {"bo": 1} == await Ownerships(staffed).loads()


async def test_the_choice_sees_everything_it_needs(staffed: Database) -> None:
    """Roster, loads, balances and the present holder are in the snapshot, at the instant of judging."""
    seen: list[Snapshot] = []
    owners = Ownerships(staffed)
    await owners.assign(order("one"), in_turn("one"), at=AT, ordered_at=AT)

    def look(snapshot: Snapshot) -> Choice:
        seen.append(snapshot)
        return Leave(Nobody(because="nobody else"))

    await owners.assign(order("one", 2), look, at=AT + MINUTE, ordered_at=AT)
    (snapshot,) = seen
    assert (AT + MINUTE, roster(), {"cy": 1}) == (
        snapshot.situation.at,
        snapshot.situation.roster,
        snapshot.situation.loads,
    )
    assert {"ada": UNIT // 6, "bo": UNIT // 3, "cy": -UNIT // 2} == _about(snapshot.situation.balances["all"])
    assert snapshot.holder is not None
    assert ("cy", 1) == (snapshot.holder.rep_id, snapshot.holder.offer)


async def test_the_next_offer_ends_the_one_before_and_gives_the_turn_back(staffed: Database) -> None:
    """A declined turn is reversed line by line; the declined offer says how and why it ended."""
    owners = Ownerships(staffed)
    await owners.assign(order("one"), in_turn("one"), at=AT, ordered_at=AT)
    again = order("one", 2, cause="declined by cy: on the road")
    await owners.assign(again, give("one", "ada", 2), at=AT + MINUTE, ordered_at=AT)
    async with staffed.reading() as session:
        first = (await session.exec(select(tables.Ownership).where(tables.Ownership.offer == 1))).one()
        lines = (await session.exec(select(tables.Ledger).order_by(col(tables.Ledger.id)))).all()
    assert (End.DECLINED, "declined by cy: on the road", AT + MINUTE) == (first.ended, first.because, first.ended_at)
    turns = {line.rep_id: line.units for line in lines if line.posting is Posting.TURN}
    assert {rep_id: -units for rep_id, units in turns.items()} == {
        line.rep_id: line.units for line in lines if line.posting is Posting.REFUND
    }
    assert {"ada": 0, "bo": 0, "cy": 0} == (await owners.balances())["all"]
    await _the_ledger_adds_up(staffed)


async def test_a_turn_is_kept_when_the_policy_does_not_give_it_back(staffed: Database) -> None:
    """An end that the policy of the offer does not name leaves the ledger as it is."""
    owners = Ownerships(staffed)

    def keep(snapshot: Snapshot) -> Choice:
        choice = in_turn("one")(snapshot)
        assert isinstance(choice, Give)
        return Give(choice.assignment, moves=choice.moves, refund_on=REFUNDED - {Refundable.DECLINED})

    await owners.assign(order("one"), keep, at=AT, ordered_at=AT)
    before = await owners.balances()
    await owners.assign(order("one", 2), give("one", "ada", 2), at=AT, ordered_at=AT)
    assert before == await owners.balances()


async def test_a_machine_does_not_take_a_lead_from_who_accepted_meanwhile(staffed: Database) -> None:
    """An order that is older than the acceptance is refused; one that is newer, or a human's, is not."""
    owners = Ownerships(staffed)
    await owners.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    holding = Holding(rep_id="ada", offer=1, accepted_at=AT + 5 * MINUTE)
    await Leads(staffed).record(standing("one", 1, Stage.ACCEPTED, holding))
    take = give("one", "bo", 2)
    refused = await owners.assign(order("one", 2), take, at=AT + 6 * MINUTE, ordered_at=AT + 4 * MINUTE)
    assert AlreadyTaken("ada", 1, AT + 5 * MINUTE) == refused
    assert await owners.still_stands("one", 1)
    by_mia = order("one", 2, by="mia")
    assert isinstance(await owners.assign(by_mia, take, at=AT + 6 * MINUTE, ordered_at=AT + 4 * MINUTE), Offered)
    lapsed = order("one", 3, cause="contact was not made in time")
    answer = await owners.assign(lapsed, give("one", "cy", 3), at=AT + 60 * MINUTE, ordered_at=AT + 60 * MINUTE)
    assert isinstance(answer, Offered)


async def test_a_lead_that_is_over_is_given_to_nobody(staffed: Database) -> None:
    """An order that comes after the lead's end opens nothing: nobody's place is taken for ever."""
    await Leads(staffed).record(standing("one", 1, Stage.DISQUALIFIED, closed=True))
    answer = await Ownerships(staffed).assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    assert LeadOver(Stage.DISQUALIFIED) == answer
    assert {} == await Ownerships(staffed).loads()


@pytest.mark.parametrize("stage", sorted(ENDED))
async def test_an_old_offer_of_a_lead_that_is_over_is_not_made_again(staffed: Database, stage: Stage) -> None:
    """A second run of an ended lead asks for offer 1 again: it is told that the lead is over, not who had it once."""
    owners = Ownerships(staffed)
    await owners.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await Leads(staffed).record(standing("one", 1, stage, closed=True))
    for offer in (1, 2):
        again = await owners.assign(order("one", offer), give("one", "ada", offer), at=AT + MINUTE, ordered_at=AT)
        assert LeadOver(stage) == again
    assert (None, {}) == (await owners.open_owner("one"), await owners.loads())


async def test_somebody_who_takes_it_has_accepted_it(staffed: Database) -> None:
    """A lead that a person took themselves has nothing to answer."""
    taking = order("one", by="mia", accepted=True)
    await Ownerships(staffed).assign(taking, give("one", "mia", accepted=True, pool=None), at=AT, ordered_at=AT)
    holder = await Ownerships(staffed).open_owner("one")
    assert holder is not None
    assert (Holds.ACCEPTED, AT) == (holder.state, holder.accepted_at)


async def test_an_unknown_lead_and_a_missing_roster_say_so(db: Database) -> None:
    """Nobody is chosen for a lead that is not there, nor from a roster that is not there."""
    with pytest.raises(UnknownLead, match="ghost"):
        await Ownerships(db).assign(order("ghost"), give("ghost", "ada"), at=AT, ordered_at=AT)
    await Leads(db).admit(newcomer("one"))
    with pytest.raises(NoRoster):
        await Ownerships(db).assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)


async def test_a_choice_that_fails_changes_nothing(staffed: Database) -> None:
    """What the choice raises is raised, and the offer before it stands."""
    owners = Ownerships(staffed)
    await owners.assign(order("one"), in_turn("one"), at=AT, ordered_at=AT)
    before = await owners.balances()
    with pytest.raises(ValueError, match="offer 2 was ordered"):
        await owners.assign(order("one", 2), give("one", "ada", 7), at=AT, ordered_at=AT)
    assert await owners.still_stands("one", 1)
    assert before == await owners.balances()


async def test_each_decision_is_kept_whole(staffed: Database) -> None:
    """Every answer, also nobody and not allowed, is among the lead's decisions with its reasons."""
    owners = Ownerships(staffed)
    answers: Sequence[Choice] = (
        Leave(Nobody(because="everybody is away", manager_id="mia")),
        Leave(NotAllowed(because="no such rep")),
        Give(offered("one", "ada")),
    )
    for number, choice in enumerate(answers):
        at = AT + number * MINUTE
        answer = await owners.assign(order("one"), _always(choice), at=at, ordered_at=AT)
        assert choice.assignment == answer == await Decisions(staffed).assignment("one")
    decided = await Decisions(staffed).of("one")
    assert ["nobody", "not_allowed", "offered"] == [one.body["outcome"] for one in decided]
    assert {("p1", 1)} == {(one.policy, one.offer) for one in decided}


async def test_a_held_lead_waits_and_its_holder_is_free(staffed: Database) -> None:
    """Held means nobody has it: the offer before it is over, and it waits until somebody may get it."""
    owners = Ownerships(staffed)
    await owners.assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    answer = await owners.assign(order("one", 2), hold(AT + 60 * MINUTE), at=AT, ordered_at=AT)
    assert Held(until=AT + 60 * MINUTE, because="nobody is on shift") == answer
    assert (None, {}) == (await owners.open_owner("one"), await owners.loads())
    held_again = await owners.assign(order("one", 2), hold(AT + 90 * MINUTE), at=AT + 60 * MINUTE, ordered_at=AT)
    assert isinstance(held_again, Held)
    assert isinstance(await owners.assign(order("one", 2), give("one", "bo", 2), at=AT, ordered_at=AT), Offered)
    async with staffed.reading() as session:
        assert [] == (await session.exec(select(tables.Waiting))).all()


async def test_better_waiting_leads_that_are_due_go_first(staffed: Database) -> None:
    """The snapshot lists better leads, and equal ones that wait longer, once they are due; with what they wait for."""
    await _score(staffed, one=10, two=30, three=20)
    owners = Ownerships(staffed)
    due = AT + 60 * MINUTE
    for lead_id, levels in (("two", (Level.SENIOR, Level.MID)), ("one", ())):
        await owners.assign(order(lead_id), hold(due, levels=levels), at=AT, ordered_at=AT)
    assert [] == await _ahead(staffed, "three", due - MINUTE)
    assert [("two", "all", (Level.MID, Level.SENIOR), 30.0)] == await _ahead(staffed, "three", due)
    assert ["two", "three"] == [lead_id for lead_id, *_ in await _ahead(staffed, "one", due, also_hold="three")]


async def test_a_free_place_wakes_the_best_who_waits_for_it(staffed: Database) -> None:
    """One free place wakes one lead: the best of the pools and levels that the person serves, and no lead twice."""
    await _score(staffed, one=10, two=30, three=20)
    await Leads(staffed).admit(newcomer("four"))
    owners, outbox = Ownerships(staffed), Outbox(staffed)
    await owners.assign(order("four"), give("four", "bo"), at=AT, ordered_at=AT)
    due = AT + 60 * MINUTE
    await owners.assign(order("one"), hold(due), at=AT, ordered_at=AT)
    await owners.assign(order("two"), hold(due, levels=(Level.SENIOR,)), at=AT, ordered_at=AT)
    await owners.assign(order("three"), hold(due, levels=(Level.MID, Level.JUNIOR)), at=AT, ordered_at=AT)
    assert 0 == await outbox.pending()
    holding = Holding(rep_id="bo", offer=1, accepted_at=AT, contacted_at=AT + MINUTE)
    await Leads(staffed).record(standing("four", 1, Stage.CONTACTED, holding, closed=True))
    (task,) = await outbox.claim(9, now=due, lease=MINUTE)
    assert ("three", Errand.WAKE, "bo") == (task.lead_id, task.what, task.body["rep_id"])
    assert ["three"] == [lead_id for lead_id, *_ in await _ahead(staffed, "one", AT + 2 * MINUTE)]
    await Leads(staffed).record(standing("four", 2, Stage.CONTACTED, holding, closed=True))
    await outbox.done(task.id, at=AT)
    assert 0 == await outbox.pending()


SECOND = timedelta(seconds=1)


async def test_a_lead_that_never_asks_blocks_nobody_for_ever(staffed: Database) -> None:
    """A better lead that is due for an hour and did not ask (its workflow is gone) loses its place to others."""
    await _score(staffed, one=10, two=30)
    await Ownerships(staffed).assign(order("two"), hold(AT), at=AT, ordered_at=AT)
    assert ["two"] == [lead_id for lead_id, *_ in await _ahead(staffed, "one", AT + 60 * MINUTE)]
    assert [] == await _ahead(staffed, "one", AT + 61 * MINUTE)


async def test_a_lead_that_sleeps_on_lets_others_by(staffed: Database) -> None:
    """A better lead that was told to wake and has not asked two minutes later keeps no place until it is due itself."""
    await _score(staffed, one=10, two=30)
    owners, outbox, due = Ownerships(staffed), Outbox(staffed), AT + 60 * MINUTE
    await owners.assign(order("three"), give("three", "ada"), at=AT, ordered_at=AT)
    await owners.assign(order("two"), hold(due), at=AT, ordered_at=AT)
    assert [] == await _ahead(staffed, "one", AT + MINUTE)
    await Leads(staffed).record(standing("three", 1, Stage.CLOSED, closed=True))
    told_at = AT + 10 * MINUTE
    assert ["two"] == [lead_id for lead_id, *_ in await _ahead(staffed, "one", told_at)]
    (task,) = await outbox.claim(9, now=told_at, lease=MINUTE)
    await outbox.done(task.id, at=told_at)
    assert ["two"] == [lead_id for lead_id, *_ in await _ahead(staffed, "one", told_at + 2 * MINUTE - SECOND)]
    assert [] == await _ahead(staffed, "one", told_at + 2 * MINUTE)
    assert ["two"] == [lead_id for lead_id, *_ in await _ahead(staffed, "one", due)]


async def test_each_free_place_wakes_another_lead(staffed: Database) -> None:
    """A lead that was woken is left alone until it is held again: the next place wakes the next best."""
    await _score(staffed, one=10, two=30, three=20)
    owners, outbox = Ownerships(staffed), Outbox(staffed)
    for lead_id, rep_id in (("four", "ada"), ("five", "bo"), ("six", "cy")):
        await Leads(staffed).admit(newcomer(lead_id))
        await owners.assign(order(lead_id), give(lead_id, rep_id), at=AT, ordered_at=AT)
    for lead_id in ("one", "two", "three"):
        await owners.assign(order(lead_id), hold(AT + 60 * MINUTE), at=AT, ordered_at=AT)
    woken = []
    for lead_id, again in (("four", None), ("five", "two"), ("six", None)):
        await Leads(staffed).record(standing(lead_id, 1, Stage.CLOSED, closed=True))
        for task in await outbox.claim(9, now=AT + MINUTE, lease=MINUTE):
            woken.append(task.lead_id)
            await outbox.done(task.id, at=AT)
        if again:
            await owners.assign(order(again), hold(AT + 60 * MINUTE), at=AT + MINUTE, ordered_at=AT)
    assert ["two", "three", "two"] == woken


async def test_a_roster_change_wakes_one_lead_for_each_free_place(staffed: Database) -> None:
    """Two new places wake the two best held leads and leave the third asleep."""
    await _score(staffed, one=10, two=30, three=20)
    full = [rep("ada", capacity=0), rep("bo", capacity=0), rep("cy", capacity=0)]
    await Rosters(staffed).save(roster(reps=full), at=AT)
    for lead_id in ("one", "two", "three"):
        await Ownerships(staffed).assign(order(lead_id), hold(AT + 60 * MINUTE), at=AT, ordered_at=AT)
    await Rosters(staffed).save(roster(reps=[*full[:2], rep("cy", capacity=2)]), at=AT)
    tasks = await Outbox(staffed).claim(9, now=AT, lease=MINUTE)
    assert ["two", "three"] == [task.lead_id for task in tasks]


async def test_outbox_claims_are_disjoint_and_come_back(staffed: Database) -> None:
    """Several dispatchers run different errands; one that failed comes back at its time, one given back at once."""
    async with staffed.writing() as session:
        for number in range(20):
            body = {"because": "a place came free"}
            session.add(tables.Outbox(lead_id=f"lead-{number}", what=Errand.WAKE, body=body, created_at=AT, next_at=AT))
    outbox = Outbox(staffed)
    claimed = await asyncio.gather(*(outbox.claim(5, now=AT, lease=MINUTE) for _ in range(5)))
    ids = [task.id for tasks in claimed for task in tasks]
    assert (20, 20) == (len(ids), len(set(ids)))
    await outbox.failed(ids[0], "Temporal is down", retry_at=AT + timedelta(seconds=1))
    (again,) = await outbox.claim(9, now=AT + timedelta(seconds=1), lease=MINUTE)
    assert (ids[0], 2) == (again.id, again.attempts)
    await outbox.done(ids[1], at=AT)
    await outbox.give_back(ids[1:3], at=AT)
    assert [ids[2]] == [task.id for task in await outbox.claim(9, now=AT, lease=MINUTE)]


def _always(choice: Choice) -> Callable[[Snapshot], Choice]:
    return lambda _: choice


async def _ahead(
    db: Database, lead_id: str, at: datetime, also_hold: str | None = None
) -> list[tuple[str, str | None, tuple[Level, ...], float]]:
    """Say who goes before a lead that asks at `at`; it is answered with nobody, so nothing changes for it."""
    if also_hold is not None:
        await Ownerships(db).assign(order(also_hold), hold(at), at=at, ordered_at=AT)
    seen: list[Snapshot] = []

    def look(snapshot: Snapshot) -> Choice:
        seen.append(snapshot)
        return Leave(NotAllowed(because="just looking"))

    await Ownerships(db).assign(order(lead_id), look, at=at, ordered_at=AT)
    return [(one.lead_id, one.pool, one.levels, one.points) for one in seen[0].ahead]


async def _score(db: Database, **points: float) -> None:
    async with db.writing() as session:
        for lead_id, number in points.items():
            lead = await session.get(tables.Lead, lead_id)
            assert lead is not None
            lead.points = number


async def _the_ledger_adds_up(db: Database) -> None:
    """Each balance is the sum of its lines, and each pool's balances add up to nothing."""
    table = tables.Ledger
    sums = select(table.pool, table.rep_id, func.sum(table.units)).group_by(col(table.pool), col(table.rep_id))
    async with db.reading() as session:
        lines = {(pool, rep_id): int(units) for pool, rep_id, units in (await session.exec(sums)).all()}
    kept = await Ownerships(db).balances()
    assert lines == {(pool, rep_id): units for pool, reps in kept.items() for rep_id, units in reps.items()}
    assert {0} == {sum(reps.values()) for reps in kept.values()}


def _in_leads(balances: dict[str, int]) -> dict[str, int]:
    return {rep_id: round(units / UNIT) for rep_id, units in balances.items()}


def _about(balances: object) -> dict[str, int]:
    """Undo the rounding of shares, which moves a balance by one part in 10**12."""
    assert isinstance(balances, dict)
    exact = {rep_id: weight * UNIT // sum(WEIGHTS.values()) for rep_id, weight in WEIGHTS.items()}
    exact["cy"] -= UNIT
    return {rep_id: exact[rep_id] if abs(units - exact[rep_id]) <= 1 else units for rep_id, units in balances.items()}
