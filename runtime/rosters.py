"""Taking a whole roster over, for every door: what changes for whom, and what the published policy misses in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from config.load import read_policy
from models.roster import Roster
from policy.agreement import disagreements
from policy.reach import unreachable
from runtime.store import Store


@dataclass(frozen=True, slots=True)
class RosterChange:
    """Who is new, who is inactive from now on, and what one may want to mend.

    `warnings`: gaps between the published policy and the roster, and channels that somebody has no address for.
    """

    new: Sequence[str]
    inactive: Sequence[str]
    warnings: Sequence[str]


async def take_over(store: Store, roster: Roster, *, at: datetime) -> RosterChange:
    """Save a roster whole; held leads are looked at again. Raises `Refused`, with nothing changed."""
    before = await store.rosters.load()
    await store.rosters.save(roster, at=at)
    active = await store.policies.active()
    gaps = disagreements(read_policy(active.text, active.version)[0], roster) if active else ()
    known = {rep.id: rep.active for rep in before.reps} if before else {}
    listed = {rep.id for rep in roster.reps}
    return RosterChange(
        new=sorted(listed - known.keys()),
        inactive=sorted(rep for rep, here in known.items() if here and rep not in listed),
        warnings=[*(f"the published policy's {gap}" for gap in gaps), *map(str, unreachable(roster))],
    )
