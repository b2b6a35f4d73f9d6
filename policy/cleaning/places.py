"""Countries, time zones and languages in one spelling each, however people write them (R42).

This room refuses to guess: a name it does not know is None.
"""

import re
import warnings
from datetime import datetime
from functools import cache, lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from phonenumbers import SUPPORTED_REGIONS

from policy.cleaning.companies import folded
from policy.cleaning.zones import COUNTRY_OF, ZONE_OF, ZONES_OF

# Codes of ISO 639-1; those of ISO 639-2 and names below lead to them.
_CODES = """
    aa ab af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cs cu cv cy da de dv dz ee el en eo es et eu
    fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk
    kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv
    ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th
    ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_KNOWN_CODES = frozenset(_CODES.split())
_LANGUAGE_NAMES = """
    en=eng,english,englisch,anglais,ingles,inglese,engels,angielski,ingilizce
    de=ger,deu,german,deutsch,allemand,aleman,tedesco,duits,niemiecki,almanca
    fr=fre,fra,french,francais,franzosisch,franzoesisch,frances,francese,frans,francuski,fransizca
    es=spa,spanish,espanol,spanisch,espagnol,castellano,spagnolo,spaans,hiszpanski,ispanyolca
    it=ita,italian,italiano,italienisch,italien,italiaans,wloski,italyanca
    nl=dut,nld,dutch,nederlands,niederlandisch,hollandisch,neerlandais,olandese,holenderski,felemenkce
    pl=pol,polish,polski,polnisch,polonais,polaco,polacco,pools,lehce
    tr=tur,turkish,turkce,turkisch,turc,turco,turks,turecki
    pt=por,portuguese,portugues sv=swe,swedish,svenska da=dan,danish,dansk no=nor,norwegian,norsk fi=fin,finnish,suomi
    cs=cze,ces,czech,cestina ru=rus,russian,русскии uk=ukr,ukrainian ja=jpn,japanese,日本語
    zh=chi,zho,chinese,mandarin,中文 ko=kor,korean,한국어 ar=ara,arabic he=heb,hebrew el=gre,ell,greek hu=hun,hungarian
    ro=rum,ron,romanian hi=hin,hindi id=ind,indonesian th=tha,thai vi=vie,vietnamese
"""
_LANGUAGES = {
    name: code for code, names in (line.split("=") for line in _LANGUAGE_NAMES.split()) for name in names.split(",")
}
# What the table of names does not have, folded: how Turkish, Spanish, German and Dutch write some.
_COUNTRIES = {
    "amerika birlesik devletleri": "US", "ee uu": "US", "eeuu": "US", "ee.uu.": "US", "vs": "US", "ingiltere": "GB",
    "engeland": "GB", "inglaterra": "GB", "inghilterra": "GB", "angleterre": "GB", "anglia": "GB", "schottland": "GB",
    "emirates": "AE", "cesko": "CZ", "oesterreich": "AT", "ger": "DE", "brd": "DE", "el": "GR",
}  # fmt: skip
_LOCALE = re.compile(r"[a-z]{2}[-_]([A-Z]{2})")
_CODE_BEHIND = re.compile(r"([^()]*[^()\s])\s*\(([A-Za-z]{2,3})\)")
# Sold as words and abbreviations: nothing follows from them.
_SOLD_AS_WORDS = """
    AC AD AG AI AM AS BZ CC CD CO CX DJ EU FM FO GD GG GL GS IM IO IS JE LA LI LY ME MN MS MU NU PN PW RE SC SH SO SR
    ST SU SX TC TK TL TM TO TV VC VG VU WS
"""
_EVERYBODYS = frozenset(_SOLD_AS_WORDS.split())
_LANGUAGE_TAG = re.compile(r"([a-z]{2,3})([-_][a-z0-9]{2,8})*(\.utf-?8)?")


class _Gazetteer(Protocol):
    def __call__(self, country_name: str) -> str | None: ...


@cache
def _gazetteer() -> _Gazetteer:
    """Load the table of country names; it is large, and says at its first use that it would like a C++ library."""
    import countrynames  # noqa: PLC0415 - only who reads a country's name pays for the table
    from normality.transliteration import ICUWarning  # noqa: PLC0415

    # The function itself: its own cache would keep what strangers type for ever.
    look_up: _Gazetteer = countrynames.to_code.__wrapped__
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ICUWarning)
        look_up("nowhere in particular")
    return look_up


@lru_cache(maxsize=4096)
def read_country(text: str) -> str | None:
    """Give the ISO 3166 alpha-2 code of a country's code or name in any of many languages; None if unknown."""
    text = text.strip()
    if (known := _COUNTRIES.get(folded(text))) is not None:
        return known
    if found := _LOCALE.fullmatch(text) or _CODE_BEHIND.fullmatch(text):
        text = found[1]
    for spelling in (text, text.replace(".", "").strip()):
        if not any(letter.isalpha() for letter in spelling):
            continue  # the table takes a dash for Zimbabwe
        code = (_gazetteer()(spelling) or "").partition("-")[0]
        if code in SUPPORTED_REGIONS or code in ZONE_OF:
            return code
    return None


def zone_of(country: str) -> str | None:
    """Give the time zone of a country that has one, or whose people live in one."""
    return ZONE_OF.get(country)


def country_of_zone(zone: str) -> str | None:
    """Give the country that a time zone is named for; None where that is nobody's (`UTC`) or not known."""
    return COUNTRY_OF.get(zone)


def has_time_of(country: str, zone: str, at: datetime) -> bool:
    """Say whether clocks somewhere in a country show a zone's time at an instant; of an unknown country they may.

    Half of Europe sends "Europe/Berlin": the name of another country's zone alone contradicts nothing.
    """
    there = ZONES_OF.get(country, ())
    return not there or at.astimezone(ZoneInfo(zone)).utcoffset() in {
        at.astimezone(ZoneInfo(one)).utcoffset() for one in there
    }


def country_of_domain(domain: str) -> str | None:
    """Give the country whose code a domain ends in; None for other endings, and for codes used everywhere (`.io`)."""
    ending = domain.rpartition(".")[2].upper()
    if len(ending) != 2 or ending in _EVERYBODYS:
        return None
    ending = "GB" if ending == "UK" else ending
    return ending if ending in SUPPORTED_REGIONS or ending in ZONE_OF else None


# Means another zone on each machine, or is there on some machines only.
_NO_ZONES = ("localtime", "posix", "right/", "factory")


@lru_cache(maxsize=1024)
def read_zone(text: str) -> str | None:
    """Give an IANA zone in its own spelling; None when there is none of that name."""
    wanted = text.strip().replace(" ", "_")
    for name in (wanted, "/".join(part.title() for part in wanted.split("/")).replace("_Of_", "_of_")):
        if not name or name.lower().startswith(_NO_ZONES):
            continue
        try:
            return ZoneInfo(name).key
        except (KeyError, ValueError, OSError):
            continue
    return None


def read_language(text: str) -> str | None:
    """Give a language's code (ISO 639-1) of a tag, name or browser's list (`de-AT`, `de,en;q=0.8`); or None."""
    word = folded(re.split(r"[,;(]", text)[0]).strip()
    tag = _LANGUAGE_TAG.fullmatch(word)
    code = tag[1] if tag else word
    return code if code in _KNOWN_CODES else _LANGUAGES.get(code)
