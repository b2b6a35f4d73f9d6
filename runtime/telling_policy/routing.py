"""A policy's page, third part: who gets a lead: ties, rules, pools with their people, and turns (R9-R24, R29)."""

from collections.abc import Iterator

from models.policy import Policy
from models.roster import Pool, Rep, Strategy
from models.routing import (
    Asked,
    Away,
    Charged,
    FitRule,
    Need,
    PoolRule,
    Refundable,
    Routing,
    Tied,
    TieRule,
    WhenNobody,
    Widen,
)
from policy.routing.crew import members_of
from runtime.telling_policy.spans import span
from runtime.telling_policy.words import (
    Item,
    Items,
    Reader,
    Say,
    Section,
    counts,
    levels_words,
    listed,
    on_one_line,
    pairs,
    rows,
)

_MEMBERS = 12
TIED = {
    Tied.NAMED_ACCOUNT: "a named account: its owner",
    Tied.RELATIONSHIP: "a relationship: who looks after the company, or had to do with it or the person before",
    Tied.OPEN_LEAD: "another open lead of the same company: who has it",
    Tied.PARENT: "a company that belongs to another: whose that one is",
}
"""Whose a lead is by each tie."""

_AWAY = {
    Away.COVER: "while they are away their backup gets it, else it is held for them",
    Away.HOLD: "while they are away it is held for them",
    Away.RULES: "while they are away it goes on below",
}
_NEEDS = {
    Need.LANGUAGE: "the lead's language",
    Need.INDUSTRY: "its industry",
    Need.PRODUCT: "its product",
    Need.REGION: "its region",
    Need.USE_CASE: "its use case",
}
_STRATEGIES = {
    Strategy.WEIGHTED: "by turns",
    Strategy.ROUND_ROBIN: "by turns, each as often as the others",
    Strategy.LEAST_LOADED: "who has the smallest part of their capacity in hand",
    Strategy.BEST_FIT: "whom the lead suits best",
}
_REFUNDS = {
    Refundable.DECLINED: "they declined it",
    Refundable.EXPIRED: "they let it pass",
    Refundable.COVERED: "their backup took it over",
    Refundable.BAD: "it turned out to be no lead",
    Refundable.SUPERSEDED: "somebody gave it to another",
    Refundable.WITHDRAWN: "it was taken back unanswered",
}
_OWN = frozenset({Refundable.DECLINED, Refundable.EXPIRED, Refundable.COVERED, Refundable.BAD})
_CHARGED = {Charged.BACKUP: "a backup who covers", Charged.TIE: "who has it by a tie"}
_WIDEN = {
    Widen.NONE: "nobody else counts",
    Widen.SENIOR: "a more senior one counts",
    Widen.ANY: "anybody of the pool counts",
}
_NOBODY = {WhenNobody.HOLD: "it waits for the next opening or place", WhenNobody.MANAGER: "the manager hears of it"}


def routing(policy: Policy, reader: Reader) -> Iterator[Section]:
    """Tell whose a lead is already, which pool it goes to otherwise, and whose turn it is there."""
    how = policy.routing
    if how.ties:
        ties = Items(tuple(Item(_tie(tie), number=number) for number, tie in enumerate(how.ties, 1)))
        yield Section("ties", "Whose it is already, strongest first", (ties,))
    rules = Items(tuple(_rule(number, rule, how, reader) for number, rule in enumerate(how.rules, 1)), "rules")
    otherwise = Say(f"otherwise -> {pool_words(how.default_pool, reader)}")
    yield Section("rules", "Who gets it otherwise: the first rule that matches", (rules, otherwise))
    nobody = (
        f"Nobody of the level asked for is available: {_WIDEN[how.widen]}.",
        f"Nobody of the pool: {_nobody(how.overflow, how.nobody)}.",
        f"It waits {span(how.hold_at_most)} at most, and a full pool is looked at again every {span(how.recheck)}.",
    )
    yield Section("nobody", "When nobody may be offered it", tuple(map(Say, nobody)))
    if how.best_fit:
        fits = rows((f"{one.points:+g}", one.name, _fit(one)) for one in how.best_fit)
        yield Section("best-fit", "Whom a lead suits (pools that choose by it)", (fits,))
    yield Section("turns", "Turns", tuple(map(Say, _turns(how))))


