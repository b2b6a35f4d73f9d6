"""The sample leads are real enough to be worth routing, wrong enough to be worth cleaning, and nobody's data."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from adapters.enrichers.directory import COMPANIES
from models.base import parse
from models.lead import LeadInput, LeadType
from tools.example_cast import COLUMNS, Row
from tools.make_examples import demo_leads, sample_leads

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
LISTS = {"tags", "company.tech"}
NUMBERS = {"company.employees": int, "deal_value.amount": float}


def _rows(name: str) -> list[Row]:
    with (EXAMPLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _nested(row: Row) -> dict[str, Any]:
    lead: dict[str, Any] = {}
    for column, text in row.items():
        if not text:
            continue
        value: Any = NUMBERS.get(column, str)(text)
        if column in LISTS:
            value = text.split(";")
        elif column == "decision_maker":
            value = {"true": True, "false": False}[text]
        at = lead
        *parents, leaf = column.split(".")
        for parent in parents:
            at = at.setdefault(parent, {})
        at[leaf] = value
    return lead


@pytest.fixture(scope="module")
def leads() -> list[Row]:
    """The rows of leads.csv."""
    return _rows("leads.csv")


@pytest.fixture(scope="module")
def demo() -> list[Row]:
    """The rows of demo-leads.csv."""
    return _rows("demo-leads.csv")


@pytest.mark.parametrize(("name", "make"), [("leads.csv", sample_leads), ("demo-leads.csv", demo_leads)])
def test_the_files_are_what_the_generator_makes(name: str, make: Any) -> None:
    """Nobody edits the files by hand, and making them again changes nothing."""
    assert make() == _rows(name)


@pytest.mark.parametrize("name", ["leads.csv", "demo-leads.csv"])
def test_each_row_is_a_lead(name: str) -> None:
    """Every row passes the door, under the contract's own field names."""
    rows = _rows(name)
    assert COLUMNS == list(rows[0])
    for row in rows:
        lead = parse(LeadInput, _nested(row))
        assert row["type"] == lead.type


@pytest.mark.parametrize("name", ["leads.csv", "demo-leads.csv"])
def test_nobody_real_can_be_written_to(name: str) -> None:
    """Every address ends in .example."""
    assert [] == [row["email"] for row in _rows(name) if row["email"] and not row["email"].endswith(".example")]


def test_there_are_enough_of_every_type(leads: list[Row]) -> None:
    """At least 240 leads, and every type of the contract several times."""
    assert len(leads) >= 240
    types = Counter(row["type"] for row in leads)
    assert set(LeadType) == set(types)
    assert min(types.values()) >= 5


def test_companies_are_real(leads: list[Row], demo: list[Row]) -> None:
    """Every company domain is one of the directory's, so enrichment finds it."""
    with COMPANIES.open(encoding="utf-8", newline="") as file:
        known = {row["domain"] for row in csv.DictReader(file)}
    assert {row["company.domain"] for row in leads + demo if row["company.domain"]} <= known
    assert len({row["company.domain"] for row in leads if row["company.domain"]}) > 100


def test_both_tails_of_the_matrix(leads: list[Row]) -> None:
    """There are enterprises with large deals, companies of fewer than five, students, job seekers and bystanders."""
    tiny = [row for row in leads if row["company.employees"] and int(row["company.employees"]) < 5]
    nobody = [row for row in leads if not any(row[column] for column in COLUMNS if column.startswith("company."))]
    roles = Counter(row["custom.role"] for row in leads)
    assert len(tiny) >= 20
    assert len(nobody) >= 30
    assert min(roles["student"], roles["job_seeker"]) >= 5
    assert len([row for row in leads if row["decision_maker"] == "false"]) >= 30
    assert len([row for row in leads if int(row["company.employees"] or 0) > 10_000]) >= 20


def test_deals_of_every_size_in_several_currencies(leads: list[Row]) -> None:
    """Each band of R8 is there, and money is not all euros."""
    euros = [float(row["deal_value.amount"]) for row in leads if row["deal_value.currency"] == "EUR"]
    assert min(len([x for x in euros if low <= x < high]) for low, high in ((0, 1e4), (1e4, 5e4), (5e4, 1e9))) >= 5
    assert {"EUR", "USD", "GBP", "CHF", "SEK", "JPY"} <= {row["deal_value.currency"] for row in leads}


def test_there_is_work_for_hygiene_and_enrichment(leads: list[Row]) -> None:
    """Countries as people write them, phones in local form, gaps to fill, people who come back."""
    written = {row["country"] for row in leads}
    assert {"Deutschland", "U.K.", "USA", "", "日本"} <= written
    phones = [row["phone"] for row in leads if row["phone"]]
    assert any(phone.startswith("(") for phone in phones)
    assert any(phone.startswith("0") for phone in phones)
    assert "n/a" in phones
    gaps = [row for row in leads if row["company.domain"] and not row["company.employees"]]
    assert len(gaps) >= 60
    people = Counter(row["email"].lower() for row in leads if row["email"])
    assert len([email for email, times in people.items() if times == 2]) == 6
    assert len({row["email"] for row in leads if row["phone"] == "+1 212-555-0100"}) == 3
    assert [row for row in leads if not row["email"]]


def test_the_demo_shows_every_way(demo: list[Row]) -> None:
    """Mostly ready for sales, some for nurture, one for review, one to disqualify, one who comes back."""
    types = Counter(row["type"] for row in demo)
    assert 24 == len(demo)
    assert sum(types[kind] for kind in ("demo_request", "contact_sales", "pricing_visit", "outbound_reply")) == 15
    assert types["executive_intro"] == 1
    assert len([row for row in demo if row["custom.role"] == "student"]) == 1
    assert max(Counter(row["email"].lower() for row in demo).values()) == 2
