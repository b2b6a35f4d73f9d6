"""What follows when a lead comes in: it is taken in, cannot be read, or is known better than before."""

from datetime import datetime

from models.decisions import Admitted, Enrichment, Unusable
from models.ladder import EntryKind
from models.lead import Stage
from workflows.ladder.effects import AlertCause
from workflows.ladder.state import Judging, LeadState
from workflows.ladder.step import Step


def admitted(state: LeadState, answer: Admitted, now: datetime) -> Step:
    """Take a lead in; one that was disqualified at the very door stays so."""
    step = Step(state).set(
        admitted=True,
        headline=answer.headline,
        source=answer.source,
        type=answer.type,
        region=answer.region,
        policy=answer.policy,
        manners=answer.manners,
        received_at=answer.received_at,
        sla_from=answer.received_at,
        backfill=answer.backfill,
        stage=state.stage if state.ended else Stage.ENRICHING,
    )
    step = step.tell(now, EntryKind.RECEIVED, f"{answer.headline}, from {answer.source}")
    for note in answer.notes:
        step = step.tell(now, EntryKind.RECEIVED, note)
    return step


def unusable(state: LeadState, answer: Unusable, now: datetime) -> Step:
    """Put what is not a lead as it stands before a person, with what is wrong with it."""
    if state.ended:
        return Step(state)
    because = "; ".join(map(str, answer.problems)) or "it could not be read"
    step = Step(state).set(
        admitted=True,
        headline="a lead that could not be read",
        stage=Stage.REVIEW,
        because=because,
        policy=answer.policy,
        manners=answer.manners,
        received_at=answer.received_at,
        sla_from=answer.received_at,
        answerable=answer.answerable,
        wake_at=answer.due_at,
        wake_for="the review is due",
    )
    step = step.tell(now, EntryKind.RECEIVED, f"could not be taken in as it is: {because}")
    return step.alert(f"please review it: {because}", AlertCause.TRIAGE)


def enriched(state: LeadState, enrichment: Enrichment, now: datetime) -> Step:
    """Note what was learned and what stays unknown; judging comes next."""
    learned = ", ".join(fact.field for fact in enrichment.facts) or "nothing new"
    reasons = dict.fromkeys(one.because for one in enrichment.unknown)
    fields = {because: [one.field for one in enrichment.unknown if one.because == because] for because in reasons}
    unknown = "; ".join(f"{', '.join(names)} unknown, because {because}" for because, names in fields.items())
    step = Step(state).set(enrichment=enrichment, stage=Stage.SCORING, judging=Judging())
    return step.tell(now, EntryKind.ENRICHED, f"learned {learned}" + (f"; {unknown}" if unknown else ""))
