"""Letting a lead in, whoever started it, and getting to know it.

What cannot be a lead at all goes before a person with what is wrong with it; what can still be called is never
refused. Enrichment fills gaps within its budget and never holds a lead up.
"""

import asyncio
from datetime import datetime, timedelta

import structlog
from temporalio import activity

from activities.contract import Intake
from activities.enriching import Asking, Enriching
from activities.policybook import Policybook
from adapters.enrichers.waterfall import Waterfall
from db.admission import Newcomer
from db.leads import Leads
from db.rosters import Rosters
from models.base import Problem, Refused
from models.decisions import Admission, Admitted, Enrichment, Manners, Unknown, Unusable
from models.facts import LeadFacts
from models.orders import AdmitLead, EnrichLead
from models.policy import Afterwards
from policy.answering import first_answer
from policy.cleaning.hygiene import clean, receipt
from policy.cleaning.reading import read
from policy.compiled import CompiledPolicy
from policy.placing import localise

log = structlog.stdlib.get_logger("baton.intake")

_KEEPING = timedelta(seconds=1)
"""What it takes to keep what was learned."""

_QUICK = timedelta(seconds=0.5)
"""What is in the house, or in the cache, is looked at in any case."""


class Reception(Intake):
    """The first two steps of every lead."""

    def __init__(
        self, leads: Leads, rosters: Rosters, policybook: Policybook, waterfall: Waterfall, enrich_within: timedelta
    ) -> None:
        self._leads, self._rosters, self._policybook = leads, rosters, policybook
        self._enrich_within = enrich_within
        self._asking = Asking(waterfall)
        self._enriching = Enriching(leads, policybook, self._asking)

    @activity.defn(name="admit")
    async def admit(self, order: AdmitLead) -> Admission:
        """Normalise, recognise duplicates, open the row and pin the policy published now."""
        at = activity.info().started_time
        compiled = await self._policybook.for_new_lead(order.lead_id, at)
        answer, facts = await self._read(order, compiled, at)
        admission = await self._leads.admit(
            Newcomer(
                lead_id=order.lead_id,
                answer=answer,
                facts=facts,
                raw=order.raw,
                at=at,
                fold_since=at - compiled.policy.duplicates_within,
                not_into=order.not_into,
                first_answer=first_answer(compiled, facts, at) if facts else None,
            )
        )
        if isinstance(admission, Admitted):
            await self._policybook.enrol(order.lead_id, admission.policy, at)
        log.info("lead_admitted", lead_id=order.lead_id, outcome=admission.outcome)
        return admission

    async def _read(
        self, order: AdmitLead, compiled: CompiledPolicy, at: datetime
    ) -> tuple[Admitted | Unusable, LeadFacts | None]:
        try:
            # In a thread: what strangers send may be megabytes, and other leads' activities share the event loop.
            facts = await asyncio.to_thread(_understand, order, compiled, at)
        except Refused as refused:
            return await self._unusable(refused, order, compiled, at), None
        admitted = Admitted(
            lead_id=order.lead_id,
            headline=facts.headline,
            source=facts.source,
            type=facts.type,
            region=facts.region,
            received_at=facts.received_at,
            policy=compiled.version,
            manners=self._manners(compiled),
            notes=facts.notes,
        )
        return admitted, facts

    async def _unusable(self, refused: Refused, order: AdmitLead, compiled: CompiledPolicy, at: datetime) -> Unusable:
        roster = await self._rosters.load()
        manager = roster.managers[0].id if roster and roster.managers else None
        review = compiled.policy.review
        return Unusable(
            problems=refused.problems,
            answerable=review.answerable or manager,
            due_at=at + review.within,
            policy=compiled.version,
            manners=self._manners(compiled),
            received_at=order.started_at,
        )

    def _manners(self, compiled: CompiledPolicy) -> Manners:
        """Give the bounds a workflow needs to know of its policy."""
        policy = compiled.policy
        return Manners(
            undo_within=policy.manners.undo,
            snooze_at_most=policy.manners.snooze_at_most,
            pause_at_most=policy.manners.pause_at_most,
            triage_every=policy.triage.every,
            acknowledged_for=policy.alerts.acknowledged,
            take_back=policy.manners.take_back,
            nurture_for=policy.nurture.lasts,
            review_after_nurture=policy.nurture.then is Afterwards.REVIEW,
            enrich_within=self._enrich_within,
        )

    @activity.defn(name="enrich")
    async def enrich(self, order: EnrichLead) -> Enrichment:
        """Fill what is missing about the company within the budget; what stays unknown says why (R43)."""
        facts = await self._leads.facts(order.lead_id)
        if facts is None:
            return Enrichment(unknown=(Unknown(field="company", because="the lead could not be read"),))
        at = activity.info().started_time
        answers = await self._asking.within(facts, at, self._time_left())
        return await self._enriching.settle(order.lead_id, answers, order.policy, at)

    def _time_left(self) -> timedelta:
        """Give how long providers may take, so that what they say can still be kept and heard of.

        An order that waited for a worker, or is tried again because its worker died, has less time than at first.
        """
        info = activity.info()
        if info.schedule_to_close_timeout is None:
            return self._enrich_within
        left = info.schedule_to_close_timeout - (info.started_time - info.scheduled_time) - _KEEPING
        return min(self._enrich_within, max(left, _QUICK))


def _understand(order: AdmitLead, compiled: CompiledPolicy, at: datetime) -> LeadFacts:
    """Read and normalise what came in. Raises Refused naming each wrong field."""
    lead, notes = read(order.raw)
    if lead.lead_id not in (None, order.lead_id):
        raise Refused((Problem(field="lead_id", what=f"is not the workflow's, which is {order.lead_id}"),))
    received_at, note = receipt(lead.received_at, order.started_at, at)
    return localise(clean(lead, order.lead_id, received_at, note, *notes), compiled.policy)
