"""What queries answer, and what a finished lead leaves behind."""

from pydantic import Field

from models.base import Inside, Instant
from models.decisions import Assignment, Enrichment, Score
from models.lead import Stage


class Status(Inside):
    """Where a lead stands: its owner, its stage, its next step with a due date (R47)."""

    lead_id: str
    headline: str
    stage: Stage
    owner: str | None
    answerable: str | None
    offer: int
    rung: int
    due_at: Instant | None
    next_step: str
    paused: bool
    breached: bool
    received_at: Instant | None
    response_due_at: Instant | None
    accepted_at: Instant | None
    contacted_at: Instant | None
    score: float | None
    intent: str | None
    fit: str | None
    policy: str | None


class Explanation(Inside):
    """Why this lead is where it is: one sentence for the rep, the whole trace for ops (R29)."""

    lead_id: str
    sentence: str
    policy: str | None
    enrichment: Enrichment | None
    score: Score | None
    assignment: Assignment | None = Field(None, description="the latest routing decision, with its trace")


class Result(Inside):
    """How it ended: the workflow's return value."""

    lead_id: str
    stage: Stage
    owner: str | None
    because: str
    offers: int
    rungs: int
    received_at: Instant | None
    first_offered_at: Instant | None
    accepted_at: Instant | None
    contacted_at: Instant | None
    breached: bool = Field(description="the response target passed before anybody took it")
    folded_into: str | None = None
