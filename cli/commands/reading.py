"""Where leads stand, and why."""

from typing import Annotated

import typer

from cli.options import AsJson, LeadId


def status(lead: LeadId, as_json: AsJson = False) -> int:
    """Say who has the lead, its stage, and what happens next and when."""
    from cli import looking  # noqa: PLC0415

    return looking.status(lead, as_json)


def explain(lead: LeadId, as_json: AsJson = False) -> int:
    """Say why the lead is where it is: facts, score, rules, and everybody who was looked at."""
    from cli import explaining  # noqa: PLC0415

    return explaining.explain(lead, as_json)


def timeline(lead: LeadId, as_json: AsJson = False) -> int:
    """Tell what has happened to the lead, line by line."""
    from cli import looking  # noqa: PLC0415

    return looking.timeline(lead, as_json)


def link(
    lead: LeadId,
    manager: Annotated[
        bool, typer.Option("--manager", help="For who answers for it, instead of who is asked or has it.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Print the link that a message about the lead holds: whoever has it answers as that person."""
    from cli import linking  # noqa: PLC0415

    return linking.link(lead, manager, as_json)


def list_leads(
    stage: Annotated[list[str] | None, typer.Option("--stage", metavar="STAGE", help="May be given again.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", metavar="REP", help="Whose leads.")] = None,
    answerable: Annotated[
        str | None, typer.Option("--answerable", metavar="WHO", help="Who answers for reviews, triage and nurture.")
    ] = None,
    team: Annotated[str | None, typer.Option("--team", metavar="TEAM")] = None,
    type_: Annotated[str | None, typer.Option("--type", metavar="TYPE", help="demo_request, webinar, ...")] = None,
    source: Annotated[str | None, typer.Option("--source", metavar="SOURCE")] = None,
    breached: Annotated[
        bool | None, typer.Option("--breached/--not-breached", help="Whether the promised time passed.")
    ] = None,
    folded: Annotated[bool, typer.Option("--folded", help="Those folded into another lead, too.")] = False,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="At most so many.")] = 50,
    after: Annotated[str | None, typer.Option("--after", metavar="LEAD", help="Go on behind this lead.")] = None,
    as_json: AsJson = False,
) -> int:
    """List leads from the database, last received first."""
    from cli import looking  # noqa: PLC0415

    asked = {"owner": owner, "answerable": answerable, "team": team, "type": type_, "source": source}
    return looking.list_leads(stage or [], {**asked, "breached": breached, "folded": folded}, limit, after, as_json)


def watch(
    lead: Annotated[
        str | None, typer.Argument(metavar="[LEAD]", help="One lead and its story. Left out: the latest leads.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Print it once and end.")] = False,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="At most so many leads.")] = 30,
    as_json: AsJson = False,
) -> int:
    """Show a live table, refreshed each second; Ctrl-C ends it. --json prints it once."""
    from cli import watching  # noqa: PLC0415

    return watching.watch(lead, once=once or as_json, limit=limit, as_json=as_json)
