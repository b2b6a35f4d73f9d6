"""Make `adapters/enrichers/data/companies.csv` from the public-company data of `pytickersymbols`.

    pip install pytickersymbols==1.17.10
    python -m tools.make_directory

Deterministic: the same package version gives the same bytes. What cannot be read with confidence is left
empty rather than guessed; a row without a domain, or whose facts belong to another company, is left out.
"""

import csv
import importlib
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from publicsuffixlist import PublicSuffixList

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "adapters" / "enrichers" / "data" / "companies.csv"
COLUMNS = ("domain", "aliases", "name", "employees", "industry", "country", "city", "source")

RULES: dict[str, Any] = yaml.safe_load((HERE / "directory_rules.yaml").read_text(encoding="utf-8"))
PRECISE = [
    (industry, re.compile(rf"\b(?:{'|'.join(words)})"))
    for entry in RULES["precise_industries"]
    for industry, words in entry.items()
]
COUNTRY_WORDS: dict[str, str] = {word: code for code, words in RULES["country_words"].items() for word in words}
COUNTRIES_LONGEST_FIRST = sorted(COUNTRY_WORDS, key=lambda word: (-len(word), word))
US_STATES = frozenset(RULES["us_states"])
BETWEEN = US_STATES | frozenset(RULES["subdivisions"])
NOT_A_CITY = re.compile("|".join(RULES["not_a_city"]), re.IGNORECASE)
NOT_THEIRS = frozenset(map(tuple, RULES["not_theirs"]))
NUMBER = r"(?<![\d,.])(\d{1,3}(?:[,. ]\d{3})+|\d+)(?![,.]?\d)"


