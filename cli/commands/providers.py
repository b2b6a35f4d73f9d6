"""Enrichment providers: which there are, what they did and cost, and what they know."""

from typing import Annotated

import typer

from cli.options import AsJson

providers = typer.Typer(
    no_args_is_help=True, help="Who is asked about companies: list them, see what they did and cost, try them."
)


@providers.command("list")
def list_providers(as_json: AsJson = False) -> int:
    """List the providers in the order they are asked; a wrong BATON_PROVIDERS file is told line by line."""
    from cli import providing  # noqa: PLC0415

    return providing.show_all(as_json)


@providers.command("use")
def use_of_providers(
    days: Annotated[
        int, typer.Option("--days", metavar="N", min=1, max=400, help="So many days (UTC), today included.")
    ] = 30,
    as_json: AsJson = False,
) -> int:
    """Show by day how often each provider was asked, found, spared by the cache or failed, and what that cost."""
    from cli import providing  # noqa: PLC0415

    return providing.show_use(days, as_json)


@providers.command("try")
def try_providers(
    domain: Annotated[str | None, typer.Argument(metavar="[DOMAIN]", help="The company's domain.")] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="The company's name.")] = None,
    as_json: AsJson = False,
) -> int:
    """Ask them about a company as a lead would have them asked, and show who said what; it is counted and may cost."""
    from cli import providing  # noqa: PLC0415

    return providing.try_out(domain, name, as_json)
