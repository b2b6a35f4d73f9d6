"""Whether a policy and a roster speak of the same people, pools, rotas and rooms: checked before they are used (R23).

This room refuses to choose which of the two is right.
"""

from collections.abc import Collection, Iterator
from enum import StrEnum

from models.base import Problem
from models.ladder import Target
from models.policy import Policy
from models.roster import Roster
from models.sla import RungRule
from policy.reporting import chief_of
from policy.spelling import did_you_mean

_HINTS = 20
"""So many unknown names get a hint what was meant: looking for one is slow, and nobody reads more."""


class _Noun(StrEnum):
    """What a name in a policy names."""

    POOL = "pool"
    PERSON = "person"
    REP = "rep"
    ROTA = "rota"
    ROOM = "room"
    ON_CALL = "rota or person"


_Named = tuple[str, str | None, _Noun]


def disagreements(policy: Policy, roster: Roster) -> tuple[Problem, ...]:
    """List what the policy names and the roster does not have: pools, people who answer, reps, rotas and rooms."""
    reps = {rep.id: None for rep in roster.reps}
    people = {person.id: None for person in roster.managers} | reps
    known: dict[_Noun, Collection[str]] = {
        _Noun.POOL: roster.pools,
        _Noun.REP: reps,
        _Noun.PERSON: people,
        _Noun.ROTA: roster.rotas,
        _Noun.ROOM: {room.id: None for room in roster.rooms},
        _Noun.ON_CALL: {**roster.rotas, **people},
    }
    named = [*_pools(policy), *_people(policy), *_accounts(policy), *_promises(policy)]
    wrong = [(key, name, noun) for key, name, noun in named if name is not None and name not in known[noun]]
    return tuple(
        Problem(field=key, what=_unknown(name, known[noun], noun, number < _HINTS))
        for number, (key, name, noun) in enumerate(wrong)
    )


def doubts(policy: Policy, roster: Roster) -> Iterator[str]:
    """Find what a policy and a roster can do together, and whoever writes them ought to know."""
    if any(chief_of(roster, team.manager) is not None for team in roster.teams):
        return
    for key, rung in _rungs(policy):
        if rung.to is Target.MANAGERS_MANAGER:
            yield f"{key} goes to the manager's manager, and no manager has one: the manager is told instead"


def _pools(policy: Policy) -> Iterator[_Named]:
    for place, way in enumerate(policy.ways):
        yield f"ways[{place}].pool", way.pool, _Noun.POOL
    for place, rule in enumerate(policy.routing.rules):
        yield f"routing.rules[{place}].pool", rule.pool, _Noun.POOL
        for number, pool in enumerate(rule.overflow):
            yield f"routing.rules[{place}].overflow[{number}]", pool, _Noun.POOL
    yield "routing.default_pool", policy.routing.default_pool, _Noun.POOL
    for number, pool in enumerate(policy.routing.overflow):
        yield f"routing.overflow[{number}]", pool, _Noun.POOL


def _people(policy: Policy) -> Iterator[_Named]:
    yield "triage.answerable", policy.triage.answerable, _Noun.PERSON
    yield "review.answerable", policy.review.answerable, _Noun.PERSON
    yield "nurture.answerable", policy.nurture.answerable, _Noun.PERSON
    for place, way in enumerate(policy.ways):
        yield f"ways[{place}].answerable", way.answerable, _Noun.PERSON
    for region, territory in policy.territories.items():
        yield f"territories.{region}.owner", territory.owner, _Noun.PERSON
    for place, segment in enumerate(policy.segments):
        yield f"segments[{place}].owner", segment.owner, _Noun.PERSON


def _accounts(policy: Policy) -> Iterator[_Named]:
    for place, account in enumerate(policy.accounts):
        yield f"accounts[{place}].owner", account.owner, _Noun.REP
        yield f"accounts[{place}].relationship", account.relationship, _Noun.REP
        yield f"accounts[{place}].success", account.success, _Noun.REP


def _promises(policy: Policy) -> Iterator[_Named]:
    for key, rung in _rungs(policy):
        if rung.to in _NAMED:
            yield f"{key}.who", rung.who, _NAMED[rung.to]
        for number, pool in enumerate(rung.pools):
            yield f"{key}.pools[{number}]", pool, _Noun.POOL
    for place, one in enumerate(policy.sla):
        yield f"sla[{place}].late.who", one.late.who, _Noun.ON_CALL
        for number, pool in enumerate(one.late.pools):
            yield f"sla[{place}].late.pools[{number}]", pool, _Noun.POOL


_NAMED = {Target.PERSON: _Noun.PERSON, Target.ON_DUTY: _Noun.ROTA, Target.ROOM: _Noun.ROOM}


def _rungs(policy: Policy) -> Iterator[tuple[str, RungRule]]:
    for place, one in enumerate(policy.sla):
        for part, rungs in (("ladder", one.ladder), ("contact", one.contact)):
            yield from ((f"sla[{place}].{part}[{number}]", rung) for number, rung in enumerate(rungs))


def _unknown(name: str, known: Collection[str], noun: _Noun, hinted: bool) -> str:
    what = f"the roster has no {noun} {name}"
    if not hinted:
        return what
    return what + (did_you_mean(name, known) or f"; it has {_listed(known)}")


def _listed(known: Collection[str]) -> str:
    names = sorted(known)
    more = f" and {len(names) - _HINTS} more" if len(names) > _HINTS else ""
    return ", ".join(names[:_HINTS]) + more or "none"
