"""Facts are checked at the border, and questions are read as people type them."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.enrichers.findings import EnrichedField, Finding, Found, Query, Value, host_in, read_value
from tests.adapters.enrichers.sample import NOW


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("sap.com", "sap.com"),
        ("https://www.SAP.com/de/?utm=x#top", "sap.com"),
        ("info@sap.com", "sap.com"),
        ("www.müller.de", "xn--mller-kva.de"),
        ("sap.com:8443", "sap.com"),
        ("sap.com.", "sap.com"),
        (" shop.example.co.uk ", "shop.example.co.uk"),
        ("SAP", None),
        ("", None),
        ("not a domain", None),
        ("192.168.0.1", None),
        ("a..b.com", None),
        ("x" * 300 + ".com", None),
        (None, None),
        (42, None),
    ],
)
def test_host_in(typed: object, host: str | None) -> None:
    """A domain is found in what people type, and nothing is made up where there is none."""
    assert host == host_in(typed)


@given(st.text(max_size=300))
def test_host_in_never_raises_and_settles(text: str) -> None:
    """Whatever is typed, reading it twice gives what reading it once gave."""
    host = host_in(text)
    assert host == host_in(host)


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        (EnrichedField.NAME, "  SAP SE ", "SAP SE"),
        (EnrichedField.DOMAIN, "https://www.sap.com/", "sap.com"),
        (EnrichedField.EMPLOYEES, 100, 100),
        (EnrichedField.EMPLOYEES, 100.0, 100),
        (EnrichedField.EMPLOYEES, "100", 100),
        (EnrichedField.EMPLOYEES, 0, 0),
        (EnrichedField.INDUSTRY, "Software", "software"),
        (EnrichedField.COUNTRY, "DE", "DE"),
        (EnrichedField.COUNTRY, "Deutschland", "DE"),
        (EnrichedField.COUNTRY, "U.K.", "GB"),
        (EnrichedField.COUNTRY, "Scotland", "GB"),
        (EnrichedField.COUNTRY, "usa", "US"),
        (EnrichedField.COUNTRY, "U.S.", "US"),
        (EnrichedField.TECH, ["aws", "aws", "sap"], ("aws", "sap")),
    ],
)
def test_read_value(field: EnrichedField, raw: object, value: Value) -> None:
    """A provider's value becomes a fact in its one standard form."""
    assert value == read_value(field, raw)


@pytest.mark.parametrize(
    ("field", "raw", "complaint"),
    [
        (EnrichedField.NAME, 7, "expected a text"),
        (EnrichedField.NAME, "  ", "expected a text"),
        (EnrichedField.NAME, "x" * 201, "is longer than 200 characters"),
        (EnrichedField.CITY, "Ber\x00lin", "expected a text"),
        (EnrichedField.DOMAIN, "nowhere", "is not a domain name"),
        (EnrichedField.EMPLOYEES, "lots", "expected a whole number"),
        (EnrichedField.EMPLOYEES, True, "expected a whole number"),
        (EnrichedField.EMPLOYEES, 1.5, "expected a whole number"),
        (EnrichedField.EMPLOYEES, float("nan"), "expected a whole number"),
        (EnrichedField.EMPLOYEES, -1, "is not between 0 and 10000000"),
        (EnrichedField.EMPLOYEES, 10**9, "is not between 0 and 10000000"),
        (EnrichedField.COUNTRY, "Freedonia", "is not a country we know"),
        (EnrichedField.COUNTRY, "ZZ", "is not a country we know"),
        (EnrichedField.COUNTRY, "EU", "is not a country we know"),
        (EnrichedField.TECH, "aws", "expected a list of texts"),
        (EnrichedField.TECH, [1], "expected a text"),
        (EnrichedField.TECH, [], "is an empty list"),
        (EnrichedField.TECH, [str(n) for n in range(101)], "lists more than 100 technologies"),
    ],
)
def test_read_value_refuses(field: EnrichedField, raw: object, complaint: str) -> None:
    """Nonsense is refused with what was expected, and without repeating it."""
    with pytest.raises(ValueError, match=f"^{complaint}$"):
        read_value(field, raw)


def test_a_finding_is_in_standard_form() -> None:
    """A finding cannot hold a value that other rooms would have to read again."""
    with pytest.raises(ValidationError, match="not in its standard form"):
        Finding(field=EnrichedField.COUNTRY, value="Germany", source="x", fetched_at=NOW)


def test_a_finding_has_an_aware_instant() -> None:
    """An instant without an offset is refused."""
    with pytest.raises(ValidationError, match="UTC offset"):
        Finding(field=EnrichedField.CITY, value="Bremen", source="x", fetched_at=datetime(2026, 3, 2))  # noqa: DTZ001


def test_found_holds_each_field_once() -> None:
    """One provider says one thing about a field."""
    city = Finding(field=EnrichedField.CITY, value="Bremen", source="x", fetched_at=NOW)
    with pytest.raises(ValidationError, match="twice"):
        Found(findings=(city, city))


def test_an_empty_query_says_so() -> None:
    """Blank and unreadable parts leave nothing to ask with."""
    assert Query(domain="?", company_name="  ", email_domain=None).is_empty


def test_the_stated_domain_is_looked_under_first() -> None:
    """The company's own domain goes before the address's, and each is asked once."""
    assert ("sap.com", "hybris.com") == Query(domain="sap.com", email_domain="hybris.com").domains
    assert ("sap.com",) == Query(domain="SAP.com", email_domain="sap.com").domains
