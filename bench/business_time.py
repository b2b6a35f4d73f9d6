"""What business time costs beside the date arithmetic one writes without thinking of zones and holidays."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta

from bench import scene
from bench.harness import Contest, Figure, rate
from bench.results import Unit
from models.calendar import Calendar, Week
from policy.hours.calendars import due

WORKDAY = timedelta(hours=8)
BUDGETS = {"15 min": timedelta(minutes=15), "4 h": timedelta(hours=4), "5 days": 5 * WORKDAY}

_HOURS = ((9, 13), (14, 18))
_WINDOWS = tuple((f"{opens:02d}:00", f"{closes:02d}:00") for opens, closes in _HOURS)
_WEEK = Week(mon=_WINDOWS, tue=_WINDOWS, wed=_WINDOWS, thu=_WINDOWS, fri=_WINDOWS)
_HOLIDAYS = tuple(date(2026, month, day) for month, day in ((4, 3), (4, 6), (5, 1), (12, 25)))
BERLIN = Calendar(tz="Europe/Berlin", week=_WEEK, holidays=_HOLIDAYS)
EASY = Calendar(tz="UTC", week=_WEEK)
"""The same week where the naive way happens to be right: one zone without clock changes, no holidays."""


@asynccontextmanager
async def prepare(quick: bool) -> AsyncIterator[Sequence[Contest]]:
    """Set up starts all over a year, and each budget."""
    seconds = 0.03 if quick else 0.3
    yield [_contest(name, budget, seconds) for name, budget in BUDGETS.items()]


def starts() -> tuple[datetime, ...]:
    """Give 400 instants, some 22 hours apart, on any day and at any hour."""
    return tuple(scene.NOON + number * timedelta(hours=21, minutes=53) for number in range(400))


def naive_due(start: datetime, budget: timedelta) -> datetime:
    """Walk the days of an office that is never closed on a holiday and whose clocks never change."""
    left, midnight = budget, start.replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        if midnight.weekday() < 5:
            for opens, closes in _HOURS:
                begins, ends = max(start, midnight + timedelta(hours=opens)), midnight + timedelta(hours=closes)
                if begins < ends:
                    if left <= ends - begins:
                        return begins + left
                    left -= ends - begins
        midnight += timedelta(days=1)


def _contest(name: str, budget: timedelta, seconds: float) -> Contest:
    figure = Figure(f"due in {name} of business time", "naive loop over days", Unit.PER_SECOND)
    instants = starts()

    def counted(answer: Callable[[datetime], object]) -> Callable[[], int]:
        def work() -> int:
            for instant in instants:
                answer(instant)
            return len(instants)

        return work

    return Contest(
        (figure,),
        rate(figure.name, counted(lambda at: due(BERLIN, at, budget)), seconds),
        rate(figure.name, counted(lambda at: naive_due(at, budget)), seconds),
    )
