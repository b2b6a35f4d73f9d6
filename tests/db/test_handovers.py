"""A leaver's leads: each is told to move or moved at once, everybody can see where it went and why, no turn is lost."""

from datetime import timedelta

import pytest

from db.choosing import Leave
from db.decisions import Decisions
from db.engine import Database
from db.handovers import CannotTakeOver, Given, Handover, Handovers, InHand
from db.leads import Leads
from db.outbox import Outbox
from db.outcomes import Outcomes
from db.ownership import Ownerships
from db.rosters import Rosters, UnknownRep
from db.tables.words import Errand, Holds
from db.timelines import Timelines
from models.decisions import Nobody, Offered
from models.ladder import EntryKind
from models.lead import Stage
from models.orders import Holding
from models.outcome import Outcome, OutcomeResult
from tests.db.samples import AT, MINUTE, give, hold, in_turn, newcomer, order, rep, roster, standing

LATER = AT + 10 * MINUTE
SAYS = "handed over from cy to ada by mia (as the backup of cy): cy leaves"


@pytest.fixture
async def leaving(staffed: Database) -> Database:
    """Cy, whose backup is Ada, is offered `one`, has accepted `two` and is in contact with `three`; `four` is Bo's."""
    leads, owners = Leads(staffed), Ownerships(staffed)
    await leads.admit(newcomer("four"))
    for lead_id, rep_id in (("one", "cy"), ("two", "cy"), ("three", "cy"), ("four", "bo")):
        await owners.assign(order(lead_id), give(lead_id, rep_id), at=AT, ordered_at=AT)
    accepted = Holding(rep_id="cy", offer=1, accepted_at=AT)
    await leads.record(standing("two", 1, Stage.ACCEPTED, accepted))
    touched = accepted.model_copy(update={"contacted_at": AT + MINUTE})
    await leads.record(standing("three", 1, Stage.CONTACTED, touched, closed=True))
    return staffed


async def test_what_somebody_holds_is_listed(leaving: Database) -> None:
    """Offered, accepted and in contact: the first two have a workflow that has to give them on."""
    held = await Handovers(leaving).held_by("cy")
    assert [("one", Holds.OFFERED, True), ("three", Holds.CONTACTED, False), ("two", Holds.ACCEPTED, True)] == [
        (one.lead_id, one.state, one.running) for one in held
    ]
    assert isinstance(held[0], InHand)
    assert (1, AT) == (held[0].offer, held[0].since)
    with pytest.raises(UnknownRep, match="there is no rep ghost"):
        await Handovers(leaving).held_by("ghost")


async def test_running_leads_are_told_and_those_in_contact_move(leaving: Database) -> None:
    """One errand for each running lead, nothing else to do for it; the one in contact is the backup's now."""
    begun = await Handovers(leaving).begin("cy", by="mia", reason="cy leaves", at=LATER)
    tasks = await Outbox(leaving).claim(9, now=LATER, lease=MINUTE)
    body = {"by": "mia", "reason": "cy leaves", "rep_id": None, "from": "cy"}
    assert {("one", Errand.HANDOVER), ("two", Errand.HANDOVER)} == {(task.lead_id, task.what) for task in tasks}
    assert [body, body] == [task.body for task in tasks]
    assert begun == Handover("cy", tuple(task.id for task in tasks), (Given("three", "ada", SAYS),))
    people = await Rosters(leaving).load()
    assert people is not None
    assert [True, True, False] == [one.active for one in people.reps]


