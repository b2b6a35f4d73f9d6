"""A policy's page, second part: what is whose (R10, R20, R25, R29)."""

from collections.abc import Iterator

from models.market import Account
from models.policy import Policy
from runtime.telling_policy.words import FEW, Reader, Section, on_one_line, rows


def market(policy: Policy, reader: Reader) -> Iterator[Section]:
    """Tell territories, segments and named accounts with who answers for each."""
    if policy.territories:
        told = (
            (name, reader.name(one.owner) or "-", ", ".join(one.countries)) for name, one in policy.territories.items()
        )
        yield Section("territories", "Territories", (rows(told),))
    if policy.segments:
        told = (
            (one.name, reader.name(one.owner) or "-", _and(one.description, f"when {on_one_line(one.when)}"))
            for one in policy.segments
        )
        yield Section("segments", "Segments", (rows(told, "segments"),))
    if policy.accounts:
        told = (_account(one, reader) for one in policy.accounts)
        title = f"Accounts that somebody looks after: {len(policy.accounts):,}"
        yield Section("accounts", title, (rows(told, "accounts", FEW),))
    if policy.lists:
        lists = ((name, _first(entries, reader)) for name, entries in policy.lists.items())
        yield Section("lists", "Lists that rules use", (rows(lists, "lists"),))


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
