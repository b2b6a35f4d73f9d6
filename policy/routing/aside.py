"""Who lets offers run out again and again, and is offered nothing for a while (R32).

Set aside is whoever missed `misses` offers within `within`, for `lasts` from the last of them on; each further miss
that is one too many again begins it anew. This room refuses to say which offers ran out: it is handed their instants.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from models.routing import AsideRule
from policy.routing.availability import Against, Objection
from policy.routing.crew import Crew
from policy.routing.moments import until
from policy.routing.situation import Situation
from policy.routing.words import span


class Aside(NamedTuple):
    """Until when somebody is set aside, and what is said of it."""

    ends_at: datetime
    objection: Objection


NOBODY: Mapping[str, Aside] = {}
"""Nobody is set aside."""


def set_aside(rule: AsideRule | None, crew: Crew, situation: Situation) -> Mapping[str, Aside]:
    """Find everybody who is set aside at the instant of a situation, by id; nobody where no rule says so."""
    if rule is None or not situation.misses:
        return NOBODY
    found = {
        rep_id: aside_of(rule, crew.calendar(crew.reps[rep_id]).tz, misses, situation.at)
        for rep_id, misses in situation.misses.items()
        if rep_id in crew.reps
    }
    return {rep_id: aside for rep_id, aside in found.items() if aside is not None}


def aside_of(rule: AsideRule, tz: str, misses: Sequence[datetime], at: datetime) -> Aside | None:
    """Say whether somebody is set aside at `at` by what they missed, and until when, in words of the zone `tz`."""
    one_too_many = (
        last
        for place, last in enumerate(misses)
        if place + 1 >= rule.misses and last - misses[place + 1 - rule.misses] <= rule.within
    )
    last = max(one_too_many, default=None)
    if last is None or at >= last + rule.lasts:
        return None
    count = sum(last - rule.within <= one <= last for one in misses)
    ran_out = f"{count} offer{'' if count == 1 else 's'} ran out within {span(rule.within)}"
    ends_at = last + rule.lasts
    return Aside(ends_at, Objection(Against.ASIDE, f"set aside {until(ends_at, tz, at)} ({ran_out})"))
