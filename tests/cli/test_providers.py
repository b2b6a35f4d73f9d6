"""Enrichment providers at the command line: listed and checked, tried on a company, and counted."""

from pathlib import Path

import pytest

from tests.cli.driving import Cli

FILE = """currency: USD
providers:
  - {name: directory, kind: directory}
  - name: paid
    kind: http
    url: https://api.paid.example/{domain}
    fields: {company.employees: heads}
    cost: 0.12
    most_per_day: 100
precedence: {company.employees: [paid, lead]}
"""


@pytest.fixture
def told(cli: Cli, tmp_path: Path) -> Cli:
    """A shell whose settings name a file of providers."""
    (tmp_path / "providers.yaml").write_text(FILE, encoding="utf-8")
    return Cli(tmp_path, cli.env | {"BATON_PROVIDERS": str(tmp_path / "providers.yaml")})


async def test_they_are_listed_in_their_order(told: Cli) -> None:
    """Who they are, what they tell and cost, and who is rather believed."""
    page = (await told("providers", "list")).out
    assert page.index("directory") < page.index("paid") < page.index("company.employees: paid before lead")
    assert "0.12 USD" in page
    listed = (await told("providers", "list", "--json")).json
    assert (["directory", "paid"], 100) == (
        [one["name"] for one in listed["providers"]], listed["providers"][1]["most_per_day"],
    )  # fmt: skip


async def test_a_wrong_file_is_told_line_by_line(told: Cli, tmp_path: Path) -> None:
    """Exit code 2, the file and the line, whatever of them is asked for."""
    (tmp_path / "providers.yaml").write_text(FILE.replace("heads}", "heads, company.size: x}"), encoding="utf-8")
    for words in (["list"], ["use"], ["try", "sap.com"]):
        ran = await told("providers", *words)
        assert (2, True) == (ran.code, "providers.yaml:7: providers[1].fields.company.size" in ran.err), ran.err


async def test_they_are_tried_and_counted(cli: Cli) -> None:
    """Who said what; the question counts; what nobody knows is exit code 1."""
    tried = (await cli("providers", "try", "sap.com", "--json")).json
    assert ("Walldorf", "directory") in [(fact["value"], fact["source"]) for fact in tried["facts"]]
    assert (1, 2) == (
        (await cli("providers", "try", "--name", "No Such Lamps")).code,
        (await cli("providers", "try")).code,
    )
    (day,) = (await cli("providers", "use", "--json")).json["days"]
    assert ("directory", 2, 1, 0) == (day["provider"], day["asked"], day["found"], day["cost"])
    assert "directory" in (await cli("providers", "use", "--days", "1")).out
