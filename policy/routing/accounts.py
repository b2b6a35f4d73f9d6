"""Whose customer a company is: the policy's accounts by domain and by exact name, with the companies above them.

A lead belongs to an account by its company's domain; by name only where no domain says otherwise, for two companies
may have one name (R46). Nothing is guessed: no similar names, no free-mail domains. Where the policy names no account,
the one counts that the table keeps and the lead was matched to (`policy/matching`): it stands in the facts. This room
refuses to say who gets the lead (`policy/routing/ties.py`) and what the leads of the past tell.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from models.base import Problem
from models.facts import EmailKind, LeadFacts
from models.market import Account
from models.policy import Policy
from policy.cleaning.addresses import belongs_to_nobody, registrable

if TYPE_CHECKING:
    from policy.compiled import CompiledPolicy

HIGHEST = 20
"""So many companies may stand above one another; a policy with more is refused."""

MOST_DOMAINS = 40
"""So many domains of an account, and of those above it, are told of: each is looked for in the leads of the past."""

_HINTS = 5


@dataclass(frozen=True, slots=True)
class AccountBook:
    """The accounts of one policy, each found by id, domain or folded name. Made by `AccountBook.of`."""

    by_id: Mapping[str, Account]
    by_domain: Mapping[str, Account]
    by_name: Mapping[str, Account]

    @classmethod
    def of(cls, policy: Policy) -> "AccountBook":
        """Index a policy's accounts; of two with the same domain or name (a `problem`) the first counts."""
        by_domain: dict[str, Account] = {}
        by_name: dict[str, Account] = {}
        for account in policy.accounts:
            for domain in account.domains:
                if not belongs_to_nobody(domain):
                    by_domain.setdefault(domain, account)
            for name in filter(None, map(folded, (account.name, *account.names))):
                by_name.setdefault(name, account)
        return cls({account.id: account for account in policy.accounts}, by_domain, by_name)

    def account_of(self, facts: LeadFacts) -> Account | None:
        """Find the account a lead's company is, by its domain, else by its exact name; None when it is none (R44, R46).

        A name alone does not make a lead an account's whose domains are known when the lead's own is another. The
        policy's own accounts come first, then the one that the lead was matched to.
        """
        return self.own_account_of(facts) or self._matched(facts)

    def own_account_of(self, facts: LeadFacts) -> Account | None:
        """Find the policy's own account, as `account_of`, whatever the lead was matched to."""
        if not self.by_id:
            return None
        domains = domains_of(facts)
        for domain in domains:
            if account := self.by_domain.get(domain):
                return account
        account = self.by_name.get(folded(facts.company.name or ""))
        return account if account and not (domains and account.domains) else None

    def chain_of(self, facts: LeadFacts) -> tuple[Account, ...]:
        """List the account a lead's company is, its parent, its grandparent and so on (R20); empty when it is none.

        Of those that the lead was matched to, too, the policy's own word counts where it names them.
        """
        if own := self.own_account_of(facts):
            return self.chain(own)
        return tuple(self.by_id.get(one.id, one) for one in facts.account.accounts) if facts.account else ()

    def _matched(self, facts: LeadFacts) -> Account | None:
        if facts.account is None:
            return None
        return self.by_id.get(facts.account.account.id, facts.account.account)

    def chain(self, account: Account) -> tuple[Account, ...]:
        """List an account, its parent, its grandparent and so on (R20)."""
        chain = {account.id: account}
        while account.parent and account.parent not in chain and account.parent in self.by_id and len(chain) < HIGHEST:
            account = self.by_id[account.parent]
            chain[account.id] = account
        return tuple(chain.values())


ACCOUNT = "account "
"""Before the id of an account among domains, which hold no space: leads that were matched to it are its, too."""


def companies_of(compiled: "CompiledPolicy", facts: LeadFacts) -> tuple[str, ...]:
    """List by what the lead's company is known: its domains and its account's, `MOST_DOMAINS` at most.

    The account that it was matched to stands among them (`ACCOUNT`): its leads may have come without a domain.
    """
    account = compiled.accounts.account_of(facts)
    listed = [domain for domain in account.domains if not belongs_to_nobody(domain)] if account else []
    matched = [f"{ACCOUNT}{facts.account.account.id}"] if facts.account else []
    return tuple(dict.fromkeys([*domains_of(facts), *matched, *listed]))[:MOST_DOMAINS]


def parents_of(compiled: "CompiledPolicy", facts: LeadFacts) -> Mapping[str, Account]:
    """Give by what the companies above the lead's are known, each with its account, the nearest first (R20).

    As `companies_of` does, `MOST_DOMAINS` at most.
    """
    own, above = companies_of(compiled, facts), compiled.accounts.chain_of(facts)[1:]
    found: dict[str, Account] = {}
    for parent in above:
        for domain in (f"{ACCOUNT}{parent.id}", *parent.domains) if facts.account else parent.domains:
            if len(found) < MOST_DOMAINS and domain not in own and not belongs_to_nobody(domain):
                found.setdefault(domain, parent)
    return found


