"""Accounts: companies that we know, whose they are, and which of them a lead's company might be."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import AsJson, By

accounts = typer.Typer(
    no_args_is_help=True, help="Companies that we know: load, list, change and merge them; say whose a lead's is."
)

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="An account's id.")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="At most so many.")]
Match = Annotated[int, typer.Argument(metavar="ID", min=1, help="As `accounts possible` shows it.")]


@accounts.command("load")
def load_accounts(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV with the columns id and name; - is standard input.")
    ],
    by: By = "command line",
    as_json: AsJson = False,
) -> int:
    """Take accounts over from a CSV, new or changed; a wrong line is told with file and line, the others are kept."""
    from cli import account_book  # noqa: PLC0415

    return account_book.load(file, by, as_json)


@accounts.command("list")
def list_accounts(
    owner: Annotated[str | None, typer.Option("--owner", metavar="REP", help="Of this owner only.")] = None,
    status: Annotated[
        str | None,
        typer.Option("--status", metavar="STATUS", help="prospect, customer, renewal or strategic."),
    ] = None,
    like: Annotated[str | None, typer.Option("--like", metavar="TEXT", help="With this in their name.")] = None,
    limit: Limit = 50,
    after: Annotated[str | None, typer.Option("--after", metavar="ACCOUNT", help="Go on behind this one.")] = None,
    as_json: AsJson = False,
) -> int:
    """List accounts by id: their status, owner, country and open deals."""
    from cli import account_book  # noqa: PLC0415

    return account_book.list_all(owner, status, like, limit, after, as_json)


@accounts.command("show")
def show_account(account: Account, as_json: AsJson = False) -> int:
    """Show one account, and those above it."""
    from cli import account_book  # noqa: PLC0415

    return account_book.show_one(account, as_json)


@accounts.command("set")
def set_account(
    account: Account,
    fields: Annotated[
        list[str],
        typer.Argument(metavar="FIELD=VALUE...", help="name, names, domains, parent, owner, status, ...; empty: none."),
    ],
    by: By,
    as_json: AsJson = False,
) -> int:
    """Make an account, or change some of its fields: `accounts set acme name=Acme owner=ana --by mel`."""
    from cli import account_book  # noqa: PLC0415

    return account_book.change(account, fields, by, as_json)


@accounts.command("merge")
def merge_accounts(
    account: Account,
    into: Annotated[str, typer.Option("--into", metavar="ACCOUNT", help="The account that stays.")],
    by: By,
    as_json: AsJson = False,
) -> int:
    """Make two accounts one: who stays goes by both names and has both domains, children and leads."""
    from cli import account_book  # noqa: PLC0415

    return account_book.merge(account, into, by, as_json)


@accounts.command("possible")
def possible_matches(
    state: Annotated[
        str, typer.Option("--state", metavar="STATE", help="open, confirmed, rejected, or all of them.")
    ] = "open",
    limit: Limit = 50,
    after: Annotated[int | None, typer.Option("--after", metavar="ID", min=1, help="Go on behind this one.")] = None,
    as_json: AsJson = False,
) -> int:
    """List which accounts leads' companies might be: somebody has to say, nothing is taken for granted."""
    from cli import account_book  # noqa: PLC0415

    return account_book.possible(state, limit, after, as_json)


@accounts.command("confirm")
def confirm_match(match: Match, by: By, as_json: AsJson = False) -> int:
    """Say that a lead's company is the account: the account learns its name and domain, the lead is judged anew."""
    from cli import account_book  # noqa: PLC0415

    return account_book.confirm(match, by, as_json)


@accounts.command("reject")
def reject_match(match: Match, by: By, as_json: AsJson = False) -> int:
    """Say that a lead's company is another one; it is not asked again."""
    from cli import account_book  # noqa: PLC0415

    return account_book.reject(match, by, as_json)
