"""What of a lead cannot all be so is kept with who was believed and why; a country follows from what tells it (R42)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decisions import Fact
from models.facts import Conflict, LeadFacts
from policy.cleaning.conflicts import TRUST
from policy.cleaning.hygiene import clean, fill
from policy.cleaning.places import country_of_domain, has_time_of
from policy.cleaning.reading import read
from policy.cleaning.zones import COUNTRY_OF

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BERLIN, TOKYO, GERMAN_PHONE, UK_PHONE = "Europe/Berlin", "Asia/Tokyo", "+49 30 1234567", "+44 20 7946 0123"


def cleaned(**raw: Any) -> LeadFacts:
    """Clean a lead that says just this."""
    lead, notes = read({"source": "web", "type": "demo_request", "email": "ann@acme.example", **raw})
    return clean(lead, "L1", NOW, *notes)


def told(facts: LeadFacts) -> list[tuple[str, str, str, str, str]]:
    """Give conflicts as (field, kept, from, other, from)."""
    return [(one.field, one.kept, one.kept_from, one.other, one.other_from) for one in facts.conflicts]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"country": "DE"}, []),
        ({"country": "DE", "phone": GERMAN_PHONE, "timezone": BERLIN, "company": {"country": "Germany"}}, []),
        ({"country": "DE", "phone": UK_PHONE}, [("country", "DE", "lead", "GB", "phone")]),
        ({"country": "DE", "timezone": TOKYO}, [("country", "DE", "lead", "JP", "timezone")]),
        ({"country": "NL", "timezone": BERLIN}, []),
        ({"country": "US", "timezone": "US/Eastern"}, []),
        ({"country": "DE", "timezone": "UTC"}, []),
        ({"country": "DE", "company": {"country": "FR"}}, [("country", "DE", "lead", "FR", "company.country")]),
        ({"country": "DE", "email": "ann@acme.fr"}, [("country", "DE", "lead", "FR", "company.domain")]),
        ({"country": "DE", "email": "ann@acme.io"}, []),
        ({"country": "DE", "email": "ann@gmail.com"}, []),
        ({"phone": UK_PHONE, "timezone": TOKYO}, [("country", "GB", "phone", "JP", "timezone")]),
        (
            {"company": {"country": "US", "domain": "acme.co.uk"}},
            [("company.country", "US", "lead", "GB", "company.domain")],
        ),
        (
            {"country": "DE", "phone": UK_PHONE, "timezone": TOKYO, "company": {"country": "US", "domain": "acme.fr"}},
            [
                ("country", "DE", "lead", "GB", "phone"), ("country", "DE", "lead", "JP", "timezone"),
                ("country", "DE", "lead", "US", "company.country"),
                ("company.country", "US", "lead", "FR", "company.domain"),
            ],
        ),
    ],
)  # fmt: skip
def test_contradictions_are_kept(said: dict[str, Any], expected: list[tuple[str, ...]]) -> None:
    """Each names both values and where they are from, in the order of trust; nothing that is known changes."""
    facts = cleaned(**said)
    assert expected == told(facts)
    assert all(one.because for one in facts.conflicts)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"phone": GERMAN_PHONE, "timezone": TOKYO}, ("DE", "phone")),
        ({"timezone": TOKYO}, ("JP", "timezone")),
        ({"timezone": "Asia/Calcutta"}, ("IN", "timezone")),
        ({"timezone": "America/Chicago"}, ("US", "timezone")),
        ({"timezone": "UTC"}, (None, None)),
        ({"email": "ann@acme.com.tr"}, ("TR", "company.domain")),
        ({"email": "ann@acme.co.uk"}, ("GB", "company.domain")),
        ({"email": "ann@acme.ai"}, (None, None)),
        ({"email": "ann@gmx.de"}, (None, None)),
        ({"timezone": BERLIN, "email": "ann@acme.nl"}, ("NL", "company.domain")),
        ({"timezone": TOKYO, "email": "ann@acme.nl"}, ("JP", "timezone")),
        ({"timezone": BERLIN, "company": {"country": "AT"}}, (None, None)),
        ({"company": {"country": "US"}, "email": "ann@acme.de"}, (None, None)),
        ({"country": "FR", "phone": GERMAN_PHONE}, ("FR", None)),
    ],
)
def test_a_country_follows_from_what_tells_it(said: dict[str, Any], expected: tuple[str | None, str | None]) -> None:
    """Number, own time zone, the company's domain, in this order; a company's country is not taken for its people's."""
    facts = cleaned(**said)
    assert expected == (facts.country, facts.origin.get("country"))


