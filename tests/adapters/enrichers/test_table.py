"""A CSV file as a provider: by domain or by exact name, never by guess, and read again when it changes."""

import asyncio
import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.enrichers import table as module
from adapters.enrichers.findings import EnrichedField, Failed, Findings, Found, NothingKnown, Query
from adapters.enrichers.table import CsvEnricher
from tests.adapters.enrichers.sample import BUDGET, NOW

COLUMNS = {
    EnrichedField.DOMAIN: "Website",
    EnrichedField.NAME: "Account",
    EnrichedField.EMPLOYEES: "Headcount",
    EnrichedField.TECH: "Tools",
}
ROWS = """Website,Account,Headcount,Tools,Left out
https://www.acme.example/about,Acme Robotics GmbH,420,postgresql; salesforce,x
borg.example,Borg A/S,lots,,
,Lonely Lamps Ltd,12,,
twice.example,Twin One,1,,
twice.example,Twin Two,2,,
,Merck KGaA,60000,,
,Merck & Co.,69000,,
"""


@pytest.fixture
def table(tmp_path: Path) -> CsvEnricher:
    """A provider on a small file."""
    path = tmp_path / "companies.csv"
    path.write_text(ROWS, encoding="utf-8")
    return CsvEnricher("crm", path, COLUMNS)


async def _ask(table: CsvEnricher, **query: str) -> Findings:
    return await table.find(Query(**query), now=NOW, budget=BUDGET)


def _values(answer: Findings) -> dict[str, object]:
    assert isinstance(answer, Found), answer
    return {one.field.removeprefix("company."): one.value for one in answer.findings}


async def test_a_domain_is_found_however_it_is_written(table: CsvEnricher) -> None:
    """The file's address and the lead's subdomain are one company's; a cell with several tools is a list."""
    expected = {
        "domain": "acme.example",
        "name": "Acme Robotics GmbH",
        "employees": 420,
        "tech": ("postgresql", "salesforce"),
    }
    assert expected == _values(await _ask(table, domain="shop.acme.example"))


async def test_a_name_without_a_domain_is_found_exactly(table: CsvEnricher) -> None:
    """Another legal form's spelling is the same name; a row without a domain says nothing against it."""
    assert 12 == _values(await _ask(table, company_name="lonely lamps limited"))["employees"]


@pytest.mark.parametrize(
    ("query", "because"),
    [
        ({"domain": "nobody.example"}, "no such domain"),
        ({"company_name": "Nobody"}, "no such name"),
        ({"domain": "twice.example"}, "the domain stands in more than one row"),
        ({"company_name": "Merck"}, "the name could be more than one company"),
        ({"domain": "other.example", "company_name": "Acme Robotics"}, "the name is known, but with another domain"),
    ],
)
async def test_what_is_not_certain_is_nothing_known(table: CsvEnricher, query: dict[str, str], because: str) -> None:
    """A lead must not get another company's facts (R46)."""
    assert NothingKnown(because=because) == await _ask(table, **query)


async def test_a_wrong_value_is_left_out_and_told(table: CsvEnricher) -> None:
    """The rest of the row counts; the note says which field, never what stood there."""
    answer = await _ask(table, domain="borg.example")
    assert {"domain": "borg.example", "name": "Borg A/S"} == _values(answer)
    assert ("company.employees: expected a whole number",) == answer.notes


async def test_a_file_that_changes_is_read_again(table: CsvEnricher, tmp_path: Path) -> None:
    """Whoever exports it anew need not restart a worker."""
    await _ask(table, domain="new.example")
    path = tmp_path / "companies.csv"
    path.write_text(f"{ROWS}new.example,New,5,,\n", encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert 5 == _values(await _ask(table, domain="new.example"))["employees"]


async def test_a_file_that_takes_long_is_read_once(table: CsvEnricher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gave up has it read all the same; until a changed one is read, what it said before counts."""
    done, readings = threading.Event(), []

    def slowly(path: Path, *settings: Any) -> Any:
        readings.append(path)
        assert done.wait(10)
        return load(path, *settings)

    load = module._load
    monkeypatch.setattr(module, "_load", slowly)
    ask, hurry = Query(domain="acme.example"), timedelta(seconds=0.05)
    gave_up = await asyncio.gather(*(table.find(ask, now=NOW, budget=hurry) for _ in range(3)))
    again = await table.find(ask, now=NOW, budget=hurry)
    assert [(True, 1)] * 4 == [(isinstance(one, Failed) and one.temporary, len(readings)) for one in (*gave_up, again)]
    done.set()
    assert 420 == _values(await table.find(ask, now=NOW, budget=BUDGET))["employees"]
    done.clear()
    os.utime(readings[0], ns=(1, 1))
    assert 420 == _values(await table.find(ask, now=NOW, budget=hurry))["employees"]
    done.set()
    assert 420 == _values(await table.find(ask, now=NOW, budget=BUDGET))["employees"]
    assert 2 == len(readings)


@pytest.mark.parametrize(
    ("content", "because"),
    [(None, "FileNotFoundError"), (b"\xff\xfe\x00", "UnicodeDecodeError"), (b"Domain\nx.example\n", "KeyError")],
)
async def test_a_file_that_cannot_be_read_fails(
    table: CsvEnricher, tmp_path: Path, content: bytes | None, because: str
) -> None:
    """It is told by its kind of trouble, and asking again changes nothing until somebody mends it."""
    path = tmp_path / "companies.csv"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    expected = Failed(because=f"its file cannot be read ({because})", temporary=False)
    assert expected == await _ask(table, domain="acme.example")