async def test_a_lead_in_contact_tells_how_it_came_to_its_new_owner(leaving: Database) -> None:
    """Row, story and decision say so; it is in contact since then, and nobody's load or turn has changed."""
    owners, before = Ownerships(leaving), await Ownerships(leaving).balances()
    await Handovers(leaving).begin("cy", by="mia", reason="cy leaves", at=LATER)
    card, holder = await Leads(leaving).get("three"), await owners.open_owner("three")
    assert card is not None
    assert holder is not None
    assert ("ada", 2, Stage.CONTACTED) == (card.owner, card.offer, card.stage)
    assert ("ada", 2, Holds.CONTACTED, LATER) == (holder.rep_id, holder.offer, holder.state, holder.contacted_at)
    entry = (await Timelines(leaving).of("three"))[-1]
    assert (EntryKind.HANDED_OVER, SAYS, LATER) == (entry.kind, entry.says, entry.at)
    assert {"from": "cy", "rep_id": "ada", "by": "mia", "offer": 2} == entry.data
    answer = await Decisions(leaving).assignment("three")
    assert isinstance(answer, Offered)
    assert ("ada", "emea", "mia", "demo", SAYS) == (
        answer.rep_id,
        answer.team,
        answer.manager_id,
        answer.sla,
        answer.sentence,
    )
    assert (before, {"cy": 2, "bo": 1}) == (await owners.balances(), await owners.loads())
    said = await Outcomes(leaving).record("three", Outcome(result=OutcomeResult.WON), key="k", now=LATER)
    assert "ada" == said.rep_id


async def test_a_late_record_does_not_take_it_back(leaving: Database) -> None:
    """What the ended workflow still writes down knows of no new owner, and changes none."""
    await Handovers(leaving).begin("cy", by="mia", reason="cy leaves", at=LATER)
    touched = Holding(rep_id="cy", offer=1, accepted_at=AT, contacted_at=AT + MINUTE)
    await Leads(leaving).record(standing("three", 2, Stage.CONTACTED, touched, closed=True))
    holder = await Ownerships(leaving).open_owner("three")
    assert holder is not None
    assert "ada" == holder.rep_id


@pytest.mark.parametrize(
    ("changes", "to", "given"),
    [
        ({}, "bo", Given("three", "bo", "handed over from cy to bo by mia (as was asked): cy leaves")),
        (
            {"reps": [rep("ada", active=False), rep("bo"), rep("cy", backup="ada")]},
            None,
            Given("three", None, "stays with cy: their backup ada is not active; name somebody to get it"),
        ),
        (
            {"reps": [rep("ada"), rep("bo"), rep("cy")]},
            None,
            Given("three", None, "stays with cy: they have no backup; name somebody to get it"),
        ),
    ],
)
async def test_who_gets_what_is_in_contact(
    leaving: Database, changes: dict[str, object], to: str | None, given: Given
) -> None:
    """Whoever was named, else the backup; where there is neither it stays, and the answer says what would help."""
    await Rosters(leaving).save(roster(**changes), at=AT)
    begun = await Handovers(leaving).begin("cy", by="mia", reason="cy leaves", to=to, at=LATER)
    assert (given,) == begun.given


@pytest.mark.parametrize(
    ("to", "why"), [("cy", "cy is who holds them"), ("ghost", "there is no rep ghost"), ("bo", "bo is not active")]
)
async def test_not_everybody_can_take_over(leaving: Database, to: str, why: str) -> None:
    """Refused as a whole, with nothing changed."""
    await Rosters(leaving).set_active("bo", active=False, at=AT)
    pending = await Outbox(leaving).pending()
    with pytest.raises(CannotTakeOver, match=why):
        await Handovers(leaving).begin("cy", by="mia", reason="cy leaves", to=to, at=LATER)
    assert (3, pending) == (len(await Handovers(leaving).held_by("cy")), await Outbox(leaving).pending())
    people = await Rosters(leaving).load()
    assert people is not None
    assert people.reps[2].active


async def test_begun_again_it_goes_on_with_what_is_left(leaving: Database) -> None:
    """Errands under way say what was asked last, and are not doubled; who stays active may be asked, too."""
    handovers = Handovers(leaving)
    first = await handovers.begin("cy", by="mia", reason="cy leaves", keep_active=True, at=AT)
    second = await handovers.begin("cy", by="mia", reason="at once", to="bo", keep_active=True, at=LATER)
    assert (first.errands, ()) == (second.errands, second.given)
    tasks = await Outbox(leaving).claim(9, now=LATER, lease=MINUTE)
    assert [("at once", "bo")] * 2 == [(task.body["reason"], task.body["rep_id"]) for task in tasks]
    people = await Rosters(leaving).load()
    assert people is not None
    assert people.reps[2].active
    for task in tasks:
        await Outbox(leaving).done(task.id, at=LATER)
    third = await handovers.begin("cy", by="mia", reason="once more", at=LATER)
    assert set() == set(third.errands) & set(first.errands)