def test_what_enrichment_adds_may_contradict() -> None:
    """A found country is held against the rest anew, and what others recorded stays."""
    facts = cleaned(country="DE")
    theirs = Conflict(
        field="company.employees", kept="5", kept_from="lead", other="5000", other_from="directory", because="so"
    )
    facts = facts.model_copy(update={"conflicts": (theirs,)})
    filled = fill(facts, [Fact(field="company.country", value="US", source="directory")])
    assert ("country", "DE", "lead", "US", "company.country") == told(filled)[0]
    assert theirs == filled.conflicts[-1]
    assert filled.conflicts == fill(filled, []).conflicts


@pytest.mark.parametrize(
    ("domain", "expected"),
    [("acme.de", "DE"), ("acme.co.uk", "GB"), ("acme.com.tr", "TR"), ("acme.com", None), ("acme.io", None),
     ("acme.eu", None), ("acme.co", None), ("acme.zz", None), ("acme.example", None)],
)  # fmt: skip
def test_a_domain_says_a_country(domain: str, expected: str | None) -> None:
    """Codes that are sold as words say nothing."""
    assert expected == country_of_domain(domain)


def test_a_country_has_the_time_of_its_zones() -> None:
    """Every zone is its country's time; half of Europe shares one, an unknown country may have any."""
    assert all(has_time_of(country, zone, NOW) for zone, country in COUNTRY_OF.items())
    assert has_time_of("NL", BERLIN, NOW)
    assert not has_time_of("GB", BERLIN, NOW)
    assert has_time_of("XX", BERLIN, NOW)


PLACES = st.sampled_from([None, "DE", "France", "JP", "usa", "Atlantis", "Türkiye"])
LEADS = st.fixed_dictionaries(
    {
        "country": PLACES,
        "phone": st.sampled_from([None, GERMAN_PHONE, UK_PHONE, "+81 3 1234 5678", "n/a"]),
        "timezone": st.sampled_from([None, BERLIN, TOKYO, "Mars"]),
        "email": st.sampled_from(["ann@acme.fr", "ann@gmail.com", "ann@acme.com"]),
        "title": st.sampled_from([None, "CEO", "Satış Müdürü", "Ninja"]),
        "decision_maker": st.sampled_from([None, "yes", "perhaps", True]),
        "company": st.fixed_dictionaries(
            {
                "country": PLACES,
                "domain": st.sampled_from([None, "acme.de", "https://www.acme.co.uk/x"]),
                "employees": st.sampled_from([None, "50-100", "many", 12]),
            }
        ),
        "deal_value": st.sampled_from([None, {"amount": "5k zł"}, {"amount": 3, "currency": "TL"}, {"amount": "x"}]),
    }
)
SAID = ("email", "phone", "country", "timezone", "title", "seniority", "decision_maker")


@given(LEADS)
def test_cleaning_a_cleaned_lead_changes_nothing(raw: dict[str, Any]) -> None:
    """What was understood is understood the same way again, and filling in nothing changes nothing at all."""
    once = cleaned(**raw)
    again = cleaned(
        **once.model_dump(include=set(SAID)),
        company=once.company.model_dump(),
        deal_value=once.deal_value and once.deal_value.model_dump(),
    )
    ignored = {"origin", "notes", "conflicts"}
    assert once.model_dump(exclude=ignored) == again.model_dump(exclude=ignored)
    assert once == fill(once, [])


@given(LEADS)
def test_conflicts_go_by_trust(raw: dict[str, Any]) -> None:
    """Whoever is kept goes before whoever is not, what differs differs, and the order is that of trust."""
    facts = cleaned(**raw)
    assert all(one.kept != one.other for one in facts.conflicts)
    assert all(TRUST.index(one.kept_from) < TRUST.index(one.other_from) for one in facts.conflicts)
    ranks = [(one.field, TRUST.index(one.other_from)) for one in facts.conflicts if one.field == "country"]
    assert sorted(ranks) == ranks
