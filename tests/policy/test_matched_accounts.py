"""A lead that was matched to an account of the table: conditions see it, its chain counts, its leads stay together."""

from typing import Any

import pytest

from models.account import AccountMatch, MatchedBy
from models.facts import LeadFacts
from models.market import Account, AccountStatus
from policy.compiled import compile_policy
from policy.conditions.condition import compile_condition
from policy.conditions.vocabulary import Scope
from policy.lookups import facts_used
from policy.routing.accounts import ACCOUNT, AccountBook, companies_of, parents_of
from tests.policy.test_accounts import lead, policy

TOP = Account(id="top", name="Top Holding", domains=["top.example"], owner="tom")
HOOLI = Account(
    id="hooli", name="Hooli AG", domains=["hooli.example"], parent="top", status=AccountStatus.RENEWAL, open_deals=2
)
GLOBEX: dict[str, Any] = {"id": "globex", "name": "Globex", "domains": ["globex.example"], "owner": "gus"}


def matched(company: dict[str, Any], *accounts: Account) -> LeadFacts:
    """What is known of a lead whose company was recognised by its name."""
    found = AccountMatch(by=MatchedBy.NAME, score=100, because="its name", accounts=accounts)
    return lead(company).model_copy(update={"account": found})


def test_the_policys_own_account_goes_before_the_one_that_was_matched() -> None:
    """By what the policy says of the company itself, and where it names an account of the table, by its word."""
    own_owner = {"id": "hooli", "name": "Hooli of the policy", "owner": "pia"}
    book = AccountBook.of(policy(GLOBEX, own_owner))
    assert "globex" == book.chain_of(matched({"domain": "globex.example"}, HOOLI, TOP))[0].id
    facts = matched({"name": "HOOLI Werke"}, HOOLI, TOP)
    account = book.account_of(facts)
    assert account is not None
    assert ("hooli", "pia") == (account.id, account.owner)
    assert ["pia", "tom"] == [one.owner for one in book.chain_of(facts)]
    assert () == book.chain_of(lead({"name": "Somebody"}))


def test_its_leads_are_looked_for_by_the_account_too() -> None:
    """A lead without a domain has its account in common with the others, and with those of the companies above."""
    compiled = compile_policy(policy(GLOBEX), "v1")
    facts = matched({"name": "Hooli"}, HOOLI, TOP)
    assert (f"{ACCOUNT}hooli", "hooli.example") == companies_of(compiled, facts)
    assert [f"{ACCOUNT}top", "top.example"] == list(parents_of(compiled, facts))
    assert ("globex.example",) == companies_of(compiled, lead({"domain": "globex.example"}))


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ('account.status == "renewal"', (True, False, False)),
        ("account.known", (True, True, False)),
        ("!account.known", (False, False, True)),
        ("account.open_deals >= 2", (True, False, False)),
        ('account.id == "globex"', (False, True, False)),
        ('account.status != "customer"', (True, True, False)),
    ],
)
def test_conditions_see_what_a_company_is_to_us(when: str, holds: tuple[bool, ...]) -> None:
    """By the table, by the policy, and where it is no account at all: then its status is not known."""
    compiled = compile_policy(policy(GLOBEX), "v1")
    condition = compile_condition(when, "when", compiled.vocabulary(Scope.FACTS))
    leads = (matched({"name": "Hooli"}, HOOLI, TOP), lead({"domain": "globex.example"}), lead({"name": "Somebody"}))
    assert holds == tuple(condition.holds(compiled.known(one, (), one.received_at)) for one in leads)


def test_where_it_was_known_from_is_told() -> None:
    """From the policy, or from the accounts and by what; so a decision can be explained from what is stored."""
    compiled = compile_policy(policy(GLOBEX), "v1")
    condition = compile_condition('account.id == "x"', "when", compiled.vocabulary(Scope.FACTS))
    told = []
    for one in (matched({"name": "Hooli"}, HOOLI, TOP), lead({"domain": "globex.example"})):
        known = compiled.known(one, (), one.received_at)
        told += [(used.value, used.source) for used in facts_used(compiled, [condition], known, one)]
    assert [("hooli", "accounts, by name"), ("globex", "policy")] == told
