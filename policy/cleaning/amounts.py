"""Head counts, sums of money, currencies and yes or no, however people write them (R42).

This room refuses to guess: what can be read in two ways that matter is None.
"""

import re
import unicodedata

from policy.cleaning.companies import folded
from policy.cleaning.currencies import CODES, SIGNS

MOST_EMPLOYEES = 10_000_000
"""No company has more."""

LARGEST_AMOUNT = 1e12
"""No deal is worth more."""

_LONGEST = 60
_NUMBER = r"\d{1,15}(?:[.,' ]\d{1,15})*"
_TIMES = {"": 1, "k": 1_000, "tsd": 1_000, "thousand": 1_000, "bin": 1_000, "tys": 1_000, "m": 1_000_000,
          "mio": 1_000_000, "mn": 1_000_000, "mln": 1_000_000, "million": 1_000_000, "milyon": 1_000_000}  # fmt: skip
_COUNT = re.compile(rf"({_NUMBER}) ?({'|'.join(_TIMES)})")
_FROM_TO = re.compile(
    rf"({_NUMBER} ?(?:{'|'.join(_TIMES)})) ?(?:-|to|bis|do|ile|ila|a|tot|t/m) ?({_NUMBER} ?(?:{'|'.join(_TIMES)}))"
)
_PEOPLE = re.compile(
    r"\b(employees?|people|staff|persons?|headcount|ftes?|mitarbeiter(innen)?|mitarbeitende|ma|calisan|kisi|pracownikow|osob"
    r"|empleados|personas|salaries|collaborateurs|dipendenti|addetti|medewerkers|werknemers)\b"
)
# "M (50-249)", "50-100 (SMB)": a class of sizes beside the count.
_BRACKETS = re.compile(r"^[^\W\d]+ ?\((?P<count>[^()]*)\)$|^(?P<also>[^()]*\d[^()]*)\([^()\d]*\)$")
_AT_LEAST = re.compile(r"^(more than|over|above|uber|mehr als|ab(?= ?\d)|>=?|≥)|(and more|or more|\+)$")
_AT_MOST = re.compile(r"^(fewer than|less than|under|below|up to|unter|bis|<=?|≤)")
_ABOUT = re.compile(r"^(about|around|approximately|approx\.?|ca\.?|circa|~|≈)")
_SHARED = {
    "$": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD", "CLP", "COP", "ARS"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "us": frozenset({"USD"}),
}
_CODE = re.compile(r"[a-z]{3}")
_YES = frozenset({"true", "yes", "y", "1", "on", "ja", "j", "evet", "tak", "oui", "si", "x"})
_NO = frozenset({"false", "no", "n", "0", "off", "nein", "hayir", "nie", "non", "nee"})


