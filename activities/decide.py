"""The decisions: facts and the pinned policy go in, a choice with its reasons comes out and is stored.

Eligibility is judged at the activity's own start, never at an order that may be an hour old; plans at the instant the
order names. The policy room decides, the database makes it true; this module only brings them together.
"""

from datetime import datetime

from temporalio import activity

from activities.casebook import Casebook, KnownLead, Unread
from activities.contract import Decide
from activities.policybook import Policybook
from activities.shadow import Shadow
from db.leads import Leads
from db.ownership import AlreadyTaken, Give, Hold, LeadOver, Leave, Ownerships, Snapshot
from db.ownership import Choice as Written
from db.rosters import Rosters
from db.tables.words import End
from models.decisions import Assignment, Held, Nobody, NotAllowed, Offered, Route, Score
from models.explanation import RoutingTrace
from models.ladder import Plan
from models.orders import AssignLead, PlanRungs, ScoreLead
from models.roster import Level, Roster
from policy import ladder
from policy.compiled import CompiledPolicy
from policy.qualification import judge, sla_of
from policy.routing import Chosen, Impossible, NoOne, Waits, choose

ENDS = {"expired": End.EXPIRED, "declined": End.DECLINED, "withdrawn": End.SUPERSEDED}


class Decider(Decide):
    """Scores, assigns and plans, from what the database holds."""

    def __init__(
        self,
        leads: Leads,
        casebook: Casebook,
        ownerships: Ownerships,
        rosters: Rosters,
        policybook: Policybook,
        shadow: Shadow,
    ) -> None:
        self._leads, self._casebook, self._ownerships = leads, casebook, ownerships
        self._rosters, self._policybook, self._shadow = rosters, policybook, shadow

    @activity.defn(name="score")
    async def score(self, order: ScoreLead) -> Score:
        """Score and qualify under the pinned policy, or the one published now (`repin`)."""
        book, at = self._policybook, activity.info().started_time
        compiled = await (book.for_lead_anew(order.lead_id) if order.repin else book.version(order.policy))
        lead = await self._casebook.known(order.lead_id)
        answerable = await self._first_manager()
        score = judge(compiled, lead.facts, lead.touches, order.at, answerable=answerable)
        await self._leads.save_score(order.lead_id, score, at=at)
        if lead.score is None:
            self._shadow.look(lead, judged_at=order.at, at=at, answerable=answerable)
        return score

    @activity.defn(name="assign")
    async def assign(self, order: AssignLead) -> Assignment:
        """Give the lead to exactly one person, in one transaction keyed by (lead, offer)."""
        return await self._give(order)

    @activity.defn(name="reassign")
    async def reassign(self, order: AssignLead) -> Assignment:
        """Give the lead to somebody else, as `assign`."""
        return await self._give(order)

    @activity.defn(name="plan")
    async def plan(self, order: PlanRungs) -> Plan:
        """Plan the contact clock's rungs, or what was left of frozen ones."""
        compiled = await self._policybook.version(order.policy)
        roster = await self._rosters.load()
        lead = await self._casebook.known(order.lead_id)
        clocks = _clocks(compiled, roster, order.rep_id, lead)
        if order.kind == "shift":
            frozen_at = order.frozen_at or order.at
            return ladder.shift(order.rungs, frozen_at, order.at, clocks, order.cause)
        sla = order.sla or compiled.policy.sla[-1].name
        return ladder.plan_contact(compiled.policy, sla, clocks, order.at, order.cause)

    async def _give(self, order: AssignLead) -> Assignment:
        at = activity.info().started_time
        compiled = await self._policybook.version(order.policy)
        try:
            lead = await self._casebook.known(order.lead_id)
        except Unread as unread:
            return NotAllowed(because=f"{unread}; mend it and send it again")
        score = lead.score or judge(compiled, lead.facts, lead.touches, at)

        def decide(snapshot: Snapshot) -> Written:
            return _Desk(compiled, lead, score, order, snapshot).decide()

        answer = await self._ownerships.assign(order, decide, at=at, ordered_at=order.ordered_at)
        match answer:
            case AlreadyTaken():
                return NotAllowed(because=f"{answer.rep_id} has accepted it (offer {answer.offer})")
            case LeadOver():
                return NotAllowed(because=f"the lead is {answer.stage} already")
            case _:
                return answer

    async def _first_manager(self) -> str | None:
        roster = await self._rosters.load()
        return roster.managers[0].id if roster and roster.managers else None


