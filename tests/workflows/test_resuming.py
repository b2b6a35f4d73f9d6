"""A lead that lost its workflow goes on where it stood, whatever it was about; and strangers resume nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from models.audit import Stood
from models.decisions import Manners, Offered, Review, Route, Score
from models.ladder import Clock, EntryKind, Plan, Rung, RungKind, Target
from models.lead import Fit, Intent, Stage
from workflows.audit import AuditWorkflow
from workflows.digest import DigestWorkflow
from workflows.ladder import climbing
from workflows.ladder.effects import Planning
from workflows.ladder.step import Step
from workflows.reporting import ReportWorkflow
from workflows.resuming import RESUMED, ResumedLeadWorkflow, as_it_stood, going_on

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = AT + HOUR


def rung(n: int, kind: RungKind, hours: float, to: Target | None = None) -> Rung:
    """One planned rung."""
    return Rung(n=n, kind=kind, to=to, due_at=AT + timedelta(hours=hours), clock=Clock.WALL, says=f"{kind} {n}")


PLAN = Plan(
    made_at=AT,
    cause="offered",
    rungs=(rung(1, RungKind.REMIND, 0.5), rung(2, RungKind.OFFER, 2, Target.BACKUP), rung(3, RungKind.TRIAGE, 4)),
    away_at=AT + 3 * HOUR,
    away_because="ana is on leave",
)
OFFERED = Offered(
    offer=2,
    rep_id="ana",
    rep_name="Ana",
    team="emea",
    region="emea",
    manager_id="mia",
    backup_id="ben",
    sla="demo",
    sentence="ana is next",
    at=AT,
    plan=PLAN,
)
ROUTE = Route(sla="demo", because="hot")
REVIEW = Review(answerable="mia", due_at=AT, because="odd")


def score(way: Any = ROUTE) -> Score:
    """How it was judged."""
    return Score(points=80, reasons=(), intent=Intent.HIGH, fit=Fit.STRONG, qualification=way, policy="p1")


def stood(stage: Stage, **changes: Any) -> Stood:
    """What the database keeps of a lead that was offered to dee, who declined, and then to ana."""
    known: dict[str, Any] = {
        "why": "its workflow was terminated",
        "headline": "demo request, Acme",
        "source": "web",
        "type": "demo_request",
        "region": "emea",
        "policy": "p1",
        "manners": Manners(),
        "backfill": False,
        "received_at": AT - HOUR,
        "response_due_at": AT + 8 * HOUR,
        "first_offered_at": AT - HOUR,
        "breached": False,
        "enrichment": None,
        "score": score(),
        "answerable": "mia",
        "offer": 2,
        "holder": None,
        "held_by": None,
        "offered": None,
        "accepted_at": None,
        "rung": 2,
        "due_at": None,
        "next_step": "look again",
        "asked": ("dee", "ana"),
        "declined": ("dee",),
        "alerts": 3,
        "touches": 4,
        "told": 17,
        "seq": 9,
    }
    return Stood(lead_id="one", stage=stage, **(known | changes))


HELD = {"holder": "ana", "held_by": 2, "offered": OFFERED}


def resumed(there: Stood) -> Step:
    """Let it go on."""
    return going_on(as_it_stood(there), there, NOW)


def test_numbers_go_on_where_they_were() -> None:
    """Offers, lines, events, messages and records: none is used twice."""
    state = resumed(stood(Stage.ROUTING)).state
    numbers = (state.offer, state.told, state.touches, state.alerts, state.seq)
    assert (2, 18, 4, 3, 9) == numbers
    assert (("dee", "ana"), ("dee",)) == (state.asked, state.declined)
    (line,) = state.entries
    says = "its workflow was terminated: it goes on from what the database keeps"
    assert (17, EntryKind.TROUBLE, says) == (line.n, line.kind, line.says)


def test_an_offer_that_stands_keeps_the_rungs_that_are_left() -> None:
    """Whoever is asked is still asked, until the same time; what was done is not done again."""
    step = resumed(stood(Stage.OFFERED, **HELD))
    state = step.state
    assert state.holder is not None
    assert ("ana", 2, Stage.OFFERED) == (state.holder.rep_id, state.holder.offer, state.stage)
    assert [2, 3] == [one.n for one in state.plan]
    assert (AT + 2 * HOUR, AT + 3 * HOUR, "ana is on leave") == (
        climbing.next_due(state),
        state.away_at,
        state.away_because,
    )
    assert () == step.effects


def test_what_came_due_meanwhile_is_done_by_the_ladders_own_rules() -> None:
    """One overdue offering rung, the rest is planned anew from it."""
    there = stood(Stage.OFFERED, **HELD)
    late = climbing.tick(resumed(there).state, AT + 9 * HOUR).state
    assert late.moving is not None
    assert (Target.BACKUP, 3, "ben") == (late.moving.to, late.moving.rungs_done, late.moving.backup)


def test_an_offer_without_a_plan_passes_on() -> None:
    """Only a workflow knew of it, or every rung is behind: the next one is asked."""
    for changes in ({"offered": None}, {"rung": 9}):
        state = resumed(stood(Stage.OFFERED, **(HELD | changes))).state
        assert state.moving is not None
        assert (Target.NEXT, "withdrawn") == (state.moving.to, state.moving.ended)


def test_who_took_it_has_it_and_the_contact_clock_runs_from_then() -> None:
    """Also where the row was a step behind."""
    for stage in (Stage.ACCEPTED, Stage.OFFERED):
        step = resumed(stood(stage, **HELD, accepted_at=AT + HOUR / 2))
        assert (Stage.ACCEPTED, AT + HOUR / 2) == (step.state.stage, step.state.accepted_at)
        (effect,) = step.effects
        assert isinstance(effect, Planning)
        assert ("contact", AT + HOUR / 2, step.state.plan_no) == (effect.kind, effect.at, effect.plan_no)


@pytest.mark.parametrize("stage", [Stage.TRIAGE, Stage.REVIEW, Stage.NURTURING])
def test_what_waits_for_a_person_or_a_season_waits_on(stage: Stage) -> None:
    """Until the same time; what is past comes at once."""
    way = REVIEW if stage is Stage.REVIEW else ROUTE
    state = resumed(stood(stage, due_at=AT + 5 * HOUR, next_step="alert the manager again", score=score(way))).state
    assert (stage, AT + 5 * HOUR, "alert the manager again") == (state.stage, state.wake_at, state.wake_for)
    assert NOW == resumed(stood(stage)).state.wake_at


def test_what_was_held_is_held_on_and_what_was_being_chosen_is_chosen() -> None:
    """A hold ends when it was to end; a choice that was lost is made."""
    held = resumed(stood(Stage.ROUTING, due_at=NOW + HOUR)).state
    assert (Stage.ROUTING, NOW + HOUR, None) == (held.stage, held.wake_at, held.moving)
    choosing = resumed(stood(Stage.ROUTING, due_at=AT)).state
    assert choosing.moving is not None
    assert (Target.NEXT, True) == (choosing.moving.to, choosing.moving.again)
    first = resumed(stood(Stage.ROUTING, offer=0)).state
    assert first.moving is not None
    assert Target.PRIMARY is first.moving.to


@pytest.mark.parametrize("there", [stood(Stage.SCORING, score=None), stood(Stage.ROUTING, score=score(REVIEW))])
def test_what_was_not_judged_for_a_person_is_judged(there: Stood) -> None:
    """Scoring reads everything from the database."""
    state = resumed(there).state
    assert state.judging is not None
    assert Stage.SCORING is state.stage


async def test_nobody_else_resumes_a_lead(temporal_client: Client) -> None:
    """What is no state of this very lead fails at once, and wedges nothing."""
    queue = f"resuming-{uuid4().hex[:8]}"
    async with Worker(temporal_client, task_queue=queue, workflows=[ResumedLeadWorkflow]):
        for given in ("a text", None, stood(Stage.OFFERED).model_dump(mode="json")):
            with pytest.raises(WorkflowFailureError) as raised:
                await temporal_client.execute_workflow(RESUMED, given, id=f"lead-r{uuid4().hex[:8]}", task_queue=queue)
            assert "the auditor alone resumes leads" in str(raised.value.cause)


@pytest.mark.parametrize("made", [AuditWorkflow, DigestWorkflow, ReportWorkflow, ResumedLeadWorkflow])
async def test_each_workflow_loads_with_every_passthrough_intended(made: type) -> None:
    """Nothing slips into the sandbox by accident."""
    strict = replace(
        SandboxRestrictions.default,
        import_notification_policy=SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
        | SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT,
    )
    definition = workflow._Definition.must_from_class(made)
    SandboxedWorkflowRunner(restrictions=strict).prepare_workflow(definition)
