"""Counts, sums, currencies and yes or no as people write them, and leads that are not lost for them (R42)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import Refused
from models.lead import DealValue
from policy.cleaning.amounts import MOST_EMPLOYEES, read_amount, read_currency, read_headcount, read_yes_no
from policy.cleaning.hygiene import clean
from policy.cleaning.reading import read

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROUGH = "company.employees: is rough; the middle of a range counts"
NO_COUNT = "company.employees: is not a number of people; left out"
NO_SUM = "deal_value: its amount cannot be read; left out"
NO_CURRENCY = "deal_value: its currency cannot be read; left out"
LEAD = {"source": "web", "type": "demo_request", "email": "ann@acme.example"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", (120, True)), (" 1,200 ", (1200, True)), ("1.200", (1200, True)), ("1'200", (1200, True)),
        ("10k", (10_000, True)), ("250 employees", (250, True)), ("40 Mitarbeiter", (40, True)), ("0", (0, True)),
        ("50-100", (75, False)), ("51–200", (125, False)), ("11 - 50 employees", (30, False)), ("2 to 10", (6, False)),
        ("1.000 - 5.000 Mitarbeiter", (3000, False)), ("5k-10k", (7500, False)), ("500+", (500, False)),
        ("10.000+", (10_000, False)), (">1000", (1000, False)), ("more than 200", (200, False)), ("<10", (5, False)),
        ("up to 50", (25, False)), ("~50", (50, False)), ("ca. 80", (80, False)), ("１２０", (120, True)),
        ("many", None), ("", None), ("12.5", None), ("-5", None), ("100-50", None), ("٣", None), ("1,20,0", None),
        ("about 80", (80, False)), ("251-500 empleados", (375, False)), ("10 à 49 salariés", (29, False)),
        ("51 ila 200", (125, False)), ("od 50 do 100 osób", (75, False)), ("M (50-249)", (149, False)),
        ("50-100 (SMB)", (75, False)), ("ab 50", (50, False)), ("(5)", None),
        ("99999999", None), ("12 34 people", None), ("1e3", None), ("9" * 100, None),
    ],
)  # fmt: skip
def test_a_head_count(text: str, expected: tuple[int, bool] | None) -> None:
    """Ranges count by their middle and say that they are rough; what is no count is none."""
    assert expected == read_headcount(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12000", (12_000, None)), ("€ 12.000", (12_000, "EUR")), ("12,000.50", (12_000.5, None)), ("0.5", (0.5, None)),
        ("1.200,50 zł", (1200.5, "PLN")), ("TL 5000", (5000, "TRY")), ("5k USD", (5000, "USD")), ("1,5", (1.5, None)),
        ("1 200 000 PLN", (1_200_000, "PLN")), ("US$ 3m", (3_000_000, "USD")), ("12.000,- €", (12_000, "EUR")),
        ("2 Mio €", (2_000_000, "EUR")), ("CHF 1'200", (1200, "CHF")),
        ("nan", None), ("-5", None), ("10-20", None), ("", None), ("lots", None), ("1_000", None), ("5 apples", None),
        ("$5k USD", (5000, "USD")), ("US $5,000", (5000, "USD")), ("$5k CAD", (5000, "CAD")),
        ("kr 50 SEK", (50, "SEK")), ("EUR 5 €", (5, "EUR")), ("€5 USD", None),
        ("€ 5 $", None), ("1,2,3", None), ("999999999999999", None),
    ],
)  # fmt: skip
def test_a_sum(text: str, expected: tuple[float, str | None] | None) -> None:
    """Three digits behind a separator are thousands; a currency beside it is read, an unknown word spoils it."""
    assert expected == read_amount(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EUR", "EUR"), ("eur", "EUR"), ("€", "EUR"), ("Euro", "EUR"), ("ｅｕｒ", "EUR"), ("US$", "USD"), ("$", "USD"),
        ("us dollar", "USD"), ("zł", "PLN"), ("złoty", "PLN"), ("TL", "TRY"), ("₺", "TRY"), ("try", "TRY"),
        ("Türk Lirası", "TRY"), ("£", "GBP"), ("Fr.", "CHF"), ("Kč", "CZK"), ("¥", "JPY"), ("R$", "BRL"), ("c$", "CAD"),
        ("US Dollars", "USD"), ("British Pound", "GBP"), ("Euro (€)", "EUR"), ("EUR (USD)", None),
        ("kr", None), ("XXX", None), ("bitcoin", None), ("", None),
    ],
)  # fmt: skip
def test_a_currency(text: str, expected: str | None) -> None:
    """Codes, signs and names lead to ISO 4217; a code that no currency has, and "kr", lead nowhere."""
    assert expected == read_currency(text)


@given(st.text(max_size=80))
def test_whatever_is_typed_is_read_or_not(text: str) -> None:
    """No text breaks a reader, and what is read is what a lead may hold."""
    count, amount, currency = read_headcount(text), read_amount(text), read_currency(text)
    assert count is None or 0 <= count[0] <= MOST_EMPLOYEES
    assert amount is None or DealValue(amount=amount[0], currency=amount[1] or "EUR").amount >= 0
    assert currency is None or DealValue(amount=0, currency=currency).currency == currency
    assert read_yes_no(text) in (True, False, None)


@given(st.integers(0, MOST_EMPLOYEES))
def test_a_written_count_is_read_back(count: int) -> None:
    """In the ways that people group digits."""
    for written in (str(count), f"{count:,}", f"{count:,}".replace(",", "."), f"{count:,}".replace(",", " ")):
        assert (count, True) == read_headcount(written)


@pytest.mark.parametrize(
    ("said", "field", "expected", "note"),
    [
        ({"company": {"employees": "50-100"}}, "employees", 75, ROUGH),
        ({"company": {"employees": "many"}}, "employees", None, NO_COUNT),
        ({"company": {"employees": " "}}, "employees", None, None),
        ({"decision_maker": "Evet"}, "decision_maker", True, None),
        ({"decision_maker": "nein"}, "decision_maker", False, None),
        ({"decision_maker": "perhaps"}, "decision_maker", None, "decision_maker: is neither yes nor no; left out"),
        ({"deal_value": {"amount": 10, "currency": "zł"}}, "deal", (10, "PLN"), None),
        ({"deal_value": {"amount": 10}}, "deal", (10, "EUR"), None),
        ({"deal_value": {"amount": "5k", "currency": ""}}, "deal", (5000, "EUR"), None),
        ({"deal_value": {"amount": "$ 7"}}, "deal", (7, "USD"), None),
        ({"deal_value": {"amount": "$ 7k", "currency": "CAD"}}, "deal", (7000, "CAD"), None),
        ({"deal_value": {"amount": "US$ 7", "currency": "CAD"}}, "deal", None, NO_CURRENCY),
        ({"deal_value": {"amount": "$ 7", "currency": "EUR"}}, "deal", None, NO_CURRENCY),
        ({"deal_value": {"amount": 10, "currency": "beads"}}, "deal", None, NO_CURRENCY),
        ({"deal_value": {"amount": "lots"}}, "deal", None, "deal_value: its amount cannot be read; left out"),
        ({"deal_value": {"amount": ""}}, "deal", None, None),
        ({"company": {"employees": -5}}, "employees", None, NO_COUNT),
        ({"company": {"employees": 120.0}}, "employees", 120, None),
        ({"company": {"employees": 10**11}}, "employees", None, NO_COUNT),
        ({"company": None, "tags": None, "custom": None, "campaign": None}, "employees", None, None),
        ({"company": {"tech": None, "employees": None}}, "employees", None, None),
        ({"deal_value": {"amount": -1}}, "deal", None, NO_SUM),
        ({"deal_value": {"amount": 1e13, "currency": "beads"}}, "deal", None, NO_SUM),
        ({"deal_value": {"amount": 7, "currency": None}}, "deal", (7, "EUR"), None),
        ({"deal_value": {"amount": None}}, "deal", None, None),
        ({"title": "x" * 300}, "title", "x" * 200, "title: is too long; what is behind the first 200 characters"),
        ({"company": {"name": "x" * 300}}, "name", "x" * 200, "company.name: is too long"),
        ({"tags": [str(n) for n in range(300)]}, "tags", [str(n) for n in range(100)], "tags: is too long"),
        ({"country": "Atlantis"}, "country", None, "country: is not the name or code of a country; left out"),
        ({"phone": "n/a"}, "phone", None, "phone: is not a phone number"),
    ],
)  # fmt: skip
def test_nobody_is_lost_for_an_unreadable_value(
    said: dict[str, Any], field: str, expected: Any, note: str | None
) -> None:
    """Whoever can be called comes in; what could not be read is left out and noted, what is rough says so."""
    lead, notes = read({**LEAD, **said})
    facts = clean(lead, "L1", NOW, *notes)
    deal = facts.deal_value and (facts.deal_value.amount, facts.deal_value.currency)
    known = {
        "employees": facts.company.employees,
        "deal": deal,
        "name": facts.company.name,
        **facts.model_dump(include={"decision_maker", "country", "phone", "title", "tags"}),
    }
    assert expected == known[field]
    assert (note is None) is (not facts.notes)
    assert note is None or facts.notes[0].startswith(note)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"company": {"employees": ["50"]}}, "company.employees"),
        ({"decision_maker": 1}, "decision_maker"), ({"external_id": "x" * 300}, "external_id"),
        ({"deal_value": {"amount": [], "currency": "beads"}}, "deal_value.amount"),
        ({"deal_value": {"amount": "x", "currency": 7}}, "deal_value.currency"),
        ({"deal_value": {"amount": "x", "colour": "red"}}, "deal_value.amount"),
        ({"deal_value": {"currency": "beads"}}, "deal_value.amount"), ({"deal_value": {}}, "deal_value.amount"),
        ({"deal_value": 7}, "deal_value"), ({"company": "Acme"}, "company"), ({"shoe_size": 43}, "shoe_size"),
    ],
)  # fmt: skip
def test_wrong_shapes_are_refused_still(said: dict[str, Any], field: str) -> None:
    """A text may stand for a number; another type and an unknown field are a sender's mistake."""
    with pytest.raises(Refused) as refused:
        read({**LEAD, **said})
    assert field in {problem.field for problem in refused.value.problems}


@pytest.mark.parametrize("raw", [None, [], "lead", 7])
def test_what_is_no_object_is_no_lead(raw: Any) -> None:
    """Whatever comes, the answer names what is wrong."""
    with pytest.raises(Refused):
        read(raw)
