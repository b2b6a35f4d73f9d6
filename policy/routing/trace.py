"""A routing decision written down whole, so that it can be told from stored data alone (R29).

Each person who was looked at stands in it once, with the first reason against them. This room refuses to decide.
"""

from collections.abc import Iterator, Mapping, Sequence

from models.explanation import Candidate, FactUsed, RoutingTrace
from models.roster import Strategy
from policy.fairness import UNIT
from policy.lookups import facts_used
from policy.routing.case import Case
from policy.routing.needs import FIELDS
from policy.routing.strategies import weight_of

_EVEN: Mapping[str, int] = {}


def trace_of(case: Case, because: Sequence[str], chosen: str | None = None, backup: str | None = None) -> RoutingTrace:
    """Write a decision down; whoever was looked at in their own right has those reasons, not their pool's."""
    pool = case.rotation
    return RoutingTrace(
        at=case.at,
        policy=case.compiled.version,
        pool=case.pool,
        tier=case.tier.name if case.tier else None,
        levels=case.levels,
        any_level=case.any_level,
        facts=_facts(case) if case.whole else (),
        account=case.account.id if case.account else None,
        ties=case.ties,
        tie=case.tie,
        rules=case.placed.tried,
        untold=case.placed.untold,
        strategy=pool.strategy if pool else None,
        overflow=case.overflow,
        candidates=tuple(_candidates(case)) if case.whole or chosen is None else (),
        chosen=chosen,
        backup=backup,
        because="; ".join(filter(None, [*because, *case.notes])),
    )


def _facts(case: Case) -> tuple[FactUsed, ...]:
    """List what rules, needs, best fit and accounts looked at; the judgement before them lists its own."""
    routing, conditions, also = case.compiled.policy.routing, case.placed.looked_at, case.demands.fields
    if case.rotation and case.rotation.strategy is Strategy.BEST_FIT:
        conditions += tuple(condition for _, condition in case.compiled.best_fit_rules)
        also += tuple(FIELDS[rule.match] for rule in routing.best_fit if rule.match)
        also += ("company.industry",) if any(rule.won for rule in routing.best_fit) else ()
    if routing.ties:
        also += ("company.domain", "company.name") if case.compiled.policy.accounts else ("company.domain",)
        also += ("account.id",) if case.facts.account else ()
    return facts_used(case.compiled, conditions, case.known, case.facts, also)


def _candidates(case: Case) -> Iterator[Candidate]:
    """Write each person down once; who was looked at by turn may be passed over by the pool's strategy."""
    aside = {one.rep.id: one for one in case.aside}
    seen = {one.rep.id: one for one in (*case.before, *case.looked)} | aside
    loads, others, fits = case.situation.loads, case.shortlist.others, case.shortlist.fits
    here, ledger = case.rotation, case.balances
    for rep_id, (rep, against, pool) in seen.items():
        elsewhere = pool is not None and pool != case.pool
        books = case.situation.balances.get(pool or "", _EVEN) if elsewhere else ledger
        suited = fits.get(rep_id)
        yield Candidate(
            rep_id=rep_id,
            excluded=against[0].says if against else None if rep_id in aside else others.get(rep_id),
            load=loads.get(rep_id, 0),
            capacity=rep.capacity,
            weight=weight_of(case.roster.pools.get(pool or "") if elsewhere else here, rep),
            balance=books.get(rep_id, 0) / UNIT,
            fit=suited.points if suited else None,
            fits=suited.because if suited else (),
        )
