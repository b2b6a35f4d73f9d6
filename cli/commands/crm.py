"""What the CRM knows of leads: list, show, tell again, tell of what was there before it."""

from typing import Annotated

import typer

from cli.options import AsJson

crm = typer.Typer(
    no_args_is_help=True, help="What the CRM was told of leads, and what keeps it: list, show, retry, sync."
)


@crm.command("list")
def list_copies(
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="STATE", help="waiting, refused or told; may be repeated. Left out: not told."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="At most so many.")] = 50,
    after: Annotated[str | None, typer.Option("--after", metavar="LEAD", help="Go on behind this lead.")] = None,
    as_json: AsJson = False,
) -> int:
    """List leads that the CRM is still to be told of, or refused, and why; how many there are of each."""
    from cli import crm_copies  # noqa: PLC0415

    return crm_copies.show_all(state or [], limit, after, as_json)


@crm.command("show")
def show_copy(
    lead_id: Annotated[str, typer.Argument(metavar="LEAD", help="The lead's id.")], as_json: AsJson = False
) -> int:
    """Show what the CRM knows of one lead: its record there, when it was told last, and what it was not told."""
    from cli import crm_copies  # noqa: PLC0415

    return crm_copies.show(lead_id, as_json)


@crm.command("retry")
def retry_copy(
    lead_id: Annotated[str | None, typer.Argument(metavar="[LEAD]", help="The lead's id.")] = None,
    refused: Annotated[bool, typer.Option("--refused", help="All that the CRM refused.")] = False,
    as_json: AsJson = False,
) -> int:
    """Have the CRM told of a lead now, whole, or of all that it refused."""
    from cli import crm_copies  # noqa: PLC0415

    return crm_copies.retry(lead_id, refused, as_json)


@crm.command("sync")
def sync(
    since: Annotated[str, typer.Option("--since", metavar="WHEN", help="A day, or an instant with its offset.")],
    as_json: AsJson = False,
) -> int:
    """Have the CRM told of leads that came since then and that it never heard of: after it is set up."""
    from cli import crm_copies  # noqa: PLC0415

    return crm_copies.sync(since, as_json)
