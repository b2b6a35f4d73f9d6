"""Coming in at the console: a one-time link on this machine."""

from typing import Annotated

import typer

from cli.options import AsJson


def signin(
    person: Annotated[
        str | None, typer.Option("--as", metavar="PERSON", help="See it as this person of the roster does.")
    ] = None,
    roles: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="rep, manager, ops, admin or privacy; repeatable."),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What the console calls you.")] = None,
    as_json: AsJson = False,
) -> int:
    """Print a link that signs you in at the console, once, within ten minutes; on your own machine only."""
    from cli import signing_in as room  # noqa: PLC0415

    return room.signin(person, roles or [], name, as_json)
