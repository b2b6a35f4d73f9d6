"""Lying bars: one value each with its interval, or parts of a whole; each says its label and its number itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.console.charts.canvas import Canvas, drawn, width_of
from api.console.charts.plot import GAP, LINE, Mark, Plot, above_for, room_for
from api.console.charts.scales import SHARES, Scale, axis_to, percent, plain

THICK, APART, STACKED_APART = 14.0, 26.0, 42.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. `value` None: too few to tell, and `note` says so. `low`, `high`: its interval.

    `note`: what stands beside it, as `81 %, n = 37`. `mark`: a tick on it: what was before, what is expected. `tone`
    1 to 6: its colour.
    """

    label: str
    value: float | None
    note: str
    low: float | None = None
    high: float | None = None
    mark: float | None = None
    tone: int = 1


@dataclass(frozen=True, slots=True)
class Stack:
    """One bar of several parts, in the order of the tones; `note` stands beside it."""

    label: str
    parts: tuple[float, ...]
    note: str


def bars(
    title: str,
    rows: Sequence[Bar],
    *,
    axis: Scale = SHARES,
    written: Callable[[float], str] = percent,
    target: Mark | None = None,
) -> Markup:
    """Draw bars on a scale, with whiskers where they have an interval; `target`: one upright line through all.

    Raises ValueError for values that are no numbers.
    """

    def draw(width: float) -> Canvas:
        canvas, plot, apart = _field(width, [(row.label, row.note) for row in rows], 1 if target else 0)
        _scale(plot, axis, written)
        for place, row in enumerate(rows):
            y = _named(canvas, plot, place, apart, row.label, row.note)
            if row.value is not None:
                end = plot.x(axis.at(row.value))
                canvas.rect(plot.left, y, end - plot.left, THICK, f"bar s{row.tone}", f"{row.label}: {row.note}")
            if row.low is not None and row.high is not None:
                _whisker(canvas, plot.x(axis.at(row.low)), plot.x(axis.at(row.high)), y + THICK / 2)
            if row.mark is not None:
                canvas.rect(max(0.0, plot.x(axis.at(row.mark)) - 1.5), y - 3, 3, THICK + 6, "tick")
        canvas.line(plot.left, plot.top, plot.left, plot.below, "axis")
        if target:
            _through(canvas, plot, apart, target, axis.at(target.at), len(rows))
        return canvas

    return drawn(title, draw)


def stacked(
    title: str,
    rows: Sequence[Stack],
    tones: Sequence[int],
    *,
    axis: Scale | None = None,
    written: Callable[[float], str] = plain,
) -> Markup:
    """Draw bars of parts; what each tone means is the legend's to say. Raises ValueError for more parts than tones."""
    scale = axis or axis_to(max((sum(row.parts) for row in rows), default=1.0), whole=True)

    def draw(width: float) -> Canvas:
        canvas, plot, apart = _field(width, [(row.label, row.note) for row in rows], 0)
        _scale(plot, scale, written)
        for place, row in enumerate(rows):
            y, before = _named(canvas, plot, place, apart, row.label, row.note), 0.0
            for part, tone in zip(row.parts, tones, strict=True):
                left, right = plot.x(scale.at(before)), plot.x(scale.at(before + part))
                canvas.rect(left, y, right - left, THICK, f"bar s{tone}", f"{row.label}: {written(part)}")
                before += part
        canvas.line(plot.left, plot.top, plot.left, plot.below, "axis")
        return canvas

    return drawn(title, draw)


def _field(width: float, words: Sequence[tuple[str, str]], marks: int) -> tuple[Canvas, Plot, float]:
    """Give the canvas, its field and the height of a row: words beside the bars, or above them where room is little."""
    top = above_for(marks)
    narrow = width <= 400
    apart = STACKED_APART if narrow else APART
    canvas = Canvas(width, top + max(1, len(words)) * apart + 2 * LINE)
    left = 2.0 if narrow else room_for([one for one, _ in words], 0.3 * width) + GAP
    right = 14.0 if narrow else room_for([two for _, two in words], 0.32 * width) + 2 * GAP
    return canvas, Plot(canvas, left, top, width - left - right, max(1, len(words)) * apart), apart


def _named(canvas: Canvas, plot: Plot, place: int, apart: float, label: str, note: str) -> float:
    """Write what a bar is and says; give where it begins."""
    above = plot.top + place * apart
    if canvas.narrow:
        beside = min(width_of(note), 0.6 * canvas.width)
        canvas.text(plot.left, above + LINE - 1, label, "value", most=canvas.width - beside - 2 - 2 * GAP)
        canvas.text(canvas.width - 2, above + LINE - 1, note, anchor="end", most=beside)
        return above + LINE + 5
    y = above + (apart - THICK) / 2
    canvas.text(plot.left - GAP, y + THICK - 3, label, "value", "end")
    canvas.text(plot.left + plot.width + 2 * GAP, y + THICK - 3, note)
    return y


def _through(canvas: Canvas, plot: Plot, apart: float, target: Mark, share: float, rows: int) -> None:
    """Draw the line through all bars; where words stand between them, only through the bars themselves."""
    if not canvas.narrow:
        plot.marks([(share, target)])
        return
    x = plot.x(share)
    for place in range(rows):
        y = plot.top + place * apart + LINE + 5
        canvas.line(x, y - 4, x, y + THICK + 4, target.style)
    wide = width_of(target.label)
    canvas.text(max(0.0, min(x - wide / 2, canvas.width - wide)), plot.top - GAP, target.label, "value")


def _whisker(canvas: Canvas, low: float, high: float, y: float) -> None:
    canvas.line(low, y, high, y, "whisker")
    canvas.line(low, y - 4, low, y + 4, "whisker")
    canvas.line(high, y - 4, high, y + 4, "whisker")


def _scale(plot: Plot, axis: Scale, written: Callable[[float], str]) -> None:
    plot.beside([(axis.at(tick), written(tick)) for tick in axis.ticks], grid=True)
