"""Leads in flight outlive deploys: every recorded history of every release replays on today's code."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from runtime.conversion import data_converter
from tests.replay.fingerprint import recorded
from tests.replay.record import HISTORIES, IDENTITIES, RECORDER, SHAPES, SINCE_V0_2, SINCE_V0_3, SINCE_V0_4
from workflows.lead import LeadWorkflow

RECORDED = sorted(HISTORIES.glob("*/*.json"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_a_recorded_history_replays(path: Path) -> None:
    """No change of the command sequence without `workflow.patched`."""
    replayer = Replayer(workflows=[LeadWorkflow], data_converter=data_converter())
    result = await replayer.replay_workflow(recorded(path), raise_on_replay_failure=True)
    assert result.replay_failure is None


async def test_a_changed_sequence_is_noticed() -> None:
    """The replay can fail: a history whose enrichment is called something else does not replay."""
    path = RECORDED[0]
    text = path.read_text(encoding="utf-8").replace('"name": "enrich"', '"name": "enriched"')
    replayer = Replayer(workflows=[LeadWorkflow], data_converter=data_converter())
    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(WorkflowHistory.from_json(f"lead-{path.stem}", text))


def test_each_release_left_every_shape() -> None:
    """A release without its histories would go unguarded."""
    releases = {path.parent.name for path in RECORDED}
    assert releases
    later = {
        "v0.1.0": SINCE_V0_2 | SINCE_V0_3 | SINCE_V0_4,
        "v0.2.0": SINCE_V0_3 | SINCE_V0_4,
        "v0.3.0": SINCE_V0_4,
    }
    for release in releases:
        shapes = {path.stem for path in RECORDED if path.parent.name == release}
        assert shapes == set(SHAPES) - later.get(release, frozenset())


def test_histories_name_no_machine() -> None:
    """A recorded history carries neither the recorder's host nor its paths."""
    for path in RECORDED:
        text = path.read_text(encoding="utf-8")
        assert set(IDENTITIES.findall(text)) <= {RECORDER}, path
        assert "/" + "site-packages" not in text, path
