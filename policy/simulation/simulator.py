"""Replaying leads through a policy: the same pure decisions as in earnest, with a clock and books of its own.

Leads come in order of `received_at`. Each is judged and, if it goes to a person, offered to whom `choose` names; that
rep takes it at once and makes contact after `handling` of their own business time, which frees the place and makes
the company theirs. Held leads are looked at again when the policy says so, and when a place comes free, the best
score first. Whoever asks again while their lead is in flight is folded into it.

This room refuses to read leads, to tell the time and to write anything down: see `runtime/simulating.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush

from models.decisions import Disqualified, Nurture, Route, Score
from models.facts import LeadFacts
from models.lead import Touch
from models.roster import Roster
from policy.compiled import CompiledPolicy
from policy.routing.accounts import ACCOUNT
from policy.routing.choosing import Chosen, Impossible, NoOne, Waits
from policy.routing.situation import Tie, TieKind
from policy.simulation.agenda import Agenda, Step
from policy.simulation.books import Books
from policy.simulation.desk import Desk, slim
from policy.simulation.lookout import Lookout
from policy.simulation.people import People, signs_of
from policy.simulation.verdicts import Fate, Verdict
from policy.simulation.waiting import Flight, Queue, WaitingRoom

HANDLING = timedelta(hours=2)
"""Business time from an offer to the first contact, unless said otherwise."""


class Simulator:
    """One policy and one roster at work; feed it leads in order, then ask what came of them."""

    def __init__(self, compiled: CompiledPolicy, roster: Roster, handling: timedelta = HANDLING) -> None:
        self._desk = Desk(compiled, roster, handling)
        self.books = Books(roster)
        self._lookout = Lookout(compiled, roster, self.books)
        self._people = People(compiled.policy.duplicates_within)
        self._room = WaitingRoom()
        self._verdicts: list[Verdict] = []
        self._now = datetime.min.replace(tzinfo=UTC)
        self._agenda = Agenda()
        self._looking: list[tuple[tuple[float, datetime, int], Queue]] = []

    def take(self, facts: LeadFacts, touches: Sequence[Touch] = (), text: str | None = None) -> None:
        """Let a lead in at its `received_at`; `touches` are what its prospect did, also later, and `text` its JSON.

        Raises `ValueError` for a lead that was received before the one before it.
        """
        at = facts.received_at
        if at < self._now:
            raise ValueError(f"lead {facts.lead_id} was received at {at}, and the clock shows {self._now} already")
        self.run_until(at)
        facts, signs = self._desk.place(facts), signs_of(facts)
        if known := self._people.in_flight(signs, at):
            self._fold(facts, *known)
            return
        done = tuple(sorted(touches, key=lambda touch: touch.at))
        flight = Flight(
            number=len(self._verdicts),
            lead_id=facts.lead_id,
            company=facts.company.domain or (f"{ACCOUNT}{facts.account.account.id}" if facts.account else None),
            companies=self._desk.companies(facts),
            received_at=at,
            text=text,
            touches=done,
            heard=sum(touch.at <= at for touch in done),
        )
        self._people.enter(signs, flight)
        self._verdicts.append(Verdict(flight.lead_id, at, Fate.WAITING, ""))
        self._judged(facts, flight, self._desk.judge(facts, flight, at), at)

    def run_until(self, at: datetime) -> None:
        """Let everything happen that is due by an instant, that one included."""
        for now, step, what in self._agenda.until(at):
            self._now = now
            if isinstance(what, list):
                self._look(what, now)
            elif step is Step.CONTACT:
                self._contact(what, now)
            else:
                self._hear(what, now)
        self._now = max(self._now, at)

    def close(self, at: datetime) -> None:
        """Let everything happen until an instant, and give up on those who still wait then."""
        self.run_until(at)
        for number, one in enumerate(self._verdicts):
            if one.fate is Fate.WAITING:
                self._verdicts[number] = replace(one, followed_until=at)

    def verdicts(self) -> Sequence[Verdict]:
        """Give what came of each lead so far, in the order in which they were let in."""
        return self._verdicts

    # What becomes of one lead.

    def _fold(self, facts: LeadFacts, into: Flight, because: str) -> None:
        """Pass a touch on to the lead in flight, which it may promote."""
        at = facts.received_at
        self._verdicts.append(Verdict(facts.lead_id, at, Fate.FOLDED, because, region=facts.region))
        touch = Touch(kind=facts.type, at=at, properties={"folded": facts.lead_id, "source": facts.source})
        into.touches = (*into.touches[: into.heard], touch, *into.touches[into.heard :])
        self._hear(into, at)

    def _judged(self, facts: LeadFacts, flight: Flight, score: Score, at: datetime) -> None:
        way = score.qualification
        flight.score = slim(score)
        if isinstance(way, Route):
            flight.routed_at = at
            self._choose(facts, flight, at)
            return
        self._verdicts[flight.number] = self._desk.not_routed(facts, flight, score)
        if isinstance(way, Nurture):
            self._keep(facts, flight)
            self._listen(flight)
            return
        flight.ended = isinstance(way, Disqualified)
        flight.forget()

    def _keep(self, facts: LeadFacts, flight: Flight) -> None:
        """Keep what is known of a lead that is decided on again, as text: it is a tenth of the model."""
        flight.text = flight.text or facts.model_dump_json(exclude_defaults=True)

    def _listen(self, flight: Flight) -> None:
        """Be there when the prospect does the next thing."""
        if flight.heard < len(flight.touches):
            self._agenda.put(flight.touches[flight.heard].at, Step.TOUCH, flight)

    def _hear(self, flight: Flight, at: datetime) -> None:
        """Score a nurtured or held lead anew by what its prospect did: it may be promoted (R7), or be none (R36)."""
        before = flight.score
        flight.heard = sum(touch.at <= at for touch in flight.touches)
        if flight.met is not None or flight.text is None or before is None:
            return
        facts = self._facts(flight)
        score = self._desk.judge(facts, flight, at)
        if isinstance(before.qualification, Nurture):
            if isinstance(score.qualification, Route | Disqualified):
                self._judged(facts, flight, score, at)
                return
        elif (queue := flight.queue) is not None:
            kept = score.model_copy(update={"qualification": before.qualification})
            self._room.leave(flight)
            flight.score = slim(kept)
            # Other rules may match now, so it stands apart until it is looked at.
            own = self._room.hold(replace(queue.wish, apart=flight.lead_id), flight, at, queue.until)
            self._agenda.look(own)
        self._listen(flight)

    def _facts(self, flight: Flight) -> LeadFacts:
        return self._desk.place(LeadFacts.model_validate_json(flight.text or ""))

    def _choose(self, facts: LeadFacts, flight: Flight, at: datetime) -> None:
        """Ask who gets it, and do so."""
        score = flight.score
        if score is None or not isinstance(score.qualification, Route):
            raise TypeError(f"lead {flight.lead_id} is not to be routed")
        situation = self.books.situation(at, flight.companies, flight.person)
        choice = self._desk.ask(facts, flight, score, score.qualification, situation)
        if isinstance(choice, Impossible):
            raise TypeError(f"nobody was named for lead {flight.lead_id}: {choice.because}")
        whose = None if isinstance(choice, NoOne) else choice.rep_id
        rep_id = whose or next((one.rep_id for one in choice.trace.candidates), None)
        if flight.promise_due_at is None:
            since = flight.routed_at or at
            flight.promise_due_at = self._desk.promise(rep_id, facts, score.qualification, since)
        match choice:
            case Chosen():
                self._give(flight, choice, at)
            case Waits():
                self._keep(facts, flight)
                first = flight.since is None
                way = score.qualification
                queue = self._room.hold(self._desk.wish(choice, facts, flight, way), flight, at, choice.until)
                queue.watch = None if self._desk.stands_alone(way) else self._lookout.watch(choice, facts, at)
                self._agenda.look(queue)
                if first:
                    self._listen(flight)
            case NoOne():
                self._room.leave(flight)
        self._verdicts[flight.number] = self._desk.routed(facts, flight, score, score.qualification, choice)
        if not isinstance(choice, Waits):
            flight.forget()

    def _give(self, flight: Flight, chosen: Chosen, at: datetime) -> None:
        self._room.leave(flight)
        flight.met = Tie(TieKind.OPEN, chosen.rep_id, flight.lead_id, flight.company, at)
        self.books.give(chosen.rep_id, chosen.pool, chosen.turn.moves if chosen.turn else {}, flight.met)
        self._agenda.put(self._desk.contact_at(chosen.rep_id, at), Step.CONTACT, flight)
        self._got_to_know(flight, at)

    def _contact(self, flight: Flight, at: datetime) -> None:
        """Free the place, and let the best of those who wait for it have it."""
        if flight.met is None:
            raise TypeError(f"nobody has lead {flight.lead_id}")
        rep_id = flight.met.rep_id
        flight.met = self.books.contact(flight.met, at)
        flight.ended = True
        self._got_to_know(flight, at)
        if rep := self.books.reps.get(rep_id):
            self._look(self._room.useful_to(rep_id, self.books.pools_of[rep_id], rep.level), at, rep_id)

    # Who is looked at again, and when.

    def _look(self, queues: Iterable[Queue], at: datetime, rep_id: str | None = None) -> None:
        """Look for somebody for each queue's leads, the best first, until nobody is found; or `rep_id` has no place."""
        self._looking = [(queue.rank, queue) for queue in queues if queue.first() is not None]
        heapify(self._looking)
        while self._looking and (rep_id is None or self.books.has_place(rep_id)):
            _, queue = heappop(self._looking)
            flight = queue.first()
            if flight is None or self._put_off(queue, at):
                continue
            self._choose(self._facts(flight), flight, at)
            if queue.first() not in (flight, None):
                heappush(self._looking, (queue.rank, queue))
            else:
                self._release(queue, at)
        self._looking = []

    def _put_off(self, queue: Queue, at: datetime) -> bool:
        """Plan the next look at a queue if one now would be in vain."""
        until = self._lookout.in_vain(queue, at)
        if until is None or queue.older_than(until - self._desk.hold_at_most) is not None:
            return False
        queue.until = until
        self._agenda.look(queue)
        return True

    def _release(self, queue: Queue, at: datetime) -> None:
        """Let those be had by others who were kept for somebody for too long."""
        while (flight := queue.older_than(queue.until - self._desk.hold_at_most)) is not None:
            self._choose(self._facts(flight), flight, at)
            if flight.queue is queue:
                break

    def _got_to_know(self, flight: Flight, at: datetime) -> None:
        """Let held leads of the company stand apart: somebody they could go to may be there now."""
        if flight.company is None:
            return
        for queue in self._room.set_apart(flight.company, at):
            if self._looking and queue.until <= at:
                heappush(self._looking, (queue.rank, queue))
            else:
                self._agenda.look(queue)
