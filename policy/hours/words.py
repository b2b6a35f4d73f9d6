"""How a deadline came about, in words a rep can check against the clock on the wall.

"Fri 16:00-17:00 1 h", "weekend", "Mon 09:00-09:30 30 min". Wall times are those of the calendar's zone; a date
stands where the weekday alone could mean two days, and a holiday is told with its date and, if it has one, its
name. This room refuses arithmetic: it is given the slices.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from policy.hours.opening_hours import OpeningHours, Slice

LINES = 40
"""How many lines a trace has at most; a longer one's middle is folded into one line, and it still adds up."""

_HEAD = 28
_ZERO = timedelta(0)
_WEEK = 7
_NEARLY_A_YEAR = 300
_SATURDAY_AND_SUNDAY = [5, 6]
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_Line = tuple[str, timedelta]


def told(hours: OpeningHours, start: datetime, used: Sequence[Slice], end: datetime) -> tuple[str, ...]:
    """Tell the slices between two instants in words, and the closed days before, between and after them."""
    began = hours.local(start)
    if hours.always:
        return tuple(f"{_stretch(hours, piece, began)}, open around the clock" for piece in used)
    day, lines = began.toordinal(), list[_Line]()
    if hours.windows(day) and start < (used[0].opens_at if used else end):
        lines.append((f"{_WEEKDAYS[began.weekday()]} {_clock(began)} closed", _ZERO))
    for piece in used:
        lines += _closed(hours, range(day, piece.day), began)
        lines.append((_stretch(hours, piece, began), piece.used))
        day = piece.day + 1
    ended = hours.local(end)
    lines += _closed(hours, range(day, ended.toordinal() + 1), began)
    lines += _unknown(hours, ended)
    return tuple(_folded(lines))


def _unknown(hours: OpeningHours, ended: datetime) -> Iterator[_Line]:
    """Say so where public holidays were counted on in years nobody has looked up."""
    known_until = hours.calendar.known_until
    if known_until is not None and ended.year > known_until:
        yield f"(public holidays after {known_until} are not known)", _ZERO


def _stretch(hours: OpeningHours, piece: Slice, began: datetime) -> str:
    opens, closes = hours.local(piece.opens_at), hours.local(piece.closes_at)
    day = opens.date()
    words = [_day(day, began)]
    if piece.opens_at == piece.closes_at:
        words.append(_clock(opens))
    elif closes - opens <= timedelta(days=1):
        midnight = closes.date() != day and closes.time() == datetime.min.time()
        words.append(f"{_clock(opens)}-{'24:00' if midnight else _clock(closes)}")
    else:
        words.append(f"{_clock(opens)} to {_day(closes.date(), began)} {_clock(closes)}")
    words.append(in_hours(piece.used))
    if closes - opens != piece.used:
        words.append("(clock change)")
    if date.fromordinal(piece.day) in hours.calendar.exceptions:
        words.append("(exception)")
    return " ".join(words)


def _closed(hours: OpeningHours, days: range, began: datetime) -> Iterator[_Line]:
    """Tell the days without a window: a run of ordinary ones in one line, each special one in its own."""
    without = (date.fromordinal(day) for day in days if not hours.windows(day))
    for why, run in groupby(without, key=lambda day: _why(hours, day)):
        closed = list(run)
        if why != "closed":
            for day in closed:
                yield f"{_day(day, began, dated=True)} {why}", _ZERO
        elif len(closed) > _WEEK:
            first, last = (_day(day, began, dated=True) for day in (closed[0], closed[-1]))
            yield f"{first} to {last} closed", _ZERO
        elif [day.weekday() for day in closed] == _SATURDAY_AND_SUNDAY:
            saturday = _day(closed[0], began)
            yield ("weekend" if saturday in _WEEKDAYS else f"weekend of {saturday}"), _ZERO
        else:
            yield f"{', '.join(_day(day, began) for day in closed)} closed", _ZERO


def _why(hours: OpeningHours, day: date) -> str:
    if hours.calendar.windows_on(day):
        return "skipped by a clock change"
    if day in hours.calendar.exceptions:
        return "closed (exception)"
    if not hours.calendar.is_holiday(day):
        return "closed"
    name = hours.calendar.holiday_name(day)
    return f"holiday ({name})" if name else "holiday"


def _folded(lines: list[_Line]) -> Iterator[str]:
    """Fold the middle of a long trace: no timeline is read line by line for half a year."""
    if len(lines) <= LINES:
        yield from (words for words, _ in lines)
        return
    tail = len(lines) - (LINES - _HEAD - 1)
    yield from (words for words, _ in lines[:_HEAD])
    middle = [used for _, used in lines[_HEAD:tail] if used]
    yield f"... {len(middle)} more windows {in_hours(sum(middle, _ZERO))} ..."
    yield from (words for words, _ in lines[tail:])


def _day(day: date, began: datetime, *, dated: bool = False) -> str:
    name = _WEEKDAYS[day.weekday()]
    if not dated and abs((day - began.date()).days) < _WEEK:
        return name
    year = f" {day.year}" if abs((day - began.date()).days) > _NEARLY_A_YEAR else ""
    return f"{name} {day.day} {_MONTHS[day.month - 1]}{year}"


def _clock(wall: datetime) -> str:
    seconds = f":{wall.second:02}" if wall.second else ""
    return f"{wall.hour:02}:{wall.minute:02}{seconds}"


def in_hours(length: timedelta) -> str:
    """Write a length of business time as "40 h", "1 h 5 min": never in days, which are not 24 hours of it."""
    minutes, rest = divmod(length, timedelta(minutes=1))
    hours, minutes = divmod(minutes, 60)
    words = [f"{hours} h"] if hours else []
    if minutes or not length:
        words.append(f"{minutes} min")
    if rest:
        words.append(f"{rest.total_seconds():g} s")
    return " ".join(words)
