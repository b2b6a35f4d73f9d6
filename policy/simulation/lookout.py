"""Whether it is worth looking for somebody again: for most held leads, most of the time, it provably is not.

Somebody who is away or full is neither offered a lead nor covers for anybody, whatever a policy says. So while that is
so of everybody who counts for a queue, a look would find nobody, and would ask to look again at an instant that can be
worked out here. This room refuses to choose: at the least doubt there is something to look for.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from models.facts import LeadFacts
from models.roster import Rep, Roster
from models.routing import Asked
from policy.compiled import CompiledPolicy
from policy.routing.availability import next_available_at, presence
from policy.routing.choices import Waits
from policy.routing.crew import crew_of
from policy.routing.needs import demands_of
from policy.simulation.books import Books
from policy.simulation.waiting import Queue, Watch

_DAY = timedelta(days=1)
_SOONEST = timedelta(seconds=1)


class Lookout:
    """Knows who is there when, for one policy, roster and books."""

    def __init__(self, compiled: CompiledPolicy, roster: Roster, books: Books) -> None:
        self._compiled, self._books, self._crew = compiled, books, crew_of(roster)
        routing = compiled.policy.routing
        self._rules = {rule.name: rule for rule in routing.rules}
        self._recheck = max(routing.recheck, _SOONEST)
        self._hold_at_most = routing.hold_at_most
        self._back: dict[str, tuple[datetime, datetime]] = {}
        self._asked: tuple[datetime, int] | None = None
        self._answers: dict[tuple[tuple[str, ...], tuple[str, ...]], datetime | None] = {}

    def watch(self, waits: Waits, facts: LeadFacts, at: datetime) -> Watch:
        """Say whom it is worth to wait for after a look in vain, and who else may count at the next one.

        Who is there with a place and was not chosen all the same is of no use to these leads.
        """
        trace = waits.trace
        there = [self._crew.reps[one.rep_id] for one in trace.candidates if one.rep_id in self._crew.reps]
        waited_for = [rep for rep in there if rep.active and rep.capacity]
        useful = {rep.id: rep for rep in waited_for if rep.caps or not self._is_free(rep, at)}
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

    def in_vain(self, queue: Queue, at: datetime) -> datetime | None:
        """Say when to look again if nobody can be found for a queue at `at` for sure; None: there is doubt.

        Once a day there is in any case: what rules say may depend on the day.
        """
        watch = queue.watch
        if watch is None or at - watch.looked_at >= _DAY:
            return None
        asked = (at, self._books.changes)
        if asked != self._asked:  # what was found out holds while neither the clock nor the books have moved
            self._asked, self._answers = asked, {}
        who = (watch.awaited, watch.others)
        if who not in self._answers:
            self._answers[who] = self._nobody_until(watch, at)
        return self._answers[who]

    def _nobody_until(self, watch: Watch, at: datetime) -> datetime | None:
        if any(self._is_free(self._crew.reps[rep_id], at) for rep_id in (*watch.awaited, *watch.others)):
            return None
        reps = [self._crew.reps[rep_id] for rep_id in watch.awaited]
        until = min(filter(None, (self._asks_again_at(rep, at) for rep in reps)), default=None)
        if until is None or until - at > self._hold_at_most or any(rep.caps for rep in reps):
            return None
        return until

    def _asks_again_at(self, rep: Rep, at: datetime) -> datetime | None:
        """Say when somebody is worth asking again: when they are back, worked out once for each absence."""
        if not presence(self._crew, rep, at).against:
            return at + self._recheck
        since, there_at = self._back.get(rep.id, (at, at))
        if not since <= at < there_at:
            found = next_available_at(rep, self._crew.calendar(rep), at)
            if found is None:
                return None
            there_at = found
            self._back[rep.id] = (at, there_at)
        return there_at

    def _is_free(self, rep: Rep, at: datetime) -> bool:
        return self._books.has_place(rep.id) and not presence(self._crew, rep, at).against
