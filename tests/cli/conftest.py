"""Shells for the command line's tests: alone, before a real Temporal server, and with a real worker behind it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runtime.embedded import EmbeddedTemporal
from runtime.loopback import free_port
from tests.cli.driving import Cli
from tests.cli.house import House, furnished, working


@pytest.fixture
def nowhere() -> str:
    """An address that nobody listens at."""
    return f"127.0.0.1:{free_port().port}"


@pytest.fixture
def cli(tmp_path: Path, nowhere: str, migrated_file: Path) -> Cli:
    """A shell on a SQLite file with empty tables; where Temporal should be, nobody listens."""
    shutil.copy(migrated_file, tmp_path / "baton.db")
    return Cli(tmp_path, {"BATON_DATABASE_URL": f"sqlite:///{tmp_path / 'baton.db'}", "TEMPORAL_ADDRESS": nowhere})


@pytest.fixture
def no_database_yet(cli: Cli) -> None:
    """Take the file away again: a command has to make it, or to do without."""
    (cli.folder / "baton.db").unlink()


@pytest.fixture
async def empty_house(tmp_path: Path, temporal_server: EmbeddedTemporal) -> House:
    """Everything but a worker."""
    return await furnished(tmp_path, temporal_server)


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory, temporal_server: EmbeddedTemporal) -> AsyncIterator[House]:
    """Everything, a worker too; its leads wait hours on each rung."""
    made = await furnished(tmp_path_factory.mktemp("house"), temporal_server)
    async with working(made):
        yield made
