"""People come to a pool, leave it and come back: the ledger adds up at every instant, and nobody's turn changes."""

from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from sqlmodel import col, select

from db import tables
from db.engine import Database
from db.leads import Leads
from db.ownership import Choice, Give, Ownerships, Snapshot
from db.rosters import Rosters
from db.tables.words import Posting
from models.lead import Stage
from models.orders import Holding
from models.routing import Refundable
from policy.fairness import UNIT, turn
from tests.db.samples import AT, MINUTE, give, newcomer, offered, order, rep, roster, standing

NAMES = ("ada", "bo", "cy", "dee", "eve")
WEIGHTS = dict(zip(NAMES, (1, 2, 3, 2, 5), strict=True))


async def test_who_leaves_is_settled_with(db: Database) -> None:
    """What they were ahead is borne by all who stay, in equal parts; the ledger says of each why."""
    await _pool(db, "ada", "bo", "cy")
    await _turns(db, 3)
    before = await _balances(db)
    await _pool(db, "ada", "bo")
    after = await _balances(db)
    assert {"ada", "bo"} == after.keys()
    assert abs(before["cy"]) > UNIT // 10
    assert before["cy"] == sum(after[name] - before[name] for name in after)
    assert 1 >= abs((after["ada"] - before["ada"]) - (after["bo"] - before["bo"]))
    lines = [line for line in await _lines(db) if line.posting is Posting.SETTLE]
    said = {line.rep_id: line.because for line in lines}
    assert {"ada": "cy left the pool", "bo": "cy left the pool", "cy": "left the pool"} == said
    await _adds_up(db)


async def test_who_is_only_away_keeps_their_balance(db: Database) -> None:
    """Inactive, missing from the file, or back: nothing is settled, and they go on where they were."""
    await _team(db, "ada", "bo", "cy")
    await _turns(db, 4)
    before = await _balances(db)
    idle = roster(reps=[rep("ada"), rep("bo", active=False), rep("cy")])
    for one in (idle, roster(reps=[rep("ada"), rep("cy")]), roster(reps=[rep("cy")], pools={"all": {"team": "emea"}})):
        await Rosters(db).save(one, at=AT)
        assert before == await _balances(db)
    await _pool(db, "ada", "cy", listed=("ada", "cy"))
    assert before == await _balances(db)
    await _pool(db, *NAMES[:3])
    assert before == await _balances(db)


@pytest.mark.parametrize(
    "change",
    [
        {"reps": [rep("ada"), rep("bo"), rep("cy", team="us")]},
        {
            "pools": {"all": {"team": "emea", "levels": ["senior"]}},
            "reps": [rep(n, level="senior") for n in NAMES[:2]] + [rep("cy")],
        },
        {"pools": {"all": {"members": ["ada", "bo"]}}},
    ],
    ids=["another team", "another level", "named members only"],
)
async def test_a_pool_is_left_in_many_ways(db: Database, change: dict[str, Any]) -> None:
    """A move to another team, levels that the pool does not have any more, a list without them."""
    teams = [
        {"id": "emea", "name": "EMEA", "manager": "mia", "calendar": "office", "region": "emea"},
        {"id": "us", "name": "US", "manager": "mia", "calendar": "office", "region": "us"},
    ]
    await Rosters(db).save(roster(teams=teams, reps=[rep(name) for name in NAMES[:3]]), at=AT)
    await _turns(db, 4)
    await Rosters(db).save(roster(**({"teams": teams, "reps": [rep(name) for name in NAMES[:3]]} | change)), at=AT)
    assert {"ada", "bo"} == (await _balances(db)).keys()
    await _adds_up(db)


async def test_who_comes_back_after_leaving_starts_even(db: Database) -> None:
    """What was settled stays settled; who joins is neither owed nor behind."""
    await _pool(db, "ada", "bo", "cy")
    await _turns(db, 4)
    await _pool(db, "ada", "bo")
    await _pool(db, "ada", "bo", "cy", "dee")
    assert {"ada", "bo"} == (await _balances(db)).keys()
    await _turns(db, 1, start=10)
    assert set(NAMES[:4]) == (await _balances(db)).keys()
    await _adds_up(db)


async def test_who_leaves_while_missing_from_the_file_is_settled_with_on_return(db: Database) -> None:
    """Named again in a file, but not in the pool: now they have left it."""
    await _pool(db, "ada", "bo", "cy")
    await _turns(db, 4)
    await _pool(db, "ada", "bo", listed=("ada", "bo"))
    assert {"ada", "bo", "cy"} == (await _balances(db)).keys()
    await _pool(db, "ada", "bo")
    assert {"ada", "bo"} == (await _balances(db)).keys()


async def test_a_pool_that_is_gone_for_a_while_is_as_it_was(db: Database) -> None:
    """Left out of one file, a pool keeps its ledger; who is not in it when it comes back has left it."""
    await _pool(db, "ada", "bo", "cy")
    await _turns(db, 4)
    before = await _balances(db)
    await Rosters(db).save(roster(pools={"seniors": {"members": ["ada"]}}), at=AT)
    assert before == await _balances(db)
    await _pool(db, "ada", "bo", "cy")
    assert before == await _balances(db)
    await Rosters(db).save(roster(pools={"seniors": {"members": ["ada"]}}), at=AT)
    await _pool(db, "bo", "cy")
    assert {"bo", "cy"} == (await _balances(db)).keys()


