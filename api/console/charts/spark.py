"""A line as small as a word: how a number went. It has no axis, so the number itself stands beside it."""

from collections.abc import Sequence

from markupsafe import Markup

from api.console.charts.canvas import Canvas

WIDTH, HEIGHT = 120.0, 28.0


def sparkline(title: str, values: Sequence[float], *, tone: int = 1) -> Markup:
    """Draw values from left to right, from nothing upwards. Raises ValueError for what is no number."""
    canvas = Canvas(WIDTH, HEIGHT)
    most = max((*values, 0.0)) or 1.0
    step = (WIDTH - 6) / max(1, len(values) - 1)
    points = [(3 + place * step, HEIGHT - 3 - max(0.0, one) / most * (HEIGHT - 6)) for place, one in enumerate(values)]
    if points:
        ground = [(points[0][0], HEIGHT - 3), *points, (points[-1][0], HEIGHT - 3)]
        canvas.path(ground, f"area s{tone}", closed=True)
        canvas.path(points, f"line s{tone}")
        canvas.dot(*points[-1], f"s{tone}", 2.5)
    return canvas.svg(title, "spark")
