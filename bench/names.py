"""Real company names as leads write them: other forms, cases, letters, slips; the same every time.

What is made of a name is chosen by a generator with a fixed seed. This room refuses to judge whose name it is.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from models.market import Account

DATA = Path(__file__).parent / "data"
DIRECTORY = Path(__file__).parents[1] / "adapters" / "enrichers" / "data" / "companies.csv"

_FORMS = {
    "inc": ("Incorporated", "Inc", "Inc.", ""),
    "corp": ("Corporation", "Corp.", "Corp", ""),
    "corporation": ("Corp.", ""),
    "co": ("Company", "Co.", ""),
    "ltd": ("Limited", "Ltd.", ""),
    "plc": ("PLC", "P.L.C.", ""),
    "nv": ("N.V.", "NV", ""),
    "sa": ("S.A.", ""),
}
_WHERE = re.compile(r"\s*[/\\][A-Za-z ]{2,6}[/\\]?$")


class Company(NamedTuple):
    """One real company: its number at the SEC, and its name there."""

    cik: str
    name: str


class Written(NamedTuple):
    """One company as a lead writes it."""

    company: Company
    text: str


@cache
def companies() -> tuple[Company, ...]:
    """Read every company of the SEC's list, without the state that it is of (`/DE/`)."""
    with (DATA / "sec_company_names.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Company(row["cik"], _WHERE.sub("", row["name"])) for row in csv.DictReader(file))


@cache
def directory() -> tuple[Account, ...]:
    """Read the built-in directory's companies as accounts, by domain."""
    with DIRECTORY.open(encoding="utf-8", newline="") as file:
        return tuple(
            Account(id=row["domain"], name=row["name"], country=row["country"] or None) for row in csv.DictReader(file)
        )


@cache
def known_pairs() -> Mapping[str, str]:
    """Read which companies of the SEC's list are which of the directory, by stock symbol: domains by number."""
    return {cik: domain for cik, domain, by in _pairs() if by == "symbol"}


@cache
def untold() -> frozenset[str]:
    """Read which companies of the SEC's list are in the directory by their names alone, as a person read them.

    They say nothing of how many are recognised, for they were found by their names.
    """
    return frozenset(cik for cik, _, by in _pairs() if by == "read")


def _pairs() -> tuple[tuple[str, str, str], ...]:
    with (DATA / "sec_companies_in_directory.csv").open(encoding="utf-8", newline="") as file:
        return tuple((row["cik"], row["domain"], row["by"]) for row in csv.DictReader(file))


def shuffled(seed: int) -> list[Company]:
    """Give every company in an order that looks like none and is always the same."""
    found = list(companies())
    Random(seed).shuffle(found)
    return found


def messy(found: Sequence[Company], seed: int) -> list[Written]:
    """Write each company as somebody might: one mishap each, for some of them other forms and cases besides."""
    random = Random(seed)
    mishaps = _mishaps(random)
    written = []
    for company in found:
        text = random.choice(mishaps)(company.name)
        if random.random() < 0.4:
            text = _case(_form(text, random), random)
        written.append(Written(company, text))
    return written


def _mishaps(random: Random) -> tuple[Callable[[str], str], ...]:
    return (
        lambda name: _form(name, random),
        lambda name: _case(name, random),
        lambda name: name.replace("&", "and") if "&" in name else name.replace(" and ", " & "),
        lambda name: _slip(name, random),
        lambda name: re.sub(r"[.,']", "", name.replace("-", " ")),
        lambda name: f"The {name}",
        _glued,
        lambda name: name.replace("e", "é", 1).replace("o", "ö", 1),
        lambda name: "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in name),
        lambda name: _form(re.sub(r"(?i)\b(holdings?|group)\b", "", name), random),
        _short,
        lambda name: re.sub(r"(?i)international", "Intl", re.sub(r"(?i)technologies", "Tech", name)),
    )


def _form(name: str, random: Random) -> str:
    """Write another legal form, or none."""
    words = name.split()
    forms = _FORMS.get(re.sub(r"[.,/]", "", words[-1]).lower()) if len(words) > 1 else None
    if forms is None:
        return " ".join(words)
    return " ".join([*(word.rstrip(",") for word in words[:-1]), random.choice(forms)]).strip()


def _case(name: str, random: Random) -> str:
    return random.choice((str.upper, str.lower, str.title))(name)


def _slip(name: str, random: Random) -> str:
    """Drop, double, swap or mistake one letter in a long word."""
    words = name.split()
    long = [place for place, word in enumerate(words) if len(word) >= 6 and word.isalpha()]
    if not long:
        return name
    place = random.choice(long)
    word = words[place]
    at = random.randrange(1, len(word) - 1)
    words[place] = random.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + random.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :],
        )
    )
    return " ".join(words)


def _glued(name: str) -> str:
    words = name.split()
    return " ".join([words[0] + words[1], *words[2:]]) if len(words) > 2 else name


def _short(name: str) -> str:
    """Leave the first word alone, where no other company's name begins with it."""
    word = name.split(maxsplit=1)[0]
    return word if _beginnings()[_letters(word)] == 1 else name


@cache
def _beginnings() -> Counter[str]:
    return Counter(_letters(company.name.split()[0]) for company in companies())


def _letters(word: str) -> str:
    return word.lower().strip(",.")
