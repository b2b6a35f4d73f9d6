"""What is looked for when a lead's company is to be recognised, and by which keys an account is found."""

from dataclasses import dataclass

from models.facts import LeadFacts
from models.market import Account
from policy.cleaning.addresses import belongs_to_nobody
from policy.cleaning.companies import CompanyName, telling
from policy.matching.likeness import roots
from policy.routing.accounts import domains_of


@dataclass(frozen=True, slots=True)
class Sought:
    """A company as a lead names it: its domains, the more exact first, its name, and where it is."""

    domains: tuple[str, ...] = ()
    name: CompanyName | None = None
    country: str | None = None

    @classmethod
    def of(cls, facts: LeadFacts) -> "Sought":
        """Read what a lead tells of its company; a free provider's domain tells nothing (R46)."""
        return cls.named(domains_of(facts), facts.company.name, facts.company.country or facts.country)

    @classmethod
    def named(cls, domains: tuple[str, ...] = (), name: str | None = None, country: str | None = None) -> "Sought":
        """Look for a company by its domains, its name and its country."""
        told = telling(name or "")
        return cls(domains, told if told.stem else None, country)

    @property
    def names_nobody(self) -> bool:
        """Say whether there is nothing to look for."""
        return not self.domains and self.name is None


@dataclass(frozen=True, slots=True)
class Keys:
    """By what an account is found: domains, names without their legal form, and parts of names to look around at."""

    domains: frozenset[str]
    names: frozenset[str]
    blocks: frozenset[str]


def keys_of(account: Account) -> Keys:
    """Give the keys of an account; a provider's domain and a name of nothing telling are none."""
    named = [telling(name) for name in (account.name, *account.names)]
    return Keys(
        domains=frozenset(domain for domain in account.domains if not belongs_to_nobody(domain)),
        names=frozenset().union(*map(roots, named)),
        blocks=frozenset().union(*(name.blocks for name in named)),
    )
