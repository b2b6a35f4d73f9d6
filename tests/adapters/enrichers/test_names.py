"""Company names meet when they name one company, and only then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.enrichers.names import CompanyName, telling


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("The SAP S.E.", "sap"),
        ("Siemens Aktiengesellschaft", "siemens"),
        ("L'Oréal S.A.", "loreal"),
        ("Novo Nordisk A/S", "novo nordisk"),
        ("Intesa Sanpaolo S.p.A.", "intesa sanpaolo"),
        ("Allegro Sp. z o.o.", "allegro"),
        ("Arçelik A.Ş.", "arcelik"),
        ("Merck & Co., Inc.", "merck"),
        ("AT&T", "at and t"),
        ("D. R. Horton", "dr horton"),
        ("Straße & Söhne GmbH & Co. KG", "strasse and sohne"),
        ("The", "the"),
        ("Inc.", ""),
        ("株式会社", ""),
        ("", ""),
    ],
)
def test_stem(name: str, stem: str) -> None:
    """Case, accents, punctuation, articles and legal forms are not what a company is called."""
    assert stem == telling(name).stem


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("SAP", "SAP SE", True),
        ("SAP AG", "SAP SE", True),
        ("Apple Inc.", "Apple Corporation", True),
        ("Tesco plc", "Tesco Limited", True),
        ("Merck KGaA", "Merck & Co., Inc.", False),
        ("EQT AB", "EQT Corporation", False),
        ("Delta Air Lines", "Delta", False),
        ("GmbH", "AG", False),
    ],
)
def test_may_be(one: str, other: str, same: bool) -> None:
    """Equal words with contradicting legal forms are two companies (R46)."""
    assert same == telling(one).may_be(telling(other))
    assert same == telling(other).may_be(telling(one))


def test_root() -> None:
    """People leave "Group" and "Holdings" out, so such names share a root."""
    assert "zurich insurance" == CompanyName("zurich insurance group holdings", frozenset()).root
    assert "group" == CompanyName("group", frozenset()).root


@given(st.text(max_size=120))
def test_a_stem_is_its_own_stem(name: str) -> None:
    """Reducing twice gives what reducing once gave, so a stored stem can be compared with a fresh one."""
    stem = telling(name).stem
    assert telling(stem).stem in {stem, stem.removeprefix("the ")}
