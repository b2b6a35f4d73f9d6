"""The week, hour by hour: a stronger colour is more, and each box says its number: no colour is read alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.console.charts.canvas import Canvas, drawn, width_of

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS = 24
LEVELS = 5


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the week. `value` None: nothing is known of it; `note` is told at the pointer.

    `written`: what stands in the box (three signs at most are read well). `gap`: it is framed, and the page says why.
    """

    value: float | None
    written: str
    note: str
    gap: bool = False


def hour_named(hour: int) -> str:
    """Name an hour of the week, 0 is Monday's first: `Tue 09:00`."""
    day, clock = divmod(hour, HOURS)
    return f"{DAYS[day]} {clock:02d}:00"


def heat(title: str, hours: Sequence[Hour], *, most: float | None = None) -> Markup:
    """Draw 168 hours, Monday 00:00 first: days below one another, or beside one another where room is little.

    Raises ValueError for another number of hours.
    """
    if len(hours) != len(DAYS) * HOURS:
        raise ValueError(f"a week has 168 hours, not {len(hours)}")
    top = most if most is not None else max((one.value or 0.0 for one in hours), default=0.0)

    def draw(width: float) -> Canvas:
        lying = width > 400
        across, down = (HOURS, len(DAYS)) if lying else (len(DAYS), HOURS)
        left, above = 36.0, 20.0
        wide, tall = (width - left - 1) / across, 27.0 if lying else 20.0
        canvas = Canvas(width, above + down * tall + 2)
        for place, one in enumerate(hours):
            day, hour = divmod(place, HOURS)
            column, row = (hour, day) if lying else (day, hour)
            _box(canvas, (left + column * wide, above + row * tall, wide, tall), one, level_of(one.value, top))
        for hour in range(0, HOURS, 3 if lying else 1):
            if lying:
                canvas.text(left + hour * wide, 13, f"{hour:02d}")
            else:
                canvas.text(left - 7, above + (hour + 0.5) * tall + 4, f"{hour:02d}", anchor="end")
        for place, name in enumerate(DAYS):
            if lying:
                canvas.text(left - 7, above + (place + 0.5) * tall + 4, name, anchor="end")
            else:
                canvas.text(left + (place + 0.5) * wide, 13, name, anchor="middle")
        return canvas

    return drawn(title, draw)


def level_of(value: float | None, most: float) -> int:
    """Say how strong the colour of a value is, 0 (none) to 5."""
    if not value or most <= 0:
        return 0
    return min(LEVELS, max(1, -int(-value * LEVELS // most)))


def _box(canvas: Canvas, box: tuple[float, float, float, float], one: Hour, level: int) -> None:
    x, y, wide, tall = box
    style = f"h{level}" + (" unknown" if one.value is None else "")
    canvas.rect(x + 0.5, y + 0.5, wide - 1, tall - 1, style, one.note)
    if one.gap:
        canvas.rect(x + 1.5, y + 1.5, wide - 3, tall - 3, "gap")
    if one.written and width_of(one.written, 10) <= wide - 2:
        canvas.text(x + wide / 2, y + tall / 2 + 4, one.written, f"cell on{level}", "middle")
