"""Business time: when a budget is used up, and how much has passed."""

from typing import Annotated

import typer

from cli.options import AsJson

CalendarFile = Annotated[
    str | None, typer.Option("--calendar", metavar="FILE", help="A calendar, JSON or YAML; or a roster with --name.")
]
CalendarName = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="Which of the calendars in a roster or policy file.")
]
From = Annotated[str | None, typer.Option("--from", metavar="INSTANT", help="2026-03-02T09:00:00Z, or now.")]
Batch = Annotated[
    str | None,
    typer.Option(
        "--batch",
        metavar="FILE|-",
        help="One JSON object a line: {calendar, start, budget_s} or {calendar, start, end}; one answer a line.",
    ),
]


def due(
    calendar: CalendarFile = None,
    name: CalendarName = None,
    start: From = None,
    budget: Annotated[
        str | None, typer.Option("--budget", metavar="DURATION", help="Business time: 4h, 15m, 1h30m, 2d, 1bd.")
    ] = None,
    batch: Batch = None,
    as_json: AsJson = False,
) -> int:
    """Say when a budget of business time is used up, window by window."""
    from cli import batches, hours  # noqa: PLC0415

    if batch is not None:
        return batches.answer_batch(batch, calendar, name)
    return hours.tell_due(calendar, name, start, budget, as_json)


def elapsed(
    calendar: CalendarFile = None,
    name: CalendarName = None,
    start: From = None,
    end: Annotated[str | None, typer.Option("--to", metavar="INSTANT", help="2026-03-03T17:00:00Z, or now.")] = None,
    batch: Batch = None,
    as_json: AsJson = False,
) -> int:
    """Say how much business time lies between two instants, window by window."""
    from cli import batches, hours  # noqa: PLC0415

    if batch is not None:
        return batches.answer_batch(batch, calendar, name)
    return hours.tell_elapsed(calendar, name, start, end, as_json)
