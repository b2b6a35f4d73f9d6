"""The switch for all routing: stopped, leads wait visibly; started, they go on, best score first."""

import typer

from cli.options import AsJson, By, Reason

routing = typer.Typer(no_args_is_help=True, help="Stop and start all routing, and see what waits.")


@routing.command("stop")
def stop_routing(by: By, reason: Reason, as_json: AsJson = False) -> int:
    """Give no lead to anybody until routing is started again; leads wait, and people may still hand them out."""
    from cli import switching  # noqa: PLC0415

    return switching.stop(by, reason, as_json)


@routing.command("start")
def start_routing(by: By, as_json: AsJson = False) -> int:
    """Let routing go on: every waiting lead is looked at again, best score first."""
    from cli import switching  # noqa: PLC0415

    return switching.start(by, as_json)


@routing.command("status")
def routing_status(as_json: AsJson = False) -> int:
    """Say whether routing runs, who stopped it and why, and how many leads wait since when."""
    from cli import switching  # noqa: PLC0415

    return switching.status(as_json)
