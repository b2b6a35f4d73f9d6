"""Exports at the command line: printed, or written to a file that is there whole or not at all."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from cli import reach
from cli.exits import BadInput, Code
from cli.output import complain
from cli.typed import read_since
from config.settings import Settings
from models.export import Export
from runtime import clock
from runtime.exporting import csv_of


def export(what: Export, since: str | None, out: str | None) -> int:
    """Write an export. Raises Stop."""
    settings, begin = reach.settings(), None if since is None else _since(since)
    lines = reach.carry_out(_export(settings, what, begin, out))
    if out is not None:
        complain(f"{out}: {lines} {'line' if lines == 1 else 'lines'}.")
    return Code.DONE


def _since(text: str) -> datetime:
    """Read a day (from midnight UTC), a wall time in UTC, or an instant. Raises BadInput."""
    now = clock.now()
    moment = read_since(text, now)
    if moment > now:
        raise BadInput("--since: lies ahead of us; write for example 2026-03-02")
    return moment


async def _export(settings: Settings, what: Export, since: datetime | None, out: str | None) -> int:
    lines = -1  # without the header
    async with reach.store(settings) as store, _writing(out) as write:
        async for piece in csv_of(store, what, since):
            lines += piece.count("\r\n")
            write(piece)
    return lines


@asynccontextmanager
async def _writing(out: str | None) -> AsyncIterator[Callable[[str], object]]:
    """Give what takes the text; a file gets its name once all of it is there. Raises BadInput."""
    if out is None:
        sys.stdout.flush()
        yield lambda text: sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
        return
    path = Path(out)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file.write
        part.replace(path)
    except OSError as error:
        raise BadInput(f"--out: cannot be written: {error.strerror or type(error).__name__}") from None
    finally:
        part.unlink(missing_ok=True)
