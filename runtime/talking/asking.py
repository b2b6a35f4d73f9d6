"""Asking a running lead's workflow: an answer, or why there is none."""

import asyncio
import re
from datetime import timedelta
from typing import Any, TypeVar

from temporalio.client import WorkflowHandle, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition
from temporalio.service import RPCError

from runtime.client import TemporalUnreachable, connection
from runtime.errands import knows_no_workflow
from runtime.line import Line
from workflows.names import workflow_id

T = TypeVar("T")

PATIENCE = timedelta(seconds=2)
"""How long a worker may take to answer before the database is asked instead."""


class Workflow:
    """The workflow of one lead, if one runs and a worker answers for it.

    `silent`: why it does not answer although it may run; empty while it answers, and when there is none.
    """

    def __init__(self, handle: WorkflowHandle[Any, Any] | None, silent: str = "") -> None:
        self._handle = handle
        self.silent = silent

    @property
    def instead(self) -> str:
        """Say why the database tells and not the workflow; nothing when no workflow runs."""
        return f"{self.silent} This is what the database knows." if self.silent else ""

    async def ask(self, query: str, answer: type[T]) -> T | None:
        """Ask a query; None when there is nobody to answer it."""
        if self._handle is None:
            return None
        try:
            # Its client goes on trying for longer where nobody listens any more.
            async with asyncio.timeout(PATIENCE.total_seconds()):
                found: T = await self._handle.query(
                    query, result_type=answer, reject_condition=QueryRejectCondition.NOT_OPEN, rpc_timeout=PATIENCE
                )
        except WorkflowQueryRejectedError:
            self._handle = None
        except WorkflowQueryFailedError as error:
            self._handle, self.silent = None, f"The workflow cannot answer: {error.message}."
        except RPCError as error:
            self._handle = None
            if not knows_no_workflow(error):
                self.silent = (
                    f"No worker answers (Temporal at {connection()['target_host']}: {error.message.rstrip('.')})."
                )
        except TimeoutError:
            within = f"no answer in {PATIENCE.total_seconds():g} s"
            self._handle, self.silent = (
                None,
                f"No worker answers (Temporal at {connection()['target_host']}: {within}).",
            )
        else:
            return found
        return None


async def workflow_of(line: Line, lead_id: str) -> Workflow:
    """Find the workflow of a lead; one behind a Temporal that is away is silent."""
    try:
        client = await line.client()
    except TemporalUnreachable as error:
        return Workflow(None, away(error))
    return Workflow(client.get_workflow_handle(workflow_id(lead_id)))


def away(error: TemporalUnreachable) -> str:
    """Say in one sentence that Temporal is away, without what its client prints for programmers."""
    found = re.findall(r'message: "([^"]+)"', str(error))
    because = found[-1] if found else str(error).partition("cannot be reached: ")[2]
    return f"Temporal at {error.address} cannot be reached: {because[:1].lower()}{because[1:]}."
