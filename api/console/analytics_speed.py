"""Analytics: how long leads wait, in distributions and not only in averages; those that wait now count (R50)."""

from collections.abc import Sequence

from markupsafe import Markup

from api.console.analytics_asked import LABELS, Asked, by_choice
from api.console.analytics_view import Built, Stat, View, stat
from api.console.charts import (
    Bar,
    Column,
    Figure,
    Kind,
    Line,
    Mark,
    Sheet,
    bars,
    brief,
    histogram,
    spans_to,
    survival,
)
from api.console.words import number, span
from models.figures import TOO_FEW, Dimension, Speed, SpeedRow, Step, Timing

BY = by_choice(
    Dimension.TEAM,
    *(Dimension.REP, Dimension.SOURCE, Dimension.TYPE, Dimension.REGION, Dimension.RULE, Dimension.INTENT),
    *(Dimension.FIT, Dimension.BAND, Dimension.POLICY),
)
DONE = {Step.OFFERED: "offered", Step.ACCEPTED: "accepted", Step.CONTACTED: "contacted"}
TONE = {Step.OFFERED: 6, Step.ACCEPTED: 1, Step.CONTACTED: 2}
MOST_ROWS = 15
"""So many bars at most; the table has all."""

_STEPS_WIDEN = "The scale widens to the right: each bin is as broad as the next."


async def build(asked: Asked) -> Built:
    """Show how fast leads are offered, accepted and contacted, and by one dimension."""
    found = await asked.figures.speed(asked.filters, asked.now)
    rows = await asked.figures.speed_by(asked.filters, asked.by, asked.now)
    steps = (found.accepted, found.contacted, found.offered)
    return Built(
        says=[one for timing in steps[:2] for one in in_words(timing)],
        stats=[
            Stat("Leads promised an answer", number(found.leads)),
            *(half_of(timing) for timing in steps[:2]),
            Stat(
                "1 in 10 waits over", about(_if_tells(found.accepted, found.accepted.nine_tenths_s)), "to be accepted"
            ),
            stat("Promises kept", found.kept),
        ],
        figures=[
            timing_figure(asked, found.accepted, found.target_s),
            waiting_figure(asked, found),
            timing_figure(asked, found.contacted, None),
            _by_figure(asked, rows),
        ],
        notes=[
            "Waits are wall time since the lead was received, nights and weekends included; known to 5 %.",
            "Leads that wait now count as waiting as long as they have; those that went another way, until they did.",
        ],
    )


def about(seconds: int | None) -> str:
    """Write a span as well as it is known, to about 5 %: `40 s`, `2 m 40 s`, `41 m`, `2 h 10 m`, `14 h`."""
    if seconds is None:
        return span(None)
    step = next((step for below, step in _STEPS if seconds < below), 3600)
    return span(round(seconds / step) * step).removesuffix(" 00 s").removesuffix(" 00 m").removesuffix(" 0 h")


_STEPS = ((120, 1), (300, 10), (600, 30), (3600, 60), (36_000, 300))


def counted(timing: Timing) -> int:
    """Give how many leads a timing is of."""
    return timing.curve.came + timing.curve.waiting + timing.curve.left


def half_of(timing: Timing) -> Stat:
    """Make a number of the time in which half of the leads come to a step."""
    return Stat(f"Half {DONE[timing.step]} within", about(_if_tells(timing, timing.half_s)), _of(timing))


def tenth_of(timing: Timing) -> Stat:
    """Make a number of the time that one lead in ten waits for longer."""
    return Stat("1 in 10 waits over", about(_if_tells(timing, timing.nine_tenths_s)), f"to be {DONE[timing.step]}")


def in_words(timing: Timing) -> list[str]:
    """Say what one sees of a timing: `Half of the leads are accepted within 6 m; 1 in 10 waits over 41 m.`"""
    leads, done = counted(timing), DONE[timing.step]
    if leads < TOO_FEW:
        few = f"Only {leads} {'lead was' if leads == 1 else 'leads were'}" if leads else "No lead was"
        return [f"{few} to be {done} in this while: too few to tell how long that takes."]
    if timing.half_s is None and 2 * timing.curve.came >= leads:
        return [f"Too few of the {number(leads)} leads have been seen long enough to tell by when half are {done}."]
    if timing.half_s is None:
        return [f"Fewer than half of the {number(leads)} leads have been {done} so far."]
    rest = "" if timing.nine_tenths_s is None else f"; 1 in 10 waits over {about(timing.nine_tenths_s)}"
    return [f"Half of the leads are {done} within {about(timing.half_s)}{rest}."]


def timing_figure(asked: Asked, timing: Timing, target_s: int | None) -> Figure:
    """Show how long those waited that came to a step."""
    done, sheet = DONE[timing.step], _bins_sheet(timing)
    title = f"Time until {done}"
    marks = []
    if counted(timing) >= TOO_FEW:
        ends = ((timing.half_s, "half"), (timing.nine_tenths_s, "nine tenths"))
        marks = [Mark(at, f"{name} within {about(at)}") for at, name in ends if at is not None]
    if target_s is not None:
        marks.append(Mark(target_s, f"promise {brief(target_s)}", "target"))
    says = f"{number(timing.curve.came)} were {done}, {number(timing.curve.waiting)} wait. {_STEPS_WIDEN}"
    drawing = histogram(f"{title}: {' '.join(in_words(timing))}", timing.bins, marks) if timing.bins else Markup()
    empty = f"No lead was {done} in this while."
    return Figure(title, says, drawing, sheet, csv=asked.csv(sheet.name), empty=empty)