class _Desk:
    """One decision: the choice of the policy room in the words of the database and of the workflow."""

    def __init__(
        self, compiled: CompiledPolicy, lead: KnownLead, score: Score, order: AssignLead, snapshot: Snapshot
    ) -> None:
        self.compiled, self.lead, self.score, self.order, self.snapshot = compiled, lead, score, order, snapshot
        self.sla = order.sla or self._sla()

    def decide(self) -> Written:
        chosen = choose(
            self.compiled,
            self.lead.facts,
            self.score,
            self.order,
            self.snapshot.situation,
            self.lead.touches,
        )
        match chosen:
            case Chosen() if self._places_are_for_others(chosen):
                return self._wait_behind(chosen)
            case Chosen():
                return self._give(chosen)
            case Waits():
                return self._hold(chosen)
            case NoOne():
                return Leave(self._nobody(chosen))
            case Impossible():
                return Leave(NotAllowed(because=chosen.because))

    def _places_are_for_others(self, chosen: Chosen) -> bool:
        """Say whether better leads wait for every free place (a held lead is assigned best score first)."""
        if self.order.by is not None or self.order.holder is not None:
            return False
        mine = _levels(chosen.trace)
        ahead = sum(1 for one in self.snapshot.ahead if one.pool == chosen.pool and _meet(mine, one.levels))
        free = sum(one.capacity - one.load for one in chosen.trace.candidates if one.excluded is None)
        return ahead > 0 and free <= ahead

    def _wait_behind(self, chosen: Chosen) -> Hold:
        until = self.snapshot.situation.at + self.compiled.policy.routing.recheck
        because = f"every free place in {chosen.pool} is for a better lead that waits longer or scores higher"
        held = self._held(until, because, chosen)
        return Hold(held, chosen.pool, _levels(chosen.trace), ends=ENDS[self.order.ended])

    def _held(self, until: datetime, because: str, chosen: Chosen | Waits) -> Held:
        """Hold it; the promise made at the door runs on."""
        return Held(
            until=until,
            because=because,
            manager_id=chosen.manager_id,
            response_due_at=self._promised_meanwhile(chosen.trace),
            trace=chosen.trace,
        )

    def _give(self, chosen: Chosen) -> Give:
        at = self.snapshot.situation.at
        plan = ladder.plan_ladder(
            self.compiled.policy,
            self.sla,
            self.order.rungs_done,
            self._clocks(chosen.rep_id),
            at,
            self.order.cause,
            backup=chosen.backup_id,
            manager=chosen.manager_id,
        )
        offered = Offered(
            offer=self.order.offer,
            rep_id=chosen.rep_id,
            rep_name=chosen.rep_name,
            team=chosen.team,
            region=chosen.region,
            manager_id=chosen.manager_id,
            backup_id=chosen.backup_id,
            pool=chosen.pool,
            sla=self.sla,
            sentence=chosen.sentence,
            at=at,
            plan=plan,
            response_due_at=self._promised_at(chosen.rep_id),
            accepted=self.order.accepted,
            trace=chosen.trace,
        )
        return Give(
            offered,
            moves=chosen.turn.moves if chosen.turn else {},
            turn_because=chosen.turn.because if chosen.turn else "",
            ends=ENDS[self.order.ended],
            refund_on=frozenset(self.compiled.policy.routing.refund),
            refund_limit=self.compiled.policy.routing.refund_limit,
        )

    def _hold(self, chosen: Waits) -> Hold:
        held = self._held(chosen.until, chosen.because, chosen)
        return Hold(held, chosen.pool, _levels(chosen.trace), ends=ENDS[self.order.ended])

    def _nobody(self, chosen: NoOne) -> Nobody:
        plan = None
        if self.order.holder is not None:
            clocks = self._clocks(self.order.holder)
            cause = f"nobody else: {chosen.because}"
            plan = ladder.plan_ladder(
                self.compiled.policy, self.sla, self.order.rungs_done, clocks, self.snapshot.situation.at, cause
            )
        return Nobody(
            because=chosen.because,
            manager_id=chosen.manager_id,
            plan=plan,
            response_due_at=self._promised_meanwhile(chosen.trace),
            trace=chosen.trace,
        )

    def _promised_meanwhile(self, trace: RoutingTrace) -> datetime:
        """Count the promise of a lead that nobody is asked for, in the hours of those who were looked at."""
        first = next(iter(trace.candidates), None)
        return self._promised_at(first.rep_id if first else None)

    def _promised_at(self, rep_id: str | None) -> datetime:
        return ladder.response_due_at(self.compiled.policy, self.sla, self._clocks(rep_id), self.order.sla_from)

    def _clocks(self, rep_id: str | None) -> ladder.Clocks:
        return _clocks(self.compiled, self.snapshot.situation.roster, rep_id, self.lead)

    def _sla(self) -> str:
        way = self.score.qualification
        if isinstance(way, Route):
            return way.sla
        known = self.compiled.known(self.lead.facts, self.lead.touches, self.snapshot.situation.at, self.score)
        return sla_of(self.compiled, known).name


def _levels(trace: RoutingTrace) -> tuple[Level, ...]:
    """Name the levels a waiting lead waits for; none named: anybody's."""
    return () if trace.any_level else tuple(map(Level, trace.levels))


def _meet(mine: tuple[Level, ...], theirs: tuple[Level, ...]) -> bool:
    """Say whether two leads want the same people."""
    return not mine or not theirs or not set(mine).isdisjoint(theirs)


def _clocks(compiled: CompiledPolicy, roster: Roster | None, rep_id: str | None, lead: KnownLead) -> ladder.Clocks:
    if roster is None:
        return ladder.Clocks()
    return ladder.clocks_of(compiled.policy, roster, rep_id, lead.facts.timezone)
