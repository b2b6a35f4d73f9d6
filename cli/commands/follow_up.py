"""What follows from leads: reps' tasks, and what goes to the marketing tool and to prospects."""

from typing import Annotated

import typer

from cli.options import AsJson

handoffs = typer.Typer(no_args_is_help=True, help="What goes to the marketing tool and to prospects: list, retry.")

OfLead = Annotated[str | None, typer.Option("--lead", metavar="LEAD", help="Of this lead only.")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="At most so many.")]
After = Annotated[int | None, typer.Option("--after", metavar="ID", min=1, help="Go on behind this one.")]


def tasks(
    rep: Annotated[str | None, typer.Option("--rep", metavar="REP", help="Of this rep only.")] = None,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="STATE", help="open, done or dropped; may be repeated. Left out: open."),
    ] = None,
    lead: OfLead = None,
    limit: Limit = 50,
    after: After = None,
    as_json: AsJson = False,
) -> int:
    """List who has to get in touch with whom by when, the newest first."""
    from cli import following_up  # noqa: PLC0415

    return following_up.tasks(rep, state or [], lead, limit, after, as_json)


@handoffs.command("list")
def list_hand_offs(
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="STATE", help="waiting, sent, refused or dropped; may be repeated."),
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help="enrol, leave or answer; may be repeated.")
    ] = None,
    lead: OfLead = None,
    limit: Limit = 50,
    after: After = None,
    as_json: AsJson = False,
) -> int:
    """List enrolments, their ends and first answers, the newest first, and what keeps those that are not out."""
    from cli import following_up  # noqa: PLC0415

    return following_up.hand_offs(state or [], kind or [], lead, limit, after, as_json)


@handoffs.command("retry")
def retry_hand_off(
    number: Annotated[int, typer.Argument(metavar="ID", help="As `handoffs list` shows it.")],
    as_json: AsJson = False,
) -> int:
    """Have one that was refused, or waits, carried out now."""
    from cli import following_up  # noqa: PLC0415

    return following_up.retry(number, as_json)
