"""What each rep was offered in a while, beside what is theirs by weight, and what they have in hand."""

from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import func
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from db.figures_asked import OFFER, grouped, within
from db.rosters import read_roster
from db.tables.words import End
from db.waiting import loads
from models.figures import Fairness, Filters, RepLoad
from models.roster import Rep, Roster
from policy.insight.counted import add, half_of
from policy.insight.shares import expected_shares, share


@dataclass(slots=True)
class _Offers:
    offers: int = 0
    by_rules: int = 0
    accepted: int = 0
    over: int = 0
    ended: dict[End, int] = field(default_factory=lambda: defaultdict(int))
    times: dict[int, int] = field(default_factory=dict)


async def rep_loads(session: AsyncSession, filters: Filters) -> Fairness:
    """Count offers by rep, as `Figures.fairness` answers."""
    known = await read_roster(session)
    reps = {rep.id: rep for rep in known.roster.reps} if known else {}
    offers = await _offers(session, filters)
    in_hand = await loads(session)
    teams = _teams(filters, known.roster if known else None, offers)
    everybody = offers if not filters.rep else await _offers(session, filters.model_copy(update={"rep": ()}))
    of = {rep.id: rep.team for rep in reps.values()}
    whole: dict[str, int] = defaultdict(int)
    for rep_id, counted in everybody.items():  # a share is of the team's, whoever of them is shown
        whole[of.get(rep_id, "")] += counted.by_rules
    weights: dict[str, dict[str, int]] = defaultdict(dict)
    for rep in reps.values():
        if rep.active:
            weights[rep.team][rep.id] = rep.weight
    expected = {rep_id: part for team in weights.values() for rep_id, part in expected_shares(team).items()}
    shown = sorted(teams, key=lambda one: (teams[one], -offers[one].offers if one in offers else 0, one))
    return Fairness(
        tuple(
            _row(one, teams[one], offers.get(one) or _Offers(), whole[teams[one]], expected, in_hand, reps.get(one))
            for one in shown
        ),
        sum(one.offers for one in offers.values()),
    )


def _row(
    rep_id: str,
    team: str,
    offers: _Offers,
    whole: int,
    expected: dict[str, float],
    in_hand: dict[str, int],
    rep: Rep | None,
) -> RepLoad:
    return RepLoad(
        rep_id=rep_id,
        team=team,
        offers=offers.offers,
        share=share(offers.by_rules, whole),
        expected=expected.get(rep_id),
        accepted=share(offers.accepted, offers.over),
        declined=offers.ended[End.DECLINED],
        ran_out=offers.ended[End.EXPIRED],
        half_s=half_of(offers.times, offers.accepted),
        in_hand=in_hand.get(rep_id, 0),
        capacity=rep.capacity if rep else None,
    )


def _teams(filters: Filters, roster: Roster | None, offers: dict[str, _Offers]) -> dict[str, str]:
    """Say whose figures are shown, and of which team they are: who left the roster is of none."""
    teams = {rep.id: rep.team for rep in roster.reps} if roster else {}
    active = [rep.id for rep in roster.reps if rep.active] if roster else []
    wanted = [one for one in active if not filters.team or teams[one] in filters.team]
    shown = {*offers, *(one for one in wanted if not filters.rep or one in filters.rep)}
    return {one: teams.get(one, "") for one in shown}


async def _offers(session: AsyncSession, filters: Filters) -> dict[str, _Offers]:
    groups = (col(OFFER.rep_id), col(OFFER.accepted_b), col(OFFER.ended), col(OFFER.by_hand))
    found: dict[str, _Offers] = defaultdict(_Offers)
    for rep_id, bucket, ended, by_hand, number in await grouped(
        session, groups, [func.count()], within(filters, OFFER)
    ):
        one = found[rep_id]
        one.offers += number
        one.by_rules += 0 if by_hand else number
        if bucket is not None:
            one.accepted += number
            add(one.times, bucket, number)
        if ended is not None:
            one.ended[ended] += number
        if bucket is not None or ended is not None:
            one.over += number
    return dict(found)