def _tie(tie: TieRule) -> str:
    alive = "" if tie.to is Tied.NAMED_ACCOUNT else f" (alive within {span(tie.within)})"
    return f"{TIED[tie.to]}{alive}; {_AWAY[tie.away]}"


def _rule(number: int, rule: PoolRule, how: Routing, reader: Reader) -> Item:
    own = rule.overflow or rule.nobody
    about = pairs(
        ("when", on_one_line(rule.when)),
        ("for", levels_words(rule.levels)),
        ("needs", _asked(rule, how)),
        ("valid", counts(rule)),
        ("nobody there", _nobody(rule.overflow or how.overflow, rule.nobody or how.nobody) if own else ""),
    )
    return Item(f"{rule.name} -> {pool_words(rule.pool, reader)}", (about,), number)


def pool_words(name: str, reader: Reader) -> str:
    """Name a pool with who is in it and how it chooses: "pool emea: Eva Brandt, Tom Keller (by turns, weights 2:1)"."""
    if reader.roster is None:
        return f"pool {name}"
    pool = reader.roster.pools.get(name)
    if pool is None:
        return f"pool {name} (which the roster does not have)"
    members = [rep for rep in members_of(reader.roster, pool) if rep.active]
    return f"pool {name}: {_names(members, reader)} ({_chooses(pool, members)})"


def _names(members: list[Rep], reader: Reader) -> str:
    shown = members if reader.everything else members[:_MEMBERS]
    more = len(members) - len(shown)
    return ", ".join(rep.name for rep in shown) + (f" and {more} more" if more else "") or "nobody"


def _chooses(pool: Pool, members: list[Rep]) -> str:
    weights = [pool.weights.get(rep.id, rep.weight) for rep in members]
    uneven = pool.strategy is Strategy.WEIGHTED and len(set(weights)) > 1
    return _STRATEGIES[pool.strategy] + (f", weights {':'.join(map(str, weights[:_MEMBERS]))}" if uneven else "")


def _asked(asked: Asked, how: Routing) -> str:
    needs = [_NEEDS[need] for need in asked.needs if need in _NEEDS]
    said = [f"somebody for {listed(needs)}"] if needs else []
    if Need.HOURS in asked.needs:
        said.append(f"{span(how.overlap)} a week in common with the lead's working day")
    said += [f"skills {listed(asked.skills)}"] if asked.skills else []
    said += [f"certified in {listed(asked.certifications)}"] if asked.certifications else []
    return "; ".join(said)


def _nobody(overflow: list[str], then: WhenNobody) -> str:
    pools = f"pools {', then '.join(overflow)}; nobody there either: " if overflow else ""
    return pools + _NOBODY[then]


def _fit(rule: FitRule) -> str:
    if rule.won:
        ground = "times the share of like leads that they won"
    elif rule.match is not None:
        ground = "common hours with the lead" if rule.match is Need.HOURS else f"knows {_NEEDS[rule.match]}"
    else:
        ground = f"has one of {listed([*rule.skills, *rule.certifications], 'and')}"
    return f"{ground}; when {on_one_line(rule.when)}" if rule.when else ground


def _turns(how: Routing) -> Iterator[str]:
    back = listed([_REFUNDS[end] for end in how.refund], "or")
    yield f"A turn is given back when {back}." if back else "A turn that was had is never given back."
    limit = how.refund_limit
    if _OWN & set(how.refund):
        yield (
            f"For what is the rep's own doing, {limit.times} times in {span(limit.within)} at most; "
            "beyond that the turn counts."
        )
    if how.charge:
        yield f"Counts as a turn, too: {listed([_CHARGED[one] for one in how.charge])}."
