"""Who gets the lead: rules to a pool, its members one by one, whose turn it is, and who covers (R9-R29).

The same inputs give the same answer. The machine never chooses somebody with a reason against them, and never asks
the same person twice; a human may overrule every reason but one (who is inactive is gone), and it is recorded. This
room refuses to charge turns, to take the lead from anybody and to know what time it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches

from models.decisions import Score
from models.explanation import RoutingTrace
from models.facts import LeadFacts
from models.ladder import Target
from models.lead import Touch
from models.orders import AssignLead
from models.roster import Person, Rep, Roster, Team
from policy import routing_words as words
from policy.availability import FOR_GOOD, Against, next_available_at
from policy.compiled import CompiledPolicy
from policy.crew import calendar_of, rep_of, team_of
from policy.fairness import Rule, Turn
from policy.routing_case import Case, Looked, open_case
from policy.situation import Situation

_SOONEST = timedelta(seconds=1)  # a `recheck` of nothing must not look at a full pool for ever at one instant
_AWAY = frozenset({Against.ON_LEAVE, Against.OFF_HOURS})


@dataclass(frozen=True, slots=True)
class Chosen:
    """One person gets the lead.

    `turn` is None when nobody's turn is charged: for a reserved backup, and for a human's wish. `rule` is None for
    the default pool. `weights` are those of the pool's members who were eligible.
    """

    rep_id: str
    rep_name: str
    team: str | None
    region: str | None
    manager_id: str | None
    backup_id: str | None
    pool: str
    rule: str | None
    sentence: str
    turn: Turn | None
    weights: Mapping[str, int]
    trace: RoutingTrace


@dataclass(frozen=True, slots=True)
class Waits:
    """Nobody holds it and nobody may be offered it before `until`, when it is to be looked at again."""

    until: datetime
    because: str
    pool: str
    manager_id: str | None
    trace: RoutingTrace


@dataclass(frozen=True, slots=True)
class NoOne:
    """Nobody (else) may be offered it; who holds it, if anybody, keeps it."""

    because: str
    manager_id: str | None
    trace: RoutingTrace


@dataclass(frozen=True, slots=True)
class Impossible:
    """A person asked for something that cannot be."""

    because: str


Choice = Chosen | Waits | NoOne | Impossible


def choose(
    compiled: CompiledPolicy,
    facts: LeadFacts,
    score: Score,
    order: AssignLead,
    situation: Situation,
    touches: Sequence[Touch] = (),
) -> Choice:
    """Decide who gets the lead in a situation, or why nobody does.

    `touches` are what rules may look at beside the facts and the score.
    """
    case = open_case(compiled, facts, score, order, situation, touches)
    if order.to is Target.NAMED:
        return _named(case)
    if case.pool not in case.roster.pools:
        by = f"rule {case.placed.rule}" if case.placed.rule else "routing.default_pool"
        return _no_one(case, f"{by} sends it to pool {case.pool!r}, which the roster does not have")
    if order.to is Target.BACKUP:
        return _by_backup(case)
    return _by_turn(case)


def _by_turn(case: Case) -> Choice:
    turn = case.next_turn()
    if turn is None:
        wider = case.widened()
        return _by_turn(wider) if wider else _nobody(case)
    rep = next(one.rep for one in case.looked if one.rep.id == turn.chosen)
    sentence = words.by_turn(case.facts, case.placed.rule, case.pool, alone=turn.rule is Rule.ALONE)
    return _chosen(case, rep, sentence, [turn.because], turn)


def _by_backup(case: Case) -> Choice:
    """Give it to the reserved backup, else to the one whom the roster names for the owner, else in rotation."""
    owner_id = case.order.holder or next(reversed(case.order.asked), None)
    owner = rep_of(case.roster, owner_id) if owner_id else None
    for name in dict.fromkeys([case.order.backup, owner.backup if owner else None]):
        if name is None:
            continue
        backup = rep_of(case.roster, name)
        if backup is None:
            case = replace(case, notes=(*case.notes, f"{name}, the backup, is not in the roster any more"))
            continue
        against = case.against(backup, any_level=True)
        case = replace(case, aside=(*case.aside, Looked(backup, against)))
        if not against:
            because = f"{backup.id} is the backup of {owner_id}" if owner_id else f"{backup.id} is the backup"
            return _chosen(case, backup, words.as_backup(case.facts, case.placed.rule, owner), [because])
    return _by_turn(case)


def _named(case: Case) -> Chosen | Impossible:
    """Give it to whom a human named, whatever speaks against it, and say what was overruled."""
    order, roster = case.order, case.roster
    if order.rep_id is None:
        return Impossible("nobody was named: say who is to get the lead")
    themselves = order.accepted or order.by == order.rep_id
    by = None if themselves else _name_of(roster, order.by)
    how = f"{order.rep_id} took it" if themselves else f"{order.by or 'somebody'} gave it to {order.rep_id}"
    rep = rep_of(roster, order.rep_id)
    if rep is None:
        return _to_manager(case, order.rep_id, by, how)
    if not rep.active:
        return Impossible(f"{rep.id} is inactive and gets no leads")
    against = case.against(rep)
    overruled = [f"overruling: {', '.join(one.says for one in against)}"] if against else []
    case = replace(case, aside=(Looked(rep, against),))
    return _chosen(case, rep, words.by_hand(case.facts, by, against), [how, *overruled])


def _to_manager(case: Case, person_id: str, by: str | None, how: str) -> Chosen | Impossible:
    manager = next((one for one in case.roster.managers if one.id == person_id), None)
    if manager is None:
        known = [person.id for person in [*case.roster.reps, *case.roster.managers]]
        near = get_close_matches(person_id, known, n=1)
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
        trace=case.trace([how], manager.id),
    )


def _chosen(case: Case, rep: Rep, sentence: str, because: Sequence[str], charged: Turn | None = None) -> Chosen:
    team = team_of(case.roster, rep)
    turn = charged or case.next_turn()
    backup = _backup(case, rep, turn.order if turn else ())
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
        trace=case.trace(because, rep.id, backup),
    )


def _backup(case: Case, chosen: Rep, order: Iterable[str]) -> str | None:
    """Reserve who covers: the chosen rep's named backup if they can be asked soon, else who would be next."""
    named = rep_of(case.roster, chosen.backup) if chosen.backup else None
    if named and not FOR_GOOD & {one.kind for one in case.against(named, any_level=True)}:
        there_at = next_available_at(named, calendar_of(case.roster, named), case.at)
        if there_at is not None and there_at - case.at <= case.compiled.policy.routing.hold_at_most:
            return named.id
    return next((rep_id for rep_id in order if rep_id != chosen.id), None)


