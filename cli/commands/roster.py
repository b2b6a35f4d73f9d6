"""The roster: who may get leads, who is away or on duty, and what to do when somebody leaves."""

from typing import Annotated

import typer

from cli.commands.files import File
from cli.options import AsJson, By, Reason

Rep = Annotated[str, typer.Argument(metavar="REP", help="A rep's id in the roster.")]

roster = typer.Typer(no_args_is_help=True, help="Who may get leads: load a roster, show it, say who is away or leaves.")


@roster.command("load")
def load_roster(file: File, as_json: AsJson = False) -> int:
    """Check a roster file and take it over; held leads are looked at again."""
    from cli import people  # noqa: PLC0415

    return people.load(file, as_json)


@roster.command("show")
def show_roster(as_json: AsJson = False) -> int:
    """Show teams, reps and pools, and who may be offered a lead now."""
    from cli import people  # noqa: PLC0415

    return people.show_roster(as_json)


@roster.command("ledger")
def show_ledger(
    pool: Annotated[str | None, typer.Option("--pool", metavar="POOL", help="Of this pool only.")] = None,
    rep: Annotated[str | None, typer.Option("--rep", metavar="REP", help="Of this rep only.")] = None,
    lines: Annotated[
        int | None,
        typer.Option("--lines", metavar="COUNT", min=1, max=10_000, help="So many credits and debits, newest first."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Show how far each rep is behind or ahead of their share, pool by pool, and line by line why."""
    from cli import people  # noqa: PLC0415

    return people.show_ledger(pool, rep, lines, as_json)


@roster.command("off")
def note_time_off(
    rep: Rep,
    start: Annotated[
        str, typer.Option("--from", metavar="WHEN", help="A day of theirs (2026-03-02), or an instant; this counts.")
    ],
    end: Annotated[str, typer.Option("--to", metavar="WHEN", help="The last day, or the instant they are back.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; people who ask read it.")] = "",
    cancel: Annotated[bool, typer.Option("--cancel", help="They are not away after all: take it back.")] = False,
    as_json: AsJson = False,
) -> int:
    """Note that a rep is away; what they were offered and have not accepted moves on when they go."""
    from cli import roster_edits  # noqa: PLC0415

    return roster_edits.off(rep, start, end, reason, cancel, as_json)


@roster.command("inactive")
def set_inactive(rep: Rep, by: By, reason: Reason, as_json: AsJson = False) -> int:
    """Offer a rep nothing more for now; what they were offered and have not taken moves on."""
    from cli import roster_edits  # noqa: PLC0415

    return roster_edits.set_active(rep, by, reason, active=False, as_json=as_json)


@roster.command("active")
def set_active(rep: Rep, by: By, reason: Reason, as_json: AsJson = False) -> int:
    """Offer a rep leads again."""
    from cli import roster_edits  # noqa: PLC0415

    return roster_edits.set_active(rep, by, reason, active=True, as_json=as_json)


@roster.command("handover")
def hand_over(
    rep: Rep,
    by: By,
    reason: Reason,
    to: Annotated[
        str | None, typer.Option("--to", metavar="REP", help="Who gets them all. Left out: whoever routing finds.")
    ] = None,
    keep_active: Annotated[
        bool, typer.Option("--keep-active", help="They stay in the rotation. Else they are inactive from now on.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what they hold, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    wait: Annotated[str, typer.Option("--wait", metavar="SPAN", help="How long to wait for the leads to move.")] = "2m",
    as_json: AsJson = False,
) -> int:
    """Give all that a rep holds to others, lead by lead with reasons, and take them out of the rotation."""
    from cli.handing_over import Request, hand_over  # noqa: PLC0415

    return hand_over(Request(rep, by, reason, to, keep_active, dry_run, yes, wait, as_json))


@roster.command("coaching")
def show_coaching(
    days: Annotated[
        int | None,
        typer.Option("--days", metavar="N", min=1, max=365, help="Look back so far. Left out: as the policy says."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Show who lets offers run out, declines, or makes contact late, and who is set aside."""
    from cli import coaching  # noqa: PLC0415

    return coaching.show_coaching(days, as_json)


@roster.command("forgive")
def forgive(rep: Rep, by: By, reason: Reason, as_json: AsJson = False) -> int:
    """Count the offers that ran out on a rep no more; if they were set aside, they are not any longer."""
    from cli import roster_edits  # noqa: PLC0415

    return roster_edits.forgive(rep, by, reason, as_json)


@roster.command("rotas")
def show_rotas(
    at: Annotated[str, typer.Option("--at", metavar="WHEN", help="An instant, or a time from now.")] = "now",
    as_json: AsJson = False,
) -> int:
    """Show who is on duty in each rota, until when, and who is next."""
    from cli import duty  # noqa: PLC0415

    return duty.show_rotas(at, as_json)
