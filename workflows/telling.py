"""How a lead tells of itself: status, explanation, search attributes, and the page in the Temporal Web UI."""

from datetime import datetime
from typing import Any

from temporalio.common import SearchAttributePair, SearchAttributeUpdate

from models.decisions import Held
from models.lead import Stage
from models.orders import Holding, RecordLead
from models.status import Explanation, Result, Status
from workflows import names
from workflows.ladder.climbing import next_due, step_due
from workflows.ladder.state import LeadState


def next_step(state: LeadState) -> str:
    """Say what happens next by itself, or what is awaited."""
    if state.ended:
        return f"nothing: {state.because}"
    if state.stuck:
        return f"try again: {state.stuck.because}"
    if state.paused:
        return f"paused by {state.paused.by} ({state.paused.reason}); goes on by itself"
    if state.plan:
        return _next_rung(state)
    if state.wake_at and state.wake_for:
        return state.wake_for
    return {
        Stage.RECEIVED: "take it in",
        Stage.ENRICHING: "look the company up",
        Stage.SCORING: "score it",
        Stage.ROUTING: "choose who gets it",
        Stage.ACCEPTED: "wait for the first contact",
    }.get(state.stage, "wait")


def _next_rung(state: LeadState) -> str:
    """Say which rung is next, and what comes before it: a leave, or a rest that the policy gives."""
    rung, leave_at = state.plan[0], state.on_leave_at
    if leave_at and leave_at < rung.due_at:
        return f"move on, because {state.away_because}"
    if state.resting_until:
        return f"paused by the policy until {state.resting_until:%Y-%m-%d %H:%M:%S} UTC; then {rung.says}"
    return rung.says


def status(state: LeadState) -> Status:
    """Answer the `status` query."""
    return Status(
        lead_id=state.lead_id,
        headline=state.headline,
        stage=state.stage,
        owner=state.holder.rep_id if state.holder else None,
        answerable=state.answerable,
        offer=state.offer,
        rung=state.rung,
        due_at=step_due(state) or next_due(state),
        next_step=next_step(state),
        paused=state.paused is not None,
        breached=state.breached,
        received_at=state.received_at,
        response_due_at=state.response_due_at,
        accepted_at=state.accepted_at,
        contacted_at=state.contacted_at,
        score=state.score.points if state.score else None,
        intent=state.score.intent if state.score else None,
        fit=state.score.fit if state.score else None,
        policy=state.policy,
    )


def explanation(state: LeadState) -> Explanation:
    """Answer the `explanation` query."""
    return Explanation(
        lead_id=state.lead_id,
        sentence=_sentence(state),
        policy=state.policy,
        enrichment=state.enrichment,
        score=state.score,
        assignment=state.assignment,
    )


def _sentence(state: LeadState) -> str:
    """Say why the owner has it; else why nobody has it now, and only then why it went the way it did."""
    if state.holder:
        return state.holder.sentence
    if state.stage is Stage.ROUTING and isinstance(state.assignment, Held):
        return state.assignment.because
    if state.stage is Stage.TRIAGE and state.released_because:
        return state.released_because
    return state.because or f"{state.stage}: {next_step(state)}"


def result(state: LeadState) -> Result:
    """Say how it ended."""
    return Result(
        lead_id=state.lead_id,
        stage=state.stage,
        owner=state.holder.rep_id if state.holder else None,
        because=state.because,
        offers=state.made,
        rungs=state.rung,
        received_at=state.received_at,
        first_offered_at=state.first_offered_at,
        accepted_at=state.accepted_at,
        contacted_at=state.contacted_at,
        breached=state.breached,
        folded_into=state.folded_into,
    )


def record(state: LeadState, at: datetime) -> RecordLead:
    """Tell the database where the lead stands; lines and events are added by whoever sends it."""
    holder = state.holder
    return RecordLead(
        lead_id=state.lead_id,
        seq=state.seq,
        at=at,
        stage=state.stage,
        holding=Holding(
            rep_id=holder.rep_id, offer=holder.offer, accepted_at=holder.accepted_at, contacted_at=state.contacted_at
        )
        if holder
        else None,
        answerable=state.answerable,
        released_because=state.released_because,
        ended=None if holder else state.released_as,
        offer=state.offer,
        rung=state.rung,
        due_at=step_due(state) or next_due(state),
        next_step=next_step(state),
        breached=state.breached,
        paused=state.paused is not None,
        closed=state.ended,
    )


