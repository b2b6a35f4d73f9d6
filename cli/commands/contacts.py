"""People of accounts: who else there is, whom to try next, and which parts of a purchase nobody has."""

from typing import Annotated

import typer

from cli.options import AsJson, By

contacts = typer.Typer(no_args_is_help=True, help="People of accounts: load, list, add, say how far one got, coverage.")

Number = Annotated[int, typer.Argument(metavar="CONTACT", help="As `contacts list` shows it.")]
OfLead = Annotated[str | None, typer.Option("--lead", metavar="LEAD", help="Of this lead's company.")]
OfAccount = Annotated[str | None, typer.Option("--account", metavar="ACCOUNT", help="Of this account.")]
OfCompany = Annotated[str | None, typer.Option("--company", metavar="DOMAIN", help="Of the company with this domain.")]


@contacts.command("load")
def load(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A CSV file, or - for standard input.")],
    as_json: AsJson = False,
) -> int:
    """Take in a file of people; each is kept once, by their e-mail address."""
    from cli import contacts as people  # noqa: PLC0415

    return people.load_contacts(file, as_json)


@contacts.command("list")
def list_contacts(
    lead: OfLead = None, account: OfAccount = None, company: OfCompany = None, as_json: AsJson = False
) -> int:
    """List the people of one company in the order to try them, and say who is next. Shows how to reach them."""
    from cli import contacts as people  # noqa: PLC0415

    return people.list_contacts(lead, account, company, as_json)


@contacts.command("add")
def add(
    email: Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="How to reach them.")] = None,
    phone: Annotated[str | None, typer.Option("--phone", metavar="NUMBER", help="How to reach them.")] = None,
    first_name: Annotated[str | None, typer.Option("--first-name", metavar="NAME", help="Their first name.")] = None,
    last_name: Annotated[str | None, typer.Option("--last-name", metavar="NAME", help="Their last name.")] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="TITLE", help="What they are there.")] = None,
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help="Their part: economic_buyer, champion, and so on.")
    ] = None,
    account: OfAccount = None,
    company: OfCompany = None,
    referred_by: Annotated[
        int | None, typer.Option("--referred-by", metavar="CONTACT", min=1, help="Who named them to us.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Keep a person, once; whoever named them is not tried any more."""
    from cli import contacts as people  # noqa: PLC0415

    given = {"email": email, "phone": phone, "first_name": first_name, "last_name": last_name, "title": title}
    given |= {"role": role, "account": account, "domain": company}
    return people.add(given, referred_by, as_json)


@contacts.command("state")
def state(
    contact: Number,
    word: Annotated[
        str,
        typer.Argument(metavar="STATE", help="active (got through), no_answer, referred_on, declined or left."),
    ],
    by: By,
    as_json: AsJson = False,
) -> int:
    """Say how far one got with somebody; whoever has their lead gets the task to try the next one."""
    from cli import contacts as people  # noqa: PLC0415

    return people.say_state(contact, word, by, as_json)


@contacts.command("coverage")
def coverage(lead: OfLead = None, account: OfAccount = None, company: OfCompany = None, as_json: AsJson = False) -> int:
    """Tell which parts of a purchase are taken by somebody we know, and which by nobody."""
    from cli import contacts as people  # noqa: PLC0415

    return people.coverage(lead, account, company, as_json)


@contacts.command("forget")
def forget(contact: Number, as_json: AsJson = False) -> int:
    """Forget somebody who came with no lead of their own; who did is forgotten with `erase`."""
    from cli import contacts as people  # noqa: PLC0415

    return people.forget(contact, as_json)
