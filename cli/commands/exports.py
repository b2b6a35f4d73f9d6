"""Files out, for everybody whose CRM is none of ours."""

from typing import Annotated

import typer

from models.export import Export


def export(
    what: Annotated[Export, typer.Argument(metavar="WHAT", help="leads, accounts, contacts or outcomes.")],
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="What changed then or later: a day, or an instant."),
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="Write it there, whole or not at all. Left out: print.")
    ] = None,
) -> int:
    """Write leads, accounts, contacts or outcomes as CSV, with how to reach people."""
    from cli import exporting  # noqa: PLC0415

    return exporting.export(what, since, out)
