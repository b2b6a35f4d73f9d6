"""Make `bench/data/sec_companies_in_directory.csv`: which companies of the SEC's list the directory's are.

    pip install pytickersymbols==1.17.10
    python -m tools.make_matching_truth company_tickers.csv

Told by stock symbols and never by names, so that matching names is not measured by itself: two companies are one whose
symbol at a US exchange is the same. Rows `read` stay: pairs that no symbol tells, which a person has read. The file has
the columns cik, ticker and name, as the SEC's list has them.
"""

import csv
import importlib
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DIRECTORY = HERE.parent / "adapters" / "enrichers" / "data" / "companies.csv"
DATA = HERE.parent / "bench" / "data"
TARGET = DATA / "sec_companies_in_directory.csv"

EXCHANGES = frozenset({"AMEX", "NASDAQ", "NYSE", "NYSEAMERICAN", "OTCMKTS"})
TRADED_AS = re.compile(r"\b(?:NYSE(?: American)?|Nasdaq|NASDAQ)\s*:\s*([A-Z][A-Z.]{0,5})\b")

OTHERS = frozenset(
    {
        ("4962", "axa.com"),  # American Express
        ("1747079", "ball.com"),  # Bally's
        ("1068897", "foxcorporation.com"),  # Foxby
        ("1609804", "orionpharma.com"),  # Orion Engineered Carbons
        ("1699350", "siemens.com"),  # Shoulder Innovations
        ("1308547", "renasantbank.com"),  # Dolby Laboratories
        ("1858681", "apollo.com"),  # Apollo Global Management: the article is another company's of the group
    }
)
"""Whose symbol was another company's before, or is wrong in the package: found by reading pairs whose names differ."""


def symbols_of(stock: Mapping[str, Any]) -> Iterator[str]:
    """Give the symbols of a stock at exchanges of the United States, as the SEC writes them."""
    for one in stock.get("symbols") or ():
        exchange, _, symbol = (one.get("google") or "").partition(":")
        if exchange in EXCHANGES:
            yield symbol.upper().replace(".", "-")
    for symbol in TRADED_AS.findall((stock.get("metadata") or {}).get("traded_as") or ""):
        yield symbol.replace(".", "-")


def pairs(stocks: Iterable[Mapping[str, Any]], listed: Mapping[str, str]) -> set[tuple[str, str]]:
    """Join the directory to the SEC's list (number by symbol): number and domain."""
    by_article: dict[str, set[str]] = defaultdict(set)
    for stock in stocks:
        article = (stock.get("metadata") or {}).get("wikipedia_url")
        by_article[article or ""] |= {listed[symbol] for symbol in symbols_of(stock) if symbol in listed}
    with DIRECTORY.open(encoding="utf-8", newline="") as file:
        rows = [(row["source"], row["domain"]) for row in csv.DictReader(file) if row["source"]]
    return {(cik, domain) for source, domain in rows for cik in by_article.get(source, ())} - OTHERS


def main() -> int:
    """Write the pairs and say how many are told by what."""
    with Path(sys.argv[1]).open(encoding="utf-8", newline="") as file:
        listed = {row["ticker"].upper().replace(".", "-"): str(int(row["cik"])) for row in csv.DictReader(file)}
    with (DATA / "sec_company_names.csv").open(encoding="utf-8", newline="") as file:
        named = {row["cik"] for row in csv.DictReader(file)}
    stocks = importlib.import_module("pytickersymbols").PyTickerSymbols().get_all_stocks()
    told = {(cik, domain, "symbol") for cik, domain in pairs(stocks, listed) if cik in named}
    with TARGET.open(encoding="utf-8", newline="") as file:
        read = {(row["cik"], row["domain"], "read") for row in csv.DictReader(file) if row["by"] == "read"}
    rows = sorted(told | {one for one in read if (*one[:2], "symbol") not in told}, key=lambda row: (int(row[0]), row))
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([("cik", "domain", "by"), *rows])
    print(f"{len(rows)} pairs: {len(told)} by symbol, {len(rows) - len(told)} read")
    return 0


if __name__ == "__main__":
    sys.exit(main())
