"""A house for each story, on its own clock."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from config.load import SHIPPED
from tests.stories.house import House, running_house

HERE = Path(__file__).parent


@pytest.fixture
async def house(time_skipping_env: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[House]:
    """The shipped policy and the stories' roster, on SQLite."""
    url = f"sqlite:///{tmp_path / 'baton.db'}"
    async with running_house(time_skipping_env, url, SHIPPED / "default.yaml", HERE / "roster.yaml") as house:
        yield house
