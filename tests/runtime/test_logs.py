"""Logs are one event a line, and a stack in them tells where and never what about whom."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from temporalio.client import Client
from temporalio.worker import Worker

from config.values import LogFormat, LogLevel
from runtime import logs
from tests.runtime.stumbling import Stumbling


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Put logging back as pytest had it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("format_", LogFormat)
def test_a_stack_does_not_show_whom_it_is_about(format_: LogFormat) -> None:
    """Local variables hold leads: none of them is in the log, whatever its format."""
    output = io.StringIO()
    logs.configure(format_, LogLevel.INFO, output)
    person = "kim.lake" + "@acme.example"
    try:
        json.loads("{")
    except ValueError:
        structlog.stdlib.get_logger("baton.test").exception("stumbled", length=len(person))
    told = output.getvalue()
    assert "stumbled" in told
    assert "JSONDecodeError" in told
    assert "kim.lake@acme.example" not in told


@pytest.mark.parametrize("format_", LogFormat)
@pytest.mark.parametrize(
    "says",
    [
        'duplicate key value violates "uq"\nDETAIL:  Key (kind, value)=(name, {}) already exists.',
        "invalid input for query argument $1: '{}' (expected a number)",
        "1 error for X\nname\n  Input is wrong [type=int, input_value='{}', input_type=str]",
        "cannot send to {}@acme.example",
    ],
)
def test_an_error_does_not_say_whom_it_is_about(format_: LogFormat, says: str) -> None:
    """Databases and libraries quote what they were given; also in what an error was caused by, and in groups."""
    output = io.StringIO()
    logs.configure(format_, LogLevel.INFO, output)
    person = "-".join(("kim", "lake"))
    try:
        try:
            raise ExceptionGroup("several", [ValueError(says.format(person))])
        except ExceptionGroup as group:
            raise RuntimeError(says.format(person)) from group
    except RuntimeError:
        logging.getLogger("baton.test").exception("stumbled")
    told = output.getvalue()
    assert ("RuntimeError" in told, "ValueError" in told, person in told) == (True, True, False)
    assert says[:12] in told


async def test_a_defect_in_a_workflow_is_logged_for_machines(temporal_client: Client) -> None:
    """What fails inside the sandbox becomes one JSON line with its stack, and not a complaint about logging."""
    output = io.StringIO()
    logs.configure(LogFormat.JSON, LogLevel.INFO, output)
    async with Worker(temporal_client, task_queue="stumbling", workflows=[Stumbling]):
        handle = await temporal_client.start_workflow(
            "Stumbling", "kim.lake@acme.example", id="stumbling", task_queue="stumbling"
        )
        async with asyncio.timeout(20):
            while "Failed activation" not in output.getvalue():  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.05)
        await handle.terminate()
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    failed = next(line for line in lines if line["event"].startswith("Failed activation"))
    assert "ValueError" == failed["exception"][0]["exc_type"]
    assert "kim.lake@acme.example" not in output.getvalue()
