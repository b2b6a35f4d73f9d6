"""Charts, drawn on the server as SVG: readable on a phone and on a wall, in light and dark, without a script.

    drawing = bars("Promises kept, by team", [Bar("emea", 0.81, "81 %, n = 37", 0.66, 0.91)])
    figure = Figure("Promises kept, by team", "emea keeps four of five.", drawing, sheet)

`templates/figure.html` writes a `Figure` with its caption, its table and the link to its file. Every chart is drawn
twice, for little and for much room; console.css shows the one that fits.
"""

from api.console.charts.bars import Bar, Stack, bars, stacked
from api.console.charts.heat import Hour, heat
from api.console.charts.lines import Days, Line, by_day, lines, survival
from api.console.charts.plot import Mark
from api.console.charts.scales import SHARES, Axis, Spans, axis_to, brief, percent, plain, spans_to
from api.console.charts.sheets import Column, Figure, Kind, Sheet, Value
from api.console.charts.spark import sparkline
from api.console.charts.upright import columns, histogram

__all__ = [
    "SHARES",
    "Axis",
    "Bar",
    "Column",
    "Days",
    "Figure",
    "Hour",
    "Kind",
    "Line",
    "Mark",
    "Sheet",
    "Spans",
    "Stack",
    "Value",
    "axis_to",
    "bars",
    "brief",
    "by_day",
    "columns",
    "heat",
    "histogram",
    "lines",
    "percent",
    "plain",
    "spans_to",
    "sparkline",
    "stacked",
    "survival",
]
