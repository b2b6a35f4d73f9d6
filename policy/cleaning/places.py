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

from policy.cleaning.zones import COUNTRY_OF, ZONE_OF, ZONES_OF

_LANGUAGES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr", "francais": "fr",
    "spanish": "es", "español": "es", "espanol": "es", "italian": "it", "italiano": "it", "portuguese": "pt",
    "português": "pt", "dutch": "nl", "nederlands": "nl", "polish": "pl", "polski": "pl", "turkish": "tr",
    "türkçe": "tr", "turkce": "tr", "swedish": "sv", "svenska": "sv", "danish": "da", "dansk": "da",
    "norwegian": "no", "norsk": "no", "finnish": "fi", "suomi": "fi", "czech": "cs", "čeština": "cs",
    "russian": "ru", "ukrainian": "uk", "japanese": "ja", "日本語": "ja", "chinese": "zh", "mandarin": "zh",
    "中文": "zh", "korean": "ko", "한국어": "ko", "arabic": "ar", "hebrew": "he", "greek": "el", "hungarian": "hu",
    "romanian": "ro", "hindi": "hi", "indonesian": "id", "thai": "th", "vietnamese": "vi",
}  # fmt: skip
# Sold as words and abbreviations: nothing follows from them.
_SOLD_AS_WORDS = """
    AC AD AG AI AM AS BZ CC CD CO CX DJ EU FM FO GD GG GL GS IM IO IS JE LA LI LY ME MN MS MU NU PN PW RE SC SH SO SR
    ST SU SX TC TK TL TM TO TV VC VG VU WS
"""
_EVERYBODYS = frozenset(_SOLD_AS_WORDS.split())
_LANGUAGE_TAG = re.compile(r"([a-z]{2,3})([-_][a-z0-9]{2,8})*")


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
    for spelling in (text.strip(), text.replace(".", "").strip()):
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


@lru_cache(maxsize=1024)
def read_zone(text: str) -> str | None:
    """Give an IANA zone in its own spelling; None when there is none of that name."""
    wanted = text.strip().replace(" ", "_")
    for name in (wanted, "/".join(part.title() for part in wanted.split("/")).replace("_Of_", "_of_")):
        if name.lower() == "localtime" or not name:  # means another zone on each machine
            continue
        try:
            return ZoneInfo(name).key
        except (KeyError, ValueError, OSError):
            continue
    return None


def read_language(text: str) -> str | None:
    """Give a language's code in lower case without its region (`de-AT` is `de`); None if unknown."""
    word = text.strip().lower()
    if word in _LANGUAGES:
        return _LANGUAGES[word]
    tag = _LANGUAGE_TAG.fullmatch(word)
    return tag[1] if tag else None
