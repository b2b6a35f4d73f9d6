"""A change behind `workflow.patched` leaves the histories from before it alone.

`unmarked/` holds, for each mark, a history recorded by the code that did not know the mark yet.
"""

from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from runtime.conversion import data_converter
from tests.replay.fingerprint import fingerprint
from tests.replay.record import HISTORIES
from workflows import names
from workflows.lead import LeadWorkflow

UNMARKED = Path(__file__).parent / "unmarked"


async def replay(name: str) -> None:
    """Replay a history from before the mark. Raises NondeterminismError."""
    history = WorkflowHistory.from_json(f"lead-{name}", (UNMARKED / f"{name}.json").read_text(encoding="utf-8"))
    replayer = Replayer(workflows=[LeadWorkflow], data_converter=data_converter())
    await replayer.replay_workflow(history, raise_on_replay_failure=True)


async def test_a_late_alert_from_before_its_mark_replays() -> None:
    """An alert that came back after the end was not written down, and no activity may appear in that history."""
    await replay("late-alert")


async def test_the_mark_is_what_keeps_it_replaying(monkeypatch: pytest.MonkeyPatch) -> None:
    """The history does hold such an alert: with today's way forced upon it, it does not replay."""
    monkeypatch.setattr(workflow, "patched", lambda _: True)
    with pytest.raises(NondeterminismError):
        await replay("late-alert")


async def test_who_was_sent_away_before_the_mark_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A manager who asked for the lead while an order was out was refused at once: that history replays as it was."""
    await replay("asked-in-between")
    monkeypatch.setattr(workflow, "patched", lambda mark: mark == names.PERSONS_WAIT)
    with pytest.raises(NondeterminismError):
        await replay("asked-in-between")


@pytest.mark.parametrize("shape", ["paused", "nurtured"])
async def test_a_person_ends_an_offer_from_before_the_mark_as_ever(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By escalating, by having it judged anew: what 0.1.0 asked of the database then, it asks when replayed."""
    history = HISTORIES / "v0.1.0" / f"{shape}.json"
    orders = [line for line in (await fingerprint(history)).splitlines() if "reassign" in line]
    monkeypatch.setattr(workflow, "patched", lambda mark: mark == names.PERSONS_END_OFFERS)
    assert orders != [line for line in (await fingerprint(history)).splitlines() if "reassign" in line]
