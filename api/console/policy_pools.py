"""Pools: who is in each, how it chooses, who is behind or ahead of their share, and by which lines (R29)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from api.console.mine_lines import tell
from api.console.mine_share import STRATEGIES, Member, members_of
from api.console.policy_frame import Reading, policy_page
from api.console.viewing import Untellable, console
from api.doors import FrontDep
from models.roster import Pool, Roster
from policy.routing.crew import crew_of
from runtime.front import Front
from runtime.telling_policy.routing import pool_words
from runtime.telling_policy.words import Reader

router = console()

WHILES = (7, 30, 90)
LINES = 50
"""Lines of a ledger on one page."""

Days = Annotated[int, Query(ge=1, le=366)]


@dataclass(frozen=True, slots=True)
class PoolCard:
    """One pool at a glance. `pool` None: the roster has it no longer, and its ledger stays."""

    name: str
    pool: Pool | None
    says: str
    active: int
    members: int
    behind: str


@router.get("/policy/pools")
async def pools(request: Request, front: FrontDep, viewer: Reading) -> Response:
    """List the pools."""
    roster, balances = await front.store.rosters.load(), await front.store.ownerships.balances()
    names = sorted({*(roster.pools if roster else {}), *balances})
    cards = [_card(name, roster, balances.get(name, {})) for name in names]
    return await policy_page(
        request, front, viewer, "policy_pools.html", title="Pools", tab="/policy/pools", pools=cards
    )


@router.get("/policy/pools/{pool}")
async def one_pool(
    request: Request,
    front: FrontDep,
    viewer: Reading,
    pool: str,
    days: Days = 30,
    rep: Annotated[str, Query(max_length=64)] = "",
    after: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Response:
    """Show a pool's members with their shares, and the ledger of one of them line by line."""
    roster = await front.store.rosters.load()
    balances = (await front.store.ownerships.balances()).get(pool, {})
    if roster is None or (pool not in roster.pools and not balances):
        raise Untellable(404, "There is no such pool", "The roster does not have it, and no ledger is kept of it.")
    members = await _members(front, roster, pool, balances.keys(), days, viewer.person_id)
    whose = next((one for one in members if one.rep_id == rep), None)
    shares = front.store.shares
    entries = await shares.entries(pool, whose.rep_id, limit=LINES + 1, after=after) if whose else ()
    names = {person.id: person.name for person in crew_of(roster).people.values()}
    shown, there = entries[:LINES], roster.pools.get(pool)
    here = {"rep": rep, "days": days}
    return await policy_page(
        request, front, viewer, "policy_pool.html", title=f"The pool {pool}", tab="/policy/pools", pool=pool,
        members=members, whose=whose, lines=tell(shown, await shares.sizes(shown), names, ""), days=days, whiles=WHILES,
        strategy=STRATEGIES[there.strategy] if there else "The roster has this pool no longer.",
        next=f"/policy/pools/{pool}?{urlencode({**here, 'after': shown[-1].id})}" if len(entries) > LINES else "",
    )  # fmt: skip


async def _members(
    front: Front, roster: Roster, pool: str, on_ledger: Iterable[str], days: int, reader: str | None
) -> tuple[Member, ...]:
    reps = {rep.id for rep in crew_of(roster).members(pool)} | set(on_ledger)
    books, past = await front.store.shares.books(pool, reps, front.clock() - timedelta(days=days))
    return members_of(roster, pool, reader, books, past)


def _card(name: str, roster: Roster | None, balances: dict[str, int]) -> PoolCard:
    pool = roster.pools.get(name) if roster else None
    members = [] if roster is None or pool is None else list(crew_of(roster).members(name))
    active = [rep for rep in members if rep.active]
    most = max(balances, key=lambda rep_id: balances[rep_id], default=None)
    names = {rep.id: rep.name for rep in roster.reps} if roster else {}
    behind = names.get(most, most) if most is not None and balances[most] > 0 else ""
    return PoolCard(name, pool, pool_words(name, Reader(roster)), len(active), len(members), behind or "")
