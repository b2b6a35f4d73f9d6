"""A routing decision written down whole, so that it can be told from stored data alone (R29).

Each person who was looked at stands in it once, with the first reason against them. This room refuses to decide.
"""

from collections.abc import Sequence

from models.explanation import Candidate, RoutingTrace
from policy.fairness import UNIT
from policy.routing_case import Case, Looked
from policy.strategies import weight_of


def trace_of(case: Case, because: Sequence[str], chosen: str | None = None, backup: str | None = None) -> RoutingTrace:
    """Write a decision down; whoever was looked at in their own right has those reasons, not their pool's."""
    pool = case.rotation
    seen = {one.rep.id: one for one in (*case.before, *case.looked)}
    aside = {one.rep.id: one for one in case.aside}
    return RoutingTrace(
        at=case.at,
        policy=case.compiled.version,
        pool=case.pool,
        tier=case.tier.name if case.tier else None,
        levels=case.levels,
        any_level=case.any_level,
        account=case.account.id if case.account else None,
        ties=case.ties,
        tie=case.tie,
        rules=case.placed.tried,
        untold=case.placed.untold,
        strategy=pool.strategy if pool else None,
        overflow=case.overflow,
        candidates=tuple(_candidate(case, one, one.rep.id not in aside) for one in (seen | aside).values()),
        chosen=chosen,
        backup=backup,
        because="; ".join(filter(None, [*because, *case.notes])),
    )


def _candidate(case: Case, one: Looked, by_turn: bool) -> Candidate:
    """Write one person down; who was looked at `by_turn` may be passed over by the pool's strategy."""
    rep, excluded, name = one.rep, None, one.pool or case.pool
    if one.against:
        excluded = one.against[0].says
    elif by_turn:
        excluded = case.shortlist.others.get(rep.id)
    suited = case.shortlist.fits.get(rep.id)
    return Candidate(
        rep_id=rep.id,
        excluded=excluded,
        load=case.situation.loads.get(rep.id, 0),
        capacity=rep.capacity,
        weight=weight_of(case.roster.pools.get(name), rep),
        balance=case.situation.balances.get(name, {}).get(rep.id, 0) / UNIT,
        fit=suited.points if suited else None,
        fits=suited.because if suited else (),
    )
