"""Messages that are out: an errand is written with each change that makes one of them wrong, and only then."""

from datetime import timedelta

import pytest

from db.engine import Database
from db.holding import Holder
from db.leads import Leads
from db.notifications import Key, Notifications
from db.outbox import Outbox
from db.ownership import Ownerships
from db.refreshing import AS_SENT, Refreshing, wanted_of
from db.standings import Standings
from db.tables import Alert
from db.tables.words import Alerting, End, Errand, Holds
from models.lead import Stage
from models.orders import Holding
from tests.db.samples import AT, MINUTE, give, order, standing

TOLD = Key("one", 1, 0, "slack")


def held(offer: int, *, accepted: bool = False, contacted: bool = False) -> Holder:
    """Ada holds it."""
    state = Holds.CONTACTED if contacted else Holds.ACCEPTED if accepted else Holds.OFFERED
    return Holder("ada", offer, state, AT, AT if accepted else None, AT if contacted else None)


@pytest.mark.parametrize(
    ("kind", "stage", "holder", "wanted"),
    [
        ("offer", Stage.OFFERED, held(1), AS_SENT),
        ("remind", Stage.OFFERED, held(1), AS_SENT),
        ("", Stage.OFFERED, held(1), AS_SENT),
        ("offer", Stage.OFFERED, held(2), "offered:2:ada"),
        ("offer", Stage.ACCEPTED, held(1, accepted=True), "accepted:1:ada"),
        ("offer", Stage.CONTACTED, held(1, accepted=True, contacted=True), "contacted:1:ada"),
        ("offer", Stage.ROUTING, None, "routing"),
        ("offer", Stage.ERASED, held(1), "erased"),
        ("untouched", Stage.ACCEPTED, held(1, accepted=True), AS_SENT),
        ("untouched", Stage.CONTACTED, held(1, accepted=True, contacted=True), "contacted:1:ada"),
        ("alert", Stage.OFFERED, held(2), AS_SENT),
        ("alert", Stage.TRIAGE, None, AS_SENT),
        ("alert", Stage.ACCEPTED, held(2, accepted=True), "accepted:2:ada"),
        ("withdrawn", Stage.CLOSED, None, AS_SENT),
        ("accepted", Stage.CLOSED, None, AS_SENT),
        ("digest", Stage.CLOSED, None, AS_SENT),
    ],
)
def test_what_a_message_ought_to_show(kind: str, stage: Stage, holder: Holder | None, wanted: str) -> None:
    """A message that asks shows that until somebody else is asked, somebody took it, or it ended."""
    assert wanted == wanted_of(kind, 1, stage, holder)


async def told(db: Database, key: Key = TOLD, kind: str = "offer") -> None:
    """Give `one` to ada, and tell her."""
    await Ownerships(db).assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await Notifications(db).claim(key, person_id="ada", at=AT, kind=kind)
    await Notifications(db).sent(key, provider_id="D1:1.0", at=AT)


async def errands(db: Database) -> list[str]:
    """List whose messages are to be changed, and take the errands."""
    later = AT + timedelta(days=1)
    found = await Outbox(db).claim(10, now=later, lease=MINUTE, what=[Errand.REFRESH])
    return [task.lead_id for task in found]


async def test_whoever_is_asked_next_changes_the_message(staffed: Database) -> None:
    """In the transaction that gives the lead away; what is noted as shown is not changed again."""
    await told(staffed)
    assert ([], ()) == (await errands(staffed), await Refreshing(staffed).outdated("one"))
    await Ownerships(staffed).assign(order("one", 2), give("one", "bo", 2), at=AT + MINUTE, ordered_at=AT + MINUTE)
    assert ["one"] == await errands(staffed)
    (one,) = await Refreshing(staffed).outdated("one")
    assert (TOLD, "ada", "D1:1.0", AS_SENT, "offered:2:bo") == (
        one.key, one.person_id, one.provider_id, one.shows, one.wanted
    )  # fmt: skip
    await Refreshing(staffed).shown(TOLD, one.wanted)
    assert () == await Refreshing(staffed).outdated("one")


async def test_a_record_changes_it_too_and_once(staffed: Database) -> None:
    """An acceptance, and what follows it; one errand is enough while nobody has begun it."""
    await told(staffed)
    taken = Holding(rep_id="ada", offer=1, accepted_at=AT + MINUTE)
    for seq in (1, 2):
        await Leads(staffed).record(standing("one", seq, Stage.ACCEPTED, taken))
    assert ["one"] == await errands(staffed)
    (one,) = await Refreshing(staffed).outdated("one")
    assert ("accepted:1:ada", "ada is next") == (one.wanted, one.sentence)


async def test_a_message_on_its_way_is_not_forgotten(staffed: Database) -> None:
    """Whoever sends may have looked before the lead changed hands."""
    await Ownerships(staffed).assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await Notifications(staffed).claim(TOLD, person_id="ada", at=AT, kind="offer")
    await Ownerships(staffed).assign(order("one", 2), give("one", "bo", 2), at=AT + MINUTE, ordered_at=AT + MINUTE)
    assert ["one"] == await errands(staffed)
    assert [None] == [one.provider_id for one in await Refreshing(staffed).outdated("one")]


@pytest.mark.parametrize("key", [Key("one", 1, 0, "email"), Key("two", 1, 0, "slack")])
async def test_what_cannot_be_changed_costs_nothing(staffed: Database, key: Key) -> None:
    """Mail is out for good; another lead's messages are its own."""
    await told(staffed, key)
    await Ownerships(staffed).assign(order("one", 2), give("one", "bo", 2), at=AT + MINUTE, ordered_at=AT + MINUTE)
    assert [] == await errands(staffed)


async def test_a_message_about_several_leads_stays(staffed: Database) -> None:
    """What is so of one lead is not so of the others."""
    await told(staffed)
    async with staffed.writing() as session:
        for lead_id in ("one", "two"):
            session.add(
                Alert(
                    lead_id=lead_id, offer=1, rung=0, person_id="ada", what="", state=Alerting.SENT,
                    bundle="one:1:0", raised_at=AT, send_at=AT,
                )
            )  # fmt: skip
    await Ownerships(staffed).assign(order("one", 2), give("one", "bo", 2), at=AT + MINUTE, ordered_at=AT + MINUTE)
    assert () == await Refreshing(staffed).outdated("one")


async def test_a_standing_tells_of_the_offer_that_is_answered(staffed: Database) -> None:
    """How it ended, and who has the lead now, read at one instant."""
    await told(staffed)
    await Ownerships(staffed).assign(order("one", 2), give("one", "bo", 2), at=AT + MINUTE, ordered_at=AT + MINUTE)
    view = await Standings(staffed).of("one", 1)
    assert view is not None
    assert view.asked is not None
    assert view.present is not None
    assert view.standing.holder is not None
    assert ("ada", End.DECLINED, "ada is next") == (view.asked.rep_id, view.asked.ended, view.asked.sentence)
    assert ("bo", 2, "bo") == (view.present.rep_id, view.present.offer, view.standing.holder.rep_id)
    assert await Standings(staffed).of("nobody's", 1) is None
