"""Sources of leads, and the webhooks that tools send."""

from typing import Annotated

import typer

from cli.options import AsJson, By

Name = Annotated[str, typer.Argument(metavar="SOURCE", help="The source's name, as in its hook's address.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="As `hooks list` shows it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
File = Annotated[str, typer.Argument(metavar="FILE", help="A YAML file, or the name of a source that is shipped.")]

sources = typer.Typer(no_args_is_help=True, help="How tools' webhooks are read: load a source, try it, list them.")
hooks = typer.Typer(no_args_is_help=True, help="Webhooks that could not be read: list, show, replay or drop them.")


@sources.command("load")
def load_source(file: File, by: By, as_json: AsJson = False) -> int:
    """Check a source and take it over: its hook is open from now on, for whoever holds its secret."""
    from cli import connecting  # noqa: PLC0415

    return connecting.load(file, by, as_json)


@sources.command("list")
def list_sources(as_json: AsJson = False) -> int:
    """List the sources that are loaded, and those that are shipped."""
    from cli import connecting  # noqa: PLC0415

    return connecting.show_all(as_json)


@sources.command("show")
def show_source(
    name: Name,
    token: Annotated[
        bool, typer.Option("--verify-token", help="Print the word that Facebook asks for, and nothing else.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Show how a source's webhooks are believed and read, and at which address they come in."""
    from cli import connecting  # noqa: PLC0415

    return connecting.print_token(name) if token else connecting.show_one(name, as_json)


@sources.command("try")
def try_source(
    file: File,
    payload: Annotated[str, typer.Argument(metavar="PAYLOAD", help="A file with what the tool sends, or -.")],
    content_type: Annotated[
        str, typer.Option("--content-type", metavar="TYPE", help="As the tool names it.")
    ] = "application/json",
    as_json: AsJson = False,
) -> int:
    """Say what a source would make of a payload; nothing is kept and no signature is asked for."""
    from cli import connecting  # noqa: PLC0415

    return connecting.try_out(file, payload, content_type, as_json)


@sources.command("remove")
def remove_source(name: Name, yes: Yes = False, as_json: AsJson = False) -> int:
    """Take a source away: its hook knows nobody from now on; what came stays."""
    from cli import connecting  # noqa: PLC0415

    return connecting.remove(name, yes, as_json)


@hooks.command("list")
def list_hooks(
    source: Annotated[str | None, typer.Option("--source", metavar="SOURCE", help="Of this source only.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Settled ones, too.")] = False,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> int:
    """List webhooks that wait for a person, newest first, with what is wrong with them."""
    from cli import dead_letters  # noqa: PLC0415

    return dead_letters.show_all(source, everything, limit, as_json)


@hooks.command("show")
def show_hook(
    number: Number,
    raw: Annotated[bool, typer.Option("--raw", help="Print the payload as it came, and nothing else.")] = False,
    as_json: AsJson = False,
) -> int:
    """Show a webhook: what came, and what became of each of its items."""
    from cli import dead_letters  # noqa: PLC0415

    return dead_letters.show_one(number, raw, as_json)


@hooks.command("replay")
def replay_hooks(
    number: Annotated[int | None, typer.Argument(metavar="[NUMBER]", min=1, help="As `hooks list` shows it.")] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="SOURCE", help="Every waiting one of a source, oldest first.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Read webhooks again by what their source says now; nothing is made twice."""
    from cli import dead_letters  # noqa: PLC0415

    return dead_letters.replay(number, source, as_json)


@hooks.command("drop")
def drop_hook(number: Number, by: By, yes: Yes = False, as_json: AsJson = False) -> int:
    """Give a webhook up: its payload is emptied, and a line stays that says by whom."""
    from cli import dead_letters  # noqa: PLC0415

    return dead_letters.drop(number, by, yes, as_json)