def attributes(state: LeadState) -> dict[str, SearchAttributePair[Any]]:
    """Name what the Web UI's list may be filtered by."""
    score = state.score
    pairs: list[SearchAttributePair[Any] | None] = [
        SearchAttributePair(names.STAGE, state.stage.value),
        SearchAttributePair(names.OWNER, state.holder.rep_id) if state.holder else None,
        SearchAttributePair(names.TEAM, state.holder.team) if state.holder and state.holder.team else None,
        SearchAttributePair(names.REGION, state.region) if state.region else None,
        SearchAttributePair(names.TYPE, state.type) if state.type else None,
        SearchAttributePair(names.INTENT, score.intent.value) if score else None,
        SearchAttributePair(names.FIT, score.fit.value) if score else None,
        SearchAttributePair(names.POLICY, state.policy) if state.policy else None,
        SearchAttributePair(names.SCORE, round(score.points)) if score else None,
        SearchAttributePair(names.RUNG, state.rung),
        SearchAttributePair(names.DUE_AT, due) if (due := next_due(state)) else None,
        SearchAttributePair(names.RECEIVED_AT, state.received_at) if state.received_at else None,
        SearchAttributePair(names.BREACHED, state.breached),
    ]
    return {pair.key.name: pair for pair in pairs if pair is not None}


def changes(
    before: dict[str, SearchAttributePair[Any]], after: dict[str, SearchAttributePair[Any]]
) -> list[SearchAttributeUpdate[Any]]:
    """Name the search attributes that have to be set or taken away, in a fixed order."""
    updates: list[SearchAttributeUpdate[Any]] = []
    for name in sorted({*before, *after}):
        if name not in after:
            updates.append(before[name].key.value_unset())
        elif before.get(name) != after[name]:
            updates.append(after[name].key.value_set(after[name].value))
    return updates


def page(state: LeadState) -> str:
    """Write the current details that the Web UI shows, in Markdown."""
    due = step_due(state)
    if state.holder:
        took = " (accepted)" if state.holder.accepted_at else " (asked, has not answered)"
        owner = f"**{state.holder.rep_id}**{took}"
    else:
        owner = f"nobody; answerable: {state.answerable or 'not named'}"
    lines = [
        f"### {state.headline}",
        f"- **Stage**: {state.stage}{' - promised time passed' if state.breached else ''}",
        f"- **Owner**: {owner}",
        f"- **Next**: {next_step(state)}" + (f", at {due:%Y-%m-%d %H:%M:%S} UTC" if due else ""),
    ]
    if state.score:
        lines.append(f"- **Score**: {state.score.points:g} points, intent {state.score.intent}, fit {state.score.fit}")
    if state.holder:
        lines.append(f"- **Why**: {state.holder.sentence}")
    lines += _notes(state)
    if state.plan:
        lines += ["", "| rung | what | when (UTC) | clock |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {rung.n} | {rung.says}{' (projected)' if rung.projected else ''} "
            f"| {rung.due_at:%Y-%m-%d %H:%M:%S} | {rung.clock} |"
            for rung in state.plan
        ]
    if state.entries:
        lines += ["", "Lately:", "", *(f"- {entry.at:%H:%M:%S} {entry.says}" for entry in state.entries[-6:])]
    return "\n".join(lines)


def _notes(state: LeadState) -> list[str]:
    """Say what else is to be known of how it stands."""
    notes = list[str]()
    if leave_at := state.on_leave_at:
        notes.append(f"- **Leave**: {state.away_because}, from {leave_at:%Y-%m-%d %H:%M:%S} UTC on")
    if state.widened:
        notes.append(f"- **May be asked, too**: {', '.join(state.widened)}")
    if seen := state.acknowledged:
        notes.append(f"- **Acknowledged**: by {seen.by}, until {seen.until:%Y-%m-%d %H:%M:%S} UTC")
    if state.later:
        first = min(one.until for one in state.later)
        notes.append(f"- **Messages that wait**: {len(state.later)}, the first until {first:%Y-%m-%d %H:%M:%S} UTC")
    return notes
