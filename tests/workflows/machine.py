"""A lead's whole life without Temporal: the pure machine, a clock that is moved by hand, and what it orders.

It does what `workflows/lead.py` and `workflows/aside.py` do, minus the waiting: orders stay out until the test has them
come back, in whatever order and as whatever answer; while the house is down, time passes and nothing runs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from models.decisions import (
    Assignment,
    Delivery,
    DeliveryState,
    Enrichment,
    Fact,
    Manners,
    NotAllowed,
    Offered,
    Score,
)
from models.ladder import OFFERING, Clock, Plan, Rung, Target
from models.lead import Stage
from models.messages import MESSAGES, Message, Verdict
from models.orders import AssignLead, ScoreLead, Tell
from tests.workflows.kitchen import CONTACT, LADDER, REPS, ladder_plan, nobody, offered, routed
from workflows.ladder import answers, arrivals, climbing, deliveries, judgements, keys, leaving, returns
from workflows.ladder.effects import Alerting, Effect, Planning, Rescoring, Settling, Telling, Touching
from workflows.ladder.state import LeadState
from workflows.ladder.step import Step

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TICKS_ENOUGH = 50
"""More turns than this without waiting is a loop that never rests."""

Beside = Planning | Telling | Alerting | Rescoring
Watch = Callable[[LeadState, LeadState, datetime], None]


def contact_plan(at: datetime, cause: str) -> Plan:
    """Plan the contact clock's rungs, by wall time."""
    rungs = tuple(
        Rung(
            n=len(LADDER) + place,
            kind=kind,
            to=to,
            due_at=at + timedelta(minutes=minutes),
            clock=Clock.WALL,
            says=f"{kind} for contact",
        )
        for place, (kind, to, minutes) in enumerate(CONTACT)
    )
    return Plan(made_at=at, cause=cause, rungs=rungs)


def shift_plan(effect: Planning) -> Plan:
    """Let each rung keep what was left of it, by wall time."""
    assert effect.frozen_at is not None
    assert effect.at >= effect.frozen_at, "time cannot run on before it froze"
    frozen_at = effect.frozen_at
    rungs = tuple(
        rung.model_copy(update={"due_at": effect.at + max(rung.due_at - frozen_at, timedelta(0))})
        for rung in effect.rungs
    )
    return Plan(made_at=effect.at, cause=effect.cause, rungs=rungs)


def same_rungs(effect: Planning) -> Plan:
    """Plan on today's calendars where nothing has changed that matters."""
    return Plan(made_at=effect.at, cause="", rungs=effect.rungs)


