"""How long the analytics' pages ask the database, on a million leads: each page's questions together (R49, R50)."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime
from time import perf_counter
from typing import Any

from bench import scene
from bench.analytics_leads import fill
from bench.engines import fresh_databases
from bench.harness import Contest, Figure, Samples
from bench.results import Unit
from db.engine import Database
from db.figures import Figures
from db.rosters import Rosters
from models.figures import Dimension, Filters
from models.trial import Goal

LEADS = 1_000_000
_FEW = 2_000
_YEAR = Filters(since=date(2025, 1, 1), until=date(2025, 12, 31))
_NOW = datetime(2026, 1, 1, tzinfo=UTC)

Page = Callable[[Figures], Awaitable[Any]]


async def _conversion(figures: Figures) -> None:
    for by in (Dimension.SOURCE, Dimension.FIT, Dimension.REP, Dimension.TEAM, Dimension.RULE):
        await figures.conversion(_YEAR, by, Goal.QUALIFIED)


async def _speed(figures: Figures) -> None:
    await figures.speed(_YEAR, _NOW)
    await figures.speed_by(_YEAR, Dimension.TEAM, _NOW)


PAGES: Mapping[str, Page] = {
    "overview": lambda figures: figures.overview(_YEAR, _NOW),
    "speed": _speed,
    "kept": lambda figures: figures.kept(_YEAR),
    "hours": lambda figures: figures.hours(_YEAR, _NOW),
    "conversion": _conversion,
    "funnel": lambda figures: figures.funnel(_YEAR),
    "automation": lambda figures: figures.automation(_YEAR),
    "fairness": lambda figures: figures.fairness(_YEAR),
}
"""What each page asks: every lead of a year, which is all of them."""


@asynccontextmanager
async def prepare(quick: bool) -> AsyncIterator[Sequence[Contest]]:
    """Fill a fresh database of each kind with a year of measures."""
    leads = _FEW if quick else LEADS
    async with AsyncExitStack() as stack:
        urls = await stack.enter_async_context(fresh_databases())
        contests = []
        for engine, url in urls.items():
            database = Database(url)
            stack.push_async_callback(database.dispose)
            await database.migrate()
            await Rosters(database).save(scene.roster(), at=scene.NOON)
            await fill(database, leads)
            contests += [_contest(engine, database, name, page) for name, page in PAGES.items()]
        yield contests


def _contest(engine: str, database: Database, name: str, page: Page) -> Contest:
    figure = Figure(f"{name} on {engine}", "counting all rows once", Unit.SECONDS)

    async def ask() -> Samples:
        return {figure.name: [await _timed(page, Figures(database))]}

    async def measured(figures: Figures) -> None:
        await figures.measured()

    async def all_rows() -> Samples:
        return {figure.name: [await _timed(measured, Figures(database))]}

    return Contest((figure,), ask, all_rows)


async def _timed(page: Page, figures: Figures) -> float:
    began = perf_counter()
    await page(figures)
    return perf_counter() - began
