"""Standing columns: how many took how long, and how many came on which day."""

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from markupsafe import Markup

from api.console.charts.canvas import Canvas, drawn
from api.console.charts.plot import GAP, LINE, Mark, Plot, above_for, room_for
from api.console.charts.scales import Axis, Spans, axis_to, brief, days_beside, plain
from models.figures import Bin
from policy.insight.buckets import BINS

TALL = 200.0
MOST_DAYS = 200
WIDEST = 36.0
"""No column is wider: few look like few."""

FEWEST_BINS = 8
"""Fewer bins than these are drawn among the empty ones beside them."""


def histogram(title: str, bins: Sequence[Bin], marks: Sequence[Mark] = (), *, what: str = "leads") -> Markup:
    """Draw how many took how long: columns between the edges of their bins, which widen; marks are in seconds.

    Raises ValueError without bins.
    """
    if not bins:
        raise ValueError("there is nothing to draw")
    last = bins[-1]
    edges = _among(tuple(one.low_s for one in bins), last.high_s if last.high_s is not None else 2 * last.low_s + 1)
    scale = Spans(edges)
    axis = axis_to(max(one.leads for one in bins), 4, whole=True)

    def draw(width: float) -> Canvas:
        canvas, plot = _upright(width, axis, len(marks))
        plot.levels(axis, plain)
        for one in bins:
            left, right = plot.x(scale.at(one.low_s)), plot.x(scale.at(edges[edges.index(one.low_s) + 1]))
            until = "or more" if one.high_s is None else f"to {brief(one.high_s)}"
            y = plot.y(axis.at(one.leads))
            tip = f"{brief(one.low_s)} {until}: {plain(one.leads)} {what}"
            canvas.rect(left + 1, y, max(0.5, right - left - 2), plot.below - y, "bar s1", tip)
        plot.beside([(scale.at(edge), _edge(edge, last)) for edge in edges])
        plot.marks([(scale.at(mark.at), mark) for mark in marks])
        canvas.text(0, LINE - 4, what)
        return canvas

    return drawn(title, draw)


def _among(lows: tuple[int, ...], end: int) -> tuple[int, ...]:
    """Put few bins among the empty ones beside them, in turn to the left and to the right: one is no wall."""
    edges, more = (*lows, end), True
    while more and len(edges) <= FEWEST_BINS:
        before = [one for one in BINS if one < edges[0]][-1:]
        after = [one for one in BINS if one > edges[-1]][:1] if end in BINS else []
        edges, more = (*before, *edges, *after), bool(before or after)
    return edges


def _edge(edge: int, last: Bin) -> str:
    if last.high_s is None and edge > last.low_s:
        return "more"
    return brief(edge) if edge else "0"


def columns(
    title: str,
    days: Sequence[tuple[date, tuple[float, ...]]],
    tones: Sequence[int],
    *,
    what: str = "leads",
    within: tuple[date, date] | None = None,
) -> Markup:
    """Draw stacked columns by day or week, from the first to the last of `within`; what is left out stays empty.

    Raises ValueError for too many days.
    """
    if not days:
        raise ValueError("there is nothing to draw")
    known = sorted({*(within or ()), *(day for day, _ in days)})
    first, last = known[0], known[-1]
    every = math.gcd(*((two - one).days for one, two in pairwise(known))) or 1
    count = (last - first).days // every + 1
    if count > MOST_DAYS:
        raise ValueError(f"{count} columns are too many: sum up by week")
    axis = axis_to(max(sum(parts) for _, parts in days), 4, whole=True)

    def draw(width: float) -> Canvas:
        canvas, plot = _upright(width, axis, 0)
        plot.levels(axis, plain)
        step = plot.width / count
        wide = min(0.8 * step, WIDEST)
        for day, parts in days:
            left, before = plot.left + step * ((day - first).days // every + 0.5) - wide / 2, 0.0
            for part, tone in zip(parts, tones, strict=True):
                low, high = plot.y(axis.at(before)), plot.y(axis.at(before + part))
                tip = f"{day.isoformat()}: {plain(part)} of {plain(sum(parts))} {what}"
                canvas.rect(left, high, wide, low - high, f"bar s{tone}", tip)
                before += part
        ticks = days_beside(first, last, max(2, int(plot.width / 64)))
        plot.beside([(((day - first).days // every + 0.5) / count, said(day)) for day in ticks])
        canvas.text(0, LINE - 4, what)
        return canvas

    return drawn(title, draw)


def said(day: date) -> str:
    """Write a day beside an axis: `3 Nov`, and the year where it is a new one."""
    return f"{day.day} {day:%b}" + (f" {day.year}" if (day.month, day.day) == (1, 1) else "")


def _upright(width: float, axis: Axis, marks: int) -> tuple[Canvas, Plot]:
    top = above_for(marks, "what")
    canvas = Canvas(width, top + TALL + 2 * LINE)
    left = room_for([plain(tick) for tick in axis.ticks], 0.3 * width) + GAP
    return canvas, Plot(canvas, left, top, width - left - 2, TALL)
