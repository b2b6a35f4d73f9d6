"""Who gets the lead: ties, rules to a pool, its members one by one, whose turn it is, and who covers (R9-R29).

The same inputs give the same answer. The machine never chooses somebody with a reason against them, and never asks
the same person twice; a human may overrule every reason but one (who is inactive is gone), and it is recorded. This
room refuses to charge turns, to take the lead from anybody, to know what time it is, and to know when the lead is due
(`policy/routing/late.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from models.decisions import Route, Score
from models.facts import LeadFacts
from models.ladder import Target
from models.lead import Touch
from models.orders import AssignLead
from models.routing import Charged, Tied
from policy.compiled import CompiledPolicy
from policy.fairness import Rule
from policy.routing import words
from policy.routing.availability import FITNESS
from policy.routing.case import Case, Looked
from policy.routing.choices import Choice, Chosen, Impossible, NoOne, Waits
from policy.routing.claims import Claim, claims
from policy.routing.giving import OF_ANY_LEVEL, chosen
from policy.routing.naming import BY_RUNG, aimed, by_rung, named
from policy.routing.nobody import no_one, nobody
from policy.routing.opening import open_case
from policy.routing.situation import Situation
from policy.routing.ties import Belongs, Kept, settle
from policy.routing.trace import trace_of

__all__ = ["Choice", "Chosen", "Impossible", "NoOne", "Waits", "choose"]


def choose(
    compiled: CompiledPolicy,
    facts: LeadFacts,
    score: Score,
    order: AssignLead,
    situation: Situation,
    touches: Sequence[Touch] = (),
    *,
    sun: Sequence[str] = (),
    whole: bool = True,
) -> Choice:
    """Decide who gets the lead in a situation, or why nobody does.

    `touches` are what rules may look at beside the facts and the score. `sun` are pools that are asked last of all,
    because nobody comes on shift before the lead is due. Not `whole`: the same choice, its trace without the facts
    and, where somebody is chosen, without who else was looked at.
    """
    if order.to is Target.PRIMARY:
        way = score.qualification
        order = aimed(compiled, order, order.sla or (way.sla if isinstance(way, Route) else None))
    case = open_case(compiled, facts, score, order, situation, touches, sun=tuple(sun), whole=whole)
    if order.to is Target.NAMED:
        return named(case)
    # The owner of a named account goes before every backup and whoever a rung names: while they can be asked, the
    # machine asks nobody else. But a matter that a way gives to somebody else (a renewal) was never the owner's, so
    # whoever covers goes first.
    narrow = order.to is Target.BACKUP or order.to in BY_RUNG
    if order.to is not Target.BACKUP or not _had_by_way(case):
        case, outcome = settle(case, Tied.NAMED_ACCOUNT if narrow else None)
        if outcome is not None:
            return _by_tie(case, outcome)
    if order.to in BY_RUNG:
        case, theirs = by_rung(case)
        if theirs is not None:
            return theirs
        case, outcome = settle(case)
        if outcome is not None:
            return _by_tie(case, outcome)
    if case.rotation is None:
        return no_one(case, f"{case.placed.sender} sends it to pool {case.pool!r}, which the roster does not have")
    return _by_backup(case) if order.to is Target.BACKUP else _by_turn(case)


def _by_tie(case: Case, outcome: Belongs | Kept) -> Choice:
    if isinstance(outcome, Kept):
        manager, trace = case.crew.team(outcome.rep).manager, trace_of(case, [outcome.because])
        return Waits(outcome.until, outcome.because, None, manager, trace, outcome.there_at, outcome.rep.id)
    claim, rep, owner = outcome.claim, outcome.rep, outcome.covers
    turn, told = case.charged(rep, Charged.BACKUP if owner else Charged.TIE)
    if owner is None:
        return chosen(case, rep, words.by_tie(case.facts, claim.says), [claim.because, told], turn, FITNESS)
    because = f"{claim.because}, and {outcome.why}"
    sentence = words.as_cover(case.facts, because, owner)
    return chosen(case, rep, sentence, [because, f"{rep.id} is the backup of {owner.id}", told], turn, FITNESS)


def _by_turn(case: Case) -> Choice:
    """Ask the pool, then more of it, then the pools that take over, each in the same way."""
    where, found = case, case if case.turn else case.widened()
    missing, visited = [], {case.pool}
    for pool, how, any_level in _further(case):
        if found is not None:
            break
        if pool not in case.roster.pools:
            missing.append(f"the roster has no pool {pool}")
        elif pool not in visited or (any_level and case.levels):
            visited.add(pool)
            where = where.elsewhere(pool, how, any_level=any_level)
            found = where if where.turn else where.widened()
    if found is None or found.turn is None:
        # It waits for everybody who will count, and so for those by whom the levels are widened, too.
        here = case.widest()
        return nobody(replace(here, notes=(*here.notes, *missing)), here if where is case else where.widest())
    turn = found.turn
    rep = case.crew.reps[turn.chosen]
    alone, narrowed = turn.rule is Rule.ALONE, found.narrowed
    sentence = words.by_turn(
        case.facts, case.placed, found.pool, found.overflow, how=found.how, alone=alone, narrowed=narrowed
    )
    passed = [f"nobody in {pool} could be offered it" for pool in found.overflow]
    return chosen(found, rep, sentence, [turn.because, *passed, found.how, *missing], turn)


def _further(case: Case) -> Iterator[tuple[str, str, bool]]:
    """List the pools that are asked after the case's own: why, and whether anybody's level will do there."""
    for pool in case.placed.overflow:
        yield pool, "", False
    for pool in case.order.pools:
        yield pool, "the ladder has widened the search", True
    for pool in case.sun:
        yield pool, "nobody is on shift before it is due, so it follows the sun", False


def _by_backup(case: Case) -> Choice:
    """Give it to the reserved backup, else to the one whom the roster names for the owner, else as any other."""
    owner_id = _covered_for(case)
    owner = case.crew.reps.get(owner_id) if owner_id else None
    # Whoever covers for somebody whose lead it is by a tie is asked no more than they were.
    lifted = FITNESS if any(claim.rep_id == owner_id for claim in _claims(case)) else OF_ANY_LEVEL
    for name in dict.fromkeys([case.order.backup, owner.backup if owner else None]):
        if name is None:
            continue
        backup = case.crew.reps.get(name)
        if backup is None:
            case = replace(case, notes=(*case.notes, f"{name}, the backup, is not in the roster any more"))
            continue
        against = case.against(backup, lifted)
        case = replace(case, aside=(*case.aside, Looked(backup, against)))
        if not against:
            because = f"{backup.id} is the backup of {owner_id}" if owner_id else f"{backup.id} is the backup"
            turn, told = case.charged(backup, Charged.BACKUP)
            sentence = words.as_backup(case.facts, case.placed, owner)
            return chosen(case, backup, sentence, [because, told], turn, lifted)
    case, outcome = settle(case)
    return _by_tie(case, outcome) if outcome is not None else _by_turn(case)


def _covered_for(case: Case) -> str | None:
    """Name whose backup is asked: who holds the lead, else who was asked last."""
    return case.order.holder or next(reversed(case.order.asked), None)


def _had_by_way(case: Case) -> bool:
    """Say whether the lead was theirs by its way (`via`) whose backup is asked now."""
    via, owner_id = case.placed.via, _covered_for(case)
    return via is not None and any(claim.told == via.value and claim.rep_id == owner_id for claim in _claims(case))


def _claims(case: Case) -> Iterator[Claim]:
    return (claim for claim in claims(case) if isinstance(claim, Claim))
