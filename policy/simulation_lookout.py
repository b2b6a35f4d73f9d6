"""Whether it is worth looking for somebody again: for most held leads, most of the time, it provably is not.

Somebody who is away or full is neither offered a lead nor covers for anybody, whatever a policy says. So while that is
so of everybody who counts for a queue, a look would find nobody, and would ask to look again at an instant that can be
worked out here. This room refuses to choose: at the least doubt there is something to look for.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from models.facts import LeadFacts
from models.roster import Rep, Roster
from models.routing import Asked
from policy.compiled import CompiledPolicy
from policy.routing.availability import next_available_at, presence
from policy.routing.choices import Waits
from policy.routing.crew import crew_of
from policy.routing.needs import demands_of
from policy.simulation_books import Books
from policy.simulation_waiting import Queue, Watch

_DAY = timedelta(days=1)
SOONEST = timedelta(seconds=1)
"""A `recheck` is never shorter."""

_MOMENT = timedelta.resolution


class Pause(NamedTuple):
    """Looks that are in vain: the next one would be at `until`, the first that may not be is at `wakes_at`.

    `asleep_at`: from when on they are left out; None where there is none between.
    """

    until: datetime
    wakes_at: datetime
    asleep_at: datetime | None


class Lookout:
    """Knows who is there when, for one policy, roster and books."""

    def __init__(self, compiled: CompiledPolicy, roster: Roster, books: Books) -> None:
        self._compiled, self._books, self._crew = compiled, books, crew_of(roster)
        routing = compiled.policy.routing
        self._rules = {rule.name: rule for rule in routing.rules}
        self._recheck = max(routing.recheck, SOONEST)
        self._hold_at_most = routing.hold_at_most
        self._back: dict[str, tuple[datetime, datetime]] = {}

    def watch(self, waits: Waits, facts: LeadFacts, at: datetime) -> Watch:
        """Say whom it is worth to wait for after a look in vain, and who else may count at the next one.

        Who is there with a place and was not chosen all the same is of no use to these leads.
        """
        trace = waits.trace
        there = [self._crew.reps[one.rep_id] for one in trace.candidates if one.rep_id in self._crew.reps]
        useful = {rep.id: rep for rep in there if rep.active and (rep.caps or not self.is_free(rep.id, at))}
        if waits.rep_id is None:
            awaited = self._of_pools(waits, list(useful.values()), facts, at)
            others = useful.keys() - awaited
        else:
            awaited = self._either(waits.rep_id) & useful.keys()
            others = {rep_id for tie in trace.ties if tie.rep_id for rep_id in self._either(tie.rep_id)} & useful.keys()
        return Watch(at, tuple(sorted(awaited)), tuple(sorted(others - awaited)))

    def _either(self, rep_id: str) -> set[str]:
        """Name a rep and who covers for them."""
        rep = self._crew.reps.get(rep_id)
        return {rep_id, rep.backup} if rep and rep.backup else {rep_id}

    def _of_pools(self, waits: Waits, reps: Iterable[Rep], facts: LeadFacts, at: datetime) -> set[str]:
        """Name those for whose return the lead waits: in its pools, of its levels, with what it needs."""
        trace, routing = waits.trace, self._compiled.policy.routing
        rule = self._rules.get(next((one.rule for one in trace.rules if one.matched), ""))
        pools = {waits.pool, *((rule.overflow if rule else None) or routing.overflow)}
        needs = demands_of(rule or Asked(), self._compiled, facts)
        found = set()
        for rep in reps:
            theirs = self._books.pools_of[rep.id]
            any_level = not trace.levels or (trace.any_level and waits.pool in theirs)
            fits = (any_level or rep.level in trace.levels) and not needs.against(self._crew, rep, at)
            if fits and not pools.isdisjoint(theirs):
                found.add(rep.id)
        return found

    def in_vain(self, queue: Queue, at: datetime) -> Pause | None:
        """Say how long nobody can be found for a queue for sure; None: there is doubt, so it has to be looked at.

        Once a day there is in any case: what rules say may depend on the day.
        """
        watch = queue.watch
        if watch is None or at - watch.looked_at >= _DAY:
            return None
        if any(self.is_free(rep_id, at) for rep_id in (*watch.awaited, *watch.others)):
            return None
        reps = [self._crew.reps[rep_id] for rep_id in watch.awaited]
        back = [there_at for rep in reps if (there_at := self._back_at(rep, at)) is not None]
        if not back or any(rep.caps for rep in reps):
            return None
        returns_at = min((one for one in back if one > at), default=None)
        if returns_at == min(back):  # nobody is there, so nobody is waited for before
            return Pause(returns_at, returns_at, None) if returns_at - at <= self._hold_at_most else None
        until = min(filter(None, (at + self._recheck, returns_at)))
        return Pause(until, self._wakes_at(queue, watch, at, returns_at), at)

    def _wakes_at(self, queue: Queue, watch: Watch, at: datetime, returns_at: datetime | None) -> datetime:
        """Find the first look that may not be in vain, unless a place comes free: when somebody comes or goes."""
        changes = [watch.looked_at + _DAY]
        for rep in (self._crew.reps[rep_id] for rep_id in (*watch.awaited, *watch.others)):
            there = presence(self._crew, rep, at)
            back_at = self._back_at(rep, at) if there.against else there.until_at
            changes += [back_at] if back_at is not None else []
        if (kept := queue.oldest()) is not None and kept.routed_at is not None:
            changes.append(kept.routed_at + self._hold_at_most - self._recheck + _MOMENT)
        past = max(1, -((at - min(changes)) // self._recheck))
        return min(filter(None, (at + past * self._recheck, returns_at)))

    def is_free(self, rep_id: str, at: datetime) -> bool:
        """Say whether a rep is there with a place."""
        rep = self._crew.reps.get(rep_id)
        return rep is not None and self._books.has_place(rep_id) and not presence(self._crew, rep, at).against

    def _back_at(self, rep: Rep, at: datetime) -> datetime | None:
        """Say from when on somebody is there, worked out once for each absence: `at` for who is."""
        if not presence(self._crew, rep, at).against:
            return at
        since, there_at = self._back.get(rep.id, (at, at))
        if not since <= at < there_at:
            found = next_available_at(rep, self._crew.calendar(rep), at)
            if found is None:
                return None
            there_at = found
            self._back[rep.id] = (at, there_at)
        return there_at
