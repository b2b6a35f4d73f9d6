"""The analytics: each view is a page with filters in its address, and behind every figure of it a file."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

from fastapi import Request, Response

from api.console import (
    analytics_automation,
    analytics_conversion,
    analytics_fairness,
    analytics_funnel,
    analytics_hours,
    analytics_kept,
    analytics_overview,
    analytics_speed,
    insights_experiments,
    insights_peaks,
    insights_picking,
    insights_review,
    insights_scores,
    insights_sources,
)
from api.console.analytics_asked import LABELS, PRESETS, Asked, chosen_of, filters_of, names_of
from api.console.analytics_view import Built, View
from api.console.frame import page
from api.console.paper import HEADERS
from api.console.viewing import Untellable, Viewer, console, seen
from api.doors import FrontDep
from db.figures_asked import tens_of
from models.access import Right
from models.figures import Dimension
from runtime.front import Front

router = console()

ANALYST = seen(Right.ANALYTICS)

VIEWS: tuple[View, ...] = (
    analytics_overview.VIEW,
    analytics_speed.VIEW,
    analytics_kept.VIEW,
    analytics_hours.VIEW,
    analytics_conversion.VIEW,
    analytics_funnel.VIEW,
    analytics_automation.VIEW,
    analytics_fairness.VIEW,
    insights_picking.VIEW,
    insights_sources.VIEW,
    insights_scores.VIEW,
    insights_peaks.VIEW,
    insights_experiments.VIEW,
    insights_review.VIEW,
)
"""Every view, in the order of its tabs."""

STALE = timedelta(minutes=5)
"""Figures without a change that is older than this are told to be so; in a quiet house nothing changes for long."""

MOST_OFFERED = 200
"""A filter offers so many values at most; others are asked for in the address."""


async def asked_of(request: Request, front: Front, view: View) -> Asked:
    """Read what is asked for. Raises `Untellable` for what cannot be read."""
    now = front.clock()
    filters, days = filters_of(request.query_params, now.date())
    chosen = chosen_of(request.query_params, view.choices)
    names = names_of(await front.store.rosters.load())
    fresh = await front.store.figures.fresh()
    return Asked(front, now, view.path, filters, days, chosen, view.choices, names, fresh)


def shown(view: View) -> Callable[..., Awaitable[Response]]:
    """Make the page of a view."""

    async def show(request: Request, front: FrontDep, viewer: Viewer = ANALYST) -> Response:
        asked = await asked_of(request, front, view)
        built = await view.build(asked) if asked.fresh.until else Built(())
        waits_since = asked.fresh.waits_since
        return await page(
            request,
            viewer,
            view.template,
            title=view.title,
            view=view,
            asked=asked,
            built=built,
            tabs=[(one.label, asked.to(one.path), one is view) for one in VIEWS],
            presets=[(label, asked.of_days(days), asked.days == days) for days, label in PRESETS],
            offered=await _offered(asked) if view.filtered else [],
            labels=LABELS,
            stale=waits_since is not None and asked.now - waits_since > STALE,
        )

    return show


def filed(view: View) -> Callable[..., Awaitable[Response]]:
    """Make the files of a view: the one that `sheet` names, else its first."""

    async def file(request: Request, front: FrontDep, sheet: str = "", _viewer: Viewer = ANALYST) -> Response:
        asked = await asked_of(request, front, view)
        found = (await view.build(asked)).sheet(sheet)
        if found is None:
            raise Untellable(404, "There is no such file", "Its page lists the files that there are.")
        days = f"{asked.filters.since.isoformat()}-{asked.filters.until.isoformat()}"
        name = re.sub(r"[^a-z0-9_-]", "", f"baton-{view.name or 'overview'}-{found.name}-{days}")
        headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return Response(found.csv(), media_type="text/csv; charset=utf-8", headers=headers)

    return file


async def _offered(asked: Asked) -> list[tuple[Dimension, list[tuple[str, str, bool]], int]]:
    """List what each filter offers: (value, what people call it, whether it is set), and how many are left out."""
    found = []
    for dimension, values in (await asked.figures.values()).items():
        chosen = asked.filters.of(dimension)
        every = [*dict.fromkeys((*chosen, *values))]
        if len(every) > 1 or chosen:
            listed = [(one, asked.names.of(dimension, one), one in chosen) for one in every[:MOST_OFFERED]]
            found.append((dimension, sorted(listed, key=_as_read), max(0, len(every) - MOST_OFFERED)))
    return found


def _as_read(one: tuple[str, str, bool]) -> tuple[bool, int, str]:
    value = one[0]
    return value == "", tens_of(value) or 0, one[1].casefold()


for _view in VIEWS:
    router.add_api_route(_view.path, shown(_view), methods=["GET"])
    router.add_api_route(f"{_view.path}.csv", filed(_view), methods=["GET"])
