"""Dots against the limits of chance: who stands apart, and who only seems to because there are few (a funnel plot)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.console.charts.canvas import Canvas, drawn, width_of
from api.console.charts.lines import TALL
from api.console.charts.plot import GAP, LINE, Plot, above_for, room_for
from api.console.charts.scales import SHARES, axis_to, percent, plain

STEPS = 60
"""Straight pieces that the curve of a limit is drawn of."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One dot. `label` stands beside it where it is to be seen at once, `note` at the pointer; `tone` 1 to 6."""

    at: float
    value: float
    note: str
    label: str = ""
    tone: int = 1


Limit = Callable[[float], tuple[float, float]]


def dots(title: str, rows: Sequence[Dot], middle: float, limits: Sequence[Limit], what: str) -> Markup:
    """Draw shares over how many they are of, within limits, the inner ones first; `what` stands below the chart.

    Raises ValueError for values that are no numbers.
    """
    along = axis_to(1.05 * max((row.at for row in rows), default=1.0))

    def draw(width: float) -> Canvas:
        top = above_for(1)
        canvas = Canvas(width, top + TALL + 3 * LINE)
        left = room_for([percent(tick) for tick in SHARES.ticks], 0.3 * width) + GAP
        plot = Plot(canvas, left, top, width - left - 12, TALL)
        plot.levels(SHARES, percent)
        for style, limit in zip(("near", "far"), limits, strict=False):
            _limit(canvas, plot, along.high, limit, style)
        y = plot.y(middle)
        canvas.line(plot.left, y, plot.left + plot.width, y, "mark")
        plot.beside([(along.at(tick), plain(tick)) for tick in along.ticks])
        canvas.text(plot.left, plot.below + 2 * LINE + 8, what, most=plot.width)
        for row in rows:
            _dot(canvas, plot, along.at(row.at), row)
        canvas.text(plot.left, top - GAP, f"all together: {percent(middle)}", "value")
        return canvas

    return drawn(title, draw)


def _limit(canvas: Canvas, plot: Plot, most: float, limit: Limit, style: str) -> None:
    places = [(step / STEPS, *limit(most * step / STEPS)) for step in range(1, STEPS + 1)]
    for end in (1, 2):
        canvas.path([(plot.x(one[0]), plot.y(one[end])) for one in places], f"limit {style}")


def _dot(canvas: Canvas, plot: Plot, share: float, row: Dot) -> None:
    x, y = plot.x(share), min(plot.y(SHARES.at(row.value)), plot.below - 1)
    canvas.dot(x, y, f"s{row.tone}", 5.0, row.note)
    if row.label:
        fits = x + 9 + width_of(row.label) <= canvas.width
        canvas.text(x + 9 if fits else x - 9, y + 4, row.label, "value", "start" if fits else "end")
