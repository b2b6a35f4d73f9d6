"""The sandbox stays on, and nothing slips into it by accident."""

from dataclasses import replace
from pathlib import Path

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from config.settings import Settings
from runtime.bootstrap import worker_for
from workflows.lead import LeadWorkflow


async def test_the_workflow_loads_with_every_passthrough_intended() -> None:
    """Each import of the workflow is either sandboxed or passed through on purpose."""
    strict = replace(
        SandboxRestrictions.default,
        import_notification_policy=SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
        | SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT,
    )
    definition = workflow._Definition.must_from_class(LeadWorkflow)
    SandboxedWorkflowRunner(restrictions=strict).prepare_workflow(definition)


async def test_the_worker_runs_workflows_in_the_sandbox(temporal_client: Client, tmp_path: Path) -> None:
    """The wiring does not switch it off."""
    worker: Worker = worker_for(temporal_client, Settings(state_dir=tmp_path), [])
    assert isinstance(worker.config()["workflow_runner"], SandboxedWorkflowRunner)
