"""Reading rows on all cores gives what reading them one by one gives, in the same order."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from runtime import simulating_rows
from runtime.intake.rows import Row
from runtime.simulating_rows import AT_HOME, HANDFUL, Read, read_all

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MANY = AT_HOME + 5 * HANDFUL + 7


def rows(count: int) -> Iterator[Row]:
    """Make rows of which every seventh is no lead and every fifth names its time."""
    for n in range(1, count + 1):
        data = {"source": "web", "type": "demo_request", "email": f"kim@c{n}.example", "lead_id": f"l{n}"}
        data |= {"received_at": "2026-03-01T08:00:00Z"} if n % 5 == 0 else {}
        yield Row(n, data | {"type": "demo"} if n % 7 == 0 else data)


def test_many_rows_come_back_in_order() -> None:
    """From several processes as from one: leads, times, and each wrong row with its line."""
    found = list(read_all(rows(MANY), NOW))
    assert list(range(1, MANY + 1)) == [one.line for one in found]
    assert [n for n in range(1, MANY + 1) if n % 7 == 0] == [one.line for one in found if one.problems]
    for one in found:
        assert bool(one.problems) != (one.lead_id == f"l{one.line}")
        assert one.problems or (one.line % 5 == 0) == one.dated


def test_one_core_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is one core, nobody else is asked."""
    shared = list(read_all(rows(MANY), NOW))
    monkeypatch.setattr(simulating_rows, "_cores", lambda: 1)
    assert shared == list(read_all(rows(MANY), NOW))


def test_no_more_rows_are_taken_than_are_in_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of any length stays on the disk: only a few handfuls are on their way."""
    monkeypatch.setattr(simulating_rows, "_cores", lambda: 2)
    taken: list[int] = []

    def watched() -> Iterator[Row]:
        for row in rows(MANY + 40 * HANDFUL):
            taken.append(row.line)
            yield row

    reading = read_all(watched(), NOW)
    first: Read | None = None
    for _ in range(AT_HOME + 1):
        first = next(reading)
    assert first is not None
    assert first.line == AT_HOME + 1
    assert len(taken) <= AT_HOME + 8 * HANDFUL
    reading.close()  # type: ignore[attr-defined]  # a generator
