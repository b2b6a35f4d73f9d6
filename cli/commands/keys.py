"""The keys that tools show at the HTTP doors."""

from typing import Annotated

import typer

from cli.options import AsJson, By

KeyId = Annotated[str, typer.Argument(metavar="KEY", help="The key's id, as `keys list` shows it.")]

keys = typer.Typer(no_args_is_help=True, help="Who may use the HTTP doors: make a key, list, rotate and revoke them.")


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is: one tool or source, one key.")],
    scopes: Annotated[
        list[str], typer.Option("--scope", metavar="SCOPE", help="What it may do, like leads:write; repeat it, or all.")
    ],
    by: By,
    sources: Annotated[
        list[str] | None, typer.Option("--source", metavar="SOURCE", help="Speaks for this source only; repeatable.")
    ] = None,
    people: Annotated[
        list[str] | None, typer.Option("--person", metavar="REP", help="Answers for this rep only; repeatable.")
    ] = None,
    per_minute: Annotated[
        int, typer.Option("--per-minute", metavar="N", min=1, max=1_000_000, help="At most so many requests a minute.")
    ] = 600,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="WHEN", help="Until then (an instant, or 90d). Left out: no end.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Make a key and print it, this once: only a digest of it is kept."""
    from cli import keys as room  # noqa: PLC0415

    return room.create(room.Wanted(name, scopes, by, sources or [], people or [], per_minute, expires), as_json)


@keys.command("list")
def list_keys(as_json: AsJson = False) -> int:
    """Show every key, what it may do and when it was used last; never the key itself."""
    from cli import keys as room  # noqa: PLC0415

    return room.show_keys(as_json)


@keys.command("rotate")
def rotate_key(
    key: KeyId,
    former: Annotated[
        str, typer.Option("--former", metavar="SPAN", help="For so long the former secret holds, too; 0m: not at all.")
    ] = "1d",
    as_json: AsJson = False,
) -> int:
    """Give a key a new secret and print it, this once; the former one holds for a while, so that tools can change."""
    from cli import keys as room  # noqa: PLC0415

    return room.rotate(key, former, as_json)


@keys.command("revoke")
def revoke_key(key: KeyId, as_json: AsJson = False) -> int:
    """End a key at once."""
    from cli import keys as room  # noqa: PLC0415

    return room.revoke(key, as_json)
