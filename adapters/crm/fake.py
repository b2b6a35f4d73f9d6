"""A CRM in memory, for tests: it remembers what it was told, and fails on demand."""

from adapters.crm.base import Crm, CrmError, LeadState, Taken


class FakeCrm(Crm):
    """Keep the latest state of each lead, and every telling in order; `failures` are raised first, one a telling."""

    name = "fake"

    def __init__(self, *, one_per_person: bool = False) -> None:
        self.one_per_person = one_per_person
        self.records: dict[str, LeadState] = {}
        self.tellings: list[LeadState] = []
        self.failures: list[CrmError] = []
        self.left_out: tuple[str, ...] = ()

    async def tell(self, state: LeadState) -> Taken:
        """Take it, or raise the next failure."""
        if self.failures:
            raise self.failures.pop(0)
        self.tellings.append(state)
        self.records[state.lead_id] = state
        return Taken(f"crm-{state.lead_id}", {task.key: f"task-{task.key}" for task in state.tasks}, self.left_out)
