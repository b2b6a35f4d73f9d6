"""Who gets the lead: ties, rules to a pool, its members one by one, whose turn it is, and who covers (R9-R29).

The same inputs give the same answer. The machine never chooses somebody with a reason against them, and never asks
the same person twice; a human may overrule every reason but one (who is inactive is gone), and it is recorded. This
room refuses to charge turns, to take the lead from anybody and to know what time it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches

from models.decisions import Score
from models.facts import LeadFacts
from models.ladder import Target
from models.lead import Touch
from models.orders import AssignLead
from models.roster import Rep
from models.routing import Charged, Tied
from policy.compiled import CompiledPolicy
from policy.fairness import Rule, Turn
from policy.routing import words
from policy.routing.availability import FITNESS, FOR_GOOD, Against, next_available_at
from policy.routing.case import Case, Looked
from policy.routing.choices import Choice, Chosen, Impossible, NoOne, Waits
from policy.routing.claims import Claim, claims
from policy.routing.nobody import no_one, nobody
from policy.routing.opening import open_case
from policy.routing.situation import Situation
from policy.routing.ties import Belongs, Kept, settle
from policy.routing.trace import trace_of

_OF_ANY_LEVEL = frozenset({Against.LEVEL})


__all__ = ["Choice", "Chosen", "Impossible", "NoOne", "Waits", "choose"]


def choose(
    compiled: CompiledPolicy,
    facts: LeadFacts,
    score: Score,
    order: AssignLead,
    situation: Situation,
    touches: Sequence[Touch] = (),
    *,
    whole: bool = True,
) -> Choice:
    """Decide who gets the lead in a situation, or why nobody does.

    `touches` are what rules may look at beside the facts and the score. Not `whole`: the same choice, its trace
    without the facts and, where somebody is chosen, without who else was looked at.
    """
    case = open_case(compiled, facts, score, order, situation, touches, whole=whole)
    if order.to is Target.NAMED:
        return _named(case)
    # The owner of a named account goes before every backup: while they can be asked, the machine asks nobody else.
    # But a matter that a way gives to somebody else (a renewal) was never the owner's, so whoever covers goes first.
    if order.to is not Target.BACKUP or not _had_by_way(case):
        case, outcome = settle(case, Tied.NAMED_ACCOUNT if order.to is Target.BACKUP else None)
        if outcome is not None:
            return _by_tie(case, outcome)
    if case.rotation is None:
        return no_one(case, f"{case.placed.sender} sends it to pool {case.pool!r}, which the roster does not have")
    return _by_backup(case) if order.to is Target.BACKUP else _by_turn(case)


def _by_tie(case: Case, outcome: Belongs | Kept) -> Choice:
    if isinstance(outcome, Kept):
        manager = case.crew.team(outcome.rep).manager
        return Waits(outcome.until, outcome.because, None, manager, trace_of(case, [outcome.because]), outcome.rep.id)
    claim, rep, owner = outcome.claim, outcome.rep, outcome.covers
    turn, told = case.charged(rep, Charged.BACKUP if owner else Charged.TIE)
    if owner is None:
        return _chosen(case, rep, words.by_tie(case.facts, claim.says), [claim.because, told], turn, FITNESS)
    because = f"{claim.because}, and {outcome.why}"
    sentence = words.as_cover(case.facts, because, owner)
    return _chosen(case, rep, sentence, [because, f"{rep.id} is the backup of {owner.id}", told], turn, FITNESS)


def _by_turn(case: Case) -> Choice:
    """Ask the pool, then more of it, then the pools that take over, each in the same way."""
    where, found = case, case if case.turn else case.widened()
    missing = []
    for pool in dict.fromkeys(case.placed.overflow):
        if found is not None:
            break
        if pool not in case.roster.pools:
            missing.append(f"the roster has no pool {pool}")
        elif pool not in (case.pool, *where.overflow):
            where = where.elsewhere(pool)
            found = where if where.turn else where.widened()
    if found is None or found.turn is None:
        # It waits for everybody who will count, and so for those by whom the levels are widened, too.
        here = case.widest()
        return nobody(replace(here, notes=(*here.notes, *missing)), here if where is case else where.widest())
    turn = found.turn
    rep = case.crew.reps[turn.chosen]
    alone, narrowed = turn.rule is Rule.ALONE, found.narrowed
    sentence = words.by_turn(case.facts, case.placed, found.pool, found.overflow, alone=alone, narrowed=narrowed)
    passed = [f"nobody in {pool} could be offered it" for pool in found.overflow]
    return _chosen(found, rep, sentence, [turn.because, *passed, *missing], turn)


def _by_backup(case: Case) -> Choice:
    """Give it to the reserved backup, else to the one whom the roster names for the owner, else as any other."""
    owner_id = _covered_for(case)
    owner = case.crew.reps.get(owner_id) if owner_id else None
    # Whoever covers for somebody whose lead it is by a tie is asked no more than they were.
    lifted = FITNESS if any(claim.rep_id == owner_id for claim in _claims(case)) else _OF_ANY_LEVEL
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
            return _chosen(case, backup, sentence, [because, told], turn, lifted)
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


def _named(case: Case) -> Chosen | Impossible:
    """Give it to whom a human named, whatever speaks against it, and say what was overruled."""
    order = case.order
    if order.rep_id is None:
        return Impossible("nobody was named: say who is to get the lead")
    themselves = order.accepted or order.by == order.rep_id
    by = None if themselves else _name_of(case, order.by)
    how = f"{order.rep_id} took it" if themselves else f"{order.by or 'somebody'} gave it to {order.rep_id}"
    rep = case.crew.reps.get(order.rep_id)
    if rep is None:
        return _to_manager(case, order.rep_id, by, how)
    if not rep.active:
        return Impossible(f"{rep.id} is inactive and gets no leads")
    against = case.against(rep)
    overruled = [f"overruling: {', '.join(one.says for one in against)}"] if against else []
    case = replace(case, aside=(Looked(rep, against),))
    return _chosen(case, rep, words.by_hand(case.facts, by, against), [how, *overruled])


def _to_manager(case: Case, person_id: str, by: str | None, how: str) -> Chosen | Impossible:
    manager = case.crew.people.get(person_id)
    if manager is None:
        near = get_close_matches(person_id, case.crew.people, n=1)
        return Impossible(f"unknown rep {person_id!r}" + (f", did you mean {near[0]!r}?" if near else ""))
    team = next((team for team in case.roster.teams if team.manager == manager.id), None)
    return Chosen(
        rep_id=manager.id,
        rep_name=manager.name,
        team=team.id if team else None,
        region=team.region if team else None,
        manager_id=manager.id,
        backup_id=None,
        pool=case.pool,
        rule=case.placed.rule,
        sentence=words.by_hand(case.facts, by, ()),
        turn=None,
        weights=case.weights,
        trace=trace_of(case, [how], manager.id),
    )


def _chosen(
    case: Case,
    rep: Rep,
    sentence: str,
    because: Sequence[str],
    charged: Turn | None = None,
    lifted: frozenset[Against] = _OF_ANY_LEVEL,
) -> Chosen:
    team = case.crew.team(rep)
    backup = _backup(case, rep, lifted)
    return Chosen(
        rep_id=rep.id,
        rep_name=rep.name,
        team=team.id,
        region=team.region,
        manager_id=team.manager,
        backup_id=backup,
        pool=case.pool,
        rule=case.placed.rule,
        sentence=sentence,
        turn=charged,
        weights=case.weights,
        trace=trace_of(case, because, rep.id, backup),
        tie=case.tie,
        places=case.places,
    )


def _backup(case: Case, chosen: Rep, lifted: frozenset[Against]) -> str | None:
    """Reserve who covers: the chosen rep's named backup if they can be asked soon, else who would be next."""
    named = case.crew.reps.get(chosen.backup) if chosen.backup else None
    if named and FOR_GOOD.isdisjoint(one.kind for one in case.against(named, lifted)):
        there_at = next_available_at(named, case.crew.calendar(named), case.at)
        if there_at is not None and there_at - case.at <= case.compiled.policy.routing.hold_at_most:
            return named.id
    return next((rep_id for rep_id in case.in_turn if rep_id != chosen.id), None)


def _name_of(case: Case, person_id: str | None) -> str:
    person = case.crew.people.get(person_id) if person_id else None
    return person.name if person else person_id or "Somebody"
