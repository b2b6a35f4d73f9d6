"""The simulator's own books: who has how much, whose turn it is, who knows which company (in the database's place).

It keeps what `policy.routing.situation.Situation` asks for, from nothing on. This room refuses to choose.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from models.roster import Rep, Roster
from policy.routing.crew import members_of
from policy.routing.situation import Situation, Tie, TieKind

_A_DAY_AT_MOST = timedelta(hours=50)
"""No calendar day of anybody's began longer ago, whatever their clocks did."""


class Books:
    """Everything that changes while leads are replayed."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.reps: Mapping[str, Rep] = {rep.id: rep for rep in roster.reps}
        self.pools_of: Mapping[str, set[str]] = {rep.id: set() for rep in roster.reps}
        for name, pool in roster.pools.items():
            for rep in members_of(roster, pool):
                self.pools_of[rep.id].add(name)
        self.loads: dict[str, int] = {}
        self.peaks: dict[str, int] = {}
        self.balances: dict[str, dict[str, int]] = {}
        self.changes = 0  # how often a place was taken or came free
        self._recent: dict[str, deque[datetime]] = {rep.id: deque() for rep in roster.reps if rep.caps}
        self._kept_for = {
            rep.id: max(cap.span or _A_DAY_AT_MOST for cap in rep.caps) for rep in roster.reps if rep.caps
        }
        self._ties: dict[str, tuple[Tie, ...]] = {}

    def situation(self, at: datetime, companies: Iterable[str], person: Tie | None) -> Situation:
        """Give what there is to choose from for a lead of these companies; `person` is whom its person knows."""
        for rep_id, offers in self._recent.items():
            while offers and offers[0] < at - self._kept_for[rep_id]:
                offers.popleft()
        ties = [tie for domain in companies for tie in self._ties.get(domain, ())]
        if person is not None:
            ties.append(person)
        ties.sort(key=lambda tie: (tie.last_at, tie.lead_id, tie.rep_id), reverse=True)
        return Situation(at, self.roster, self.loads, self.balances, self._recent, ties)

    def has_place(self, rep_id: str) -> bool:
        """Say whether a rep could take one more lead."""
        return self.loads.get(rep_id, 0) < self.reps[rep_id].capacity

    def give(self, rep_id: str, pool: str, moves: Mapping[str, int], tie: Tie) -> None:
        """Enter that a rep was offered a lead and took it; `tie` is the open lead it is of its company."""
        self.changes += 1
        self.loads[rep_id] = load = self.loads.get(rep_id, 0) + 1
        self.peaks[rep_id] = max(load, self.peaks.get(rep_id, 0))
        if rep_id in self._recent:
            self._recent[rep_id].append(tie.last_at)
        ledger = self.balances.setdefault(pool, {})
        for name, units in moves.items():
            ledger[name] = ledger.get(name, 0) + units
        if tie.company is not None:
            self._ties[tie.company] = (*self._ties.get(tie.company, ()), tie)

    def contact(self, opened: Tie, at: datetime) -> Tie:
        """Enter that the rep of an open lead has made contact: the place is free, and they know the company."""
        self.changes += 1
        self.loads[opened.rep_id] -= 1
        known = Tie(TieKind.COMPANY, opened.rep_id, opened.lead_id, opened.company, at)
        if opened.company is not None:
            others = tuple(tie for tie in self._ties[opened.company] if not _says_no_more(tie, opened))
            self._ties[opened.company] = (*others, known)
        return known


def _says_no_more(tie: Tie, opened: Tie) -> bool:
    """Say whether a tie is the lead's own, or an older contact of the same rep."""
    return tie.lead_id == opened.lead_id or (tie.kind is TieKind.COMPANY and tie.rep_id == opened.rep_id)
