"""What is measured of leads for the analytics: how far it is, and all of it anew."""

import typer

from cli.options import AsJson

measures = typer.Typer(
    no_args_is_help=True, help="What is measured of leads for the console's figures: show how far, rebuild."
)


@measures.command("show")
def show(as_json: AsJson = False) -> int:
    """Say how many leads are measured, of which days, and how many changed since."""
    from cli import measuring  # noqa: PLC0415

    return measuring.show(as_json)


@measures.command("rebuild")
def rebuild(as_json: AsJson = False) -> int:
    """Throw away what was measured and measure every lead anew; routing goes on, figures grow again meanwhile."""
    from cli import measuring  # noqa: PLC0415

    return measuring.rebuild(as_json)
