"""Turns given back: for each reason that a policy may name, once, exactly, and not endlessly."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from db import tables
from db.engine import Database
from db.holding import Hands
from db.leads import Leads
from db.ownership import Choice, Give, Ownerships, Snapshot
from db.tables.words import End, Posting
from models.lead import Stage
from models.orders import Holding
from models.routing import Refundable, RefundLimit
from policy.fairness import turn
from tests.db.samples import AT, MINUTE, give, hold, newcomer, offered, order, standing

EVEN = {"ada": 0, "bo": 0}
CHARGED = {"ada": -500_000_000_000, "bo": 500_000_000_000}
DAY = timedelta(days=1)


async def test_who_is_covered_gets_the_turn_back(staffed: Database) -> None:
    """The backup who takes over what was not taken costs the one before no turn, where the policy says so."""
    owners = Ownerships(staffed)
    await _to_ada(staffed, "one", Refundable.COVERED)
    await owners.assign(order("one", 2), _covering("one", "bo"), at=AT + MINUTE, ordered_at=AT)
    assert EVEN == await _balances(staffed)
    (first, _) = await _offers(staffed)
    assert (End.EXPIRED, Refundable.COVERED, AT + MINUTE) == (first.ended, first.refunded, first.refunded_at)


@pytest.mark.parametrize("ended", ["declined", "expired"])
async def test_who_is_covered_later_gets_the_turn_back(staffed: Database, ended: str) -> None:
    """Also when the offer was over before the backup came: the workflow told so, or the lead was held meanwhile."""
    owners = Ownerships(staffed)
    await _to_ada(staffed, "one", Refundable.COVERED)
    await Leads(staffed).record(standing("one", 1, Stage.TRIAGE, offer=1, ended=ended))
    await owners.assign(order("one", 2), hold(AT), at=AT + MINUTE, ordered_at=AT)
    assert CHARGED == await _balances(staffed)
    for _ in range(2):
        await owners.assign(order("one", 2), _covering("one", "bo"), at=AT + MINUTE, ordered_at=AT)
    assert EVEN == await _balances(staffed)


@pytest.mark.parametrize(
    ("policy", "covers", "ends"),
    [
        (Refundable.COVERED, False, End.EXPIRED),
        (Refundable.COVERED, True, End.SUPERSEDED),
        (Refundable.BAD, True, End.DECLINED),
    ],
)
async def test_a_turn_that_is_not_covered_is_kept(
    staffed: Database, policy: Refundable, covers: bool, ends: End
) -> None:
    """The next in rotation covers nobody, nor does whom a person names; and the policy has to say so."""
    await _to_ada(staffed, "one", policy)
    answer = offered("one", "bo", 2)
    await Ownerships(staffed).assign(
        order("one", 2), lambda _: Give(answer, ends=ends, covers=covers), at=AT + MINUTE, ordered_at=AT
    )
    assert CHARGED == await _balances(staffed)


@pytest.mark.parametrize("holding", [None, Holding(rep_id="ada", offer=1)])
@pytest.mark.parametrize("first", [Stage.OFFERED, Stage.ACCEPTED, Stage.TRIAGE])
async def test_a_bad_lead_costs_no_turn(staffed: Database, first: Stage, holding: Holding | None) -> None:
    """Disqualified while offered, after it was accepted or after it was declined: the turn is given back, once."""
    leads = Leads(staffed)
    await _to_ada(staffed, "one", Refundable.BAD)
    accepted = Holding(rep_id="ada", offer=1, accepted_at=AT)
    held = {Stage.OFFERED: Holding(rep_id="ada", offer=1), Stage.ACCEPTED: accepted}.get(first)
    await leads.record(standing("one", 1, first, held, offer=1))
    assert CHARGED == await _balances(staffed)
    for seq in (2, 3):
        because = "disqualified by mia: a student"
        await leads.record(standing("one", seq, Stage.DISQUALIFIED, holding, offer=1, released_because=because))
        assert EVEN == await _balances(staffed)
    (row,) = await _offers(staffed)
    assert Refundable.BAD is row.refunded
    refunds = [line for line in await _lines(staffed) if line.posting is Posting.REFUND]
    assert {"bad: disqualified by mia: a student"} == {line.because for line in refunds}


@pytest.mark.parametrize("stage", [Stage.CLOSED, Stage.NURTURING, Stage.REVIEW])
async def test_a_lead_that_ends_otherwise_is_not_bad(staffed: Database, stage: Stage) -> None:
    """Closed, nurtured or reviewed: the turn is kept."""
    await _to_ada(staffed, "one", Refundable.BAD)
    await Leads(staffed).record(standing("one", 1, stage, offer=1))
    assert CHARGED == await _balances(staffed)


async def test_a_lead_may_turn_out_bad_long_after(staffed: Database) -> None:
    """Said of a lead in contact, it gives the turn of its last offer back; said again, nothing."""
    await _to_ada(staffed, "one", Refundable.BAD)
    contact = Holding(rep_id="ada", offer=1, accepted_at=AT, contacted_at=AT)
    await Leads(staffed).record(standing("one", 1, Stage.CONTACTED, contact, closed=True))
    assert [True, False] == [await _turned_out_bad(staffed, "one") for _ in range(2)]
    assert EVEN == await _balances(staffed)
    await Leads(staffed).record(standing("two", 1, Stage.CONTACTED, closed=True))
    assert not await _turned_out_bad(staffed, "two")


async def test_who_declines_again_and_again_is_charged(staffed: Database) -> None:
    """So many turns back within a while; the next one stays charged and says why, until the while is over."""
    limit = RefundLimit(times=2, within=timedelta(days=7))
    days = [0, 1, 2, 7, 7]
    kept = []
    for number, day in enumerate(days):
        at = AT + day * DAY + number * MINUTE
        await _declined(staffed, f"lead-{number}", at, limit)
        kept.append((await _of(staffed, f"lead-{number}")).refunded is None)
    assert [False, False, True, False, True] == kept
    said = (await _of(staffed, "lead-2")).because
    assert "no time; the turn stays charged: ada was given back 2 within 7 days already (routing.refund_limit)" == said
    assert {"ada": 2 * CHARGED["ada"], "bo": 2 * CHARGED["bo"]} == await _balances(staffed)


async def test_each_pool_and_each_rep_has_a_limit_of_its_own(staffed: Database) -> None:
    """What somebody had back in another pool does not count, nor what others had back."""
    limit = RefundLimit(times=1, within=DAY)
    await _declined(staffed, "first", AT, limit)
    await _declined(staffed, "second", AT, limit, pool="seniors")
    await _declined(staffed, "third", AT, limit, rep_id="bo")
    assert {"all": {"ada": 0, "bo": 0}, "seniors": {"ada": 0, "bo": 0}} == await Ownerships(staffed).balances()
    await _declined(staffed, "fourth", AT, limit)
    assert CHARGED == await _balances(staffed)


@pytest.mark.parametrize("ends", [End.SUPERSEDED, End.WITHDRAWN])
async def test_what_others_do_with_a_lead_is_not_limited(staffed: Database, ends: End) -> None:
    """A manager may move as many leads as they like: nobody is charged for it."""
    owners, limit = Ownerships(staffed), RefundLimit(times=0)
    for number in range(3):
        lead_id = f"lead-{number}"
        await _to_ada(staffed, lead_id, Refundable(ends.value), limit=limit)
        answer = offered(lead_id, "bo", 2)
        await owners.assign(order(lead_id, 2), _always(Give(answer, ends=ends)), at=AT, ordered_at=AT)
    assert EVEN == await _balances(staffed)


async def test_an_offer_that_stands_again_may_be_given_back_again(staffed: Database) -> None:
    """Each time it ends the turn goes back, each time it stands again it is taken: the balances follow exactly."""
    leads = Leads(staffed)
    await _to_ada(staffed, "one", Refundable.DECLINED)
    ada = Holding(rep_id="ada", offer=1)
    for seq, balances in ((1, EVEN), (3, EVEN)):
        await leads.record(standing("one", seq, Stage.TRIAGE, offer=1, ended="declined"))
        assert balances == await _balances(staffed)
        await leads.record(standing("one", seq + 1, Stage.ACCEPTED, ada))
        assert CHARGED == await _balances(staffed)
    postings = [line.posting for line in await _lines(staffed) if line.rep_id == "ada"]
    assert [Posting.TURN, *2 * [Posting.REFUND, Posting.RETAKE]] == postings


async def test_a_gift_without_a_turn_gives_nothing_back(staffed: Database) -> None:
    """Whom a person named was charged nothing, so a decline neither refunds nor counts towards the limit."""
    owners = Ownerships(staffed)
    refund = frozenset({Refundable.DECLINED})
    gift = Give(offered("one", "ada"), refund_on=refund, refund_limit=RefundLimit(times=1))
    await owners.assign(order("one"), _always(gift), at=AT, ordered_at=AT)
    await owners.assign(order("one", 2), give("one", "bo", 2), at=AT, ordered_at=AT)
    assert None is (await _offers(staffed))[0].refunded
    await _declined(staffed, "again", AT, RefundLimit(times=1))
    assert EVEN == await _balances(staffed)


def _always(choice: Choice) -> Callable[[Snapshot], Choice]:
    return lambda _: choice


def _covering(lead_id: str, rep_id: str) -> Callable[[Snapshot], Choice]:
    return _always(Give(offered(lead_id, rep_id, 2), covers=True))


async def _to_ada(
    db: Database,
    lead_id: str,
    *refund_on: Refundable,
    limit: RefundLimit | None = None,
    at: datetime = AT,
    pool: str = "all",
    rep_id: str = "ada",
) -> None:
    """Give a lead to Ada (or another) as a turn between her and Bo."""
    await Leads(db).admit(newcomer(lead_id))
    other = "bo" if rep_id == "ada" else "ada"
    moves = turn({other: -1}, {"ada": 1, "bo": 1}).moves
    assert moves[rep_id] < 0 < moves[other]
    choice = Give(offered(lead_id, rep_id, pool=pool), moves=moves, refund_on=frozenset(refund_on), refund_limit=limit)
    await Ownerships(db).assign(order(lead_id), _always(choice), at=at, ordered_at=at)


async def _declined(
    db: Database, lead_id: str, at: datetime, limit: RefundLimit, pool: str = "all", rep_id: str = "ada"
) -> None:
    await _to_ada(db, lead_id, Refundable.DECLINED, limit=limit, at=at, pool=pool, rep_id=rep_id)
    again = order(lead_id, 2, cause="no time")
    await Ownerships(db).assign(again, give(lead_id, "cy", 2), at=at, ordered_at=at)


async def _turned_out_bad(db: Database, lead_id: str) -> bool:
    async with db.writing() as session:
        lead = await session.get_one(tables.Lead, lead_id)
        return await Hands(db, session, lead, AT).turned_out_bad("outcome: bad")


async def _of(db: Database, lead_id: str) -> tables.Ownership:
    return next(row for row in await _offers(db) if row.lead_id == lead_id)


async def _offers(db: Database) -> list[tables.Ownership]:
    async with db.reading() as session:
        return list((await session.exec(select(tables.Ownership).order_by(col(tables.Ownership.id)))).all())


async def _lines(db: Database) -> list[tables.Ledger]:
    async with db.reading() as session:
        return list((await session.exec(select(tables.Ledger).order_by(col(tables.Ledger.id)))).all())


async def _balances(db: Database) -> dict[str, int]:
    return (await Ownerships(db).balances())["all"]
