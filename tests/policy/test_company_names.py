"""Company names meet when they name one company, and only then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.cleaning.companies import CompanyName, blocks, folded, telling


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
        ("J.P. Morgan", "jp morgan"),
        ("E.ON SE", "e on"),
        ("SAS AB", "sas"),
        ("Acme™, LLC", "acme"),
        ("Ziegler Ges.m.b.H.", "ziegler"),
        ("Backstube Huber e.U.", "backstube huber"),
        ("Nordlicht UG (haftungsbeschränkt) & Co. KG", "nordlicht"),
        ("Kiosk Weber e.K.", "kiosk weber"),
        ("Henkel AG & Co. KGaA", "henkel"),
        ("Beispiel Gesellschaft mit beschränkter Haftung", "beispiel"),
        ("Zürcher Käse Sàgl", "zurcher kase"),
        ("Lombard Odier & Cie", "lombard odier"),
        ("Café Été S.à r.l.", "cafe ete"),
        ("Dupont SASU", "dupont"),
        ("Construcciones Peña, S.L.U.", "construcciones pena"),
        ("Grupo Bimbo, S.A.B. de C.V.", "grupo bimbo"),
        ("Rossi e Figli S.r.l.s.", "rossi e figli"),
        ("Philips N.V.", "philips"),
        ("Jansen B.V.", "jansen"),
        ("Peeters BVBA", "peeters"),
        ("Łódzkie Zakłady Sp. z o. o.", "lodzkie zaklady"),
        ("Kowalski i Wspólnicy spółka z ograniczoną odpowiedzialnością", "kowalski i wspolnicy"),
        ("Żabka Polska sp. z o.o. sp.k.", "zabka polska"),
        ("Nowak sp.j.", "nowak"),
        ("PKN Orlen S.A.", "pkn orlen"),
        ("Şişecam Anonim Şirketi", "sisecam"),
        ("IŞIK Tekstil San. ve Tic. Ltd. Şti.", "isik tekstil"),
        ("ışık tekstil", "isik tekstil"),
        ("İstanbul Gıda Sanayi ve Ticaret A.Ş.", "istanbul gida"),
        ("Türkiye Garanti Bankası T.A.Ş.", "turkiye garanti bankasi"),
        ("Håndverk Ans AS", "handverk"),
        ("Ørsted A/S", "orsted"),
        ("Nokia Oyj", "nokia"),
        ("Ericsson AB (publ)", "ericsson"),
        ("Marel hf.", "marel"),
        ("Toyota Motor Co., Ltd.", "toyota motor"),
        ("Rakuten Kabushiki Kaisha", "rakuten"),
        ("トヨタ自動車株式会社", "トヨタ自動車"),
        ("ＳＯＮＹ　ＣＯＲＰ", "sony"),
        ("㈱ガード", "ガード"),
        ("Straße & Söhne GmbH & Co. KG", "strasse and sohne"),
        ("Acme sp.zo.o.", "acme"),
        ("Acme Sp. z o.o. S.K.A.", "acme"),
        ("Acme S.A. w likwidacji", "acme"),
        ("Acme P.S.A.", "acme"),
        ("PSA", "psa"),
        ("Rossi S.r.l. unipersonale", "rossi"),
        ("Weber GmbH u. Co. KG", "weber"),
        ("Yıldız İç ve Dış Ticaret Limited Şirketi", "yildiz"),
        ("Türk Hava Yolları A.O.", "turk hava yollari"),
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
        ("Müller GmbH", "Mueller GmbH", True),
        ("Müller GmbH", "Muller", True),
        ("Muller", "Mueller", False),
        ("Søren A/S", "Soeren AS", True),
        ("Weber GmbH", "Weber GmbH & Co. KG", True),
        ("Weber KG", "Weber AG", False),
        ("Ülker A.Ş.", "ULKER San. ve Tic. A.S.", True),
        ("Anadolu Ltd. Şti.", "Anadolu A.Ş.", False),
        ("Nowak sp. z o.o.", "Nowak S.A.", False),
        ("Kowalski Sp. z o.o.", "Kowalski spółka z o.o.", True),
        ("Sony K.K.", "Sony Corporation", True),
        ("日本電気株式会社", "日本電気", True),
        ("Müller und Söhne", "Müller & Söhne", True),
        ("Ford Motor Company", "Ford Motor Credit Company", False),
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
    assert stem == telling(stem).stem


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Müller & Söhne GmbH", {"mul", "mue", "soh", "soe"}),
        ("E.ON SE", {"e", "on"}),
        ("Inc.", set()),
        ("Şişecam A.Ş.", {"sis"}),
    ],
)
def test_blocks(name: str, expected: set[str]) -> None:
    """An index of names is read by the beginnings of telling words; legal forms begin nothing."""
    assert expected == blocks(name)


@given(st.text(max_size=60), st.text(max_size=60))
def test_names_that_may_be_one_share_a_block(one: str, other: str) -> None:
    """An index by blocks loses no name that is spelt alike, and kinship has no direction."""
    first, second = telling(one), telling(other)
    assert first.may_be(second) is second.may_be(first)
    assert bool(first.stem) is first.may_be(first)
    assert not first.may_be(second) or first.blocks & second.blocks or {"and"} == set(first.stem.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("İSTANBUL", "istanbul"), ("Diyarbakır", "diyarbakir"), ("Łódź", "lodz"), ("Straße", "strasse"),
     ("Çağlayan", "caglayan"), ("ÉCOLE", "ecole"), ("Ｔｏｋｙｏ", "tokyo"), ("ガ", "ガ")],
)  # fmt: skip
def test_folding(text: str, expected: str) -> None:
    """Letters lose their marks, not their sense; folding twice is folding once."""
    assert expected == folded(text) == folded(folded(text))
