"""What people are answered: a verdict that says who has the lead now."""

from datetime import datetime

from models.ladder import EntryKind
from models.messages import Verdict, VerdictKind
from workflows.ladder.effects import Settling
from workflows.ladder.state import LeadState
from workflows.ladder.step import Step


def verdict(state: LeadState, kind: VerdictKind, because: str) -> Verdict:
    """Answer with who has the lead now."""
    return Verdict(
        verdict=kind,
        because=because,
        lead_id=state.lead_id,
        stage=state.stage,
        owner=state.holder.rep_id if state.holder else None,
        offer=state.holder.offer if state.holder else state.offer,
        since=(state.holder.accepted_at or state.holder.since) if state.holder else None,
    )


def done(step: Step, because: str) -> Step:
    """Answer that it is done."""
    return Step(step.state, step.effects, verdict(step.state, VerdictKind.DONE, because))


def refused(step: Step, now: datetime, because: str) -> Step:
    """Answer that it is not done, and write down why."""
    step = step.tell(now, EntryKind.REFUSED, because)
    return Step(step.state, step.effects, verdict(step.state, VerdictKind.REFUSED, because))


def settled(step: Step, ticket: str | None, kind: VerdictKind, because: str) -> Step:
    """Answer whoever waits, if anybody does."""
    return step.do(Settling(ticket, verdict(step.state, kind, because))) if ticket else step


def who_has_it(state: LeadState) -> str:
    """Name who holds the lead, how, and since when."""
    if state.holder is None:
        return f"nobody holds it now (stage {state.stage})"
    verb = "took it" if state.holder.accepted_at else "is asked"
    since = state.holder.accepted_at or state.holder.since
    return f"{state.holder.rep_id} {verb} since {since:%Y-%m-%d %H:%M:%S} UTC (offer {state.holder.offer})"


def objection(state: LeadState, rep_id: str, offer: int | None) -> str | None:
    """Say why this rep cannot answer for the lead now, if so."""
    holder = state.holder
    if holder is None or holder.rep_id != rep_id:
        asked = "is not yours" if rep_id in state.asked else "was never offered to you"
        return f"the lead {asked}: {who_has_it(state)}"
    if offer is not None and offer != holder.offer:
        return f"offer {offer} is superseded: {who_has_it(state)}"
    return None
