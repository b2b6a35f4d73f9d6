"""The command that lets leads in."""

from typing import Annotated

import typer

from cli.options import AsJson


def start(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A file of leads, or - for standard input.")],
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help="csv, json or jsonl. Left out: by the file's name or content."),
    ] = None,
    pace: Annotated[
        float | None,
        typer.Option(
            "--pace", metavar="N", help="Starts a second. Left out: all at once up to 20 leads, else BATON_IMPORT_RATE."
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="--no-wait: only keep them, and leave the starts to the workers.")
    ] = True,
    as_json: AsJson = False,
) -> int:
    """Let leads in: keep each in the inbox first, then start its workflow."""
    from cli.outcomes import Request  # noqa: PLC0415
    from cli.starting import start_file  # noqa: PLC0415

    return start_file(Request(file=file, format_name=format_, pace=pace, wait=wait, as_json=as_json))
