"""How every process logs: one event a line, for people or for machines, the SDK's own records included.

Stacks are told without their local variables, and errors without the values that they quote: those are leads', and
personal data is in no log.
"""

import io
import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.dev import plain_traceback
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from config.values import LogFormat, LogLevel

QUIET = ("httpx2", "httpcore2", "sqlalchemy.engine", "alembic", "aiosqlite", "asyncio", "mail.log", "uvicorn.error")
"""Libraries whose everyday chatter is not ours."""

TALKATIVE = ("temporalio", "python_multipart")
"""Libraries that tell whole payloads when they debug themselves: they never do, whatever the level."""

STACK = ExceptionDictTransformer(show_locals=False, use_rich=False)
"""Without rich also because a workflow's stack is rendered inside its sandbox, where rich may not be loaded."""


_QUOTED = re.compile(
    r"\n[ |]*(?:DETAIL|CONTEXT): [^\n]*"  # PostgreSQL: the row that is there already
    r"|(?<=input_value=).*(?=, input_type=)"  # pydantic: what could not be read
    r"|(?<=for query argument )\$\d+: [^\n]*"  # asyncpg: what could not be sent
    r"|[^\s<>\"'(),;=]+@[\w-]+(?:\.[\w-]+)+"  # an address, wherever it comes from
)


def unquoted(text: str) -> str:
    """Give an error's words without the values that libraries put into them."""
    return _QUOTED.sub("…", text)


def _unquote_errors(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    if "exception" in event:
        event["exception"] = _each_value(event["exception"])
    return event


def _each_value(told: Any) -> Any:
    """Walk through a stack as `STACK` tells it, and its groups; only what errors say may quote anybody."""
    if isinstance(told, list):
        return [_each_value(one) for one in told]
    if not isinstance(told, dict):
        return told
    says = {"exc_value": unquoted(str(told["exc_value"]))} if "exc_value" in told else {}
    notes = {"exc_notes": [unquoted(str(note)) for note in told["exc_notes"]]} if "exc_notes" in told else {}
    return {name: _each_value(one) for name, one in told.items()} | says | notes


def _unquoted_traceback(stream: TextIO, exc_info: ExcInfo) -> None:
    told = io.StringIO()
    plain_traceback(told, exc_info)
    stream.write(unquoted(told.getvalue()))


def configure(format_: LogFormat, level: LogLevel, stream: TextIO | None = None) -> None:
    """Send structlog's and the standard library's records through one renderer to `stream` (standard error)."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    stream = stream or sys.stderr
    if format_ is LogFormat.JSON:
        render: list[Processor] = [ExceptionRenderer(STACK), _unquote_errors, structlog.processors.JSONRenderer()]
    else:
        render = [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=_unquoted_traceback)]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(allow=("temporal_workflow", "temporal_activity"))],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.value.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(root.level, logging.INFO))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
