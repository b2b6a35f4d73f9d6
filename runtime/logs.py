"""How every process logs: one event a line, for people or for machines, the SDK's own records included.

Stacks are told without their local variables: those hold leads, and personal data is in no log.
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.dev import plain_traceback
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor

from config.values import LogFormat, LogLevel

QUIET = ("httpx2", "httpcore2", "sqlalchemy.engine", "alembic", "aiosqlite", "asyncio", "mail.log", "uvicorn.error")
"""Libraries whose everyday chatter is not ours."""

TALKATIVE = ("temporalio", "python_multipart")
"""Libraries that tell whole payloads when they debug themselves: they never do, whatever the level."""

STACK = ExceptionDictTransformer(show_locals=False, use_rich=False)
"""Without rich also because a workflow's stack is rendered inside its sandbox, where rich may not be loaded."""


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
        render: list[Processor] = [ExceptionRenderer(STACK), structlog.processors.JSONRenderer()]
    else:
        render = [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain_traceback)]
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
