"""The providers' file: a good one is read as it is meant, and a wrong one is told line by line."""

from datetime import timedelta
from pathlib import Path

import pytest

from config.provider_files import read_providers
from config.settings import SettingsError, load_settings
from config.yaml_marks import FileError

GOOD = """currency: USD
providers:
  - {name: directory, kind: directory}
  - name: crm
    kind: csv
    file: companies.csv
    fields:
      company.domain: Website
      company.employees: Headcount
  - name: clearview
    kind: http
    url: https://api.clearview.example/v2/companies?domain={domain}
    token: clearview
    fields:
      company.name: data.name
      company.country: data.offices.0.country
    budget: 1s
    cost: 0.12
precedence:
  company.employees: [crm, lead]
"""


def written(folder: Path, text: str = GOOD) -> Path:
    """The file, and the table that it names."""
    (folder / "companies.csv").write_text("Website,Headcount\n", encoding="utf-8")
    path = folder / "providers.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_is_read(tmp_path: Path) -> None:
    """Tables are found beside the file; what is left out has its default."""
    providers = read_providers(written(tmp_path))
    directory, crm, clearview = providers.providers
    assert ("USD", str(tmp_path / "companies.csv")) == (providers.currency, crm.file)
    assert (timedelta(seconds=1), timedelta(seconds=30), 0.12) == (clearview.budget, clearview.patience, clearview.cost)
    assert (timedelta(seconds=2), {"company.employees": ["crm", "lead"]}) == (directory.budget, providers.precedence)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: csv", "kind: cvs", ":5: providers[1] (crm).kind: "),
        ("employees: Headcount", "employes: Headcount", ":9: providers[1].fields.company.employes: is no field"),
        ("employees: Headcount", "employees: Heads", "fields.company.employees: crm's file has no column 'Heads'"),
        ("file: companies.csv", "file: gone.csv", ":6: providers[1] (crm).file: cannot be read as a CSV file"),
        ("{domain}", "acme", ":12: providers[2] (clearview).url: must hold {domain}"),
        ("https://api", "http://api", ":12: providers[2] (clearview).url: needs https://"),
        ("https://api", "http://127.0.0.1.api", ":12: providers[2] (clearview).url: needs https://"),
        ("name: clearview", "name: event", ":10: providers[2].name: 'event' says of a fact that no provider"),
        ("//api.clearview.example", "//{domain}", ":12: providers[2] (clearview).url: has a fixed host"),
        ("//api", "//me:secret@api", ":12: providers[2] (clearview).url: carries a user name"),
        ("company.name: data.name", "company.name: data..name", ":15: providers[2].fields.company.name: is not a path"),
        ("budget: 1s", "budget: 2h", ":17: providers[2] (clearview).budget: "),
        ("cost: 0.12", "cots: 0.12", ":18: providers[2] (clearview).cots: is not a known key, did you mean cost?"),
        ("[crm, lead]", "[crm, leed]", ":20: precedence.company.employees: 'leed' is no provider; did you mean lead?"),
        ("[crm, lead]", "[crm, crm]", ":20: precedence.company.employees: names somebody twice"),
        ("name: clearview", "name: crm", "providers: 'crm' is there twice"),
        ("kind: directory}", "kind: directory, token: x}", ":3: providers[0] (directory).token: is nothing that"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    """Each mistake says FILE:LINE, the key and what would be right; no secret is repeated."""
    assert 1 == GOOD.count(old)
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(FileError) as error:
        read_providers(path)
    (line,) = error.value.lines
    assert told in line
    assert line.startswith(f"{path}:")
    assert "secret" not in line


def test_two_ways_to_name_providers_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody would know which of the two counts."""
    monkeypatch.setenv("BATON_PROVIDERS", str(written(tmp_path)))
    monkeypatch.setenv("BATON_ENRICH_URL", "https://provider.example/{domain}")
    with pytest.raises(SettingsError, match="both set: put that address into the file"):
        load_settings()
