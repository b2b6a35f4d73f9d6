"""Where the rules send a lead: to which pool, for which levels, with what asked of a rep (R9-R22, R27).

A way that names a pool goes before every rule. Rules are tried in the policy's order, and the first that counts at
the moment and matches decides. This room refuses to look at people.
"""

from dataclasses import dataclass
from datetime import datetime

from models.decisions import Route, Score
from models.explanation import RuleTried
from models.qualifying import Via
from models.roster import Level
from models.routing import Asked, PoolRule, WhenNobody
from policy.compiled import CompiledPolicy
from policy.condition import Known

LISTED = 100
"""So many rules a trace lists: the first ones, and always the one that matched."""

_NOTHING = Asked()


@dataclass(frozen=True)
class Placed:
    """Where a lead goes and on what terms; `rule` is None for the default pool.

    `levels` None leaves them to matrix and tier. `untold` counts rules that were tried and are not among `tried`.
    """

    pool: str
    rule: str | None
    tried: tuple[RuleTried, ...]
    untold: int = 0
    by_way: bool = False
    via: Via | None = None
    levels: tuple[Level, ...] | None = None
    asked: Asked = _NOTHING
    overflow: tuple[str, ...] = ()
    nobody: WhenNobody = WhenNobody.HOLD

    @property
    def sender(self) -> str:
        """Say what sent it to the pool: "rule keen", "routing.default_pool"."""
        if self.rule is None:
            return "routing.default_pool"
        return f"way {self.rule}" if self.by_way else f"rule {self.rule}"


def place(compiled: CompiledPolicy, score: Score, known: Known, at: datetime) -> Placed:
    """Find the pool for a lead: the way's, else the first rule's that matches, else the default one."""
    route = score.qualification if isinstance(score.qualification, Route) else None
    routing = compiled.policy.routing
    via = Via(route.via) if route and route.via else None
    levels = tuple(map(Level, route.levels)) if route and route.levels is not None else None
    if route and route.pool:
        way = next((one for one in score.ways if one.matched), None)
        tried = way or RuleTried(rule="the way", matched=True, because=route.because)
        return Placed(
            pool=route.pool,
            rule=tried.rule,
            tried=(tried,),
            by_way=True,
            via=via,
            levels=levels,
            overflow=tuple(routing.overflow),
            nobody=routing.nobody,
        )
    rule, listed, untold = _try_all(compiled, known, at)
    if levels is None and rule and rule.levels:
        levels = tuple(rule.levels)
    return Placed(
        pool=rule.pool if rule else routing.default_pool,
        rule=rule.name if rule else None,
        tried=listed,
        untold=untold,
        via=via,
        levels=levels,
        asked=rule or _NOTHING,
        overflow=tuple((rule.overflow if rule else None) or routing.overflow),
        nobody=(rule.nobody if rule else None) or routing.nobody,
    )


def _try_all(
    compiled: CompiledPolicy, known: Known, at: datetime
) -> tuple[PoolRule | None, tuple[RuleTried, ...], int]:
    listed, untold = list[RuleTried](), 0
    for rule, condition in compiled.pool_rules:
        why_not = rule.why_not(at)
        matched = not why_not and condition.holds(known)
        if matched or len(listed) < LISTED - 1:
            listed.append(RuleTried(rule=rule.name, matched=matched, because=why_not or condition.because(known)))
        else:
            untold += 1
        if matched:
            return rule, tuple(listed), untold
    return None, tuple(listed), untold
