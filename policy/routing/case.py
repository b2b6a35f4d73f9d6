"""One routing question, looked at: which rule, which pool, which levels, and what speaks against each member.

Everything here follows from the inputs, whoever is chosen in the end. This room refuses to choose: that is
`policy/routing/choosing.py`; and to write the decision down: that is `policy/routing/trace.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from models.explanation import TieTried
from models.facts import LeadFacts
from models.market import Account
from models.orders import AssignLead
from models.qualifying import Tier
from models.roster import Level, Pool, Rep, Roster, Strategy
from models.routing import Charged, Widen
from policy.compiled import CompiledPolicy
from policy.conditions.condition import Known
from policy.fairness import Turn, charge, turn
from policy.routing import caps, words
from policy.routing.accounts import companies_of
from policy.routing.aside import Aside
from policy.routing.availability import FOR_GOOD, Against, Objection, in_order, next_available_at, presence
from policy.routing.crew import Crew
from policy.routing.moments import FOR_EVER
from policy.routing.needs import NONE, Demands
from policy.routing.rules import Placed
from policy.routing.situation import Situation
from policy.routing.strategies import NOBODY, Shortlist, shortlist, weight_of
from policy.routing.suiting import suits

RANKS = (Level.SDR, Level.JUNIOR, Level.MID, Level.SENIOR)
"""Levels, least experienced first (R8)."""

SOONEST = timedelta(seconds=1)
"""How soon it is looked again at the earliest: a `recheck` of nothing must not look for ever at one instant."""

_NOTHING: frozenset[Against] = frozenset()


class Looked(NamedTuple):
    """One rep and everything that speaks against them; `pool` where it is not the case's own."""

    rep: Rep
    against: tuple[Objection, ...]
    pool: str | None = None