def domains_in(text: str, suffixes: PublicSuffixList) -> list[str]:
    """Name the registrable domains a website field mentions, in its order."""
    found: list[str] = []
    for word in re.findall(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", text.lower()):
        registrable = suffixes.privatesuffix(word)
        public = suffixes.publicsuffix(word, accept_unknown=False)
        if registrable and public and registrable not in (*found, *RULES["never_a_company"]):
            found.append(registrable)
    return found


def employees_in(value: object) -> int | None:
    """Read the head count, the consolidated one where several are given."""
    if isinstance(value, int) and value < RULES["least_bare_headcount"]:
        return None
    text = str(value or "").replace("\xa0", " ").replace("c.", "c. ")
    million = re.search(r"([\d.]+) million", text)
    if million:
        return int(float(million.group(1)) * 1_000_000)
    patterns = (
        NUMBER + r"\s*\((?:group\)|consolidated(?![: ]*\d)|including subsidiaries)",
        r"(?<!non-)consolidated[ :]+" + NUMBER,
        r"\(" + NUMBER + r" consolidated",
        NUMBER,
    )
    for pattern in patterns:
        match = re.search(pattern, text, re.IGNORECASE)
        if match:
            return int(re.sub(r"\D", "", match.group(1))) or None
    return None


def country_at_start(token: str) -> str | None:
    """Tell the ISO country a phrase begins with, or nothing."""
    lowered = token.strip().lower()
    for word in COUNTRIES_LONGEST_FIRST:
        if lowered == word or re.match(re.escape(word) + r"(?=[\s(;)]|$)", lowered):
            return COUNTRY_WORDS[word]
    return None


def place_in(text: str) -> tuple[str | None, str | None]:
    """Read (ISO country, city) from a headquarters phrase; what is not clear is None."""
    cleaned = re.sub(r"\[[^\]]*\]?|\ufeff", "", text)
    cleaned = re.split(r"\(?\s*\d+°|;", cleaned)[0].removeprefix("Formerly ")
    tokens = [token.strip() for token in cleaned.split(",") if token.strip()]
    for at, token in enumerate(tokens):
        country = country_at_start(token) if at else COUNTRY_WORDS.get(token.lower())
        if token.lower().startswith("washington") or (token.lower() == "jersey" and at < len(tokens) - 1):
            continue
        if country:
            return country, city_in(tokens[:at])
    if any(token.split("(")[0].strip().lower() in US_STATES for token in tokens[1:]):
        return "US", city_in(tokens)
    return None, None


def city_in(tokens: list[str]) -> str | None:
    """Take the last token that can be a city."""
    rest = [re.sub(r"\(.*", "", re.sub(r"\b\d{3}-?\d{4}\b|\b\d{5}\b", "", token)).strip() for token in tokens]
    while len(rest) > 1 and (not rest[-1] or rest[-1].lower() in BETWEEN):
        if rest[-1].lower() == "new york" and NOT_A_CITY.search(rest[-2]):
            break
        rest.pop()
    if not rest:
        return None
    city = re.split(r" and | / |\.$", rest[-1].removeprefix("and "))[0].strip(" )")
    city = RULES["city_spellings"].get(city, city)
    return city if 2 <= len(city) <= 30 and not NOT_A_CITY.search(city) else None


def where(row: Mapping[str, Any], headquarters: str) -> tuple[str | None, str | None]:
    """Decide country and city from the headquarters, else from the index's own location field."""
    country, city = place_in(headquarters)
    listed_country, listed_city = place_in(str(row.get("country") or ""))
    if country is None:
        return listed_country, listed_city
    return country, city or (listed_city if listed_country == country else None)


def industry_of(tags: Iterable[str]) -> str | None:
    """Vote for one industry of our vocabulary; precise tags count more than broad sectors."""
    votes: Counter[str] = Counter()
    for tag in tags:
        lowered = tag.strip().lower()
        broad = RULES["broad_industries"].get(lowered)
        precise = next((industry for industry, words in PRECISE if words.search(lowered)), None)
        if broad:
            votes[broad] += 1
        elif precise:
            votes[precise] += 3
    order = {industry: at for at, (industry, _) in enumerate(PRECISE)}
    return min(votes, key=lambda industry: (-votes[industry], order[industry])) if votes else None


def directory_rows(stocks: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Build one row a registrable domain, the fullest record first."""
    suffixes = PublicSuffixList()
    rows: dict[str, dict[str, str]] = {}
    for stock in stocks:
        facts = stock.get("metadata") or {}
        name = re.sub(r"\s*\([^)]*\)", "", unicodedata.normalize("NFC", stock["name"])).strip()
        domains = domains_in(str(facts.get("website") or ""), suffixes)
        if not domains or (stock["name"], domains[0]) in NOT_THEIRS:
            continue
        country, city = where(stock, str(facts.get("headquarters") or ""))
        industry = RULES["industry_corrections"].get(domains[0]) or industry_of(stock.get("industries") or ())
        row = {
            "domain": domains[0],
            "aliases": ";".join(domains[1:]),
            "name": name,
            "employees": str(employees_in(facts.get("employees")) or ""),
            "industry": industry or "",
            "country": country or "",
            "city": city or "",
            "source": str(facts.get("wikipedia_url") or ""),
        }
        kept = rows.get(row["domain"])
        if kept is None or sum(map(bool, row.values())) > sum(map(bool, kept.values())):
            rows[row["domain"]] = row
    return without_stolen_aliases(rows)


def without_stolen_aliases(rows: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    """Drop aliases that are another company's main domain or named twice, and sort by domain."""
    mentioned = Counter(alias for row in rows.values() for alias in row["aliases"].split(";") if alias)
    for row in rows.values():
        theirs = (alias for alias in row["aliases"].split(";") if alias and alias not in rows)
        row["aliases"] = ";".join(alias for alias in theirs if mentioned[alias] == 1)
    return [rows[domain] for domain in sorted(rows)]


def main() -> int:
    """Write the directory and say how much it knows."""
    # Imported by name: the package is needed to make the file, never to read it.
    stocks = importlib.import_module("pytickersymbols").PyTickerSymbols().get_all_stocks()
    rows = directory_rows(sorted(stocks, key=lambda stock: (stock["name"], str(stock.get("symbol")))))
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    known = ", ".join(f"{sum(bool(row[column]) for row in rows)} {column}" for column in COLUMNS)
    print(f"{len(rows)} companies: {known}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
