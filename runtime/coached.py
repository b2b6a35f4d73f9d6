"""The coaching list for every door: what became of each rep's offers, by which rule, and who is set aside (R32)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.coaching import Tally
from models.policy import CoachingRule
from models.roster import Roster
from policy.routing.aside import Aside
from runtime.presence import policy_in, set_aside
from runtime.store import Store


@dataclass(frozen=True, slots=True)
class Listed:
    """What became of the offers made to each rep since an instant, by which rule, and who is set aside now."""

    since: datetime
    rule: CoachingRule
    tallies: Sequence[Tally]
    aside: Mapping[str, Aside]

    def to_coach(self, one: Tally) -> bool:
        """Say whether the policy counts a rep as somebody to coach."""
        return one.missed >= self.rule.misses


async def coached(store: Store, roster: Roster, at: datetime, within: timedelta | None = None) -> Listed:
    """List what became of the offers within a while; left out: the policy's. Raises `DatabaseUnreachable`."""
    policy = await policy_in(store)
    rule = policy.coaching if policy else CoachingRule()
    since = at - (rule.within if within is None else within)
    return Listed(since, rule, await store.coaching.tallies(since, at), await set_aside(store, roster, at))
