"""A workflow with a defect that has a person in its hands; a module of its own, for the sandbox to load."""

from temporalio import workflow


@workflow.defn(name="Stumbling")
class Stumbling:
    """Fails at once."""

    @workflow.run
    async def run(self, person: str) -> None:
        raise ValueError(f"no way to go on with a name of {len(person)} letters")
