"""The chore that makes an erasure whole: it ends and deletes the lead's workflows, and compacts the store.

The database has forgotten the lead before this runs. Here everything is looked at twice, some time apart: whoever was
in the middle of something when the lead was erased (a dispatcher that starts it, an activity that writes) has ended by
then, and what they left goes, too. Done at least once; a repeat finds nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError

from db.emptying import EMPTIED
from db.outbox import Task
from db.tables.words import Errand
from runtime.client import RPC_PATIENCE, is_away
from runtime.errands import RETRY, back_off, knows_no_workflow
from runtime.store import Store
from workflows import names

log = structlog.stdlib.get_logger("baton.eraser")

BATCH = 20

LEASE = timedelta(minutes=2)
"""How long an erasure is somebody's: compacting a large file takes a while."""

SETTLES = timedelta(seconds=30)
"""So long after an erasure was asked for it is looked at once more: longer than anybody is in the middle of a start."""


class Eraser:
    """The chore that empties the erasures' errands."""

    name = "eraser"

    def __init__(
        self, store: Store, client: Client, clock: Callable[[], datetime], settles: timedelta = SETTLES
    ) -> None:
        self._store, self._client, self._clock, self._settles = store, client, clock, settles

    async def once(self) -> bool:
        """Take every due erasure a step further; tell whether there may be more. Raises what is away."""
        tasks = await self._store.outbox.claim(BATCH, now=self._clock(), lease=LEASE, what=[Errand.ERASE])
        last = []
        for place, task in enumerate(tasks):
            try:
                if await self._look(task):
                    last.append(task)
            except RPCError as error:
                if is_away(error):
                    await self._store.outbox.give_back([one.id for one in tasks[place:]], at=self._clock() + RETRY)
                    raise
                log.error("lead_not_erased", lead_id=task.lead_id, because=error.message, attempt=task.attempts)
                again = self._clock() + back_off(task.attempts)
                await self._store.outbox.failed(task.id, error.message, retry_at=again)
        if last:
            await self._close(last)
        return len(tasks) == BATCH

    async def _look(self, task: Task) -> bool:
        """Delete what there is; say whether there was nothing, and this was the last look."""
        found = await delete_runs(self._client, task.lead_id)
        await self._store.erasing.sweep(task.lead_id)
        settled_at = task.created_at + self._settles
        if found:
            again = max(self._clock() + back_off(task.attempts), settled_at)
            await self._store.outbox.failed(task.id, f"{found} runs were deleted", retry_at=again)
            return False
        if self._clock() < settled_at:
            await self._store.outbox.failed(task.id, "it is looked at once more", retry_at=settled_at)
            return False
        return True

    async def _close(self, tasks: Sequence[Task]) -> None:
        """Compact the store, and note that nothing is left; whoever is in the way of that is waited for."""
        outbox, at = self._store.outbox, self._clock()
        if not await self._store.database.compact(*EMPTIED):
            for task in tasks:
                await outbox.failed(task.id, "the store is in use", retry_at=at + RETRY)
            return
        await self._store.erasing.finish([task.lead_id for task in tasks], at=at)
        for task in tasks:
            await outbox.done(task.id, at=at)
            log.info("lead_erased", lead_id=task.lead_id)


async def delete_runs(client: Client, lead_id: str) -> int:
    """End and delete every run of a lead's workflow that Temporal still knows, and say how many. Raises `RPCError`.

    Temporal ends a run that it is to delete; one that has ended before it deletes in a while of its own.
    """
    workflow_id = names.workflow_id(lead_id)
    return sum([await _delete(client, workflow_id, run_id) for run_id in await _runs(client, workflow_id)])


async def _runs(client: Client, workflow_id: str) -> list[str]:
    """Name the present run, and former ones as far as visibility tells of them."""
    found: dict[str, None] = {}
    try:
        present = await client.get_workflow_handle(workflow_id).describe(rpc_timeout=RPC_PATIENCE)
    except RPCError as error:
        if not knows_no_workflow(error):
            raise
    else:
        found[present.run_id] = None
    async for run in client.list_workflows(f'WorkflowId = "{workflow_id}"', rpc_timeout=RPC_PATIENCE):
        found[run.run_id] = None
    return list(found)


async def _delete(client: Client, workflow_id: str, run_id: str) -> bool:
    """Delete one run with its history; say whether Temporal still knew it."""
    request = DeleteWorkflowExecutionRequest(
        namespace=client.namespace, workflow_execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id)
    )
    try:
        await client.workflow_service.delete_workflow_execution(request, timeout=RPC_PATIENCE)
    except RPCError as error:
        if not knows_no_workflow(error):
            raise
        return False
    return True
