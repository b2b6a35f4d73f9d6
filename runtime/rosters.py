"""Taking a whole roster over, for every door: what changes for whom, and what the published policy misses in it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from db.reconsidering import changes
from db.rosters import NO_ROSTER, RosterChanged
from db.tables.words import Holds
from models.roster import Roster, TimeOff
from policy.agreement import disagreements
from policy.reach import unreachable
from policy.routing.crew import crew_of
from runtime.presence import policy_in
from runtime.store import Store

MOST_WAITING = 1000
"""So many leads that wait for one person are counted."""


@dataclass(frozen=True, slots=True)
class RosterChange:
    """Who is new, who is inactive from now on, and what one may want to mend.

    `warnings`: gaps between the published policy and the roster, and channels that somebody has no address for.
    """

    new: Sequence[str]
    inactive: Sequence[str]
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True)
class Leaving:
    """One rep who would be offered nothing more, with how many leads they are asked about, have taken, are in touch."""

    rep_id: str
    offered: int
    taken: int
    contacted: int

    @property
    def held(self) -> int:
        """Count all that they hold."""
        return self.offered + self.taken + self.contacted


@dataclass(frozen=True, slots=True)
class Recounted:
    """One rep whose promises would be counted again, why (`'s hours changed`), and of how many leads."""

    rep_id: str
    because: str
    leads: int


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who would be no manager any more while leads wait for their word."""

    person_id: str
    waiting: int


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What taking a roster over would mean, in the order in which it is told.

    `gaps`: what the published policy names and this roster has not, while the present one has it. `out_of`: who would
    be in a pool no more, as (pool, rep), and settle with those who stay. `warnings`: as those of `RosterChange`,
    without the gaps. `deserted`: pools in which nobody active would be, and somebody is, or that are new.
    """

    new: Sequence[str]
    leaving: Sequence[Leaving]
    recounted: Sequence[Recounted]
    left: Sequence[Left]
    out_of: Sequence[tuple[str, str]]
    gaps: Sequence[str]
    warnings: Sequence[str]
    deserted: Sequence[str] = ()

    @property
    def loses(self) -> bool:
        """Say whether leads lose somebody, or something, that they depend on: that has to be said first."""
        return bool(self.gaps or self.left or self.deserted or any(one.held for one in self.leaving))

    @property
    def calm(self) -> bool:
        """Say whether it means nothing for any lead in flight."""
        return not (self.loses or self.recounted or self.leaving or self.out_of)


async def take_over(store: Store, roster: Roster, *, at: datetime, instead_of: str | None = None) -> RosterChange:
    """Save a roster whole; held leads are looked at again. Raises `Refused` and `RosterChanged`, with nothing changed.

    `instead_of`: the digest of the roster that it was made from (`Rosters.file`).
    """
    before = await store.rosters.load()
    await store.rosters.save(roster, at=at, instead_of=instead_of)
    known = {rep.id: rep.active for rep in before.reps} if before else {}
    listed = {rep.id for rep in roster.reps}
    return RosterChange(
        new=sorted(listed - known.keys()),
        inactive=sorted(rep for rep, here in known.items() if here and rep not in listed),
        warnings=[*await gaps_in(store, roster), *map(str, unreachable(roster))],
    )


async def gaps_in(store: Store, roster: Roster) -> list[str]:
    """List what the published policy names and a roster has not."""
    policy = await policy_in(store)
    return [f"the published policy's {gap}" for gap in (disagreements(policy, roster) if policy else ())]


async def foresee(store: Store, roster: Roster, *, instead_of: str) -> Foreseen:
    """Say what taking a roster over would mean. Raises `RosterChanged`, as `take_over` would."""
    file, before = await store.rosters.file(), await store.rosters.load()
    if (file.digest if file else NO_ROSTER) != instead_of:
        raise RosterChanged("somebody changed the roster meanwhile")
    if file is None or before is None:
        gaps = await gaps_in(store, roster)
        new, unheard = [rep.id for rep in roster.reps], list(map(str, unreachable(roster)))
        return Foreseen(new, (), (), (), (), gaps, unheard, _deserted(roster))
    after = _with_what_stays(roster, file.roster, before)
    known = {rep.id: rep.active for rep in before.reps}
    here = {rep.id for rep in roster.reps if rep.active}
    missed = set(await gaps_in(store, before))
    return Foreseen(
        new=[rep.id for rep in roster.reps if rep.id not in known],
        leaving=[await _leaving(store, one) for one in sorted(known) if known[one] and one not in here],
        recounted=await _recounted(store, before, after, {one for one in known if known[one] and one not in here}),
        left=[one async for one in _left(store, before, roster)],
        out_of=_out_of(before, roster),
        gaps=[gap for gap in await gaps_in(store, roster) if gap not in missed],
        warnings=list(map(str, unreachable(roster))),
        deserted=[pool for pool in _deserted(roster) if pool not in _deserted(before)],
    )


def _with_what_stays(roster: Roster, file: Roster, before: Roster) -> Roster:
    """Add the time off that was noted elsewhere, which no file takes back."""
    said = {rep.id: rep.time_off for rep in file.reps}
    noted: dict[str, list[TimeOff]] = {
        rep.id: [one for one in rep.time_off if one not in said.get(rep.id, [])] for rep in before.reps
    }
    reps = [rep.model_copy(update={"time_off": [*noted.get(rep.id, []), *rep.time_off]}) for rep in roster.reps]
    return roster.model_copy(update={"reps": reps})


async def _leaving(store: Store, rep_id: str) -> Leaving:
    held = [one.state for one in await store.handovers.held_by(rep_id)]
    return Leaving(rep_id, held.count(Holds.OFFERED), held.count(Holds.ACCEPTED), held.count(Holds.CONTACTED))


async def _recounted(store: Store, before: Roster, after: Roster, leaving: set[str]) -> list[Recounted]:
    changed = {rep: what for rep, what in changes(before, after).items() if rep not in leaving}
    hands = await store.desks.hands(changed)
    return [
        Recounted(rep, changed[rep].because.removeprefix(rep), one.offered + one.taken)
        for rep, one in sorted(hands.items())
    ]


async def _left(store: Store, before: Roster, after: Roster) -> AsyncIterator[Left]:
    people = {one.id for one in (*after.managers, *after.reps)}
    for person in (*before.managers, *(rep for rep in before.reps if rep.active)):
        if person.id not in people and (waiting := await store.desks.waiting_for(person.id, most=MOST_WAITING)):
            yield Left(person.id, len(waiting))


def _out_of(before: Roster, after: Roster) -> list[tuple[str, str]]:
    return sorted(_members(before) - _members(after))


def _deserted(roster: Roster) -> list[str]:
    peopled = {pool for pool, _ in _members(roster)}
    return [pool for pool in roster.pools if pool not in peopled]


def _members(roster: Roster) -> set[tuple[str, str]]:
    crew = crew_of(roster)
    return {(pool, rep.id) for pool in roster.pools for rep in crew.members(pool) if rep.active}