async def test_a_turn_of_who_left_is_given_back_to_those_who_stay(db: Database) -> None:
    """Declined after the leaver is settled with: the lead they had counted is everybody's, and nobody is revived."""
    await _pool(db, "ada", "bo", "cy")
    await _turns(db, 1)
    ((chosen,),) = [await _holders(db)]
    stay = [name for name in NAMES[:3] if name != chosen]
    await _pool(db, *stay)
    again = order("lead-0", 2)
    await Ownerships(db).assign(again, give("lead-0", stay[0], 2), at=AT, ordered_at=AT)
    after = await _balances(db)
    assert set(stay) == after.keys()
    assert all(abs(units) <= 1 for units in after.values())
    await _adds_up(db)
    holding = Holding(rep_id=chosen, offer=1, accepted_at=AT + MINUTE)
    await Leads(db).record(standing("lead-0", 1, Stage.ACCEPTED, holding))
    assert set(stay) == (await _balances(db)).keys()
    await _adds_up(db)


@pytest.mark.parametrize("seed", range(8))
async def test_the_ledger_adds_up_whatever_happens(db: Database, seed: int) -> None:
    """Turns, refunds, retakes and roster edits in any order: each pool's balances are the sum of its lines, and zero.

    A roster edit changes nothing between two who stay.
    """
    dice = Random(seed)
    members = list(NAMES[:3])
    await _pool(db, *members)
    taken: list[str] = []
    for step in range(40 if db.is_sqlite else 12):
        what = dice.choice(["turn", "turn", "decline", "again", "roster", "end"])
        if what == "turn":
            await _turns(db, 1, start=step)
            taken.append(f"lead-{step}")
        elif what == "roster":
            before, stayed = await _balances(db), set(members)
            members = dice.sample(NAMES, dice.randint(1, len(NAMES)))
            listed = {*members, *dice.sample(NAMES, 3)}
            await _pool(db, *members, listed=tuple(sorted(listed)))
            _nobody_else_moved(before, await _balances(db), stayed & set(members))
        elif taken:
            await _return(db, what, dice.choice(taken), step, dice)
        await _adds_up(db)


def _nobody_else_moved(before: Mapping[str, int], after: Mapping[str, int], stayed: set[str]) -> None:
    shifts = [after.get(name, 0) - before.get(name, 0) for name in stayed & after.keys()]
    assert not shifts or max(shifts) - min(shifts) <= len(NAMES)


async def _return(db: Database, what: str, lead_id: str, step: int, dice: Random) -> None:
    """Let an offer end and be given back, or stand again."""
    if what == "decline":
        again = order(lead_id, step + 2)
        to_bo = give(lead_id, "bo", step + 2)
        await Ownerships(db).assign(again, to_bo, at=AT, ordered_at=AT)
    elif what == "again":
        holding = Holding(rep_id=dice.choice(NAMES), offer=1, accepted_at=AT + step * MINUTE)
        await Leads(db).record(standing(lead_id, step, Stage.ACCEPTED, holding))
    else:
        stage = dice.choice([Stage.TRIAGE, Stage.TRIAGE, Stage.DISQUALIFIED])
        await Leads(db).record(standing(lead_id, step, stage, offer=99, ended="declined"))


async def _pool(db: Database, *members: str, listed: tuple[str, ...] = NAMES) -> None:
    reps = [rep(name, weight=WEIGHTS[name]) for name in listed]
    await Rosters(db).save(roster(reps=reps, pools={"all": {"members": list(members)}}), at=AT)


async def _team(db: Database, *names: str) -> None:
    await Rosters(db).save(roster(reps=[rep(name) for name in names], pools={"all": {"team": "emea"}}), at=AT)


async def _turns(db: Database, times: int, start: int = 0) -> None:
    """Give leads to whose turn it is among the members who are there."""
    for number in range(start, start + times):
        lead_id = f"lead-{number}"
        await Leads(db).admit(newcomer(lead_id))

        def decide(snapshot: Snapshot, lead_id: str = lead_id) -> Choice:
            known = snapshot.situation.roster
            reps = {one.id for one in known.reps if one.active}
            members = reps & set(known.pools["all"].members or reps)
            following = turn(snapshot.situation.balances.get("all", {}), {name: WEIGHTS[name] for name in members})
            refund = frozenset({Refundable.DECLINED, Refundable.EXPIRED, Refundable.BAD, Refundable.WITHDRAWN})
            return Give(offered(lead_id, following.chosen), moves=following.moves, refund_on=refund)

        await Ownerships(db).assign(order(lead_id), decide, at=AT, ordered_at=AT)


async def _balances(db: Database) -> dict[str, int]:
    return (await Ownerships(db).balances()).get("all", {})


async def _lines(db: Database) -> list[tables.Ledger]:
    async with db.reading() as session:
        return list((await session.exec(select(tables.Ledger).order_by(col(tables.Ledger.id)))).all())


async def _holders(db: Database) -> list[str]:
    async with db.reading() as session:
        return list((await session.exec(select(tables.Ownership.rep_id))).all())


async def _adds_up(db: Database) -> None:
    lines, kept = await _lines(db), await _balances(db)
    sums: Counter[str] = Counter()
    for line in lines:
        sums[line.rep_id] += line.units
    assert {name: units for name, units in sums.items() if units} == {name: one for name, one in kept.items() if one}
    assert 0 == sum(kept.values())