async def test_it_is_told_lead_by_lead_where_each_one_is(leaving: Database) -> None:
    """Before it is told, told, with somebody else, held, with nobody else, or gone from Temporal: each in words."""
    owners, leads, outbox = Ownerships(leaving), Leads(leaving), Outbox(leaving)
    handovers = Handovers(leaving)
    for lead_id in ("five", "six", "seven"):
        await leads.admit(newcomer(lead_id))
        await owners.assign(order(lead_id), give(lead_id, "cy"), at=AT + MINUTE, ordered_at=AT)
    begun = await handovers.begin("cy", by="mia", reason="cy leaves", at=LATER)
    names = {task.lead_id: task.id for task in await outbox.claim(9, now=LATER, lease=MINUTE)}
    assert {"its workflow is still to be told"} == {one.because for one in await handovers.whereabouts(begun)}
    await outbox.failed(names["one"], "Temporal is away", retry_at=LATER)
    for lead_id in ("two", "five", "six", "seven"):
        await outbox.done(names[lead_id], at=LATER)
    until = LATER + timedelta(hours=1)
    later = LATER + MINUTE
    await owners.assign(order("two", 2), give("two", "bo", 2, sentence="bo is next"), at=later, ordered_at=later)
    await owners.assign(order("five", 2), hold(until), at=later, ordered_at=later)
    await outbox.done(names["seven"], at=LATER, because="Temporal knows no running workflow of this lead")
    told = {one.lead_id: (one.owner, one.settled, one.because) for one in await handovers.whereabouts(begun)}
    assert {
        "one": ("cy", False, "its workflow is still to be told (Temporal is away)"),
        "two": ("bo", True, "bo is next"),
        "five": (None, True, "nobody is on shift"),
        "six": ("cy", False, "its workflow has been told and has not answered yet"),
        "seven": ("cy", True, "Temporal knows no running workflow of this lead"),
    } == told
    assert {Stage.RECEIVED, Stage.ACCEPTED} == {one.stage for one in await handovers.whereabouts(begun)}


async def test_what_nobody_else_can_have_stays_and_says_so(leaving: Database) -> None:
    """Asked, and refused by routing; or contact was made in the very moment: the leaver keeps it, in words."""
    handovers, owners = Handovers(leaving), Ownerships(leaving)
    begun = await handovers.begin("cy", by="mia", reason="cy leaves", at=LATER)
    nobody = Nobody(because="nobody else speaks Turkish")
    await owners.assign(order("one", 2, by="mia"), lambda _: Leave(nobody), at=LATER + MINUTE, ordered_at=LATER)
    touched = Holding(rep_id="cy", offer=1, accepted_at=AT, contacted_at=LATER)
    await Leads(leaving).record(standing("two", 2, Stage.CONTACTED, touched, closed=True))
    told = {one.lead_id: one for one in await handovers.whereabouts(begun)}
    assert [True, True] == [one.settled for one in told.values()]
    assert "nobody else speaks Turkish" == told["one"].because
    assert "it was contacted meanwhile; cy keeps it: hand over again" == told["two"].because
    again = await handovers.begin("cy", by="mia", reason="cy leaves", at=LATER + 2 * MINUTE)
    assert [("two", "ada")] == [(one.lead_id, one.to) for one in again.given]


async def test_a_leavers_turns_are_settled(staffed: Database) -> None:
    """Whoever hands over and leaves is taken off the ledger; who stays active is not."""
    owners, handovers = Ownerships(staffed), Handovers(staffed)
    for lead_id in ("one", "two", "three"):
        await owners.assign(order(lead_id), in_turn(lead_id), at=AT, ordered_at=AT)
    await handovers.begin("cy", by="mia", reason="a long leave", keep_active=True, at=LATER)
    assert {"ada", "bo", "cy"} == (await owners.balances())["all"].keys()
    await handovers.begin("cy", by="mia", reason="gone", at=LATER)
    after = (await owners.balances())["all"]
    assert ({"ada", "bo"}, 0) == (set(after), sum(after.values()))
