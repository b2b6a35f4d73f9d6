"""The HTTP app on a fresh database with roster and policy; and one for the session before a real worker."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from db.engine import Database
from runtime.embedded import EmbeddedTemporal
from runtime.store import Store
from tests.api.house import KEYS, Doors, furnish, line_to, opened
from tests.cli.house import furnished, working


@pytest.fixture(scope="session")
async def furnished_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with tables, the roster and the policy."""
    path = tmp_path_factory.mktemp("furnished") / "baton.db"
    database = Database(f"sqlite:///{path}")
    await database.migrate()
    await furnish(Store(database))
    await database.dispose()
    return path


@pytest.fixture
async def doors(furnished_file: Path, tmp_path: Path) -> AsyncIterator[Doors]:
    """The app on a database of its own; Temporal is away."""
    path = Path(shutil.copy(furnished_file, tmp_path))
    async with opened(f"sqlite:///{path}", tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
async def live_doors(
    tmp_path_factory: pytest.TempPathFactory, temporal_server: EmbeddedTemporal
) -> AsyncIterator[Doors]:
    """The app before a real Temporal server and a real worker, on a database shared by the session's tests."""
    folder = tmp_path_factory.mktemp("live-doors")
    house = await furnished(folder, temporal_server)
    house.cli.env["BATON_SECRET_KEYS"] = KEYS
    env = house.cli.env
    async with (
        working(house),
        opened(
            env["BATON_DATABASE_URL"], folder, line_to(temporal_server.address), task_queue=env["BATON_TASK_QUEUE"]
        ) as made,
    ):
        yield made
