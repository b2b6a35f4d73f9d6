"""Company names brought to one form, so that "The SAP S.E." and "SAP" meet; nothing fuzzy happens here."""

import re
import unicodedata
from typing import NamedTuple

# English, German, French, Dutch, Nordic, Iberian and Italian, Japanese, Polish, Turkish.
_LEGAL_FORMS = frozenset(
    re.findall(
        r"\w+",
        """
        inc incorporated corp corporation co company companies ltd limited llc llp lp plc pbc ag
        aktiengesellschaft gmbh kg kgaa ohg mbh se sa sas sarl sca scs nv bv cv vof ab aktiebolag asa as
        aps oy oyj abp publ spa srl sl slu sau sab kk gk pty pte spzoo sti tas
        """,
    )
)
# Forms that companies change between, or abbreviate, count as one.
_FAMILIES = {
    **dict.fromkeys(("inc", "incorporated", "corp", "corporation", "co", "company", "companies"), "inc"),
    **dict.fromkeys(("ltd", "limited", "plc", "pty", "pte"), "ltd"),
    **dict.fromkeys(("ag", "aktiengesellschaft", "se"), "ag"),
    **dict.fromkeys(("ab", "aktiebolag", "publ"), "ab"),
    **dict.fromkeys(("oy", "oyj", "abp"), "oyj"),
    **dict.fromkeys(("asa", "as", "aps"), "as"),
    **dict.fromkeys(("sa", "sas", "sca", "scs"), "sa"),
    **dict.fromkeys(("nv", "bv", "cv"), "nv"),
}
_JOINED = (
    (r"\bs\s*\.?\s*a\s*\.?\s*r\s*\.?\s*l\b\.?", " sarl "),
    (r"\bs\s*\.\s*p\s*\.\s*a\b\.?", " spa "),
    (r"\bsp\s*\.?\s*z\s*\.?\s*o\s*\.?\s*o\b\.?", " spzoo "),
    (r"\b([a-z])\.\s*([a-z])\.(?=\s|,|$)", r" \1\2 "),
    (r"\ba/s\b", " as "),
)
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "ı": "i", "đ": "d"})


class CompanyName(NamedTuple):
    """A name in two parts: its telling words, and the families of legal form it was given with."""

    stem: str
    forms: frozenset[str]

    def may_be(self, other: "CompanyName") -> bool:
        """Tell whether both can name one company: equal words, and no contradicting legal form.

        "Merck KGaA" is not "Merck & Co.": two companies, told apart by nothing else (R46).
        """
        return (
            bool(self.stem)
            and self.stem == other.stem
            and (not self.forms or not other.forms or bool(self.forms & other.forms))
        )

    @property
    def root(self) -> str:
        """The words without a trailing "group" or "holding": what people shorten a name to."""
        words = self.stem.split()
        while len(words) > 1 and words[-1] in {"group", "holding", "holdings"}:
            words.pop()
        return " ".join(words)


def telling(name: str) -> CompanyName:
    """Reduce a company name to its telling words and legal forms; case, accents and punctuation go.

    The stem is empty when nothing telling is left ("Inc.", "株式会社"); such a name matches nobody.
    """
    text = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    for pattern, plain in _JOINED:
        text = re.sub(pattern, plain, text)
    words = re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’`]", "", text.replace("&", " and "))).split()
    if words[:1] == ["the"] and len(words) > 1:
        words = words[1:]
    forms = set()
    while words and (words[-1] in _LEGAL_FORMS or words[-1] == "and"):
        word = words.pop()
        if word != "and":
            forms.add(_FAMILIES.get(word, word))
    return CompanyName(" ".join(words), frozenset(forms))