@dataclass(frozen=True)
class Case:
    """One question with all that is known before anybody is chosen; made by `policy.routing.opening.open_case`.

    `looked` are the pool's members, `before` those of pools in which nobody could be offered it; `aside` those who
    were looked at in their own right (ties, backups, somebody named), whose reasons stand in the trace instead of
    the pool's. `set_aside` are those who missed too many offers. `sun` are pools that take over because nobody comes
    on shift before the lead is due; `how` says by what other pools than the rule's came to be asked. `whole` is
    whether all of it is to be written down.
    """

    compiled: CompiledPolicy
    facts: LeadFacts
    known: Known
    situation: Situation
    order: AssignLead
    crew: Crew
    placed: Placed
    pool: str
    tier: Tier | None
    levels: tuple[Level, ...]
    asked: frozenset[str | None]
    set_aside: Mapping[str, Aside]
    demands: Demands = NONE
    notes: tuple[str, ...] = ()
    any_level: bool = False
    looked: tuple[Looked, ...] = ()
    before: tuple[Looked, ...] = ()
    overflow: tuple[str, ...] = ()
    aside: tuple[Looked, ...] = ()
    ties: tuple[TieTried, ...] = ()
    tie: str | None = None
    sun: tuple[str, ...] = ()
    how: str = ""
    whole: bool = True

    @property
    def roster(self) -> Roster:
        """Give who may get leads."""
        return self.situation.roster

    @property
    def at(self) -> datetime:
        """Give the instant at which everybody is looked at."""
        return self.situation.at

    @property
    def rotation(self) -> Pool | None:
        """Give the pool; None when the roster does not have it."""
        return self.roster.pools.get(self.pool)

    @cached_property
    def account(self) -> Account | None:
        """Give the policy's account of the lead's company."""
        return self.compiled.accounts.account_of(self.facts)

    @cached_property
    def companies(self) -> tuple[str, ...]:
        """Give the domains by which the lead's company is known, when there are ties to hold against them."""
        return companies_of(self.compiled, self.facts) if self.situation.ties else ()

    @property
    def balances(self) -> Mapping[str, int]:
        """Give the pool's ledger, in `fairness.UNIT`."""
        return self.situation.balances.get(self.pool, {})

    @cached_property
    def shortlist(self) -> Shortlist:
        """Give those of the pool whom nothing speaks against, as its strategy sees them."""
        eligible, pool = [one.rep for one in self.looked if not one.against], self.rotation
        if not eligible or pool is None:
            return NOBODY
        members = [one.rep for one in self.looked]
        return shortlist(
            pool,
            eligible,
            self.situation.loads,
            lambda: suits(self.compiled, self.facts, self.known, self.situation, self.crew, members),
        )

    @property
    def weights(self) -> Mapping[str, int]:
        """Give the weights of those among whom the rotation chooses."""
        return self.shortlist.weights

    @cached_property
    def turn(self) -> Turn | None:
        """Ask whose turn it is among the eligible; None when nobody is."""
        if not self.weights:
            return None
        found = turn(self.balances, self.weights)
        if self.narrowed:
            return replace(found, because=f"among {words.AHEAD[self.narrowed]}, {found.because}")
        return found

    @property
    def narrowed(self) -> Strategy | None:
        """Give the pool's strategy where it leaves somebody eligible out of the turn."""
        return self.rotation.strategy if self.rotation and self.shortlist.others else None

    @property
    def places(self) -> int:
        """Count how many more leads those of the pool can take whom nothing speaks against."""
        loads = self.situation.loads
        return sum(one.rep.capacity - loads.get(one.rep.id, 0) for one in self.looked if not one.against)

    @property
    def in_turn(self) -> tuple[str, ...]:
        """Rank everybody eligible: who would be next, and next after them."""
        return (*self.turn.order, *self.shortlist.others) if self.turn else ()

    def charged(self, rep: Rep, why: Charged) -> tuple[Turn | None, str]:
        """Count the lead as a turn of a rep who gets it past the rotation, where the policy says so; say if not."""
        if why not in self.compiled.policy.routing.charge:
            return None, ""
        if all(one.rep.id != rep.id for one in self.looked):
            return None, f"no turn is charged: {rep.id} is not in {self.pool}"
        forced = charge(self.balances, {**self.weights, rep.id: weight_of(self.rotation, rep)}, rep.id)
        return forced, forced.because

    def widened(self) -> "Case | None":
        """Look at more of the pool when nobody of the levels asked for is available; None when nobody is there either.

        Nor does it help where any level counts already.
        """
        wider = self.widest()
        return wider if not self.any_level and wider is not self and wider.weights else None

    def widest(self) -> "Case":
        """Look at as much of the pool as the policy lets count (`routing.widen`), whether that helps or not."""
        how = self.compiled.policy.routing.widen
        if not self.levels or how is Widen.NONE:
            return self
        if how is Widen.ANY:
            levels, who = tuple(Level), "any level counts"
        else:
            least = min(RANKS.index(level) for level in self.levels)
            levels, who = (*self.levels, *RANKS[least + 1 :]), "a more senior one counts"
        if set(levels) == set(self.levels):
            return self
        note = f"nobody who is {' or '.join(self.levels)} is available, so {who}"
        notes = self.notes if self.any_level else (*self.notes, note)
        wider = replace(self, levels=tuple(dict.fromkeys(levels)), notes=notes)
        return replace(wider, looked=wider.look(one.rep for one in self.looked))

    def elsewhere(self, pool: str, how: str = "", *, any_level: bool = False) -> "Case":
        """Look at another pool when nobody here could be offered it: the same needs, and levels unless any counts."""
        here = tuple(one._replace(pool=one.pool or self.pool) for one in self.widest().looked)
        there = replace(
            self,
            pool=pool,
            any_level=any_level,
            before=(*self.before, *here),
            overflow=tuple(one for one in dict.fromkeys((*self.overflow, self.pool)) if one != pool),
            how=how,
        )
        return replace(there, looked=there.look(self.crew.members(pool)))

    def look(self, reps: Iterable[Rep]) -> tuple[Looked, ...]:
        """Look at some reps, one by one."""
        return tuple(Looked(rep, self.against(rep)) for rep in reps)

    def against(self, rep: Rep, lifted: frozenset[Against] = _NOTHING) -> tuple[Objection, ...]:
        """List what speaks against a rep; what is `lifted` (`LEVEL`, `FITNESS`) is not asked of them."""
        levels = () if self.any_level else self.levels
        needs = self.demands.against(self.crew, rep, self.at) if self.demands is not NONE else ()
        if lifted:
            levels, needs = (() if Against.LEVEL in lifted else levels), (() if Against.SKILL in lifted else needs)
        aside = self.set_aside.get(rep.id) if self.set_aside else None
        return in_order(
            presence(self.crew, rep, self.at).against,
            rep,
            aside=aside.objection if aside else None,
            levels=levels,
            needs=needs,
            load=self.situation.loads.get(rep.id, 0),
            caps=[one.objection for one in self._capped(rep)] if rep.caps else (),
            asked=rep.id in self.asked,
        )

    def asks_again_at(self, one: Looked) -> datetime | None:
        """Say when it is worth asking again about somebody whom something speaks against; None when it never is."""
        there_at = self.there_at(one)
        if there_at is None or there_at >= FOR_EVER:
            return None
        return there_at if there_at > self.at else self.at + max(self.compiled.policy.routing.recheck, SOONEST)

    def there_at(self, one: Looked) -> datetime | None:
        """Say from when on somebody is there, full or not; `FOR_EVER`: never; None: nor would it help if they were."""
        if one.rep.capacity == 0 or not FOR_GOOD.isdisjoint(objection.kind for objection in one.against):
            return None
        frees_at = max((capped.frees_at for capped in self._capped(one.rep)), default=self.at)
        if aside := self.set_aside.get(one.rep.id):
            frees_at = max(frees_at, aside.ends_at)
        return next_available_at(one.rep, self.crew.calendar(one.rep), frees_at) or FOR_EVER

    def _capped(self, rep: Rep) -> tuple[caps.Capped, ...]:
        if not rep.caps:
            return ()
        return caps.reached(rep, self.crew.calendar(rep).tz, self.situation.recent.get(rep.id, ()), self.at)
