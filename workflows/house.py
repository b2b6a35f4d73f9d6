"""What Baton's own parts say to a lead: another lead of the same person, the dispatcher, the auditor."""

from contextlib import suppress
from typing import Any

from temporalio import workflow
from temporalio.exceptions import TemporalError

with workflow.unsafe.imports_passed_through():
    from models.decisions import Folded
    from models.messages import Event
    from workflows import names, options
    from workflows.aside import Aside
    from workflows.ladder import answers, climbing, leaving


class House(Aside):
    """A lead that hears what goes on in the house."""

    async def fold(self, admission: Folded, raw: Any) -> bool:
        """Pass this touch to the lead in flight; False when that one took it no more."""
        came = raw if isinstance(raw, dict) else {}
        touch = {"from": self.state.lead_id, "type": came.get("type"), "source": came.get("source")}
        target = workflow.get_external_workflow_handle(names.workflow_id(admission.into))
        while admission.into not in self.folds:
            try:
                await target.signal(names.FOLD, touch)
            except TemporalError:
                return False
            with suppress(TimeoutError):  # asked again, under the same key
                await workflow.wait_condition(
                    lambda: admission.into in self.folds,
                    timeout=options.FOLDING,
                    timeout_summary=f"wait for {admission.into} to take the touch in",
                )
        return self.folds[admission.into]

    @workflow.signal(name=names.FOLD)
    def take_touch(self, touch: Any = None, *_: Any) -> None:
        """Take in the touch of a person who came again, or say that it comes too late."""
        if not isinstance(touch, dict) or not isinstance(touch.get("from"), str):
            self.misheard(names.FOLD, "needs the lead it comes from")
            return
        ended = self.state.ended
        if not ended:
            kind = str(touch.get("type") or "touch")[:80]
            source = str(touch.get("source") or "")[:80]
            key = f"fold-{touch['from']}"
            self.hear("event", Event(kind=kind, properties={"folded": touch["from"], "source": source}, key=key))
        self.beside(self.say_whether_taken(touch["from"], not ended))

    async def say_whether_taken(self, lead_id: str, taken: bool) -> None:
        """Answer a lead that wants to be folded in; one that is gone needs no answer."""
        asker = workflow.get_external_workflow_handle(names.workflow_id(lead_id))
        with suppress(TemporalError):
            await asker.signal(names.FOLDED, {"into": self.state.lead_id, "taken": taken})

    @workflow.signal(name=names.FOLDED)
    def taken_in(self, answer: Any = None, *_: Any) -> None:
        """Hear whether the lead in flight took this touch in."""
        if isinstance(answer, dict) and isinstance(answer.get("into"), str):
            self.folds[answer["into"]] = bool(answer.get("taken"))

    @workflow.signal(name=names.WAKE)
    def wake(self, because: Any = None, *_: Any) -> None:
        """Look for somebody again: a place came free."""
        self.apply(answers.woken(self.state, workflow.now(), str(because or "a place came free")))

    @workflow.signal(name=names.RECONSIDER)
    def reconsider(self, change: Any = None, *_: Any) -> None:
        """Look at the rungs ahead again: the holder's hours, leave or place in the roster have changed."""
        because = change.get("because") if isinstance(change, dict) else None
        self.apply(leaving.reconsidered(self.state, str(because or "the roster changed")[:500], workflow.now()))

    @workflow.signal(name=names.NUDGE)
    def nudge(self, *_: Any) -> None:
        """Look at the clock, and write down again where the lead stands: harmless at any time."""
        self.journal.known = None
        if self.state.admitted and not self.state.ended:
            self.apply(climbing.tick(self.state, workflow.now()))
