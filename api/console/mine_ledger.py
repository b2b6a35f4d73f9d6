"""My share: each pool's ledger line by line, and why a colleague got two more than me (R29).

Every rep reads the ledgers of their own pools; managers those of everybody.
"""

import csv
import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from api.console import frame
from api.console.mine import TABS, me, nobody
from api.console.mine_desk import Me, me_of
from api.console.mine_lines import tell
from api.console.mine_share import STRATEGIES, Answer, Member, answer, members_of, pools_of
from api.console.viewing import Untellable, Viewer, console, seen
from api.console.words import iso
from api.doors import FrontDep
from db.shares import Entry
from models.access import Right
from policy.fairness import UNIT
from policy.routing.crew import crew_of
from policy.shares import compare
from runtime.front import Front

router = console()

WHILES = (7, 30, 90)
"""Over so many days shares are compared."""

LINES = 50
"""Lines of the ledger on one page."""

MOST_LINES = 100_000
"""Lines of the ledger in one file."""

Days = Annotated[int, Query(ge=1, le=366)]
Name = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, slots=True)
class Shown:
    """Whose ledger of which pool is looked at, since when, and by whom (`reader`)."""

    whose: Me
    reader: str | None
    pool: str
    pools: tuple[str, ...]
    days: int


@router.get("/mine/ledger")
async def show(
    request: Request,
    front: FrontDep,
    viewer: Annotated[Viewer, seen(Right.ANSWER, Right.TEAM)],
    pool: Name = "",
    beside: Annotated[str, Query(alias="with", max_length=64)] = "",
    of: Name = "",
    days: Days = 30,
    after: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Response:
    """Show a share, compared with a colleague's, and the lines behind it."""
    whose = await _whose(front, viewer, of)
    if whose is None:
        return await nobody(request, viewer)
    shown = await _shown(front, whose, viewer.person_id, pool, days)
    members, told = await _members(front, shown), None
    mine = next((one for one in members if one.rep_id == whose.id), None)
    them = next((one for one in members if one.rep_id == beside and one.rep_id != whose.id), None)
    if mine is not None and them is not None:
        told = await _answer(front, shown, mine, them)
    entries = await front.store.shares.entries(shown.pool, whose.id, limit=LINES + 1, after=after) if shown.pool else ()
    page_of = entries[:LINES]
    names = {person.id: person.name for person in crew_of(whose.roster).people.values()}
    here = {"pool": shown.pool, "with": beside, "days": shown.days, **({"of": of} if of else {})}
    own = whose.id == viewer.person_id
    return await frame.page(
        request,
        viewer,
        "mine_ledger.html",
        title="My share" if own else f"The share of {whose.name}",
        tabs=TABS if own else (),
        me=whose,
        own=own,
        of=of,
        shown=shown,
        whiles=WHILES,
        strategy=STRATEGIES[whose.roster.pools[shown.pool].strategy] if shown.pool in whose.roster.pools else "",
        members=members,
        mine=mine,
        them=them,
        why=told,
        lines=tell(page_of, await front.store.shares.sizes(page_of), names, whose.id if own else ""),
        next=f"/mine/ledger?{urlencode({**here, 'after': page_of[-1].id})}" if len(entries) > LINES else "",
        csv=f"/mine/ledger.csv?{urlencode(here)}",
    )


@router.get("/mine/ledger.csv")
async def file(
    front: FrontDep,
    viewer: Annotated[Viewer, seen(Right.ANSWER, Right.TEAM)],
    pool: Name = "",
    of: Name = "",
) -> Response:
    """Give every line of a ledger with its exact amount, in units of a lead."""
    whose = await _whose(front, viewer, of)
    if whose is None:
        raise Untellable(404, "There is no such ledger", "You are not in the roster.")
    shown = await _shown(front, whose, viewer.person_id, pool, WHILES[0])
    entries = await front.store.shares.entries(shown.pool, whose.id, limit=MOST_LINES)
    headers = {"Content-Disposition": f'attachment; filename="ledger-{shown.pool}-{whose.id}.csv"'}
    return Response(_table(entries), media_type="text/csv; charset=utf-8", headers=headers)


def _table(entries: tuple[Entry, ...]) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(("at", "pool", "rep", "lead_id", "offer", "offered_to", "posting", "units", "leads", "because"))
    for one in entries:
        because = f"'{one.because}" if one.because.startswith(("=", "+", "-", "@")) else one.because
        leads = f"{one.units / UNIT:.6f}"
        rows.writerow(
            (iso(one.at), one.pool, one.rep_id, one.lead_id, one.offer or "", one.to or "", one.posting.value,
             one.units, leads, because)
        )  # fmt: skip
    return out.getvalue()


async def _whose(front: Front, viewer: Viewer, of: str) -> Me | None:
    """Find whose ledger it is: one's own, or anybody's for who looks after teams. Raises `Untellable`."""
    if not of or of == viewer.person_id:
        return await me(front, viewer)
    if not viewer.may(Right.TEAM):
        raise Untellable(403, "This is not for you", "You may read the ledgers of your own pools, as your own share.")
    found = me_of(await front.store.rosters.load(), of)
    if found is None:
        raise Untellable(404, "There is no such person", "The roster does not know them.")
    return found


async def _shown(front: Front, whose: Me, reader: str | None, pool: str, days: int) -> Shown:
    """Choose the pool. Raises `Untellable` for one that is not theirs."""
    pools = pools_of(whose.roster, whose.id, await front.store.ownerships.balances())
    if pool and pool not in pools:
        raise Untellable(404, "There is no such ledger", f"{whose.name} has no part in a pool of this name.")
    last = await front.store.ownerships.booked(None, whose.id, limit=1)
    first = next((one for one in (pool, *(line.pool for line in last), *pools) if one in pools), "")
    return Shown(whose, reader, first, pools, days)


async def _members(front: Front, shown: Shown) -> tuple[Member, ...]:
    if not shown.pool:
        return ()
    roster = shown.whose.roster
    reps = {rep.id for rep in crew_of(roster).members(shown.pool)} | {shown.whose.id}
    reps |= (await front.store.ownerships.balances()).get(shown.pool, {}).keys()
    since = front.clock() - timedelta(days=shown.days)
    books, past = await front.store.shares.books(shown.pool, reps, since)
    return members_of(roster, shown.pool, shown.reader, books, past)


async def _answer(front: Front, shown: Shown, mine: Member, them: Member) -> Answer:
    """Say why the one was offered more than the other, with what was against each in the turns they missed."""
    found, shares = compare(mine.book, them.book), front.store.shares
    missed = [line.offer for line in reversed(them.book.lines) if line.offer in found.without]
    theirs = [line.offer for line in reversed(mine.book.lines) if line.offer in found.alone]
    against_me = await shares.against(mine.rep_id, tuple(dict.fromkeys(missed)))
    against_them = await shares.against(them.rep_id, tuple(dict.fromkeys(theirs)))
    return answer(found, mine, them, shown.days, against_me, against_them)