def domains_of(facts: LeadFacts) -> tuple[str, ...]:
    """List the domains that a lead's company has by its own account, the more exact first.

    The company's, else that of a company's address; a part of the company's own domain in the address counts, too.
    """
    mail = ""
    if facts.email and facts.email_kind in (EmailKind.WORK, EmailKind.ROLE):
        mail = facts.email.rpartition("@")[2]
    stated = facts.company.domain
    if stated:
        found = [mail, stated] if mail.endswith(f".{stated}") else [stated]
    else:
        found = [mail, registrable(mail) or mail]
    return tuple(domain for domain in dict.fromkeys(found) if domain and not belongs_to_nobody(domain))


def folded(name: str) -> str:
    """Give a name as it is compared: letters alike in all cases (the Turkish i, too), spaces single.

    Nothing at all for a name without a letter or digit.
    """
    plain = unicodedata.normalize("NFKC", name).casefold().replace("i̇", "i").replace("ı", "i")
    return " ".join(plain.split()) if any(map(str.isalnum, plain)) else ""


def problems(policy: Policy) -> Iterator[Problem]:
    """Find accounts that contradict each other, each with its place (`accounts[3].parent`)."""
    places = {account.id: place for place, account in enumerate(policy.accounts)}
    yield from _unknown_parents(policy, places)
    yield from _circles(policy, places)
    yield from _towers(policy, places)
    yield from _shared(policy)


def _unknown_parents(policy: Policy, places: Mapping[str, int]) -> Iterator[Problem]:
    every = enumerate(account.parent for account in policy.accounts)
    wrong = [(place, parent) for place, parent in every if parent and parent not in places]
    for number, (place, parent) in enumerate(wrong):
        near = get_close_matches(parent, places, n=1) if number < _HINTS else []  # looking is slow among thousands
        hint = f", did you mean {near[0]}?" if near else ""
        yield Problem(field=f"accounts[{place}].parent", what=f"there is no account {parent}{hint}")


def _circles(policy: Policy, places: Mapping[str, int]) -> Iterator[Problem]:
    """Follow each account upwards once; a way that comes back to itself is told where it was entered."""
    parents = {account.id: account.parent for account in policy.accounts}
    done: set[str] = set()
    for start in parents:
        path: dict[str, None] = {}
        at: str | None = start
        while at is not None and at in parents and at not in done and at not in path:
            path[at] = None
            at = parents[at]
        if at is not None and at in path:
            circle = [*path][[*path].index(at) :]
            what = f"goes round in a circle: {_told([*circle, at])}"
            yield Problem(field=f"accounts[{places[at]}].parent", what=what)
        done |= path.keys()


def _towers(policy: Policy, places: Mapping[str, int]) -> Iterator[Problem]:
    """Find accounts that are the first to have too many companies above them."""
    heights: dict[str, int] = {}
    parents = {account.id: account.parent for account in policy.accounts}
    for start in parents:
        path: dict[str, None] = {}
        at: str | None = start
        while at is not None and at in parents and at not in heights and at not in path:
            path[at] = None
            at = parents[at]
        if at is not None and at in path:
            heights |= dict.fromkeys(path, 0)  # a circle, which is told already
            continue
        height = heights.get(at or "", 0)
        for one in reversed(path):
            height = heights[one] = height + 1
            if height == HIGHEST + 1:
                what = f"has more than {HIGHEST - 1} companies above it"
                yield Problem(field=f"accounts[{places[one]}].parent", what=what)


def _told(circle: list[str]) -> str:
    shown = circle if len(circle) <= 8 else [*circle[:6], "...", circle[-1]]
    return " -> ".join(shown)


def _shared(policy: Policy) -> Iterator[Problem]:
    """Find a domain or a name that two accounts have: no lead could be told apart by it."""
    domains: dict[str, str] = {}
    names: dict[str, str] = {}
    for place, account in enumerate(policy.accounts):
        for number, domain in enumerate(account.domains):
            where = f"accounts[{place}].domains[{number}]"
            if belongs_to_nobody(domain):
                yield Problem(field=where, what=f"{domain} is an e-mail provider's, so it tells no company")
            elif domains.setdefault(domain, account.id) != account.id:
                yield Problem(field=where, what=f"{domain} is account {domains[domain]}'s already")
        for key, name in [("name", account.name), *((f"names[{n}]", one) for n, one in enumerate(account.names))]:
            if not folded(name):
                yield Problem(field=f"accounts[{place}].{key}", what="holds no letter and no digit")
            elif names.setdefault(folded(name), account.id) != account.id:
                taken = names[folded(name)]
                yield Problem(field=f"accounts[{place}].{key}", what=f"account {taken} goes by that name already")
