"""Erasing leads, and the secrets of sources."""

from typing import Annotated

import typer

from cli.options import AsJson, By, LeadId

secrets = typer.Typer(
    no_args_is_help=True, help="Secrets by which webhooks are believed: add, list, remove, seal anew."
)

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def erase(
    lead: LeadId,
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept, so name nobody in it.")],
    yes: Yes = False,
    as_json: AsJson = False,
) -> int:
    """Erase a lead for good, everywhere, and list what had been sent out."""
    from cli import erasing  # noqa: PLC0415

    return erasing.erase(lead, by, reason, yes, as_json)


@secrets.command("add")
def add_secret(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The source's name, as in its hook's address.")],
    generate: Annotated[
        bool, typer.Option("--generate", help="Make one and print it once. Left out: it is read from standard input.")
    ] = False,
    keep: Annotated[
        str | None,
        typer.Option("--keep", metavar="DURATION", help="How long the former ones still count. Left out: for good."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Add a secret of a source; it is sealed with BATON_SECRET_KEYS before it is kept."""
    from cli import sealed  # noqa: PLC0415

    return sealed.add(source, generate, keep, as_json)


@secrets.command("list")
def list_secrets(
    source: Annotated[str | None, typer.Argument(metavar="[SOURCE]", help="Of this source only.")] = None,
    as_json: AsJson = False,
) -> int:
    """List secrets without their values, and whether they count and can be opened."""
    from cli import sealed  # noqa: PLC0415

    return sealed.show_all(source, as_json)


@secrets.command("remove")
def remove_secret(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `secrets list` shows it.")],
    yes: Yes = False,
    as_json: AsJson = False,
) -> int:
    """Take a secret away: what is signed with it is refused from now on."""
    from cli import sealed  # noqa: PLC0415

    return sealed.remove(number, yes, as_json)


@secrets.command("reseal")
def reseal_secrets(as_json: AsJson = False) -> int:
    """Seal every secret with the newest of BATON_SECRET_KEYS: then the former ones may leave the ring."""
    from cli import sealed  # noqa: PLC0415

    return sealed.reseal(as_json)
