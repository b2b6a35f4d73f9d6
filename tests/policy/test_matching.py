"""Which account a company is: what is certain is taken, what is likely is put before a person, the rest is nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.account import AccountMatch, MatchedBy, MatchState, PossibleMatch
from models.facts import EmailKind, LeadFacts
from models.lead import Company, LeadType
from models.market import Account
from policy.cleaning.companies import telling
from policy.matching.cascade import match
from policy.matching.likeness import SAME, a_slip, likeness
from policy.matching.sought import Sought, keys_of

GLOBEX = Account(id="globex", name="Globex Energie AG", domains=["globex.example"], country="DE")
MERCK = Account(id="merck-de", name="Merck KGaA", domains=["merckgroup.example"], country="DE")
MSD = Account(id="merck-us", name="Merck & Co., Inc.", domains=["merck.example"], country="US")
ABC = Account(id="abc", name="ABC GmbH", domains=["abc.test"], country="DE")
TRADE = Account(id="trade", name="Consulting GmbH", country="DE")
FAMILY = Account(id="family", name="Group", country="DE")
STRIDE = Account(id="stride", name="Stride, Inc.", country="US")
ALL = (GLOBEX, MERCK, MSD, ABC, TRADE, FAMILY, STRIDE)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def facts(**known: Any) -> LeadFacts:
    """What is known of a lead."""
    return LeadFacts(lead_id="one", source="web", type=LeadType.DEMO_REQUEST, received_at=AT, **known)


def found(sought: Sought, *candidates: Account, **said: MatchState) -> tuple[str, MatchedBy] | None:
    """Give the account that is taken, and by what."""
    answer = match(sought, candidates or ALL, said)
    return (answer.account.id, answer.by) if isinstance(answer, AccountMatch) else None


def possible(sought: Sought, *candidates: Account, **said: MatchState) -> list[tuple[str, str]]:
    """Give the accounts that a person is asked about, and why."""
    answer = match(sought, candidates or ALL, said)
    assert not isinstance(answer, AccountMatch)
    return [(one.account_id, one.because) for one in answer]


@pytest.mark.parametrize(
    ("sought", "account", "by"),
    [
        (Sought.named(("globex.example",), "Whatever Ltd"), "globex", MatchedBy.DOMAIN),
        (Sought.named(("mail.globex.example", "globex.example")), "globex", MatchedBy.DOMAIN),
        (Sought.named((), "GLOBEX ENERGIE AKTIENGESELLSCHAFT"), "globex", MatchedBy.NAME),
        (Sought.named((), "Globex Energie", "DE"), "globex", MatchedBy.NAME),
        (Sought.named((), "Globex Energie Group", "DE"), "globex", MatchedBy.NAME),
        (Sought.named(("globex.test",), "Globex Energie", "DE"), "globex", MatchedBy.NAME),
        (Sought.named((), "Globex Enregie AG", "DE"), "globex", MatchedBy.CLOSE_NAME),
        (Sought.named((), "GlobexEnergie AG", "DE"), "globex", MatchedBy.CLOSE_NAME),
        (Sought.named((), "Merck", "US"), "merck-us", MatchedBy.NAME),
        (Sought.named(("abc.example",), "ABC", "DE"), "abc", MatchedBy.NAME),
    ],
)
def test_what_is_certain_is_taken(sought: Sought, account: str, by: MatchedBy) -> None:
    """Its domain; its name without the legal form; a slip of the pen in one country; the surest first."""
    assert (account, by) == found(sought)


@pytest.mark.parametrize(
    ("sought", "expected"),
    [
        (Sought.named((), "Merck"), [(one, "several accounts have its name") for one in ("merck-de", "merck-us")]),
        (Sought.named(("other.example",), "Globex Energie AG"), [("globex", "its domain is another")]),
        (Sought.named((), "Globex Energie AG", "US"), [("globex", "it is in DE, not in US")]),
        (Sought.named((), "Globex Energie Ltd"), [("globex", "its legal form is another")]),
        (Sought.named((), "Globex Enregie AG"), [("globex", "its name is close")]),
        (Sought.named((), "Globex Energie Group"), [("globex", "its name alone does not tell")]),
        (Sought.named((), "Globex Energie Nord", "DE"), [("globex", "its name is close")]),
        (Sought.named((), "ABC", "DE"), [("abc", "its name alone does not tell")]),
        (Sought.named(("globex.test",), "Globex Energie"), [("globex", "its domain is another")]),
        (Sought.named(("globex.test",), "Globex Energie", "US"), [("globex", "its domain is another")]),
        (Sought.named((), "Consulting", "DE"), [("trade", "its name alone does not tell")]),
        (Sought.named((), "The Group", "DE"), [("family", "its name alone does not tell")]),
        (Sought.named((), "Strive Inc", "US"), [("stride", "its name is close")]),
        (Sought.named((), "Stride Holdings", "US"), [("stride", "its name alone does not tell")]),
    ],
)
def test_what_is_likely_is_for_a_person(sought: Sought, expected: list[tuple[str, str]]) -> None:
    """Never taken for granted: two companies may have one name, and one word more may be another company (R46)."""
    assert found(sought) is None
    assert expected == possible(sought)[: len(expected)]


@pytest.mark.parametrize("name", ["Inc.", "GmbH & Co. KG", "株式会社", "   ", "The", "Acme", "Glob", None])
def test_what_tells_nothing_matches_nobody(name: str | None) -> None:
    """A legal form alone, an empty name, another name: neither taken nor asked about."""
    assert () == match(Sought.named((), name, "DE"), ALL, {})


def test_a_free_providers_domain_matches_nobody() -> None:
    """Neither a lead's address nor an account that was given such a domain by mistake is found by it (R46)."""
    free = Account(id="free", name="Free Riders", domains=["gmail.com"])
    lead = facts(email="kim@gmail.com", email_kind=EmailKind.FREE, company=Company())
    assert Sought.of(lead).names_nobody
    assert frozenset() == keys_of(free).domains
    assert () == match(Sought.of(lead), (free,))


