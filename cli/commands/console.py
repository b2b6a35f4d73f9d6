"""Coming in at the console: a one-time link on this machine, and who may sign in besides."""

from typing import Annotated

import typer

from cli.options import AsJson, By

Roles = Annotated[
    list[str] | None, typer.Option("--role", metavar="ROLE", help="rep, manager, ops, admin or privacy; repeatable.")
]
Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="What the console calls them.")]
Email = Annotated[
    str | None, typer.Option("--email", metavar="ADDRESS", help="The one that the identity provider vouches for.")
]
Person = Annotated[
    str | None, typer.Option("--person", metavar="PERSON", help="Who they are in the roster: their leads are theirs.")
]
Member = Annotated[str, typer.Argument(metavar="MEMBER", help="The member's id, as `members list` shows it.")]

members = typer.Typer(no_args_is_help=True, help="Who may sign in at the console: list, add, change, close out.")


def signin(
    person: Annotated[
        str | None, typer.Option("--as", metavar="PERSON", help="See it as this person of the roster does.")
    ] = None,
    roles: Roles = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What the console calls you.")] = None,
    as_json: AsJson = False,
) -> int:
    """Print a link that signs you in at the console, once, within ten minutes; on your own machine only."""
    from cli import signing_in as room  # noqa: PLC0415

    return room.signin(person, roles or [], name, as_json)


@members.command("list")
def list_members(as_json: AsJson = False) -> int:
    """Show every member: roles, person of the roster, when they came last."""
    from cli import members as room  # noqa: PLC0415

    return room.show_members(as_json)


@members.command("add")
def add_member(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the console calls them.")],
    by: By,
    roles: Roles = None,
    email: Email = None,
    person: Person = None,
    as_json: AsJson = False,
) -> int:
    """Let somebody sign in, and print their id."""
    from cli import members as room  # noqa: PLC0415

    return room.add(room.Typed(name, email, roles, person), by, as_json)


@members.command("set")
def set_member(
    member: Member,
    name: Name = None,
    roles: Roles = None,
    email: Email = None,
    person: Person = None,
    as_json: AsJson = False,
) -> int:
    """Change what is named, "" takes an address or a person away; the member is signed out. Roles replace all."""
    from cli import members as room  # noqa: PLC0415

    return room.change(member, room.Typed(name, email, roles, person), as_json)


@members.command("disable")
def disable_member(member: Member, as_json: AsJson = False) -> int:
    """Let a member in no more, and sign them out at once."""
    from cli import members as room  # noqa: PLC0415

    return room.disable(member, as_json)


@members.command("enable")
def enable_member(member: Member, as_json: AsJson = False) -> int:
    """Let a member in again."""
    from cli import members as room  # noqa: PLC0415

    return room.enable(member, as_json)
