"""Company names brought to one form, so that "The SAP S.E." and "SAP" meet; nothing fuzzy happens here.

A name falls into its telling words and its legal forms. Letters are folded (İ, ı, ş, ł, é, full width), and a
letter that is spelt in two ways keeps both spellings: "Müller" meets "Muller" and "Mueller", which do not meet
each other.
"""

import re
import unicodedata
from typing import NamedTuple

from policy.cleaning.legal_forms import ALSO_NAMES, FORMS, LONGEST_FORM, WRITTEN_WITHIN

_SIGNS = str.maketrans(dict.fromkeys("™®©℠℗", " "))
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "ı": "i", "đ": "d", "ð": "d", "þ": "th"})
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
# The marks of kana make other letters of them (か, が); all other marks may be left out.
_KEPT_MARKS = "\u3099\u309a"
_JOINED = (
    (re.compile(r"\bs\s*\.?\s*a\s*\.?\s*r\s*\.?\s*l\b\.?"), " sarl "),
    (re.compile(r"\be\s*\.\s*u\b\."), " einzelunternehmen "),
    (re.compile(r"\b[aikp]/s\b"), " as "),
)
_INITIALS = re.compile(r"\b[a-z](?:\.\s*[a-z])+\b\.?")
_AND = frozenset({"and", "und", "et", "og", "och", "ve", "y"})
_TRAILERS = frozenset({"group", "holding", "holdings", "gruppe", "groupe", "gruppo", "grupo", "grupa"})


class CompanyName(NamedTuple):
    """A name in parts: its telling words, its families of legal form, and other spellings of the words."""

    stem: str
    forms: frozenset[str]
    also: frozenset[str] = frozenset()

    @property
    def spellings(self) -> frozenset[str]:
        """Every way the telling words are spelt ("muller" and "mueller"); none when nothing is telling."""
        return self.also | {self.stem} if self.stem else frozenset()

    def may_be(self, other: "CompanyName") -> bool:
        """Tell whether both can name one company: equal words, and no contradicting legal form.

        "Merck KGaA" is not "Merck & Co.": two companies, told apart by nothing else (R46).
        """
        return bool(self.spellings & other.spellings) and self.agrees(other)

    def agrees(self, other: "CompanyName") -> bool:
        """Tell whether the legal forms do not contradict: either side gave none, or they share a family."""
        return not self.forms or not other.forms or bool(self.forms & other.forms)

    @property
    def root(self) -> str:
        """The words without a trailing "group" or "holding": what people shorten a name to."""
        words = self.stem.split()
        while len(words) > 1 and words[-1] in _TRAILERS:
            words.pop()
        return " ".join(words)

    @property
    def blocks(self) -> frozenset[str]:
        """The first three letters of each telling word, in every spelling: names that share none are not compared."""
        return frozenset(word[:3] for stem in self.spellings for word in stem.split() if word != "and")


def telling(name: str) -> CompanyName:
    """Reduce a company name to its telling words and legal forms; case, accents and punctuation go.

    The stem is empty when nothing telling is left ("Inc.", "株式会社"); such a name matches nobody.
    """
    small = unicodedata.normalize("NFC", unicodedata.normalize("NFKD", name.translate(_SIGNS)).casefold())
    forms: set[str] = set()
    for written, family in WRITTEN_WITHIN.items():
        if written in small:
            small = small.replace(written, " ")
            forms.add(family)
    words, found = _told(small)
    also, _ = _told(small.translate(_SPELT_OUT))
    stem = " ".join(words)
    return CompanyName(stem, frozenset(forms | found), frozenset({" ".join(also)} - {stem, ""}))


def blocks(name: str) -> frozenset[str]:
    """Give the first three letters of each telling word of a company name: what an index of names is read by."""
    return telling(name).blocks


def folded(text: str) -> str:
    """Fold a text to small letters without marks: "İstanbul" and "ISTANBUL" are "istanbul", "Łódź" is "lodz"."""
    text = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    bare = (
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if letter in _KEPT_MARKS or not unicodedata.combining(letter)
    )
    return unicodedata.normalize("NFC", "".join(bare))


def _told(small: str) -> tuple[list[str], set[str]]:
    text = folded(small)
    for pattern, plain in _JOINED:
        text = pattern.sub(plain, text)
    text = _INITIALS.sub(lambda found: f" {re.sub(r'[^a-z]', '', found[0])} ", text)
    words = re.sub(r"[\W_]+", " ", re.sub(r"['’`´]", "", text.replace("&", " and ").replace("+", " and "))).split()
    inner = range(1, len(words) - 1)
    words = ["and" if at in inner and word in _AND else word for at, word in enumerate(words)]
    while len(words) > 1 and words[0] == "the":
        words.pop(0)
    forms: set[str] = set()
    while words:
        length = _form_at_the_end(words)
        if not length:
            break
        forms.update(FORMS.get(tuple(words[-length:]), ()))
        del words[-length:]
    return words, forms


def _form_at_the_end(words: list[str]) -> int:
    """Count the words at the end that are a legal form; the longest form wins, a lone name like "SAS" is none."""
    if len(words) == 1 and words[0] in ALSO_NAMES:
        return 0
    for length in range(min(LONGEST_FORM, len(words)), 0, -1):
        if tuple(words[-length:]) in FORMS:
            return length
    return 1 if words[-1] == "and" else 0
