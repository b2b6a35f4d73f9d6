"""Simulated leads in flight, and the queues of those that nobody may be offered yet: best score first.

Leads that wait for the very same thing (a `Wish`) stand in one queue: where nobody can be found for its first, nobody
can for the others, so one look answers for all. Leads of a company that somebody got to know since stand apart. This
room refuses to look: that is the simulator's.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heappop, heappush

from models.decisions import Score
from models.lead import Touch
from models.roster import Level
from policy.routing.situation import Tie


@dataclass(frozen=True, slots=True)
class Wish:
    """What a held lead waits for: everything about it on which the answer depends.

    `pool` is None for what is held for `rep_id`, whose it is. `asks` are the values that its rule's needs compare;
    `tied` is who has a tie to it. `apart` is the company of those who stand in a queue of their own because its ties
    have changed (`tied` says nothing there), or one lead for which more counts than what stands here. `firm`: ties
    that change do not matter, whose it is goes before everybody.
    """

    pool: str | None
    rep_id: str | None
    levels: tuple[Level, ...]
    rule: str | None
    asks: tuple[str | None, ...]
    tied: tuple[str, ...]
    apart: str = ""
    firm: bool = False


@dataclass(slots=True, eq=False)
class Flight:
    """One lead from its receipt until somebody has made contact; `text` are its facts as JSON, while they are needed.

    `number` is its place among all leads; `companies` are the domains whose ties count for it; `heard` is how many of
    its `touches` have happened; `turn` marks its place in a queue, 0 while it stands in none.
    """

    number: int
    lead_id: str
    company: str | None
    companies: tuple[str, ...]
    received_at: datetime
    text: str | None = None
    touches: tuple[Touch, ...] = ()
    heard: int = 0
    score: Score | None = None
    person: Tie | None = None
    routed_at: datetime | None = None
    promise_due_at: datetime | None = None
    since: datetime | None = None
    met: Tie | None = None
    ended: bool = False
    queue: "Queue | None" = None
    turn: int = 0

    def forget(self) -> None:
        """Let go what is only needed while more may be decided."""
        self.text, self.score, self.touches, self.heard = None, None, (), 0


@dataclass(frozen=True, slots=True)
class Watch:
    """Whom a look in vain left to wait for, and who else may count when the next one is made."""

    looked_at: datetime
    awaited: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Queue:
    """Those who wait for the same thing, to be looked at again at `until`; `watch` is what the last look taught."""

    wish: Wish
    until: datetime
    places: list[tuple[float, datetime, int, Flight]] = field(default_factory=list)
    ages: list[tuple[datetime, int, Flight]] = field(default_factory=list)
    watch: Watch | None = None

    @property
    def rank(self) -> tuple[float, datetime, int]:
        """Give what its first lead is ranked by among the first of other queues."""
        points, since, turn, _ = self.places[0]
        return points, since, turn

    def first(self) -> Flight | None:
        """Give the best of those who wait; None when nobody does any more."""
        while self.places and self.places[0][2] != self.places[0][3].turn:
            heappop(self.places)
        return self.places[0][3] if self.places else None

    def older_than(self, instant: datetime) -> Flight | None:
        """Give a lead that somebody is kept for since before an instant; None when there is none."""
        while self.ages and self.ages[0][1] != self.ages[0][2].turn:
            heappop(self.ages)
        return self.ages[0][2] if self.ages and self.ages[0][0] < instant else None


class WaitingRoom:
    """Every queue."""

    def __init__(self) -> None:
        self._queues: dict[str | None, dict[Wish, Queue]] = {}
        self._of_company: dict[str, dict[int, Flight]] = {}
        self._turns = 0

    def hold(self, wish: Wish, flight: Flight, at: datetime, until: datetime) -> Queue:
        """Let a lead wait until an instant; one that stays in its queue says so for everybody in it."""
        theirs = self._queues.setdefault(wish.pool, {})
        queue = theirs.get(wish)
        if queue is None:
            queue = theirs[wish] = Queue(wish, until)
        if flight.queue is queue:
            queue.until = until
            return queue
        queue.until = min(queue.until, until)
        if flight.queue is not None:
            self.leave(flight)
        self._turns += 1
        flight.queue, flight.turn, flight.since = queue, self._turns, flight.since or at
        points = flight.score.points if flight.score else 0.0
        heappush(queue.places, (-points, flight.since, flight.turn, flight))
        if wish.rep_id is not None:
            heappush(queue.ages, (flight.routed_at or at, flight.turn, flight))
        for company in flight.companies:
            self._of_company.setdefault(company, {})[flight.number] = flight
        return queue

    def leave(self, flight: Flight) -> None:
        """Let a lead wait no longer in its queue."""
        queue, flight.queue, flight.turn = flight.queue, None, 0
        if queue is not None and queue.first() is None:
            del self._queues[queue.wish.pool][queue.wish]
        for company in flight.companies:
            theirs = self._of_company.get(company, {})
            theirs.pop(flight.number, None)
            if not theirs:
                self._of_company.pop(company, None)

    def useful_to(self, rep_id: str, pools: Collection[str], level: Level) -> list[Queue]:
        """List the queues for which a free place of a rep, of these pools and this level, may be the one.

        Whoever waits for that very rep is among them.
        """
        for_them = [queue for wish, queue in self._queues.get(None, {}).items() if wish.rep_id == rep_id]
        for_anybody = [
            queue
            for pool in pools
            for queue in self._queues.get(pool, {}).values()
            if (not queue.wish.levels or level in queue.wish.levels)
            and (queue.watch is None or rep_id in queue.watch.awaited or rep_id in queue.watch.others)
        ]
        return [*for_them, *for_anybody]

    def set_apart(self, company: str, at: datetime) -> list[Queue]:
        """Let the held leads for which a company's ties count stand apart: what holds for others need not for them."""
        made: dict[int, Queue] = {}
        for flight in list(self._of_company.get(company, {}).values()):
            queue = flight.queue
            if queue is None or queue.wish.firm:
                continue
            if not queue.wish.apart:
                queue = self.hold(replace(queue.wish, tied=(), apart=company), flight, at, queue.until)
                made[id(queue)] = queue
            queue.watch = None  # somebody else may count now
        return list(made.values())
