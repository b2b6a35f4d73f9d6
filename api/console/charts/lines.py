"""Lines and steps: who still waits after which time, and how a share or a number goes from day to day."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Protocol

from markupsafe import Markup

from api.console.charts.canvas import LETTER, Canvas, drawn
from api.console.charts.plot import GAP, LINE, Mark, Plot, Tick, above_for, room_for
from api.console.charts.scales import SHARES, Axis, Spans, brief, days_beside, kept_apart, percent
from api.console.charts.upright import said

TALL = 220.0
MOST_LINES = 6


@dataclass(frozen=True, slots=True)
class Line:
    """One line through (place, value), from left to right; `band`: (place, low, high), how sure it is.

    `label` stands at its end. `tone` 1 to 6: its colour. `dashed`: what is expected, not what was.
    """

    label: str
    points: tuple[tuple[float, float], ...]
    tone: int = 1
    band: tuple[tuple[float, float, float], ...] = ()
    dashed: bool = False


class Along(Protocol):
    """The scale that lies."""

    def at(self, value: float) -> float:
        """Say where a value lies, 0 to 1."""
        ...


@dataclass(frozen=True, slots=True)
class Days:
    """The scale of days; a day's place is `date.toordinal()`."""

    first: date
    last: date

    def at(self, value: float) -> float:
        """Say where a day lies, 0 to 1."""
        whole = max(1, (self.last - self.first).days)
        return min(1.0, max(0.0, (value - self.first.toordinal()) / whole))


def lines(
    title: str,
    series: Sequence[Line],
    along: Along,
    ticks: Callable[[float], Sequence[Tick]],
    *,
    axis: Axis = SHARES,
    written: Callable[[float], str] = percent,
    marks: Sequence[Mark] = (),
    steps: bool = False,
    what: str = "",
) -> Markup:
    """Draw lines; `ticks` gives what stands below for a width; `steps`: a value holds until the next place.

    Raises ValueError for more than six lines, whose colours nobody tells apart.
    """
    if len(series) > MOST_LINES:
        raise ValueError(f"{len(series)} lines are too many to tell apart")

    def draw(width: float) -> Canvas:
        top = above_for(len(marks), what)
        canvas = Canvas(width, top + TALL + 2 * LINE)
        left = room_for([written(tick) for tick in axis.ticks], 0.3 * width) + GAP
        right = room_for([one.label for one in series], 0.28 * width) + GAP + 10
        plot = Plot(canvas, left, top, width - left - right, TALL)
        plot.levels(axis, written)
        for one in series:
            _band(canvas, plot, one, along, axis, steps=steps)
        for one in series:
            path = [(plot.x(along.at(x)), plot.y(axis.at(y))) for x, y in one.points]
            canvas.path(_stepped(path) if steps else path, f"line s{one.tone}" + (" dashed" if one.dashed else ""))
            if len(path) == 1:
                canvas.dot(min(max(path[0][0], 3), width - 3), path[0][1], f"s{one.tone}")
        _labels(canvas, plot, series, axis)
        plot.beside(ticks(plot.width))
        plot.marks([(along.at(mark.at), mark) for mark in marks])
        if what:
            canvas.text(0, LINE - 4, what, most=width)
        return canvas

    return drawn(title, draw)


def survival(title: str, series: Sequence[Line], spans: Spans, marks: Sequence[Mark] = ()) -> Markup:
    """Draw who still waits after which time: steps that fall from all to none; places are seconds."""
    ticks = [(spans.at(edge), brief(edge) if edge else "0") for edge in spans.edges]
    return lines(title, series, spans, lambda _width: ticks, marks=marks, steps=True)


def by_day(
    title: str,
    series: Sequence[Line],
    days: Days,
    *,
    axis: Axis = SHARES,
    written: Callable[[float], str] = percent,
    what: str = "",
) -> Markup:
    """Draw values from day to day; places are `date.toordinal()`."""

    def ticks(width: float) -> Sequence[Tick]:
        chosen = days_beside(days.first, days.last, max(2, int(width / 64)))
        return [(days.at(day.toordinal()), said(day)) for day in chosen]

    return lines(title, series, days, ticks, axis=axis, written=written, what=what)


def _stepped(path: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    found = list(path[:1])
    for (_, before), (x, y) in pairwise(path):
        found += [(x, before), (x, y)]
    return found


def _band(canvas: Canvas, plot: Plot, one: Line, along: Along, axis: Axis, *, steps: bool) -> None:
    low = [(plot.x(along.at(x)), plot.y(axis.at(value))) for x, value, _ in one.band]
    high = [(plot.x(along.at(x)), plot.y(axis.at(value))) for x, _, value in one.band]
    if steps:
        low, high = _stepped(low), _stepped(high)
    canvas.path([*high, *reversed(low)], f"area s{one.tone}", closed=True)


def _labels(canvas: Canvas, plot: Plot, series: Sequence[Line], axis: Axis) -> None:
    """Write each line's name at its end, moved apart where ends lie close."""
    ended = [one for one in series if one.points and one.label]
    ends = [plot.y(axis.at(one.points[-1][1])) for one in ended]
    for one, y in zip(ended, kept_apart(ends, plot.top, plot.below, LETTER + 3), strict=True):
        x = plot.left + plot.width + GAP
        canvas.dot(x, y, f"s{one.tone}")
        canvas.text(x + 7, y + 4, one.label, "value")
