"""Reading many rows as leads, on all cores: of what a simulation does, only this can be shared out.

A short file is read where it is. Of a longer one, other processes read a few hundred rows at a time, and what they
found comes back in the file's order. This room refuses to keep rows: as many are on their way as the processes need.
"""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain, islice
from multiprocessing import get_context

from models.base import Problem, Refused
from runtime.intake.rows import Row
from runtime.intake.taking import read_lead

AT_HOME = 3000
"""So many rows are read before it is worth starting other processes."""

HANDFUL = 250
"""So many rows are given to a process at a time."""

_AHEAD = 3  # handfuls on their way, for each process


@dataclass(frozen=True, slots=True)
class Read:
    """One row that was read: a lead's facts as text, or what is wrong with it."""

    line: int
    lead_id: str = ""
    received_at: datetime | None = None
    text: bytes = b""
    dated: bool = True
    problems: tuple[Problem, ...] = ()


def read_all(rows: Iterable[Row], now: datetime) -> Iterator[Read]:
    """Read row by row, in order; a lead that names no time was received at `now`."""
    waiting = iter(rows)
    yield from map(partial(_read, now), islice(waiting, AT_HOME))
    first = next(waiting, None)
    if first is None:
        return
    rest, cores = chain([first], waiting), _cores()
    if cores < 2:
        yield from map(partial(_read, now), rest)
        return
    with _processes(cores) as pool:
        yield from _in_order(pool, partial(_read_handful, now), _handfuls(rest), cores * _AHEAD)


def _read(now: datetime, row: Row) -> Read:
    try:
        facts = read_lead(row, now, lambda: f"line-{row.line}")
    except Refused as refused:
        return Read(row.line, problems=refused.problems)
    text = facts.model_dump_json(exclude_defaults=True).encode()
    dated = row.data.get("received_at") is not None
    return Read(row.line, facts.lead_id, facts.received_at, text, dated)


def _read_handful(now: datetime, rows: Sequence[Row]) -> list[Read]:
    return [_read(now, row) for row in rows]


def _handfuls(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while handful := list(islice(rows, HANDFUL)):
        yield handful


def _in_order(
    pool: Executor, work: Callable[[Sequence[Row]], list[Read]], handfuls: Iterator[list[Row]], ahead: int
) -> Iterator[Read]:
    """Keep a few handfuls in work, and give what came of them first in, first out."""
    under_way: deque[Future[list[Read]]] = deque(pool.submit(work, rows) for rows in islice(handfuls, ahead))
    while under_way:
        found = under_way.popleft().result()
        under_way.extend(pool.submit(work, rows) for rows in islice(handfuls, 1))
        yield from found


@contextmanager
def _processes(cores: int) -> Iterator[Executor]:
    # Spawned, not forked: a fork takes over whatever threads of this process held. Ctrl-C is for this process to hear.
    pool = ProcessPoolExecutor(
        cores, get_context("spawn"), initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1
