"""How long the sandbox takes to load the lead's workflow: it does so anew for every lead a worker takes up."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from temporalio import workflow
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from bench.empty import EmptyWorkflow
from bench.harness import Contest, Figure, each
from bench.results import Unit
from workflows.lead import LeadWorkflow

NAME = "load LeadWorkflow in the sandbox"


@asynccontextmanager
async def prepare(quick: bool) -> AsyncIterator[Sequence[Contest]]:
    """Set up both workflows."""
    times = 3 if quick else 30
    figure = Figure(NAME, "load an empty workflow", Unit.SECONDS)
    yield [Contest((figure,), each(NAME, _loading(LeadWorkflow), times), each(NAME, _loading(EmptyWorkflow), times))]


def _loading(kind: type) -> Callable[[], None]:
    # A worker does the same for each workflow it takes up; the SDK has no public name for the definition.
    definition = workflow._Definition.must_from_class(kind)
    runner = SandboxedWorkflowRunner()
    return lambda: runner.prepare_workflow(definition)
