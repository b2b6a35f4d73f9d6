"""The decisions: facts and the pinned policy go in, a choice with its reasons comes out and is stored.

Eligibility is judged at the activity's own start, never at an order that may be an hour old; plans at the instant the
order names. The policy room decides, the database makes it true; this module only brings them together.
"""

from dataclasses import replace
from datetime import datetime

from temporalio import activity

from activities.casebook import Casebook, KnownLead, Unread
from activities.contract import Decide
from activities.desk import Desk, clocks_for
from activities.modelbook import Modelbook
from activities.policybook import Policybook
from activities.shadow import Shadow
from db.choosing import Choice, Snapshot
from db.leads import Leads
from db.ownership import AlreadyTaken, LeadOver, Ownerships
from db.rosters import Rosters
from models.decisions import Assignment, NotAllowed, Score
from models.ladder import Plan
from models.orders import AssignLead, PlanRungs, ScoreLead
from models.roster import Roster
from policy import ladder
from policy.compiled import CompiledPolicy
from policy.qualification import judge
from policy.routing.accounts import companies_of, parents_of
from policy.routing.crew import rep_of, team_of


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
        self._modelbook = Modelbook(leads.database)

    @activity.defn(name="score")
    async def score(self, order: ScoreLead) -> Score:
        """Score and qualify under the pinned policy, or the one published now (`repin`)."""
        book, at = self._policybook, activity.info().started_time
        compiled = await (book.for_lead_anew(order.lead_id) if order.repin else book.version(order.policy))
        lead = await self._casebook.known(order.lead_id, anew=at)
        if lead.score is not None and _same(lead.score, compiled, lead, order.at):
            return lead.score  # this very order was carried out; judged again, it would set nothing off
        answerable = await self._first_manager()
        needs = compiled.policy.scoring.learned.needs
        asked = await self._modelbook.ask(lead.facts, lead.touches, order.at, needs=needs)
        score = judge(
            compiled,
            lead.facts,
            lead.touches,
            order.at,
            answerable=answerable,
            learned=asked.learned,
            before=lead.score,
        )
        if lead.score is None:
            await self._modelbook.note(order.lead_id, asked, points=score.points, at=at)
        await self._leads.save_score(order.lead_id, score, at=at)
        if lead.score is None:
            self._shadow.look(lead, judged_at=order.at, at=at, answerable=answerable, learned=asked.learned)
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
        """Plan the contact clock's rungs, what was left of frozen ones, or the same ones on today's calendars."""
        compiled = await self._policybook.version(order.policy)
        roster = await self._rosters.load()
        lead = await self._casebook.known(order.lead_id)
        clocks = clocks_for(compiled, roster, order.rep_id, lead)
        waits_for = None if order.accepted else order.rep_id
        match order.kind:
            case "shift":
                since = order.frozen_at or order.at
                return ladder.shift(
                    order.rungs, since, order.at, clocks, order.cause, roster=roster, holder_id=waits_for
                )
            case "anew":
                return ladder.replan(
                    order.rungs,
                    clocks,
                    order.at,
                    order.cause,
                    roster=roster,
                    holder_id=order.rep_id,
                    accepted=order.accepted,
                )
            case "contact":
                sla = order.sla or compiled.policy.sla[-1].name
                manager = _manager_of(roster, order.rep_id)
                return ladder.plan_contact(
                    compiled.policy, sla, clocks, order.at, order.cause, manager=manager, roster=roster
                )

    async def _give(self, order: AssignLead) -> Assignment:
        at = activity.info().started_time
        compiled = await self._policybook.version(order.policy)
        try:
            lead = await self._casebook.known(order.lead_id)
        except Unread as unread:
            return NotAllowed(because=f"{unread}; mend it and send it again")
        score = lead.score or judge(compiled, lead.facts, lead.touches, at)
        # Past performance is read before anything is locked: a moment's staleness harms nobody, waiting would.
        records = await self._ownerships.records() if _goes_by_records(compiled) else {}

        def decide(snapshot: Snapshot) -> Choice:
            known = replace(snapshot, situation=replace(snapshot.situation, records=records))
            return Desk(compiled, lead, score, order, known).decide()

        companies = (*companies_of(compiled, lead.facts), *parents_of(compiled, lead.facts))
        answer = await self._ownerships.assign(
            order,
            decide,
            at=at,
            ordered_at=order.ordered_at,
            companies=companies,
            aside=compiled.policy.routing.aside,
        )
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


def _same(score: Score, compiled: CompiledPolicy, lead: KnownLead, at: datetime) -> bool:
    """Say whether a judgement is the one of this very moment."""
    return (score.at, score.policy, score.touches) == (at, compiled.version, len(lead.touches))


def _manager_of(roster: Roster | None, rep_id: str | None) -> str | None:
    rep = rep_of(roster, rep_id) if roster is not None and rep_id is not None else None
    return team_of(roster, rep).manager if roster is not None and rep is not None else None


def _goes_by_records(compiled: CompiledPolicy) -> bool:
    return any(rule.won for rule in compiled.policy.routing.best_fit)
