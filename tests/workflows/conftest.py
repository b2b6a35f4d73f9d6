"""A worker with scripted activities on the time-skipping server."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.engines.temporal import time_skipping
from tests.workflows.kitchen import Kitchen
from workflows.lead import LeadWorkflow

LEAD = {
    "source": "web",
    "type": "demo_request",
    "email": "kim@acme.example",
    "company": {"name": "Acme", "domain": "acme.example"},
}

_numbers = count(1)


@pytest.fixture
def kitchen() -> Kitchen:
    """Activities that do as the test says."""
    return Kitchen()


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """A time-skipping server of one's own, speaking as Baton does."""
    async with time_skipping() as environment:
        yield environment


@asynccontextmanager
async def worker(env: WorkflowEnvironment, kitchen: Kitchen) -> AsyncIterator[Worker]:
    """A worker for the test's kitchen."""
    async with Worker(
        env.client, task_queue="leads", workflows=[LeadWorkflow], activities=kitchen.activities
    ) as running:
        yield running


@pytest.fixture
async def start(
    env: WorkflowEnvironment, kitchen: Kitchen
) -> AsyncIterator[Callable[..., Coroutine[Any, Any, WorkflowHandle[Any, Any]]]]:
    """Start a lead, with a worker running."""

    async def begin(lead: Any = LEAD, *more: Any) -> WorkflowHandle[Any, Any]:
        return await env.client.start_workflow(
            "LeadWorkflow", args=[lead, *more], id=f"lead-t{next(_numbers)}", task_queue="leads"
        )

    async with worker(env, kitchen):
        yield begin
