"""One routing question, looked at: which rule, which pool, which levels, and what speaks against each member.

Everything here follows from the inputs, whoever is chosen in the end. This room refuses to choose: that is
`policy/routing.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from models.decisions import Route, Score
from models.explanation import Candidate, RoutingTrace, RuleTried
from models.facts import LeadFacts
from models.lead import Touch
from models.orders import AssignLead
from models.qualifying import Tier
from models.roster import Level, Rep, Roster
from models.routing import Widen
from policy.availability import Objection, objections
from policy.compiled import CompiledPolicy
from policy.crew import calendar_of, members_of
from policy.fairness import UNIT, Turn, turn
from policy.situation import Situation

RANKS = (Level.SDR, Level.JUNIOR, Level.MID, Level.SENIOR)
"""Levels, least experienced first (R8)."""


class Looked(NamedTuple):
    """One rep and everything that speaks against them."""

    rep: Rep
    against: tuple[Objection, ...]


@dataclass(frozen=True)
class Placed:
    """Where the rules send the lead; `rule` is None for the default pool."""

    pool: str
    rule: str | None
    tried: tuple[RuleTried, ...]


@dataclass(frozen=True)
class Case:
    """One question with all that is known before anybody is chosen; made by `open_case`.

    `looked` are the pool's members; `aside` those who were looked at in their own right (backups, somebody named),
    whose reasons stand in the trace instead of the pool's.
    """

    compiled: CompiledPolicy
    facts: LeadFacts
    situation: Situation
    order: AssignLead
    placed: Placed
    tier: Tier | None
    levels: tuple[Level, ...]
    notes: tuple[str, ...] = ()
    any_level: bool = False
    looked: tuple[Looked, ...] = ()
    aside: tuple[Looked, ...] = ()

    @property
    def pool(self) -> str:
        """Give the pool's name."""
        return self.placed.pool

    @property
    def roster(self) -> Roster:
        """Give who may get leads."""
        return self.situation.roster

    @property
    def at(self) -> datetime:
        """Give the instant at which everybody is looked at."""
        return self.situation.at

    @property
    def balances(self) -> Mapping[str, int]:
        """Give the pool's ledger, in `fairness.UNIT`."""
        return self.situation.balances.get(self.pool, {})

    @property
    def weights(self) -> dict[str, int]:
        """Give the weights of the pool's members whom nothing speaks against."""
        return {rep.id: rep.weight for rep, against in self.looked if not against}

    def next_turn(self) -> Turn | None:
        """Ask whose turn it is among the eligible; None when nobody is."""
        return turn(self.balances, self.weights) if self.weights else None

    def widened(self) -> "Case | None":
        """Look at more of the pool, as far as the policy goes, when nobody of the levels asked for is available.

        None when that makes nobody eligible either.
        """
        how = self.compiled.policy.routing.widen
        if self.any_level or not self.levels or how is Widen.NONE:
            return None
        if how is Widen.ANY:
            levels, who = tuple(Level), "any level counts"
        else:
            least = min(RANKS.index(level) for level in self.levels)
            levels, who = (*self.levels, *RANKS[least + 1 :]), "a more senior one counts"
        note = f"nobody who is {' or '.join(self.levels)} is available, so {who}"
        wider = replace(self, levels=tuple(dict.fromkeys(levels)), notes=(*self.notes, note))
        wider = replace(wider, looked=tuple(Looked(rep, wider.against(rep)) for rep, _ in self.looked))
        return wider if wider.weights else None

    def against(self, rep: Rep, *, any_level: bool = False) -> tuple[Objection, ...]:
        """List what speaks against a rep; a backup whom the roster names may be of `any_level`."""
        return objections(
            rep,
            calendar_of(self.roster, rep),
            self.at,
            levels=() if any_level or self.any_level else self.levels,
            load=self.situation.loads.get(rep.id, 0),
            asked=rep.id in self.order.asked or rep.id == self.order.holder,
        )

    def trace(self, because: Sequence[str], chosen: str | None = None, backup: str | None = None) -> RoutingTrace:
        """Write the decision down, each person once."""
        seen = {one.rep.id: one for one in (*self.looked, *self.aside)}
        return RoutingTrace(
            at=self.at,
            policy=self.compiled.version,
            pool=self.pool,
            tier=self.tier.name if self.tier else None,
            levels=self.levels,
            any_level=self.any_level,
            rules=self.placed.tried,
            candidates=tuple(map(self._candidate, seen.values())),
            chosen=chosen,
            backup=backup,
            because="; ".join([*because, *self.notes]),
        )

    def _candidate(self, one: Looked) -> Candidate:
        rep, against = one
        return Candidate(
            rep_id=rep.id,
            excluded=against[0].says if against else None,
            load=self.situation.loads.get(rep.id, 0),
            capacity=rep.capacity,
            weight=rep.weight,
            balance=self.balances.get(rep.id, 0) / UNIT,
        )


def open_case(
    compiled: CompiledPolicy,
    facts: LeadFacts,
    score: Score,
    order: AssignLead,
    situation: Situation,
    touches: Sequence[Touch],
) -> Case:
    """Look at everything that does not depend on who is chosen."""
    placed = _placed(compiled, facts, score, situation.at, touches)
    pool = situation.roster.pools.get(placed.pool)
    members = members_of(situation.roster, pool) if pool else ()
    tier = _tier(compiled, facts, score)
    levels = compiled.levels(score.intent, score.fit, tier)
    fitting = [rep for rep in members if rep.active and rep.level in levels]
    asked = {*order.asked, order.holder}
    any_level = bool(levels and members) and all(rep.id in asked for rep in fitting)
    which = " or ".join(levels)
    nobody = (
        f"everybody in {placed.pool} who is {which} was asked" if fitting else f"nobody in {placed.pool} is {which}"
    )
    note = f"{nobody}, so any level counts"
    case = Case(
        compiled=compiled,
        facts=facts,
        situation=situation,
        order=order,
        placed=placed,
        tier=tier,
        levels=levels,
        notes=(note,) if any_level else (),
        any_level=any_level,
    )
    return replace(case, looked=tuple(Looked(rep, case.against(rep)) for rep in members))


def _placed(compiled: CompiledPolicy, facts: LeadFacts, score: Score, at: datetime, touches: Sequence[Touch]) -> Placed:
    known, tried = compiled.known(facts, touches, at, score), list[RuleTried]()
    for rule, condition in compiled.pool_rules:
        matched = condition.holds(known)
        tried.append(RuleTried(rule=rule.name, matched=matched, because=condition.because(known)))
        if matched:
            return Placed(rule.pool, rule.name, tuple(tried))
    return Placed(compiled.policy.routing.default_pool, None, tuple(tried))


def _tier(compiled: CompiledPolicy, facts: LeadFacts, score: Score) -> Tier | None:
    way = score.qualification
    judged = [tier for tier in compiled.policy.tiers if isinstance(way, Route) and tier.name == way.tier]
    return judged[0] if judged else compiled.tier_of(facts)
