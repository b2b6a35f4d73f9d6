"""An audit that a person asks for, alike at every door. What it looks at is the auditor's business."""

from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy

from models.audit import Audit
from workflows import names

AT_ONCE = "audit-now"
"""The workflow of an audit that a person asked for; two who ask at once get the same one."""


async def begin_audit(client: Client, queue: str) -> WorkflowHandle[Any, Audit]:
    """Begin an audit on a task queue, or join the one that runs. Raises `RPCError`."""
    return await client.start_workflow(
        names.AUDIT,
        id=AT_ONCE,
        task_queue=queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        result_type=Audit,
        static_summary="an audit that a person asked for",
    )
