"""What watches over everything: the audits that prove that no lead is forgotten, and managers' digests."""

from typing import Annotated

import typer

from cli.options import AsJson, By


def audit(
    now: Annotated[
        str | None, typer.Argument(metavar="[now]", help="Run one now and wait for it. Left out: the last ones.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="At most so many.")] = 10,
    as_json: AsJson = False,
) -> int:
    """Show whether every open lead was proved to go on; exit code 1 when not, or when the last audit is too old."""
    from cli import audits  # noqa: PLC0415

    return audits.run_now(as_json) if audits.wants_now(now) else audits.show_last(limit, as_json)


def digest(
    manager: Annotated[str, typer.Argument(metavar="MANAGER", help="A manager's id in the roster.")],
    send: Annotated[bool, typer.Option("--send", help="Send it to them now, too.")] = False,
    as_json: AsJson = False,
) -> int:
    """Print what a manager's digest says now: open and late leads, whom to coach, hours that nobody covers."""
    from cli import digests  # noqa: PLC0415

    return digests.digest(manager, send, as_json)


def review(
    by: By,
    quarter: Annotated[
        str | None, typer.Argument(metavar="[QUARTER]", help="As 2026Q3. Left out: the last one that is over.")
    ] = None,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE", help="Write the document to a file.")] = None,
    as_json: AsJson = False,
) -> int:
    """Review a quarter: dead and overruled rules, territories to rebalance, what has no rule, points that mislead."""
    from cli import quarterly  # noqa: PLC0415

    return quarterly.write(quarter, by, out, as_json)
