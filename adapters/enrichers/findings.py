"""The words between a provider and whoever asks it: a question, facts with their origin, and three outcomes.

Nothing here talks to anybody. Values are checked at this border, so that a provider's nonsense (a head
count of "lots", a country called "Freedonia") never becomes a fact about a lead.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Literal, Self

from phonenumbers import SUPPORTED_REGIONS
from pydantic import BeforeValidator, Field, model_validator

from models.base import Inside, Instant
from models.provider import EnrichedField
from policy.cleaning.places import read_country

__all__ = ["EnrichedField", "Failed", "Finding", "Findings", "Found", "NothingKnown", "Query", "host_in", "read_value"]

_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
MAX_TEXT = 200
MAX_TECH = 100
MAX_EMPLOYEES = 10_000_000

Value = str | int | tuple[str, ...]


def host_in(text: object) -> str | None:
    """Read the host name of a domain, address or URL: lower-case ASCII, no `www.`; None when there is
    none.
    """
    if not isinstance(text, str):
        return None
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().lower())
    host = re.split(r"[/?#]", host)[0].rpartition("@")[2]
    host = re.sub(r":\d+$", "", host).rstrip(".").removeprefix("www.")
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return host if _HOST.fullmatch(host) else None


def _name_or_nothing(text: object) -> object:
    return (text.strip()[:MAX_TEXT] or None) if isinstance(text, str) else text


class Query(Inside):
    """Who is asked about: the company's domain, its name, and the domain of the prospect's address.

    Domains may come as people type them ("https://www.SAP.com/de"); what holds no host name becomes None.
    """

    domain: Annotated[str | None, BeforeValidator(host_in)] = None
    company_name: Annotated[str | None, BeforeValidator(_name_or_nothing)] = None
    email_domain: Annotated[str | None, BeforeValidator(host_in)] = None

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains to look under, the stated one first."""
        return tuple(dict.fromkeys(domain for domain in (self.domain, self.email_domain) if domain))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to ask with."""
        return not (self.domain or self.company_name or self.email_domain)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "\x00" in value:
        raise ValueError("expected a text")
    if len(value.strip()) > MAX_TEXT:
        raise ValueError(f"is longer than {MAX_TEXT} characters")
    return value.strip()


def _headcount(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,8}\s*", value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("expected a whole number")
    if not 0 <= value <= MAX_EMPLOYEES:
        raise ValueError(f"is not between 0 and {MAX_EMPLOYEES}")
    return value


def _country(value: object) -> str:
    text = _text(value)
    # A code is its own reading; names need the large table of names, which takes a while to load.
    code = text if text in SUPPORTED_REGIONS else read_country(text)
    if code is None:
        raise ValueError("is not a country we know")
    return code


def _domain(value: object) -> str:
    host = host_in(value)
    if host is None:
        raise ValueError("is not a domain name")
    return host


def _technologies(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError("expected a list of texts")
    if len(value) > MAX_TECH:
        raise ValueError(f"lists more than {MAX_TECH} technologies")
    names = tuple(dict.fromkeys(_text(each) for each in value))
    if not names:
        raise ValueError("is an empty list")
    return names


_READERS: dict[EnrichedField, Callable[[object], Value]] = {
    EnrichedField.NAME: _text,
    EnrichedField.DOMAIN: _domain,
    EnrichedField.EMPLOYEES: _headcount,
    EnrichedField.INDUSTRY: lambda value: _text(value).lower(),
    EnrichedField.COUNTRY: _country,
    EnrichedField.CITY: _text,
    EnrichedField.TECH: _technologies,
}


def read_value(field: EnrichedField, raw: object) -> Value:
    """Turn a provider's value into a fact: country as ISO alpha-2, industry in lower case, tech a tuple.

    Raises ValueError saying what was expected, never what came.
    """
    return _READERS[field](raw)


class Finding(Inside):
    """One fact with its origin: which provider said it and when it was asked."""

    field: EnrichedField
    value: Value
    source: str = Field(min_length=1)
    fetched_at: Instant

    @model_validator(mode="after")
    def _is_a_fact(self) -> Self:
        if read_value(self.field, self.value) != self.value:
            raise ValueError(f"{self.field} is not in its standard form; use read_value")
        return self


class Found(Inside):
    """The provider knows something. `notes`: what of its answer was not usable. `cached`: it said so before."""

    kind: Literal["found"] = "found"
    findings: tuple[Finding, ...] = Field(min_length=1)
    notes: tuple[str, ...] = ()
    cached: bool = False

    @model_validator(mode="after")
    def _each_field_once(self) -> Self:
        if len({finding.field for finding in self.findings}) != len(self.findings):
            raise ValueError("a field is found twice")
        return self

    @property
    def because(self) -> str:
        """What was found, in words."""
        return "found " + ", ".join(finding.field for finding in self.findings)


class NothingKnown(Inside):
    """The provider answered: it knows nothing of this company."""

    kind: Literal["nothing_known"] = "nothing_known"
    because: str = Field(min_length=1)
    notes: tuple[str, ...] = ()
    cached: bool = False


class Failed(Inside):
    """The provider gave no usable answer; `temporary` when asking again later may help, not before `after` is over.

    `asked` is false for one that was spared the question: it rests, or was asked often enough today.
    """

    kind: Literal["failed"] = "failed"
    because: str = Field(min_length=1)
    temporary: bool
    after: timedelta = timedelta(0)
    asked: bool = True
    notes: tuple[str, ...] = ()


Findings = Annotated[Found | NothingKnown | Failed, Field(discriminator="kind")]
