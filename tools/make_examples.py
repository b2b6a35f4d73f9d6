"""Make `examples/leads.csv` and `examples/demo-leads.csv`: real companies, invented people.

    python -m tools.make_examples

Deterministic: the same directory and tables give the same bytes. Companies come from the built-in directory
(`adapters/enrichers/data/companies.csv`), words from `example_people.yaml`, the demo's cast from
`example_demo.yaml`. Addresses end in `.example`.
"""

import csv
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from tools.example_cast import COLUMNS, HERE, Caster, Row, full_company

EXAMPLES = HERE.parent / "examples"


def untidied(rows: list[Row], dice: random.Random) -> list[Row]:
    """Add what real lists have: returning people, a shared switchboard, calls without an address, missing names."""
    for row in dice.sample([row for row in rows if row["phone"] and row["type"] == "contact_sales"], 3):
        row |= {"email": "", "source": "phone"}
    for row in dice.sample([row for row in rows if row["email"]], 14):
        row["last_name" if dice.random() < 0.6 else "first_name"] = ""
    for row in dice.sample([row for row in rows if row["email"] and not row["phone"]], 2):
        row["phone"] = "n/a"
    for row in dice.sample([row for row in rows if row["type"] == "newsletter"], 3):
        row["received_at"] = f"2026-01-{dice.randint(10, 28)}T{dice.randint(7, 18):02}:15:00Z"
    again = [again_as(row, "demo_request") for row in dice.sample(_reachable(rows, "content_download"), 3)]
    again += [again_as(row, "contact_sales") for row in dice.sample(_reachable(rows, "demo_request"), 3)]
    return rows + again + colleagues(dice.choice(_reachable(rows, "pricing_visit")))


def colleagues(row: Row) -> list[Row]:
    """Let two more people of a company ask, all giving the switchboard's number: three people, one phone."""
    domain = row["email"].partition("@")[2]
    row["phone"] = "+1 212-555-0100"
    names = (("Sidney", "Marchbank"), ("Robin", "Tollgate"))
    return [
        row | {"first_name": first, "last_name": last, "email": f"{first}.{last}@{domain}".lower(), "external_id": ""}
        for first, last in names
    ]


def _reachable(rows: Iterable[Row], kind: str) -> list[Row]:
    return [row for row in rows if row["type"] == kind and row["email"] and row["phone"].startswith(("+", "(", "0"))]


def again_as(row: Row, kind: str) -> Row:
    """Let the same person come back: the address in other letters, the phone the same, less said this time."""
    local, _, domain = row["email"].partition("@")
    said = ("first_name", "last_name", "phone", "country", "company.name", "product", "language")
    fresh = dict.fromkeys(COLUMNS, "") | {column: row[column] for column in said}
    return fresh | {
        "source": "website",
        "type": kind,
        "email": f"{local.title()}@{domain.upper()}".replace("EXAMPLE", "example"),
    }


def sample_leads() -> list[Row]:
    """Make the rows of `leads.csv`."""
    caster = Caster(20260302)
    plan = caster.words["plan"].items()
    rows = [caster.lead(kind, who) for kind, mix in plan for who, count in mix.items() for _ in range(count)]
    caster.dice.shuffle(rows)
    return untidied(rows, caster.dice)


def demo_leads() -> list[Row]:
    """Make the rows of `demo-leads.csv` from the cast written down for it."""
    companies = Caster(0).companies
    cast: Sequence[dict[str, Any]] = yaml.safe_load((HERE / "example_demo.yaml").read_text(encoding="utf-8"))
    rows = []
    for part in cast:
        company = full_company(companies[part["company"]]) if "company" in part else {}
        given = {column: str(value) for column, value in part.items() if column != "company"}
        rows.append(dict.fromkeys(COLUMNS, "") | company | given)
    return rows


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows under the contract's dotted headers."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> int:
    """Write both files."""
    for name, rows in (("leads.csv", sample_leads()), ("demo-leads.csv", demo_leads())):
        write(EXAMPLES / name, rows)
        print(f"{name}: {len(rows)} leads")
    return 0


if __name__ == "__main__":
    sys.exit(main())