def test_a_lead_is_sought_by_its_company_and_where_that_is() -> None:
    """The company's country goes before the person's; the address tells the domain where nothing else does."""
    lead = facts(
        email="kim@mail.globex.example", email_kind=EmailKind.WORK, country="US", company=Company(country="DE")
    )
    assert (("mail.globex.example", "globex.example"), "DE") == (Sought.of(lead).domains, Sought.of(lead).country)


def test_two_accounts_of_one_domain_are_both_asked_about() -> None:
    """Nobody guesses which of them it is."""
    twin = Account(id="twin", name="Twin", domains=["globex.example"])
    assert [("globex", "several accounts have this domain"), ("twin", "several accounts have this domain")] == possible(
        Sought.named(("globex.example",)), GLOBEX, twin
    )


def test_what_a_person_said_goes_before_everything() -> None:
    """A confirmed account is it, whatever the names are; a rejected one is neither taken nor asked about again."""
    odd = Sought.named((), "Something Else")
    assert ("globex", MatchedBy.HAND) == found(odd, globex=MatchState.CONFIRMED)
    exact = Sought.named(("globex.example",), "Globex Energie AG", "DE")
    assert () == match(exact, ALL, {"globex": MatchState.REJECTED})
    assert ("globex", MatchedBy.DOMAIN) == found(exact, globex=MatchState.OPEN)


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        ("Paramount Skydance", "Paramuont Skydance", True),
        ("JPMorgan Chase", "JP Morgan Chase", True),
        ("Interconnected Widgets", "Intercconnectd Widgets", True),
        ("Blue Fund II", "Blue Fund III", False),
        ("PayPal", "PayPay", False),
        ("Illumina", "Illumin", False),
        ("Stride", "Strive", False),
        ("Massimo", "Masimo", False),
        ("Cigna", "Cigma", False),
        ("Globex Energie", "Globex Energie Nord", False),
        ("Globex Nord", "Globex Sued", False),
        ("Zebra Logistics", "Debra Logistics", False),
        ("First Bancorp", "Frist Bankorp", False),
    ],
)
def test_a_slip_of_the_pen(one: str, other: str, slip: bool) -> None:
    """A letter or two in one long word, or a gap: nothing that a different company's name could be."""
    assert slip == a_slip(telling(one), telling(other)) == a_slip(telling(other), telling(one))


NAMES = st.lists(
    st.sampled_from(["Globex", "Energie", "Merck", "Nord", "Group", "AG", "GmbH", "Inc.", "II", "é", "ß", "株"]),
    max_size=4,
).map(" ".join)


@given(NAMES, NAMES)
def test_likeness_is_the_same_from_either_side(one: str, other: str) -> None:
    """It lies between 0 and 100, is 100 of a name that tells something with itself, and 0 of one that does not."""
    there, back = likeness(telling(one), telling(other)), likeness(telling(other), telling(one))
    assert there == back
    assert 0 <= there <= SAME
    assert (SAME if telling(one).stem else 0) == likeness(telling(one), telling(one))


@given(NAMES, st.sampled_from(["DE", "US", None]), st.permutations(ALL))
def test_the_order_of_candidates_does_not_matter(name: str, country: str | None, order: list[Account]) -> None:
    """One answer for one company, however the table gave its rows; and never an account that was not a candidate."""
    sought = Sought.named((), name, country)
    answer = match(sought, order)
    assert answer == match(sought, ALL)
    named = [answer.account.id] if isinstance(answer, AccountMatch) else [one.account_id for one in answer]
    assert set(named) <= {one.id for one in ALL}


@given(NAMES)
def test_a_possible_match_is_never_certain(name: str) -> None:
    """Nothing without a country, a domain or an equal name is taken; a rejected account is gone in any case."""
    answer = match(Sought.named((), name), ALL)
    if isinstance(answer, AccountMatch):
        assert likeness(telling(name), telling(answer.account.name)) == SAME
        rejected = match(Sought.named((), name), ALL, {answer.account.id: MatchState.REJECTED})
        kept = [rejected.account.id] if isinstance(rejected, AccountMatch) else [one.account_id for one in rejected]
        assert answer.account.id not in kept
    else:
        assert all(isinstance(one, PossibleMatch) for one in answer)


def test_facts_tell_what_was_matched() -> None:
    """The match survives being stored as JSON, chain and all."""
    answer = match(Sought.named(("globex.example",)), (GLOBEX,))
    assert isinstance(answer, AccountMatch)
    known = facts().model_copy(update={"account": answer.model_copy(update={"accounts": (GLOBEX, MSD)})})
    assert known == LeadFacts.model_validate(known.model_dump(mode="json"))
