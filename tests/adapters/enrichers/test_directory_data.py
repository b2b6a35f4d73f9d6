"""The data file is what the directory believes it is, and its maker reads encyclopaedia prose rightly."""

import csv
from collections import Counter

import pytest
from publicsuffixlist import PublicSuffixList

from adapters.enrichers.directory import COMPANIES
from adapters.enrichers.findings import EnrichedField, read_value
from tools.make_directory import (
    COLUMNS,
    PRECISE,
    directory_rows,
    domains_in,
    employees_in,
    industry_of,
    place_in,
)

SUFFIXES = PublicSuffixList()


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    """The committed rows."""
    with COMPANIES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_it_is_large_enough_to_be_of_use(rows: list[dict[str, str]]) -> None:
    """Over a thousand companies with domain, head count, industry and country."""
    assert tuple(rows[0]) == COLUMNS
    full = [row for row in rows if all(row[column] for column in ("domain", "employees", "industry", "country"))]
    assert len(full) > 1000


def test_each_domain_is_one_companys_and_registrable(rows: list[dict[str, str]]) -> None:
    """So that walking up from a host finds its registrable domain and nobody else's."""
    domains = Counter(domain for row in rows for domain in (row["domain"], *row["aliases"].split(";")) if domain)
    assert [] == [domain for domain, times in domains.items() if times > 1]
    assert [] == [domain for domain in domains if SUFFIXES.privatesuffix(domain) != domain]


def test_each_value_is_a_fact_in_standard_form(rows: list[dict[str, str]]) -> None:
    """Countries are ISO codes, industries of the short list, head counts numbers, and each row names its
    article.
    """
    known = {industry for industry, _ in PRECISE}
    for row in rows:
        assert row["source"].startswith("https://"), row["domain"]
        assert row["industry"] in {"", *known}, row["domain"]
        for field, column in ((EnrichedField.COUNTRY, "country"), (EnrichedField.CITY, "city")):
            assert not row[column] or row[column] == read_value(field, row[column]), row["domain"]
        assert not row["employees"] or int(row["employees"]) > 0, row["domain"]


def test_the_data_is_attributed() -> None:
    """The notice beside the data names where it comes from and under which licence."""
    notice = (COMPANIES.parent / "NOTICE").read_text(encoding="utf-8")
    for word in ("Wikipedia", "Attribution-ShareAlike 4.0", "pytickersymbols", "MIT"):
        assert word in notice


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("www.fuchs.com /group", ["fuchs.com"]),
        ("https://global.jr-central.co.jp/en/", ["jr-central.co.jp"]),
        ("bmwgroup.com (corporate) bmw.com (brand)", ["bmwgroup.com", "bmw.com"]),
        ("Official website", []),
        ("ADVA.com at the Wayback Machine (archived 2020.03.11)", ["adva.com"]),
        ("wikipedia.org", []),
    ],
)
def test_domains_in(text: str, domains: list[str]) -> None:
    """Registrable domains are found in a website field."""
    assert domains == domains_in(text, SUFFIXES)


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("166,000 (2025)", 166_000),
        ("c.250 (2024)", 250),
        ("14.046 (December 2022)", 14_046),
        ("9 000 (2024)", 9_000),
        ("~ 1300", 1_300),
        ("Over 1 million (est.)", 1_000_000),
        ("5,494 (Consolidated:44,336) (2022)", 44_336),
        ("2,050 (non-consolidated) 50,867 (consolidated) (as of March 31, 2022)", 50_867),
        ("4,477 (March 31, 2025) 62,062 (March 31, 2025, including subsidiaries)", 4_477),
        ("814,0000", None),
        (9600, 9_600),
        (20, None),
        ("", None),
        (None, None),
    ],
)
def test_employees_in(value: object, count: int | None) -> None:
    """Head counts are read as written, the consolidated one where it is marked; doubt is empty."""
    assert count == employees_in(value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Apple Park, Cupertino, California , US", ("US", "Cupertino")),
        ("Basel , Switzerland ( 47°34′28″N 7°34′35″E", ("CH", "Basel")),
        ("St. Louis, Missouri , U.S. (operational) Geneva , Switzerland (legal)", ("US", "St. Louis")),
        ("Holzminden , Germany", ("DE", "Holzminden")),
        ("44-1, 2-chome, Hatagaya , Shibuya-ku , Tokyo 151-0072, Japan", ("JP", "Tokyo")),
        ("York , England, UK", ("GB", "York")),
        ("Houston, Texas", ("US", "Houston")),
        ("New York City , U.S.", ("US", "New York")),
        ("Washington, D.C. , US", ("US", "Washington")),
        ("Duisburg and Essen , Germany", ("DE", "Duisburg")),
        ("Aflac Building Columbus, Georgia , U.S.", ("US", None)),
        ("No headquarters : 16", (None, None)),
    ],
)
def test_place_in(text: str, place: tuple[str | None, str | None]) -> None:
    """Country and city are read from a headquarters phrase; what may be a building is not a city."""
    assert place == place_in(text)


def test_industry_of() -> None:
    """Precise words outvote the exchange's broad sectors, and no words give no industry."""
    assert "semiconductors" == industry_of(["Technology", "Technology Equipment", "Semiconductors"])
    assert "software" == industry_of(["Information Technology"])
    assert industry_of([]) is None


def test_the_fullest_record_of_a_domain_wins() -> None:
    """Of two records for one site the one that says more is kept, and borrowed facts are dropped."""
    thin = {"name": "Thin", "metadata": {"website": "acme.com"}}
    full = {"name": "Full", "metadata": {"website": "acme.com", "employees": 900}, "industries": ["Software"]}
    borrowed = {"name": "Befesa", "metadata": {"website": "abengoa.com"}}
    assert ["Full"] == [row["name"] for row in directory_rows([thin, full, borrowed])]
