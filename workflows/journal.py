"""What the database has yet to be told of a lead, and who tells it: one writer at a time, in order."""

from typing import TYPE_CHECKING, Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.contract import Ledgers
    from models.ladder import Entry
    from models.lead import Touch
    from workflows import telling
    from workflows.insisting import surely
    from workflows.ladder.moves import NOT_ROUTED
    from workflows.ladder.state import LeadState

if TYPE_CHECKING:
    from workflows.aside import Aside

MOST_LINES = 400
MOST_TOUCHES = 15
"""Of one record: at their longest they still fit into one payload."""


class Journal:
    """What the database has yet to be told; one writer at a time, in order."""

    def __init__(self, state: LeadState) -> None:
        self.entries: list[Entry] = []
        self.touches: list[tuple[int, Touch]] = []
        self.noted = state.told
        self.known: Any = None
        self.writing = False

    def keep(self, lead: "Aside") -> None:
        """Take new lines in, and have them written once the lead stands somewhere new."""
        self.entries += [entry for entry in lead.state.entries if entry.n >= self.noted]
        self.noted = lead.state.told
        if not self.writing and self.due(lead):
            self.writing = True
            lead.beside(self.write(lead))

    def due(self, lead: "Aside") -> bool:
        """Say whether it is to be written now: not halfway through a move, whose end the database knows first."""
        state = lead.state
        halfway = (state.moving or state.judging) and not state.stuck and not state.accepted and not state.ended
        return not halfway and state.stage not in NOT_ROUTED and self.stale(lead)

    def finished(self, lead: "Aside") -> bool:
        """Say whether every line is written; if not, have it done."""
        self.finish(lead)
        return not self.entries and not self.writing

    def finish(self, lead: "Aside") -> None:
        """Have the last lines written too, though the lead stands where it stood."""
        if self.entries and not self.writing:
            self.known = None
            self.keep(lead)

    def stale(self, lead: "Aside") -> bool:
        """Say whether the database knows less than it should."""
        here = telling.record(lead.state.model_copy(update={"seq": 0}), workflow.now())
        return bool(self.touches) or here.model_copy(update={"at": None}) != self.known

    async def written(self, lead: "Aside") -> None:
        """Wait until what the prospect did is in the database, where scoring reads it."""
        if self.touches and not self.writing:
            self.writing = True
            lead.beside(self.write(lead))
        await workflow.wait_condition(lambda: not self.touches and not self.writing)

    async def write(self, lead: "Aside") -> None:
        """Write until there is nothing new."""
        while self.due(lead) or self.touches or len(self.entries) > MOST_LINES:
            lead.state = lead.state.model_copy(update={"seq": lead.state.seq + 1})
            order = telling.record(lead.state, workflow.now())
            self.known = order.model_copy(update={"seq": 0, "at": None})
            entries, touches = tuple(self.entries[:MOST_LINES]), tuple(self.touches[:MOST_TOUCHES])
            order = order.model_copy(update={"entries": entries, "touches": touches})
            del self.entries[:MOST_LINES], self.touches[:MOST_TOUCHES]
            await surely(Ledgers.record, order, f"write down: {order.stage}")
        self.writing = False
