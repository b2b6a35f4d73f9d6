"""My figures: how soon somebody answers, what they kept, and what becomes of their leads, told honestly (R32).

Shares come with how many they are of and how sure they are; of fewer than five nothing is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Annotated

from fastapi import Query, Request, Response

from api.console import frame
from api.console.mine import TABS, me, nobody
from api.console.mine_desk import Me
from api.console.viewing import Viewer, console, seen
from api.doors import FrontDep
from db.desk import Answered
from db.tables.words import End
from models.access import Right
from models.figures import TOO_FEW, Share
from policy.insight.shares import share
from policy.ladder.clocks import left

router = console()

WHILES = (30, 90, 365)
MOST = 5000
"""So many offers are looked at, the last first."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of the offers of a while. `half`: the working time after which half of the accepted were accepted.

    `kept`: promises that were answered in time, of those that were decided in their hands.
    """

    offers: int
    accepted: Share
    declined: int
    ran_out: int
    half: timedelta | None
    kept: Share


def figures(me: Me, answered: Sequence[Answered], at: datetime) -> Figures:
    """Count up what became of somebody's offers."""
    took = [left(me.hours, one.offered_at, one.accepted_at) for one in answered if one.accepted_at is not None]
    decided = [one for one in answered if one.accepted_at is not None or one.ended is not None]
    kept = [verdict for one in answered if (verdict := _kept(one, at)) is not None]
    return Figures(
        offers=len(answered),
        accepted=share(len(took), len(decided)),
        declined=sum(one.ended is End.DECLINED for one in answered),
        ran_out=sum(one.ended is End.EXPIRED and one.accepted_at is None for one in answered),
        half=timedelta(seconds=median(one.total_seconds() for one in took)) if len(took) >= TOO_FEW else None,
        kept=share(sum(kept), len(kept)),
    )


def _kept(one: Answered, at: datetime) -> bool | None:
    """Say whether a promise was kept in their hands; None where there was none, or it was not theirs to keep."""
    if one.due_at is None or one.due_at < one.offered_at:
        return None
    if one.accepted_at is not None:
        return one.accepted_at <= one.due_at
    over_at = one.ended_at or at
    return False if one.due_at < over_at else None


@router.get("/mine/figures")
async def show(
    request: Request,
    front: FrontDep,
    viewer: Annotated[Viewer, seen(Right.ANSWER)],
    days: Annotated[int, Query(ge=1, le=366)] = 90,
) -> Response:
    """Show the figures of whoever looks."""
    person = await me(front, viewer)
    if person is None:
        return await nobody(request, viewer)
    at = front.clock()
    answered = await front.store.desks.answered(person.id, at - timedelta(days=days), most=MOST)
    record = (await front.store.ownerships.records()).get((person.id, None))
    won, lost = (record.won, record.lost) if record else (0, 0)
    return await frame.page(
        request,
        viewer,
        "mine_figures.html",
        title="My figures",
        tabs=TABS,
        me=person,
        days=days,
        whiles=WHILES,
        most=MOST if len(answered) == MOST else 0,
        figures=figures(person, answered, at),
        won=share(won, won + lost),
        too_few=TOO_FEW,
    )
