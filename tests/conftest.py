"""The servers that tests run against, each started when a test first asks for it and once for each xdist worker."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from runtime.conversion import data_converter
from runtime.embedded import EmbeddedTemporal
from tests.engines.migrated import migrate
from tests.engines.postgres import PostgresServer, running_postgres
from tests.engines.temporal import LEAD_ATTRIBUTES, time_skipping

# How long an example takes is nobody's promise, and on a busy machine any may take long.
settings.register_profile("baton", deadline=None)
settings.load_profile("baton")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The real PostgreSQL of this session."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """The address of the server's own database, for administration; tests take a fresh one."""
    return postgres_server.url()


@pytest.fixture
def new_postgres_database(postgres_server: PostgresServer) -> Iterator[Callable[[], str]]:
    """Make fresh, empty PostgreSQL databases for one test, each dropped after it."""
    made: list[str] = []

    def make() -> str:
        made.append(postgres_server.create_database())
        return made[-1]

    yield make
    for url in made:
        postgres_server.drop_database(url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty database of each kind, as `BATON_DATABASE_URL` takes it: the test runs once on either."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'baton.db'}"
    make: Callable[[], str] = request.getfixturevalue("new_postgres_database")
    return make()


@pytest.fixture(scope="session")
async def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with empty tables; whoever wants to write takes a copy."""
    path = tmp_path_factory.mktemp("migrated") / "baton.db"
    await migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
async def temporal_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedTemporal]:
    """The embedded Temporal server of this session, without Web UI, on a free port, with the search attributes."""
    server = EmbeddedTemporal(
        tmp_path_factory.mktemp("temporal"), search_attributes=LEAD_ATTRIBUTES, port=None, ui_port=None
    )
    async with server:
        yield server


@pytest.fixture(scope="session")
async def temporal_client(temporal_server: EmbeddedTemporal) -> Client:
    """A client of the session's server with the pydantic converter; use task queues and ids of your own."""
    return await Client.connect(temporal_server.address, data_converter=data_converter())


@pytest.fixture
async def time_skipping_env() -> AsyncIterator[WorkflowEnvironment]:
    """A time-skipping server for one test alone: its clock is global, so tests cannot share it."""
    async with time_skipping() as environment:
        yield environment
