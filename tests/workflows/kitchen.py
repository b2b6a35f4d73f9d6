"""Activities that do as a test tells them, in memory: for what only the workflow decides.

Whatever really happens in the database or on a channel is tested with the real activities, in `tests/stories`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.contract import Decide, Intake, Ledgers, Notices
from models.base import Refused, parse
from models.decisions import (
    Admission,
    Admitted,
    Assignment,
    Delivery,
    DeliveryState,
    Enrichment,
    Fact,
    Held,
    Manners,
    Nobody,
    NotAllowed,
    Offered,
    Reason,
    Recorded,
    Route,
    Score,
    Unusable,
)
from models.ladder import OFFERING, Clock, Plan, Rung, RungKind, Target
from models.lead import Fit, Intent, LeadInput, Stage
from models.orders import (
    AdmitLead,
    AlertManager,
    AssignLead,
    EnrichLead,
    PlanRungs,
    RecordLead,
    ScoreLead,
    Tell,
)

REPS = ("ana", "ben", "cho", "dov", "eva")

LADDER = (
    (RungKind.OFFER, Target.PRIMARY, 0, "offer it to the first"),
    (RungKind.REMIND, None, 10, "remind the owner"),
    (RungKind.OFFER, Target.BACKUP, 15, "offer it to the backup"),
    (RungKind.ALERT, None, 5, "tell the manager"),
    (RungKind.REASSIGN, Target.NEXT, 15, "give it to the next one available"),
    (RungKind.REASSIGN, Target.NEXT, 15, "give it to the next one available"),
    (RungKind.TRIAGE, None, 15, "to triage"),
)
"""Kind, target, minutes after the offer before, words."""

CONTACT: Sequence[tuple[RungKind, Target | None, int]] = (
    (RungKind.REMIND, None, 60),
    (RungKind.ALERT, None, 120),
    (RungKind.REASSIGN, Target.NEXT, 240),
)


RICH: tuple[tuple[RungKind, Target | None, float, str], ...] = (
    (RungKind.OFFER, Target.PRIMARY, 0, "offer it to the first"),
    (RungKind.REMIND, None, 5, "remind the owner"),
    (RungKind.WIDEN, None, 7, "let the south be asked, too"),
    (RungKind.OFFER, Target.ON_DUTY, 10, "offer it to whoever is on duty"),
    (RungKind.ALERT, Target.MANAGER, 5, "tell the manager"),
    (RungKind.PAUSE, None, 6, "let it rest"),
    (RungKind.ALERT, Target.MANAGERS_MANAGER, 10, "tell the manager's manager"),
    (RungKind.REASSIGN, Target.NEXT, 15, "give it to the next one available"),
    (RungKind.STAGE, None, 15, "to nurture"),
)
"""A ladder with every kind of rung: it ends in nurture."""

RESTS = timedelta(minutes=60)
"""How long a pause of the policy lasts."""

SAID: dict[RungKind, dict[str, Any]] = {
    RungKind.WIDEN: {"pools": ("south",)},
    RungKind.STAGE: {"stage": Stage.NURTURING},
    RungKind.ALERT: {"channels": ("email",), "text": "please look at {lead}", "urgent": True},
    RungKind.REMIND: {"channels": ("log",), "text": "still yours?"},
}
"""What rungs say besides, by kind, on the ladder with every kind."""


def ladder_plan(
    done: int, at: datetime, cause: str = "offered", rows: Sequence[Any] = LADDER, *, asks: bool = True
) -> Plan:
    """Plan the rungs from `done` on, by wall time; a pause counts for nothing. Who is asked has one at least."""
    done = min(done, len(rows) - 1) if asks else done
    rungs, base, projected = list[Rung](), at, False
    for n, (kind, to, minutes, says) in enumerate(rows):
        if n < done:
            continue
        due = base + timedelta(minutes=minutes)
        more = {**SAID.get(kind, {})} if rows is RICH else {}
        if to is Target.ON_DUTY:
            more["who"] = "berlin"
        if kind is RungKind.PAUSE:
            more["until_at"] = due + RESTS
            base += RESTS
        rungs.append(Rung(n=n, kind=kind, to=to, due_at=due, clock=Clock.WALL, projected=projected, says=says, **more))
        if kind in OFFERING:
            base, projected = due, True
    return Plan(made_at=at, cause=cause, rungs=tuple(rungs))


@dataclass
class Kitchen(Intake, Decide, Notices, Ledgers):
    """Scripted activities, and what they were asked."""

    orders: list[Any] = field(default_factory=list)
    records: list[RecordLead] = field(default_factory=list)
    offers: dict[tuple[str, int], Offered] = field(default_factory=dict)
    failing: dict[str, int] = field(default_factory=dict)
    """How many more calls of an activity fail; -1 for all."""
    assignments: list[Callable[[AssignLead, datetime], Assignment]] = field(default_factory=list)
    scores: list[Callable[[ScoreLead], Score]] = field(default_factory=list)
    admissions: list[Admission] = field(default_factory=list)
    during_assign: Callable[[AssignLead], Any] | None = None
    during_plan: Callable[[], Any] | None = None
    manners: Manners = field(default_factory=Manners)
    unreachable: set[str] = field(default_factory=set)
    sending: asyncio.Event | None = None
    """Held back: messages are on their way until it is set."""
    contact: Sequence[tuple[RungKind, Target | None, int]] = CONTACT
    ladder: Sequence[Any] = LADDER
    quiet_until: datetime | None = None
    """Nobody is told anything before."""
    quiet_for: timedelta | None = None
    """The first who is told anything wants to be told so much later."""
    gone: str | None = None
    """Why the holder cannot answer any more."""
    leave_at: datetime | None = None
    """When the holder goes on leave."""

    @property
    def activities(self) -> Sequence[Callable[..., Any]]:
        """Everything a worker registers."""
        return [
            self.admit,
            self.enrich,
            self.score,
            self.assign,
            self.reassign,
            self.plan,
            self.notify,
            self.alert_manager,
            self.record,
        ]

    def asked(self, kind: type) -> list[Any]:
        """The orders of one kind, in order."""
        return [order for order in self.orders if isinstance(order, kind)]

    def _take(self, name: str, order: Any) -> None:
        left = self.failing.get(name, 0)
        if left:
            self.failing[name] = left - 1 if left > 0 else left
            raise ApplicationError(f"{name} is out of order")
        if activity.info().attempt == 1 or order not in self.orders:
            self.orders.append(order)

    @activity.defn(name="admit")
    async def admit(self, order: AdmitLead) -> Admission:
        self._take("admit", order)
        if self.admissions:
            return self.admissions.pop(0)
        started = activity.info().started_time
        try:
            lead = parse(LeadInput, order.raw)
        except Refused as refused:
            return Unusable(
                problems=refused.problems,
                answerable="mia",
                due_at=started + timedelta(hours=24),
                policy="test-1",
                manners=self.manners,
                received_at=started,
            )
        return Admitted(
            lead_id=order.lead_id,
            headline=f"{lead.type} of {lead.company.name}",
            source=lead.source,
            type=lead.type,
            region="emea",
            received_at=lead.received_at or started,
            policy="test-1",
            manners=self.manners,
        )

    @activity.defn(name="enrich")
    async def enrich(self, order: EnrichLead) -> Enrichment:
        self._take("enrich", order)
        return Enrichment(facts=(Fact(field="company.employees", value=4200, source="directory"),))

    @activity.defn(name="score")
    async def score(self, order: ScoreLead) -> Score:
        self._take("score", order)
        return self.scores.pop(0)(order) if self.scores else routed(order)

    @activity.defn(name="assign")
    async def assign(self, order: AssignLead) -> Assignment:
        return await self._give("assign", order)

    @activity.defn(name="reassign")
    async def reassign(self, order: AssignLead) -> Assignment:
        return await self._give("reassign", order)

    async def _give(self, name: str, order: AssignLead) -> Assignment:
        self._take(name, order)
        at = activity.info().started_time
        if self.during_assign:
            await self.during_assign(order)
        if self.assignments:
            return self.assignments.pop(0)(order, at)
        key = (order.lead_id, order.offer)
        if key not in self.offers:
            if order.to is Target.NAMED and order.rep_id not in (*REPS, "mia"):
                return NotAllowed(because=f"unknown rep {order.rep_id!r}")
            free = [rep for rep in REPS if rep not in order.asked]
            if order.rep_id is None and not free:
                return nobody(order, at, self.ladder)
            plan = self._leave(ladder_plan(order.rungs_done, at, order.cause, self.ladder))
            offer = offered(order, order.rep_id or free[0], at)
            self.offers[key] = offer.model_copy(update={"plan": plan})
        return self.offers[key]

    def _leave(self, plan: Plan) -> Plan:
        leave_at, self.leave_at = self.leave_at, None
        return plan.model_copy(update={"away_at": leave_at, "away_because": "they are on leave" if leave_at else ""})

    @activity.defn(name="plan")
    async def plan(self, order: PlanRungs) -> Plan:
        self._take("plan", order)
        if self.during_plan:
            await self.during_plan()
        if order.kind == "shift":
            assert order.frozen_at is not None
            delta = order.at - order.frozen_at
            rungs = tuple(rung.model_copy(update={"due_at": rung.due_at + delta}) for rung in order.rungs)
            return Plan(made_at=order.at, cause=order.cause, rungs=rungs)
        if order.kind == "anew":
            gone, self.gone = self.gone, None
            return self._leave(Plan(made_at=order.at, cause="", rungs=order.rungs, gone=gone))
        rungs = tuple(
            Rung(
                n=len(LADDER) + place,
                kind=kind,
                to=to,
                due_at=order.at + timedelta(minutes=minutes),
                clock=Clock.WALL,
                says=f"{kind} for contact",
            )
            for place, (kind, to, minutes) in enumerate(self.contact)
        )
        return Plan(made_at=order.at, cause=order.cause, rungs=rungs)

    @activity.defn(name="notify")
    async def notify(self, order: Tell) -> Delivery:
        self._take("notify", order)
        while self.sending and not self.sending.is_set():
            activity.heartbeat()
            await asyncio.sleep(0.2)
        if order.rep_id in self.unreachable:
            return Delivery(state=DeliveryState.UNDELIVERABLE, person_id=order.rep_id, because="mailbox is full")
        return self._quiet(order.rep_id) or Delivery(
            state=DeliveryState.DELIVERED, person_id=order.rep_id, channel="log"
        )

    @activity.defn(name="alert_manager")
    async def alert_manager(self, order: AlertManager) -> Delivery:
        self._take("alert_manager", order)
        if "mia" in self.unreachable:
            return Delivery(state=DeliveryState.UNDELIVERABLE, person_id="mia", because="mailbox is full")
        return self._quiet("mia") or Delivery(state=DeliveryState.DELIVERED, person_id="mia", channel="log")

    def _quiet(self, person_id: str) -> Delivery | None:
        at = activity.info().started_time
        quiet_for, self.quiet_for = self.quiet_for, None
        until = at + quiet_for if quiet_for else self.quiet_until
        if until is None or at >= until:
            return None
        return Delivery(state=DeliveryState.LATER, person_id=person_id, because="it is quiet there", until=until)

    @activity.defn(name="record")
    async def record(self, order: RecordLead) -> Recorded:
        self._take("record", order)
        self.records.append(order)
        return Recorded(seq=order.seq)


def routed(order: ScoreLead) -> Score:
    """A lead for a person."""
    return Score(
        points=31,
        reasons=(Reason(rule="booked a call", points=20, because="booked a call once"),),
        intent=Intent.HIGH,
        fit=Fit.STRONG,
        qualification=Route(sla="demo", because="high intent, strong fit"),
        policy="test-2" if order.repin else order.policy,
    )


def offered(order: AssignLead, rep_id: str, at: datetime) -> Offered:
    """An offer to `rep_id` with the ladder's rungs from there on."""
    return Offered(
        offer=order.offer,
        rep_id=rep_id,
        rep_name=rep_id.title(),
        team="emea",
        region="emea",
        manager_id="mia",
        backup_id="ben" if rep_id == "ana" else None,
        pool="emea",
        sla=order.sla or "demo",
        sentence=f"You get it because it is your turn, {rep_id}.",
        at=at,
        plan=ladder_plan(order.rungs_done, at, order.cause),
        response_due_at=order.sla_from + timedelta(minutes=20),
        accepted=order.accepted,
    )


def nobody(order: AssignLead, at: datetime, rows: Sequence[Any] = LADDER) -> Nobody:
    """Nobody is left."""
    plan = ladder_plan(order.rungs_done, at, order.cause, rows, asks=False) if order.holder else None
    due = order.sla_from + timedelta(minutes=20)
    return Nobody(because="everybody was asked", manager_id="mia", plan=plan, response_due_at=due)


def held(until: datetime) -> Callable[[AssignLead, datetime], Assignment]:
    """Nobody before `until`."""
    return lambda _order, _at: Held(until=until, because="all are asleep", manager_id="mia")
