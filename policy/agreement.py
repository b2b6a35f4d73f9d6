"""Whether a policy and a roster speak of the same people and pools: checked before either is published (R23).

This room refuses to choose which of the two is right.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from models.base import Problem
from models.policy import Policy
from models.roster import Roster


def disagreements(policy: Policy, roster: Roster) -> tuple[Problem, ...]:
    """List what the policy names and the roster does not have: pools, and people who are answerable."""
    people = [person.id for person in [*roster.managers, *roster.reps]]
    wanted = [
        *((key, pool, list(roster.pools), "pool") for key, pool in _pools(policy)),
        *((key, person, people, "person") for key, person in _people(policy)),
    ]
    return tuple(
        Problem(field=key, what=_unknown(name, known, noun)) for key, name, known, noun in wanted if name not in known
    )


def _pools(policy: Policy) -> Iterator[tuple[str, str]]:
    for place, rule in enumerate(policy.routing.rules):
        yield f"routing.rules[{place}].pool", rule.pool
    yield "routing.default_pool", policy.routing.default_pool


def _people(policy: Policy) -> Iterator[tuple[str, str]]:
    named = {
        "triage.answerable": policy.triage.answerable,
        "review.answerable": policy.review.answerable,
        "nurture.answerable": policy.nurture.answerable,
        **{f"ways[{place}].answerable": way.answerable for place, way in enumerate(policy.ways)},
    }
    yield from ((key, person) for key, person in named.items() if person is not None)


def _unknown(name: str, known: list[str], noun: str) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(known)) or 'none'}"
    return f"the roster has no {noun} {name}; {hint}"