def waiting_figure(asked: Asked, found: Speed) -> Figure:
    """Show who still waits after which time, for each step."""
    timings = [one for one in (found.contacted, found.accepted, found.offered) if counted(one) >= TOO_FEW]
    series = [
        Line(
            DONE[one.step],
            tuple((point.at_s, point.left) for point in one.curve.points),
            TONE[one.step],
            tuple((point.at_s, point.low, point.high) for point in one.curve.points),
        )
        for one in timings
    ]
    longest = max((one.curve.points[-1].at_s for one in timings if one.curve.points), default=0)
    marks = [] if found.target_s is None else [Mark(found.target_s, f"promise {brief(found.target_s)}", "target")]
    title = "Who still waits"
    sheet = Sheet(
        "waiting",
        (
            Column("step", "To be"),
            Column("at_s", "After", Kind.SPAN),
            Column("left", "Still wait", Kind.SHARE),
            Column("low", "At least", Kind.SHARE),
            Column("high", "At most", Kind.SHARE),
            Column("at_risk", "Of leads", Kind.COUNT),
        ),
        tuple(
            (DONE[one.step], point.at_s, point.left, point.low, point.high, point.at_risk)
            for one in timings
            for point in one.curve.points
        ),
    )
    return Figure(
        title,
        "The share of leads that nobody has come to after that time, with its 95\u00a0% interval (Kaplan-Meier).",
        survival(f"{title}, after which time", series, spans_to(longest), marks) if series else Markup(),
        sheet,
        [(f"not yet {DONE[one.step]}", f"s{TONE[one.step]}") for one in timings],
        asked.csv(sheet.name),
        empty="Too few leads to tell.",
    )


def _by_figure(asked: Asked, rows: Sequence[SpeedRow]) -> Figure:
    told = rows[:MOST_ROWS]
    longest = max((one for row in told for one in (row.half_s, row.nine_tenths_s) if one is not None), default=0)
    title = f"Time to accept, by {LABELS[asked.by].lower()}"
    sheet = Sheet(
        "by",
        (
            Column("name", LABELS[asked.by]),
            Column("leads", "Leads", Kind.COUNT),
            Column("half_accepted_s", "Half accepted within", Kind.SPAN),
            Column("nine_tenths_accepted_s", "Nine tenths", Kind.SPAN),
            Column("half_contacted_s", "Half contacted within", Kind.SPAN),
            Column("kept", "Kept", Kind.SHARE),
            Column("kept_low", "At least", Kind.SHARE),
            Column("kept_high", "At most", Kind.SHARE),
            Column("promises", "Promises", Kind.COUNT),
            Column("value", "", Kind.KEY),
        ),
        tuple(_cells(asked, row) for row in rows),
    )
    drawn = [_bar(asked, row) for row in told]
    return Figure(
        title,
        f"A bar ends where half are accepted, its tick stands at nine tenths. {_STEPS_WIDEN}{_left_out(rows)}",
        bars(title, drawn, axis=spans_to(longest), written=lambda one: brief(one) if one else "0")
        if drawn
        else Markup(),
        sheet,
        csv=asked.csv(sheet.name),
    )


def _bar(asked: Asked, row: SpeedRow) -> Bar:
    name = asked.names.of(asked.by, row.value)
    if row.leads < TOO_FEW:
        return Bar(name, None, f"too few, n = {number(row.leads)}")
    half = "not half yet" if row.half_s is None else about(row.half_s)
    return Bar(name, row.half_s, f"{half}, n = {number(row.leads)}", mark=row.nine_tenths_s)


def _cells(asked: Asked, row: SpeedRow) -> tuple[str | int | float | None, ...]:
    name, kept, few = asked.names.of(asked.by, row.value), row.kept, row.leads < TOO_FEW
    times = (None, None, None) if few else (row.half_s, row.nine_tenths_s, row.contact_half_s)
    shares = (kept.rate, kept.low, kept.high) if kept.tells else (None, None, None)
    return (name, row.leads, *times, *shares, kept.of, row.value)


def _bins_sheet(timing: Timing) -> Sheet:
    whole = timing.curve.came or 1
    return Sheet(
        f"until_{timing.step}",
        (
            Column("from", "Took"),
            Column("from_s", "", Kind.KEY),
            Column("to_s", "", Kind.KEY),
            Column("leads", "Leads", Kind.COUNT),
            Column("share", "Of all that came", Kind.SHARE),
        ),
        tuple(
            (
                f"{brief(one.low_s)} or more" if one.high_s is None else f"{brief(one.low_s)} to {brief(one.high_s)}",
                *(one.low_s, one.high_s, one.leads, one.leads / whole),
            )
            for one in timing.bins
        ),
    )


def _left_out(rows: Sequence[SpeedRow]) -> str:
    return f" The first {MOST_ROWS} of {len(rows)}; the table has all." if len(rows) > MOST_ROWS else ""


def _if_tells(timing: Timing, seconds: int | None) -> int | None:
    return seconds if counted(timing) >= TOO_FEW else None


def _of(timing: Timing) -> str:
    leads = counted(timing)
    return f"n = {number(leads)}" if leads >= TOO_FEW else f"too few to tell, n = {leads}"


VIEW = View("speed", "Speed", "Speed to lead", "How long leads wait until somebody takes them up.", build, (BY,))