def _nobody(case: Case) -> Waits | NoOne:
    """Say why nobody is eligible, and whether waiting helps."""
    members = {one.rep.id: one for one in (*case.looked, *case.aside) if one.rep.id != case.order.holder}
    why = words.against_each((rep_id, one.against[0]) for rep_id, one in members.items())
    held = case.order.holder is not None
    if not members:
        return _no_one(case, f"nobody {'else ' if held else ''}is in {case.pool}")
    if held:
        away = all(one.against[0].kind in _AWAY for one in members.values())
        return _no_one(case, f"nobody else {'is on shift' if away else 'may be offered it'}: {why}")
    until = min(filter(None, (_looked_at_again(case, one) for one in case.looked)), default=None)
    hold = case.compiled.policy.routing.hold_at_most
    if until is None:
        return _no_one(case, f"nobody in {case.pool} may be offered it: {why}")
    if until - case.at > hold:
        return _no_one(case, f"nobody in {case.pool} may be offered it within {words.span(hold)}: {why}")
    because = f"nobody in {case.pool} may be offered it now: {why}"
    return Waits(until, because, case.pool, _manager(case), case.trace([because]))


def _looked_at_again(case: Case, one: Looked) -> datetime | None:
    """Say when it is worth asking again about somebody; None when it never is."""
    if FOR_GOOD & {objection.kind for objection in one.against}:
        return None
    there_at = next_available_at(one.rep, calendar_of(case.roster, one.rep), case.at)
    if there_at is None or there_at > case.at:
        return there_at
    return case.at + max(case.compiled.policy.routing.recheck, _SOONEST)


def _no_one(case: Case, because: str) -> NoOne:
    return NoOne(because, _manager(case), case.trace([because]))


def _manager(case: Case) -> str | None:
    """Say who hears of it: the holder's manager, else the pool's, else who answers for triage."""
    holder = rep_of(case.roster, case.order.holder) if case.order.holder else None
    pool = case.roster.pools.get(case.pool)
    teams: list[Team] = [team_of(case.roster, holder)] if holder else []
    teams += [team for team in case.roster.teams if pool and team.id == pool.team]
    teams += [team_of(case.roster, one.rep) for one in case.looked]
    return teams[0].manager if teams else case.compiled.policy.triage.answerable


def _name_of(roster: Roster, person_id: str | None) -> str:
    people: list[Person] = [*roster.reps, *roster.managers]
    return next((person.name for person in people if person.id == person_id), person_id or "Somebody")
