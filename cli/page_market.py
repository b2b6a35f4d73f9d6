"""A policy's page, second part: what is whose (R10, R20, R25, R29)."""

from cli.page_words import FEW, Lines, Reader, columns, heading, on_one_line
from models.market import Account
from models.policy import Policy


def market(policy: Policy, reader: Reader) -> Lines:
    """Tell territories, segments and named accounts with who answers for each."""
    if policy.territories:
        yield from heading("Territories")
        yield from columns(
            (name, reader.name(one.owner) or "-", ", ".join(one.countries)) for name, one in policy.territories.items()
        )
    if policy.segments:
        yield from heading("Segments")
        entries = columns(
            (one.name, reader.name(one.owner) or "-", _and(one.description, f"when {on_one_line(one.when)}"))
            for one in policy.segments
        )
        yield from reader.some(entries, "segments")
    if policy.accounts:
        yield from heading(f"Accounts that somebody looks after: {len(policy.accounts):,}")
        yield from reader.some(columns(_account(one, reader) for one in policy.accounts), "accounts", FEW)
    if policy.lists:
        yield from heading("Lists that rules use")
        rows = [(name, _first(entries, reader)) for name, entries in policy.lists.items()]
        yield from reader.some(columns(rows), "lists")


def _account(account: Account, reader: Reader) -> tuple[str, str, str]:
    roles = [
        ("owner", account.owner),
        ("relationship", account.relationship),
        ("customer success", account.success),
    ]
    cares = [f"{role}: {reader.name(person)}" for role, person in roles if person]
    known = [
        f"{', '.join(account.domains)}",
        f"also called {', '.join(account.names)}" if account.names else "",
        f"part of {account.parent}" if account.parent else "",
    ]
    return account.id, account.name, "; ".join(filter(None, [*cares, *known]))


def _and(first: str, second: str) -> str:
    return f"{first}; {second}" if first else second


def _first(entries: list[str], reader: Reader) -> str:
    shown = entries if reader.everything else entries[:12]
    more = len(entries) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")
