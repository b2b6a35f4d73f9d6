"""What an auditor sees and does in Temporal: one lead at a time, by its id, never by visibility, which lags.

It refuses to judge what it sees (`activities.healing`), and tells no failure's text, which may hold what a lead said.
"""

import asyncio
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError
from temporalio import activity
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
)
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.healing import Gone, How, NotTaken, Over, Running, Seen
from models.audit import Stood, Suspect
from models.lead import Stage
from models.status import Result, Status
from runtime.client import RPC_PATIENCE, is_away
from runtime.dispatcher import TASK_TIMEOUT, headline
from workflows import names
from workflows.resuming import RESUMED

AT_ONCE = 8
"""So many leads are looked for at the same time."""

FAILS = 3
"""So often a task or an order was tried when it counts as failing: a second try is a worker that was restarted."""

EVENTS = 50
"""So many of the last events are searched for why a task fails."""

_HOW = {
    WorkflowExecutionStatus.COMPLETED: How.COMPLETED,
    WorkflowExecutionStatus.CANCELED: How.CANCELLED,
    WorkflowExecutionStatus.TERMINATED: How.TERMINATED,
    WorkflowExecutionStatus.FAILED: How.FAILED,
    WorkflowExecutionStatus.TIMED_OUT: How.TIMED_OUT,
}


class LookingIn:
    """Temporal as an auditor needs it, over the client of the worker that runs the activity."""

    def __init__(self, queue: str) -> None:
        self._queue = queue

    async def look(self, lead_id: str) -> Seen:
        """See what there is of a lead. Raises `RPCError` while Temporal is away."""
        handle = _handle(lead_id)
        described = await _described(handle)
        if described is None:
            return Gone()
        if described.status is WorkflowExecutionStatus.RUNNING:
            return await _running(handle, described)
        how = _HOW.get(described.status or WorkflowExecutionStatus.FAILED, How.FAILED)
        return Over(how, await _result(handle) if how is How.COMPLETED else None)

    async def strays(self, lead_ids: tuple[str, ...]) -> tuple[Suspect, ...]:
        """Name those of open leads that have no running workflow. Raises as `look`."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def stray(lead_id: str) -> Suspect | None:
            async with turn:
                described = await _described(_handle(lead_id))
            if described is not None and described.status is WorkflowExecutionStatus.RUNNING:
                return None
            return Suspect(lead_id=lead_id, suspicion="is open, and no workflow of it runs")

        found = await asyncio.gather(*map(stray, lead_ids))
        return tuple(one for one in found if one is not None)

    async def nudge(self, lead_id: str) -> None:
        """Have a lead look at the clock and write down where it stands. Raises as `look`."""
        await _handle(lead_id).signal(names.NUDGE, rpc_timeout=RPC_PATIENCE)

    async def begin(self, lead_id: str, raw: object, received_at: datetime) -> None:
        """Start a lead from what came in. Raises `NotTaken`, and as `look`."""
        await self._start(names.WORKFLOW, raw, lead_id, headline(raw), Stage.RECEIVED, received_at)

    async def resume(self, there: Stood) -> None:
        """Start a lead where it stood. Raises as `begin`."""
        await self._start(RESUMED, there, there.lead_id, there.headline[:200], there.stage, there.received_at)

    async def _start(
        self, workflow: str, given: object, lead_id: str, summary: str, stage: Stage, received_at: datetime
    ) -> None:
        pairs: list[SearchAttributePair[Any]] = [
            SearchAttributePair(names.STAGE, stage.value),
            SearchAttributePair(names.RECEIVED_AT, received_at),
        ]
        try:
            await activity.client().start_workflow(
                workflow,
                given,
                id=names.workflow_id(lead_id),
                task_queue=self._queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                search_attributes=TypedSearchAttributes(pairs),
                static_summary=summary,
                task_timeout=TASK_TIMEOUT,
                rpc_timeout=RPC_PATIENCE,
            )
        except WorkflowAlreadyStartedError:
            return  # somebody else was quicker
        except PydanticSerializationError as error:
            raise NotTaken("it cannot be written as JSON") from error
        except RPCError as error:
            if is_away(error):
                raise
            raise NotTaken(error.message) from error


def _handle(lead_id: str) -> WorkflowHandle[Any, Any]:
    client: Client = activity.client()
    return client.get_workflow_handle(names.workflow_id(lead_id))


async def _described(handle: WorkflowHandle[Any, Any]) -> WorkflowExecutionDescription | None:
    try:
        return await handle.describe(rpc_timeout=RPC_PATIENCE)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def _running(handle: WorkflowHandle[Any, Any], described: WorkflowExecutionDescription) -> Running:
    about = described.raw_description
    tried = about.pending_workflow_task.attempt
    why = await _why_its_task_fails(handle) if tried > 1 else ""
    if why or tried >= FAILS:
        return Running(None, f"its task fails, tried {tried} times{why}")
    failing = next((one for one in about.pending_activities if one.attempt >= FAILS), None)
    waits_for = ""
    if failing is not None:
        name, why = failing.activity_type.name, _kind(failing.last_failure)
        waits_for = f"waits for `{name}`, which fails, tried {failing.attempt} times{why}"
    try:
        status = await handle.query("status", result_type=Status, rpc_timeout=RPC_PATIENCE)
    except WorkflowQueryFailedError as error:
        return Running(None, f"a query fails: {type(error.__cause__ or error).__name__}", waits_for)
    except RPCError as error:  # Temporal has just answered, so it is the lead that does not
        return Running(None, f"a query is not answered: {error.status.name.lower()}", waits_for)
    return Running(status, waits_for=waits_for)


async def _result(handle: WorkflowHandle[Any, Any]) -> Result | None:
    """Read how it ended; None for what is not a lead's result."""
    try:
        return Result.model_validate(await handle.result(rpc_timeout=RPC_PATIENCE))
    except ValidationError:
        return None


async def _why_its_task_fails(handle: WorkflowHandle[Any, Any]) -> str:
    """Name the kind of failure since the last task that went well; Temporal writes the first of a row down."""
    client: Client = activity.client()
    asked = GetWorkflowExecutionHistoryReverseRequest(namespace=client.namespace, maximum_page_size=EVENTS)
    asked.execution.workflow_id = handle.id
    answer = await client.workflow_service.get_workflow_execution_history_reverse(asked, timeout=RPC_PATIENCE)
    for event in answer.history.events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            break
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            failed = event.workflow_task_failed_event_attributes
            cause = WorkflowTaskFailedCause.Name(failed.cause).removeprefix("WORKFLOW_TASK_FAILED_CAUSE_")
            return f": {cause.lower().replace('_', ' ')}{_kind(failed.failure)}"
    return ""


def _kind(failure: Failure) -> str:
    kind = failure.application_failure_info.type or failure.WhichOneof("failure_info") or ""
    return f" ({kind})" if kind else ""
