"""The built-in directory knows real companies, answers fast, and never matches the wrong one."""

from pathlib import Path

import pytest

from adapters.enrichers.directory import CompanyDirectory
from adapters.enrichers.findings import EnrichedField, Found, NothingKnown, Query
from tests.adapters.enrichers.sample import BUDGET, NOW

HEADER = "domain,aliases,name,employees,industry,country,city,source\n"


@pytest.fixture(scope="module")
def directory() -> CompanyDirectory:
    """The directory that ships."""
    return CompanyDirectory()


async def _domain_of(directory: CompanyDirectory, query: Query) -> str | None:
    outcome = await directory.find(query, now=NOW, budget=BUDGET)
    if isinstance(outcome, Found):
        return next(str(each.value) for each in outcome.findings if each.field is EnrichedField.DOMAIN)
    assert isinstance(outcome, NothingKnown)
    return None


async def test_all_it_knows_of_a_company(directory: CompanyDirectory) -> None:
    """A company's row comes back as facts."""
    found = await directory.find(Query(domain="sap.com"), now=NOW, budget=BUDGET)
    assert isinstance(found, Found)
    facts = {each.field: each.value for each in found.findings}
    employees = facts.pop(EnrichedField.EMPLOYEES)
    assert isinstance(employees, int)
    assert 50_000 < employees < 500_000
    assert {
        EnrichedField.NAME: "SAP",
        EnrichedField.DOMAIN: "sap.com",
        EnrichedField.INDUSTRY: "software",
        EnrichedField.COUNTRY: "DE",
        EnrichedField.CITY: "Walldorf",
    } == facts


@pytest.mark.parametrize(
    ("query", "domain"),
    [
        (Query(domain="https://www.sap.com/de"), "sap.com"),
        (Query(domain="careers.eu.sap.com"), "sap.com"),
        (Query(email_domain="sap.com"), "sap.com"),
        (Query(domain="bmw.com"), "bmwgroup.com"),
        (Query(domain="global.jr-central.co.jp"), "jr-central.co.jp"),
        (Query(company_name="The SAP S.E."), "sap.com"),
        (Query(company_name="Merck & Co., Inc."), "merck.com"),
        (Query(company_name="EQT AB"), "eqtgroup.com"),
        (Query(company_name="Siemens AG", domain="siemens.de"), "siemens.com"),
        (Query(company_name="Deutsche Bank AG", email_domain="deutsche-bank.example"), "db.com"),
    ],
)
async def test_matches(directory: CompanyDirectory, query: Query, domain: str) -> None:
    """Its domain, a host below it, another domain of its, or its exact name finds a company."""
    assert domain == await _domain_of(directory, query)


@pytest.mark.parametrize(
    ("query", "because"),
    [
        (Query(domain="notsap.com"), "no such domain"),
        (Query(domain="sap.com.evil.example"), "no such domain"),
        (Query(domain="co.jp"), "no such domain"),
        (Query(company_name="Merck"), "the name could be more than one company"),
        (Query(company_name="EQT"), "the name could be more than one company"),
        (Query(company_name="Merck KGaA"), "no such name"),
        (Query(company_name="Siemens Gamesa"), "no such name"),
        (Query(company_name="GmbH & Co. KG"), "the name says nothing but a legal form"),
        (Query(company_name="Apple", domain="orchards.co.uk"), "the name is known, but with another domain"),
        (Query(company_name="Nobody Ltd", domain="nobody.example"), "no such domain and no such name"),
    ],
)
async def test_does_not_match(directory: CompanyDirectory, query: Query, because: str) -> None:
    """Doubt is "nothing known", with the doubt as the reason (R46)."""
    assert NothingKnown(because=because) == await directory.find(query, now=NOW, budget=BUDGET)


async def test_two_with_one_name_match_neither(tmp_path: Path) -> None:
    """Equal names without a telling legal form are left alone."""
    path = tmp_path / "companies.csv"
    path.write_text(HEADER + "one.example,,Twin,1,,DE,,x\ntwo.example,,Twin Inc.,2,,US,,x\n", encoding="utf-8")
    twins = CompanyDirectory(path)
    assert await _domain_of(twins, Query(company_name="Twin")) is None
    assert await _domain_of(twins, Query(company_name="Twin Inc")) is None
    assert "two.example" == await _domain_of(twins, Query(domain="two.example"))


async def test_empty_columns_are_not_facts(tmp_path: Path) -> None:
    """What the file leaves empty stays unknown."""
    path = tmp_path / "companies.csv"
    path.write_text(HEADER + "one.example,,One,,,,,x\n", encoding="utf-8")
    found = await CompanyDirectory(path).find(Query(domain="one.example"), now=NOW, budget=BUDGET)
    assert isinstance(found, Found)
    assert [EnrichedField.NAME, EnrichedField.DOMAIN] == [each.field for each in found.findings]


async def test_a_file_that_is_not_a_directory_is_an_error(tmp_path: Path) -> None:
    """Our own broken file is not taken for a company nobody knows."""
    path = tmp_path / "companies.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(KeyError):
        await CompanyDirectory(path).find(Query(domain="sap.com"), now=NOW, budget=BUDGET)