def read_headcount(text: str) -> tuple[int, bool] | None:
    """Give how many people a text says, and whether it says so exactly; of a range, its middle. None for no count."""
    words = _plain(text)
    if words is None:
        return None
    words = _BRACKETS.sub(lambda found: found["count"] or found["also"], _PEOPLE.sub("", words).strip()).strip()
    words = re.sub(r"^(from|von|od|de|da|van|entre) (?=\d)", "", words)
    bare = _ABOUT.sub("", _AT_MOST.sub("", _AT_LEAST.sub("", words))).strip()
    if found := _FROM_TO.fullmatch(bare):
        least, most = (_count(end) for end in found.groups())
        return None if least is None or most is None or least > most else ((least + most) // 2, False)
    count = _count(bare)
    if count is None:
        return None
    return (max(count // 2, 1), False) if _AT_MOST.match(words) else (count, bare == words)


def read_amount(text: str) -> tuple[float, str | None] | None:
    """Give a sum and the currency written with it ("€ 12.000", "5k USD"); None for none, or for a negative one."""
    words = _plain(text)
    if words is None:
        return None
    words = re.sub(r"[.,]-(?= |$)", "", words)
    found = re.fullmatch(rf"(?P<before>[^\d-]*?) ?(?P<number>{_NUMBER}) ?(?P<after>[^\d-]*)", words)
    if found is None:
        return None
    after, times = found["after"].strip(), 1
    if (first := re.match(r"[a-z]+\.?", after)) and (word := first[0].rstrip(".")) in _TIMES:
        after, times = after[first.end() :].strip(), _TIMES[word]
    number = _number(found["number"])
    written = [side for side in (found["before"].strip(), after) if side]
    if len(written) > 1:
        written = _one_of(*written)
    if number is None or len(written) > 1 or not 0 <= number * times <= LARGEST_AMOUNT:
        return None
    currency = read_currency(written[0]) if written else None
    return None if written and currency is None else (number * times, currency)


def read_currency(text: str) -> str | None:
    """Give the ISO 4217 code of a currency's code, sign or name ("€", "eur", "US$", "zł", "TL"); None if unknown.

    "$" alone is the dollar of the United States, "kr" says too little.
    """
    if len(text) > _LONGEST:
        return None
    text = unicodedata.normalize("NFKC", text).strip()
    if (code := SIGNS.get(text) or SIGNS.get(text.upper())) is not None:
        return code
    word = folded(text).strip(" .")
    if found := re.fullmatch(r"([^()]+?) ?\(([^()]+)\)", word):
        one, other = read_currency(found[1]), read_currency(found[2])
        return one if one == other or other is None else other if one is None else None
    if word in SIGNS:
        return SIGNS[word]
    return word.upper() if _CODE.fullmatch(word) and word.upper() in CODES else None


def of_one_currency(sign: str, code: str) -> bool:
    """Say whether a sign may stand for a currency: "$" is many countries' dollar or peso, "kr" many crowns."""
    return code in _SHARED.get(sign, ()) or read_currency(sign) == code


def _one_of(one: str, other: str) -> list[str]:
    """Give what is written on both sides of a sum as one, where both can mean it ("$5k CAD"); else both."""
    for sign, code in ((one, read_currency(other)), (other, read_currency(one))):
        if code is not None and of_one_currency(sign, code):
            return [code]
    return [one, other]


def read_yes_no(text: str) -> bool | None:
    """Give what a form's yes or no says; None for anything else."""
    word = folded(text).strip()
    return True if word in _YES else False if word in _NO else None


def _plain(text: str) -> str | None:
    """Give a text in small letters with single spaces and one kind of dash; None for one that is no number's."""
    if len(text) > _LONGEST:
        return None
    text = unicodedata.normalize("NFKC", text).lower().translate(dict.fromkeys(map(ord, "‐‑‒–—−"), "-"))
    return " ".join(folded(text).replace("’", "'").split()) or None


def _count(text: str) -> int | None:
    found = _COUNT.fullmatch(text.strip())
    number = _number(found[1]) if found else None
    if found is None or number is None:
        return None
    count = number * _TIMES[found[2]]
    return int(count) if count.is_integer() and count <= MOST_EMPLOYEES else None


def _number(text: str) -> float | None:
    """Read digits with separators: three digits behind one are thousands, the last of two kinds is the decimal's."""
    if not text.isascii():
        return None
    separators = re.sub(r"\d", "", text)
    kinds = list(dict.fromkeys(separators))
    if not kinds:
        return float(text)
    last = kinds[-1]
    whole, _, rest = text.rpartition(last)
    decimal = last in ".," and separators.count(last) == 1 and (len(kinds) == 2 or len(rest) != 3)
    groups = re.split(r"[.,' ]", whole if decimal else text)
    if len(kinds) > 2 or (len(kinds) == 2 and not decimal) or (len(groups[0]) > 3 and len(groups) > 1):
        return None
    if any(len(group) != 3 for group in groups[1:]):
        return None
    return float("".join(groups) + (f".{rest}" if decimal else ""))
