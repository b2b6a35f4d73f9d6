"""Today's code asks of Temporal what it asked when a history was recorded: the same, in the same order, for as long."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.replay.fingerprint import FINGERPRINTS, fingerprint, kept
from tests.replay.record import HISTORIES
from workflows import options

RECORDED = sorted(HISTORIES.glob("*/*.json"))

MEANT = (
    "what leads in flight ask of Temporal has changed: guard it with workflow.patched (docs/how-to/"
    "change-the-workflow-safely.md), or, if it is meant for them too, python -m tests.replay.fingerprint"
)


@pytest.mark.parametrize("history", RECORDED, ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_a_fingerprint_is_as_it_was(history: Path) -> None:
    """A timer's length, an order's content, a time-out: what a replay lets pass is noticed here."""
    assert kept(history).read_text(encoding="utf-8").splitlines() == (await fingerprint(history)).splitlines(), MEANT


async def test_a_change_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: one second more for each attempt is another fingerprint, though it replays."""
    monkeypatch.setitem(options.UNTIL_DONE, "start_to_close_timeout", options.ATTEMPT + timedelta(seconds=1))
    assert kept(RECORDED[0]).read_text(encoding="utf-8") != await fingerprint(RECORDED[0])


def test_no_fingerprint_is_left_over() -> None:
    """Each kept fingerprint belongs to a recorded history."""
    assert {kept(path) for path in RECORDED} == set(FINGERPRINTS.glob("*/*.txt"))
