"""A house for each story, on its own clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from config.load import SHIPPED
from tests.stories.house import POLICY, ROSTER, House, Opened, running_house

HERE = Path(__file__).parent


@pytest.fixture
async def house(time_skipping_env: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[House]:
    """The shipped policy and the stories' roster, on SQLite."""
    url = f"sqlite:///{tmp_path / 'baton.db'}"
    async with running_house(time_skipping_env, url, SHIPPED / "default.yaml", HERE / "roster.yaml") as house:
        yield house


@pytest.fixture
def opened(time_skipping_env: WorkflowEnvironment, tmp_path: Path) -> Opened:
    """Open a house with a policy and a roster of the story's own."""

    @asynccontextmanager
    async def open_house(policy: str = POLICY, roster: str = ROSTER) -> AsyncIterator[House]:
        written = {tmp_path / "policy.yaml": policy, tmp_path / "roster.yaml": roster}
        for path, text in written.items():
            path.write_text(text, encoding="utf-8")
        async with running_house(time_skipping_env, f"sqlite:///{tmp_path / 'baton.db'}", *written) as house:
            yield house

    return open_house
