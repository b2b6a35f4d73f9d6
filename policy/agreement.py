"""Whether a policy and a roster speak of the same people and pools: checked before either is published (R23).

This room refuses to choose which of the two is right.
"""

from collections.abc import Collection, Iterator
from enum import StrEnum

from models.base import Problem
from models.policy import Policy
from models.roster import Roster
from policy.spelling import did_you_mean

_HINTS = 20
"""So many unknown names get a hint what was meant: looking for one is slow, and nobody reads more."""


class _Noun(StrEnum):
    """What a name in a policy names."""

    POOL = "pool"
    PERSON = "person"
    REP = "rep"


_Named = tuple[str, str | None, _Noun]


def disagreements(policy: Policy, roster: Roster) -> tuple[Problem, ...]:
    """List what the policy names and the roster does not have: pools, people who answer, and reps leads belong to."""
    reps = {rep.id: None for rep in roster.reps}
    known: dict[_Noun, Collection[str]] = {
        _Noun.POOL: roster.pools,
        _Noun.REP: reps,
        _Noun.PERSON: {person.id: None for person in roster.managers} | reps,
    }
    named = [*_pools(policy), *_people(policy), *_accounts(policy)]
    wrong = [(key, name, noun) for key, name, noun in named if name is not None and name not in known[noun]]
    return tuple(
        Problem(field=key, what=_unknown(name, known[noun], noun, number < _HINTS))
        for number, (key, name, noun) in enumerate(wrong)
    )


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


def _unknown(name: str, known: Collection[str], noun: _Noun, hinted: bool) -> str:
    what = f"the roster has no {noun} {name}"
    if not hinted:
        return what
    return what + (did_you_mean(name, known) or f"; it has {_listed(known)}")


def _listed(known: Collection[str]) -> str:
    names = sorted(known)
    more = f" and {len(names) - _HINTS} more" if len(names) > _HINTS else ""
    return ", ".join(names[:_HINTS]) + more or "none"
