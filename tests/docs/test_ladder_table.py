"""The ladder that pages show is the one that ships."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.load import SHIPPED, read_policy
from policy.ladder import Clocks, plan_ladder
from tests.docs.pages import section, table

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIRST = (0, "offer it to the one whose turn it is")


@pytest.mark.parametrize(
    ("page", "heading"),
    [("README.md", "The ladder"), ("docs/explanation/the-ladder.md", "The shipped ladder")],
)
def test_the_shipped_ladder_is_documented(root: Path, page: str, heading: str) -> None:
    """Minute by minute of working time, for a demo request."""
    policy, _ = read_policy(SHIPPED / "default.yaml")
    rungs = plan_ladder(policy, "inbound-demo", 0, Clocks(), AT, "to compare").rungs
    expected = [FIRST, *((int((rung.due_at - AT) / timedelta(minutes=1)), rung.says) for rung in rungs)]
    rows = table(section(root / page, heading))
    assert expected == [(int(row["minutes"]), row["rung"]) for row in rows]
