"""Where the rules send a lead: to which pool, for which levels, with what asked of a rep (R9-R22, R27).

A way that names a pool goes before every rule. Rules are tried in the policy's order, and the first that counts at
the moment and matches decides. This room refuses to look at people.
"""

from dataclasses import dataclass

from models.decisions import Route, Score
from models.explanation import RuleTried
from models.qualifying import Via
from models.roster import Level
from models.routing import Asked, PoolRule, WhenNobody
from policy.compiled import CompiledPolicy
from policy.conditions.condition import Condition, Known
from policy.lookups import tried
from policy.scoring import counts

LISTED = 100
"""So many rules a trace lists: the first ones, and always the one that matched."""

_NOTHING = Asked()


@dataclass(frozen=True)
class Placed:
    """Where a lead goes and on what terms; `rule` is None for the default pool.

    `levels` are the rule's own; None leaves them to the way, else to matrix and tier. `untold` counts rules that were
    tried and are not among `tried`; `looked_at` are the conditions of all of them that count.
    """

    pool: str
    rule: str | None
    tried: tuple[RuleTried, ...]
    untold: int = 0
    looked_at: tuple[Condition, ...] = ()
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


def place(compiled: CompiledPolicy, score: Score, known: Known) -> Placed:
    """Find the pool for a lead: the way's, else the first rule's that matches, else the default one."""
    route = score.qualification if isinstance(score.qualification, Route) else None
    routing = compiled.policy.routing
    via = Via(route.via) if route and route.via else None
    if route and route.pool:
        way = next((one for one in score.ways if one.matched), None)
        way = way or RuleTried(rule="the way", matched=True, because=route.because)
        return Placed(
            pool=route.pool,
            rule=way.rule,
            tried=(way,),
            by_way=True,
            via=via,
            overflow=tuple(routing.overflow),
            nobody=routing.nobody,
        )
    rule, listed, untold, looked_at = _try_all(compiled, known)
    said = rule is not None and rule.levels and (route is None or route.levels is None)
    return Placed(
        pool=rule.pool if rule else routing.default_pool,
        rule=rule.name if rule else None,
        tried=listed,
        untold=untold,
        looked_at=looked_at,
        via=via,
        levels=tuple(rule.levels) if rule and said else None,
        asked=rule or _NOTHING,
        overflow=tuple((rule.overflow if rule else None) or routing.overflow),
        nobody=(rule.nobody if rule else None) or routing.nobody,
    )


def _try_all(
    compiled: CompiledPolicy, known: Known
) -> tuple[PoolRule | None, tuple[RuleTried, ...], int, tuple[Condition, ...]]:
    listed, looked_at = list[RuleTried](), list[Condition]()
    for number, (rule, condition) in enumerate(compiled.pool_rules):
        count = counts(rule, known)
        matched = count and condition.holds(known)
        if count:
            looked_at.append(condition)
        if matched or len(listed) < LISTED - 1:
            because = condition.because(known) if count else _why_not(rule, known)
            listed.append(tried(rule.name, matched, because))
        if matched:
            return rule, tuple(listed), number + 1 - len(listed), tuple(looked_at)
    return None, tuple(listed), len(compiled.pool_rules) - len(listed), tuple(looked_at)


def _why_not(rule: PoolRule, known: Known) -> str:
    return rule.why_not(known.at) if known.at else "counts for a time only"