@dataclass
class Life:
    """One lead. With `prompt`, every order comes back at once, as a house in good health answers it."""

    manners: Manners = field(default_factory=Manners)
    backfill: bool = False
    prompt: bool = True
    contact: Callable[[datetime, str], Plan] = contact_plan
    ladder: Sequence[Any] = LADDER
    leaves_after: timedelta | None = None
    """When whoever is offered it goes on leave."""
    anew: Callable[[Planning], Plan] = same_rungs
    later_for: timedelta = timedelta(minutes=30)
    """How long what is told later waits."""
    now: datetime = BEGIN
    untold: set[str] = field(default_factory=set)
    """Who cannot be told anything."""

    def __post_init__(self) -> None:
        self.state = LeadState(lead_id="t1")
        self.order: AssignLead | ScoreLead | None = None
        """What the main thread waits for."""
        self.beside: list[Beside] = []
        self.effects: list[Effect] = []
        self.history: list[AssignLead | ScoreLead | Offered | Stage] = []
        """Offers that were ordered, judgements and offers that were taken in, the way to nurture, in order."""
        self.put_off: list[tuple[int | None, int]] = []
        """Keys of messages that wait for their time."""
        self.tickets: dict[str, tuple[str, Message]] = {}
        self.settled: dict[str, Verdict] = {}
        self.ordered: list[AssignLead] = []
        self.rows: dict[int, Offered] = {}
        """What the database holds: an offer number is given once, a retry gets the same."""
        self.watch_tick: Watch | None = None
        self._admit()

    def _admit(self) -> None:
        known = self.state.model_copy(
            update={
                "headline": "demo_request of Acme",
                "policy": "test-1",
                "manners": self.manners,
                "received_at": self.now,
                "sla_from": self.now,
                "backfill": self.backfill,
                "stage": Stage.ENRICHING,
            }
        )
        facts = (Fact(field="company.employees", value=4200, source="directory"),)
        self.apply(arrivals.enriched(known, Enrichment(facts=facts), self.now))
        self.run()

    # What `Aside` does.

    def apply(self, step: Step) -> None:
        """Take the next state in, and note what is wanted beside the wait."""
        if step.state.stage is Stage.NURTURING is not self.state.stage:
            self.history.append(Stage.NURTURING)
        self.state = step.state
        for effect in step.effects:
            self.effects.append(effect)
            match effect:
                case Settling():
                    self._settle(effect)
                case Planning() | Telling() | Alerting() | Rescoring():
                    self.beside.append(effect)
                case Touching():
                    pass

    def _settle(self, effect: Settling) -> None:
        assert effect.ticket not in self.settled, "a verdict is given once"
        assert effect.ticket in self.tickets, "a verdict is given to somebody"
        self.settled[effect.ticket] = effect.verdict
        name, message = self.tickets.pop(effect.ticket)
        self.state = keys.remembered(Step(self.state), name, message, effect.verdict, self.now).state

    def hear(self, name: str, **said: Any) -> Verdict | str:
        """Say something to the lead: a verdict, or the ticket of one that needs an order to come back."""
        message = MESSAGES[name](**said)
        if pending := self._pending(name, message):
            return pending
        step = answers.hear(self.state, name, message, self.now)
        if step.ticket:
            self.tickets[step.ticket] = (name, message)
        self.apply(step)
        answer = step.verdict or step.ticket
        assert answer, "everything said is answered"
        self.run()
        return answer

    def _pending(self, name: str, message: Message) -> str | None:
        said = (keys.who_says(message), name, message.key)
        waiting = self.tickets.items()
        same = (one for one, (of, first) in waiting if said == (keys.who_says(first), of, first.key))
        return next(same, None) if message.key else None

    def say(self, name: str, **said: Any) -> Verdict:
        """Say something and wait for the verdict."""
        answer = self.hear(name, **said)
        return answer if isinstance(answer, Verdict) else self.settled[answer]

    # What `LeadWorkflow.run` does.

    def run(self) -> None:
        """Go on until there is something to wait for."""
        for _ in range(TICKS_ENOUGH):
            if self.prompt:
                self._everything_comes_back()
            if self.state.ended or self.order:
                return
            if self.state.moving and not self.state.stuck:
                self.order = self._assign()
            elif self.state.judging and not self.state.stuck:
                self.order = self._score()
            else:
                before, wanted = self.state, len(self.effects)
                self.tick()
                if self.state == before:
                    assert len(self.effects) == wanted
                    return
        raise AssertionError(f"it never rests: {self.state!r}")

    def tick(self) -> None:
        """Do what is due."""
        before = self.state
        self.apply(climbing.tick(self.state, self.now))
        if self.watch_tick:
            self.watch_tick(before, self.state, self.now)

    def _assign(self) -> AssignLead:
        move, holder = self.state.moving, self.state.holder
        assert move is not None
        order = AssignLead(
            lead_id=self.state.lead_id,
            offer=self.state.offer + 1,
            policy=self.state.policy or "",
            to=move.to,
            sla=self.state.sla,
            rungs_done=move.rungs_done,
            asked=self.state.asked,
            holder=holder.rep_id if holder else None,
            backup=move.backup,
            rep_id=move.rep_id,
            who=move.who,
            pools=self.state.widened,
            by=move.by,
            accepted=move.accepted,
            cause=move.cause,
            ended=move.ended,
            ordered_at=move.began_at,
            sla_from=self.state.sla_from or self.now,
        )
        self.history.append(order)
        self.ordered.append(order)
        return order

    def _score(self) -> ScoreLead:
        judging = self.state.judging
        assert judging is not None
        return ScoreLead(lead_id=self.state.lead_id, policy=self.state.policy or "", at=self.now, repin=judging.repin)

    # What activities do.

    def _everything_comes_back(self) -> None:
        while self.order or self.beside:
            if self.order:
                self._answer(None, None)
            else:
                self._come_back(0, DeliveryState.DELIVERED)

    def answer(self, assignment: Assignment | None = None, score: Score | None = None) -> None:
        """Have the order that is out come back: as told, or as a house in good health answers it."""
        self._answer(assignment, score)
        self.run()

    def _answer(self, assignment: Assignment | None, score: Score | None) -> None:
        order, self.order = self.order, None
        match order:
            case AssignLead():
                answer = assignment or self.choice(order)
                self.apply(returns.assigned(self.state, answer, self.now))
                if isinstance(answer, Offered) and self.state.holder and self.state.holder.offer == answer.offer:
                    self.history.append(answer)
            case ScoreLead():
                if self.state.judging:
                    if not self.state.accepted:
                        self.history.append(order)
                    self.apply(judgements.judged(self.state, score or routed(order), self.now))
            case None:
                raise AssertionError("no order is out")

    def choice(self, order: AssignLead, at: datetime | None = None) -> Assignment:
        """Choose as the database does: the person named, else the first who was not asked; the same on a retry."""
        if order.offer in self.rows:
            return self.rows[order.offer]
        if order.to is Target.NAMED and order.rep_id not in (*REPS, "mia"):
            return NotAllowed(because=f"unknown rep {order.rep_id!r}")
        free = [rep for rep in REPS if rep not in order.asked]
        if order.rep_id is None and not free:
            return nobody(order, at or self.now, self.ladder)
        self.rows[order.offer] = self.offer(order, order.rep_id or free[0], at or self.now)
        return self.rows[order.offer]

    def offer(self, order: AssignLead, rep_id: str, now: datetime) -> Offered:
        """Offer it by this life's ladder, to somebody who may go on leave soon."""
        plan = ladder_plan(order.rungs_done, now, order.cause, self.ladder)
        return offered(order, rep_id, now).model_copy(update={"plan": self.leave(plan, rep_id)})

    def leave(self, plan: Plan, rep_id: str) -> Plan:
        """Say when this rep goes on leave, if that is before the lead moves on."""
        ahead = next((rung for rung in plan.rungs if rung.kind in OFFERING), None)
        leave_at = plan.made_at + self.leaves_after if self.leaves_after is not None else None
        if leave_at is None or ahead is None or leave_at >= ahead.due_at:
            return plan
        return plan.model_copy(update={"away_at": leave_at, "away_because": f"{rep_id} is on leave"})

    def fail(self, because: str = "the database is down", committed: bool = False) -> None:
        """Have the order that is out fail; `committed`: it was carried out, only the answer got lost."""
        order, self.order = self.order, None
        assert order is not None
        if committed and isinstance(order, AssignLead):
            self.choice(order)
        self.apply(returns.stuck(self.state, because, self.now))
        self.run()

    def come_back(self, place: int, delivery: DeliveryState = DeliveryState.DELIVERED) -> None:
        """Have something that runs beside the wait come back."""
        self._come_back(place, delivery)
        self.run()

    def _come_back(self, place: int, delivery: DeliveryState) -> None:
        match effect := self.beside.pop(place):
            case Planning():
                self.apply(returns.planned(self.state, self._plan(effect), effect, self.now))
            case Telling():
                became = self._delivery(effect.order.rep_id, delivery, (effect.order.offer, effect.order.rung))
                self.apply(deliveries.told(self.state, effect.order, became, self.now))
            case Alerting():
                became = self._delivery("mia", delivery, (effect.offer, effect.rung))
                self.apply(deliveries.alerted(self.state, effect, became, self.now))
            case Rescoring():
                score = routed(ScoreLead(lead_id="t1", policy="test-1", at=self.now))
                self.apply(judgements.rescored(self.state, score, self.now))

    def _plan(self, effect: Planning) -> Plan:
        match effect.kind:
            case "shift":
                return self.leave(shift_plan(effect), self.owner or "nobody")
            case "anew":
                return self.anew(effect)
            case "contact":
                return self.contact(effect.at, effect.cause)

    def _delivery(self, person_id: str, state: DeliveryState, key: tuple[int | None, int] | None = None) -> Delivery:
        if person_id in self.untold:
            state = DeliveryState.UNDELIVERABLE
        if state is DeliveryState.DELIVERED:
            return Delivery(state=state, person_id=person_id, channel="log")
        if state is DeliveryState.LATER:
            until = self.now + self.later_for
            if key:
                self.put_off.append(key)
            return Delivery(state=state, person_id=person_id, because="it is quiet there", until=until)
        return Delivery(state=state, person_id=person_id, because="mailbox is full")

    # Time.

    def wait(self, minutes: float) -> None:
        """Let time pass with the house in good health: whatever falls due runs at its very instant."""
        self.wait_until(self.now + timedelta(minutes=minutes))

    def wait_until(self, end: datetime) -> None:
        """Let time pass until `end`, running whatever falls due on the way."""
        while (due := climbing.next_look(self.state)) is not None and due <= end and not self.order:
            self.now = max(self.now, due)
            self.run()
        self.now = max(self.now, end)
        self.run()

    def sleep(self, minutes: float) -> None:
        """Let time pass with the house down: nothing runs; `run` is what happens when it is up again."""
        self.now += timedelta(minutes=minutes)

    # What the house says.

    def reconsider(self, because: str = "ana's hours changed") -> None:
        """The roster has changed under the holder."""
        self.apply(leaving.reconsidered(self.state, because, self.now))
        self.run()

    # What tests look at.

    @property
    def owner(self) -> str | None:
        """Who holds it."""
        return self.state.holder.rep_id if self.state.holder else None

    @property
    def planned(self) -> bool:
        """Say whether a plan is ordered that will be taken."""
        orders = [effect for effect in self.beside if isinstance(effect, Planning)]
        return any(order.plan_no == self.state.plan_no for order in orders)

    def tells(self, *kinds: str) -> list[Tell]:
        """What reps were told, of these kinds."""
        orders = [effect.order for effect in self.effects if isinstance(effect, Telling)]
        return [order for order in orders if order.kind in kinds]

    def alerts(self) -> list[str]:
        """What managers were told."""
        return [effect.what for effect in self.effects if isinstance(effect, Alerting)]

    def says(self, kind: str) -> list[str]:
        """The lines of the timeline of one kind."""
        return [entry.says for entry in self.state.entries if entry.kind == kind]

    def carry_over(self) -> None:
        """Begin a new history: only what is plain JSON travels."""
        carried = LeadState.model_validate(self.state.model_dump(mode="json"))
        assert carried == self.state, "nothing is lost and nothing changes"
        self.state = carried
