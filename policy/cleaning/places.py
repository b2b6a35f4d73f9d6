"""Countries, time zones and languages in one spelling each, however people write them (R42).

This room refuses to guess: a name it does not know is None.
"""

import re
import warnings
from functools import cache, lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from phonenumbers import SUPPORTED_REGIONS

from policy.cleaning.zones import ZONE_OF

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
