"""The workflow that does nothing: what the engine itself costs."""

from temporalio import workflow


@workflow.defn
class EmptyWorkflow:
    """Begin and end."""

    @workflow.run
    async def run(self) -> None:
        """Do nothing."""
