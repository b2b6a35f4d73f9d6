"""Make a file of as many leads as wanted, to try policies and machines on: invented companies, invented people.

    python -m tools.make_leads 100000 leads.csv --days 90

Deterministic: the same numbers give the same bytes. The leads come over a span of days, more by day than by night and
fewer on weekends; one in four is of a company that was there before, one in twenty of a person who was. They are
written in the order in which they come, unless `--shuffled`. Addresses end in `.example`.
"""

import argparse
import csv
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday: when the first lead may come."""

COLUMNS = (
    "source", "type", "email", "first_name", "last_name", "title", "company.name", "company.domain",
    "company.employees", "company.industry", "company.country", "company.tech", "country", "language",
    "deal_value.amount", "deal_value.currency", "product", "received_at",
)  # fmt: skip

_TYPES = {
    "demo_request": 18, "contact_sales": 12, "pricing_visit": 10, "outbound_reply": 5, "trial_signup": 10,
    "webinar": 10, "case_study": 4, "content_download": 14, "newsletter": 8, "event_scan": 4, "referral": 2,
    "renewal": 1, "support": 2,
}  # fmt: skip
_COUNTRIES = {"DE": 18, "US": 34, "GB": 12, "FR": 8, "PL": 6, "TR": 6, "JP": 6, "SG": 4, "IN": 4, "BR": 2}
_LANGUAGES = {"DE": "de", "FR": "fr", "PL": "pl", "TR": "tr", "JP": "ja", "BR": "pt"}
_INDUSTRIES = ("software", "banking", "retail", "media", "insurance", "automotive", "healthcare", "gambling")
_TITLES = ("Chief Executive Officer", "Head of Sales", "Marketing Manager", "Account Executive", "IT Director", "Clerk")
_TECH = ("salesforce", "hubspot; slack", "sap crm", "", "")
_SOURCES = ("website", "partner", "ads", "event", "referral")
_HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 10, 11, 12, 12, 11, 9, 7, 5, 4, 3, 2, 1)
_WEEKDAYS = (12, 13, 13, 12, 10, 3, 2)
_FIRST = ("Kim", "Robin", "Sidney", "Ayse", "Marek", "Noor", "Yuki", "Ines", "Tomasz", "Lena")
_LAST = ("Lake", "Marchbank", "Tollgate", "Kaya", "Nowak", "Berger", "Tanaka", "Moreau", "Silva", "Hill")

Row = dict[str, str]


def leads(count: int, days: int = 90, seed: int = 20260302) -> Iterator[Row]:
    """Make leads in the order in which they come."""
    dice = random.Random(seed)
    companies: list[Row] = []
    people: list[Row] = []
    for at in _instants(dice, count, days):
        known = bool(people) and dice.random() < 0.05
        if known:
            row = dict(dice.choice(people))
        else:
            if not companies or dice.random() >= 0.25:
                companies.append(_company(dice, len(companies)))
                company = companies[-1]
            else:
                company = dice.choice(companies)
            row = company | _person(dice, company, len(people))
            people.append(row)
        yield row | _matter(dice, at)


def _instants(dice: random.Random, count: int, days: int) -> list[datetime]:
    spread = dice.choices(range(days), [_WEEKDAYS[day % 7] for day in range(days)], k=count)
    hours = dice.choices(range(24), _HOURS, k=count)
    seconds = (dice.randrange(3600) for _ in range(count))
    when = zip(spread, hours, seconds, strict=True)
    return sorted(BEGIN + timedelta(days=day, hours=hour, seconds=second) for day, hour, second in when)


def _company(dice: random.Random, number: int) -> Row:
    country = _pick(dice, _COUNTRIES)
    return {
        "company.name": f"Company {number}",
        "company.domain": f"company-{number}.example",
        "company.employees": str(int(dice.lognormvariate(4.5, 1.8)) + 1),
        "company.industry": dice.choice(_INDUSTRIES),
        "company.country": country,
        "company.tech": dice.choice(_TECH),
        "country": country,
        "language": _LANGUAGES.get(country, "en"),
    }


def _person(dice: random.Random, company: Row, number: int) -> Row:
    first, last = dice.choice(_FIRST), dice.choice(_LAST)
    return {
        "first_name": first,
        "last_name": last,
        "title": dice.choice(_TITLES),
        "email": f"{first}.{last}.{number}@{company['company.domain']}".lower(),
    }


def _matter(dice: random.Random, at: datetime) -> Row:
    sized = dice.random() < 0.4
    return {
        "type": _pick(dice, _TYPES),
        "source": dice.choice(_SOURCES),
        "deal_value.amount": str(round(dice.lognormvariate(9.5, 1.2))) if sized else "",
        "deal_value.currency": dice.choice(("EUR", "USD", "GBP")) if sized else "",
        "product": dice.choice(("", "routing", "scoring")),
        "received_at": at.isoformat(),
    }


def _pick(dice: random.Random, shares: dict[str, int]) -> str:
    return dice.choices(list(shares), list(shares.values()))[0]


def write(path: Path, count: int, days: int = 90, *, shuffled: bool = False) -> None:
    """Write a file of leads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        rows: Iterator[Row] | list[Row] = leads(count, days)
        if shuffled:
            rows = list(rows)
            random.Random(count).shuffle(rows)
        writer.writerows(rows)


def main() -> int:
    """Write the file that was asked for."""
    words = argparse.ArgumentParser(description="Make a file of invented leads.")
    words.add_argument("count", type=int)
    words.add_argument("file", type=Path)
    words.add_argument("--days", type=int, default=90)
    words.add_argument("--shuffled", action="store_true")
    asked = words.parse_args()
    write(asked.file, asked.count, asked.days, shuffled=asked.shuffled)
    print(f"{asked.file}: {asked.count} leads over {asked.days} days")
    return 0


if __name__ == "__main__":
    sys.exit(main())
