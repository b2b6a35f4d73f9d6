"""Asking providers about a lead's company, and what that makes of what is known (R43).

Asked within a lead's response by `Reception.enrich`, and beside it by the chore that waits for late answers
(`runtime/enriching.py`). This room refuses to decide who is believed: that is the policy's.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from activities.knowing import Knowing
from activities.policybook import Policybook
from adapters.enrichers.findings import Failed, Finding, Found, NothingKnown, Query
from adapters.enrichers.reports import Enriched, ProviderReport
from adapters.enrichers.waterfall import Waterfall
from db.asking_later import EVERYBODY
from db.enriching import Enrichments, Learned
from db.leads import Leads
from db.provider_use import Use
from models.decisions import Enrichment, Fact, ProviderAsked, Unknown
from models.facts import EmailKind, LeadFacts
from policy.believing import believe, changed, stale_fields, wanted
from policy.placing import localise

TURNS = 5
"""How often what was learned is put to a lead that changes under our hands."""

LONGEST_WAIT = timedelta(hours=1)
"""So long a late answer waits at most before it is asked for, whatever a provider wants: it may want years."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What providers said: believed or not is seen when it is put to the facts."""

    found: tuple[Fact, ...]
    enrichment: Enrichment
    uses: tuple[Use, ...]
    late: tuple[str, ...]
    again_after: timedelta


class Asking:
    """Asks the providers of a waterfall."""

    def __init__(self, waterfall: Waterfall) -> None:
        self._waterfall = waterfall

    @property
    def patience(self) -> timedelta:
        """How long the most patiently awaited provider may take beside a lead."""
        return self._waterfall.patience

    async def within(self, facts: LeadFacts, at: datetime, budget: timedelta) -> Answers:
        """Ask for what is unknown or stale, within the budget of a lead's response, or what is left of it."""
        asked_for = wanted(facts, self._waterfall.trust, at)
        return answers_of(await self._waterfall.enrich(query_of(facts), now=at, wanted=asked_for, budget=budget))

    async def beside(self, facts: LeadFacts, at: datetime, providers: Collection[str]) -> Answers | None:
        """Ask beside a lead: these providers, or when none are named all, for stale fields; None: nothing to ask.

        `EVERYBODY` among them: all, for whatever is unknown.
        """
        trust = self._waterfall.trust
        asked_for = wanted(facts, trust, at) if providers else stale_fields(facts, trust, at)
        names = set(trust.providers)
        if providers and EVERYBODY not in providers:
            names &= set(providers)
        if not asked_for or not names:
            return None
        enriched = await self._waterfall.enrich_late(query_of(facts), now=at, providers=names, wanted=asked_for)
        return answers_of(enriched)

    def put(self, facts: LeadFacts, answers: Answers, at: datetime) -> LeadFacts:
        """Give what is known once providers are believed as far as they are."""
        return believe(facts, answers.found, self._waterfall.trust, at)


class Enriching:
    """Puts answers to what is known of a lead, and writes that down."""

    def __init__(self, leads: Leads, policybook: Policybook, asking: Asking) -> None:
        self._leads, self._policybook, self._asking = leads, policybook, asking
        self._enrichments, self._knowing = Enrichments(leads.database), Knowing(leads.database)

    async def settle(
        self,
        lead_id: str,
        answers: Answers,
        policy: str,
        at: datetime,
        saying: Callable[[tuple[str, ...]], Mapping[str, Any] | None] = lambda _: None,
    ) -> Enrichment:
        """Keep what was learned, whatever has become of the lead meanwhile, and have late answers asked for.

        `saying`: the event that its workflow is told of the fields that changed. Raises `UnknownLead`.
        """
        compiled = await self._policybook.version(policy)
        for _ in range(TURNS):
            facts = await self._leads.facts(lead_id)
            if facts is None:
                break
            put = localise(self._asking.put(facts, answers, at), compiled.policy)
            recognised = await self._knowing.look(put, at=at)
            known = recognised.facts
            before = await self._leads.enrichment(lead_id)
            learned = Learned(
                was=facts,
                facts=known,
                enrichment=together(before, answers.enrichment).model_copy(
                    update={"account": recognised.told, "possible": len(recognised.possible)}
                ),
                uses=answers.uses,
                later=answers.late,
                says=saying(changed(facts, known)),
            )
            if await self._enrichments.keep(learned, at=at, next_at=at + answers.again_after):
                return learned.enrichment
            answers = replace(answers, uses=())
        await self._enrichments.count(answers.uses, at=at)
        return answers.enrichment


def query_of(facts: LeadFacts) -> Query:
    """Say with what a lead's company is asked about."""
    domain = facts.email.rpartition("@")[2] if facts.email and facts.email_kind is EmailKind.WORK else None
    return Query(domain=facts.company.domain, company_name=facts.company.name, email_domain=domain)


def together(before: Enrichment | None, late: Enrichment) -> Enrichment:
    """Join what was learned beside a lead to what was learned within its response."""
    if before is None:
        return late
    said = {(one.field, one.source) for one in late.facts}
    return before.model_copy(
        update={
            "facts": tuple(one for one in before.facts if (one.field, one.source) not in said) + late.facts,
            "unknown": tuple(one for one in before.unknown if one.field not in {fact.field for fact in late.facts}),
            "asked": tuple({(one.provider, one.outcome): one for one in (*before.asked, *late.asked)}.values()),
            "later": late.later,
        }
    )


def answers_of(enriched: Enriched) -> Answers:
    """Put what a waterfall brought into the words of a lead."""
    because = (enriched.unknown_because or "").removeprefix("unknown, because ")
    return Answers(
        found=tuple(_fact(one) for one in (*enriched.findings, *enriched.overruled)),
        enrichment=Enrichment(
            facts=tuple(_fact(one) for one in enriched.findings),
            unknown=tuple(Unknown(field=field, because=because) for field in enriched.missing),
            asked=tuple(_asked(one) for one in enriched.reports),
            later=bool(enriched.late),
        ),
        uses=tuple(_use(one) for one in enriched.reports),
        late=enriched.late,
        again_after=min(enriched.again_after, LONGEST_WAIT),
    )


def _fact(one: Finding) -> Fact:
    value = list(one.value) if isinstance(one.value, tuple) else one.value
    return Fact(field=one.field, value=value, source=one.source, as_of=one.fetched_at)


def _asked(report: ProviderReport) -> ProviderAsked:
    outcome = report.outcome
    return ProviderAsked(
        provider=report.provider,
        outcome=_word(report),
        because="; ".join((outcome.because, *outcome.notes)),
        took=report.took,
        cost=report.cost,
    )


def _word(report: ProviderReport) -> str:
    match report.outcome:
        case Found(cached=True) | NothingKnown(cached=True):
            return "cached"
        case Found():
            return "found"
        case NothingKnown():
            return "nothing"
        case Failed(asked=True):
            return "failed"
        case _:
            return "not_asked"


def _use(report: ProviderReport) -> Use:
    word = _word(report)
    return Use(
        provider=report.provider,
        asked=int(word in {"found", "nothing", "failed"} and not report.counted),
        found=int(word == "found"),
        cached=int(word == "cached"),
        failed=int(word == "failed"),
        cost=report.cost,
    )
