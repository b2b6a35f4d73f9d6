"""Enrichment providers as a file names them: how each is asked, what it may cost, and who is believed (R43).

Whether a path parses and a field exists is checked by the reader of the file (`config/provider_files.py`).
"""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from models.base import Outside
from models.durations import Duration

ProviderName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


RESERVED = frozenset({"lead", "event", "accounts", "email", "phone", "country", "region", "title", "seniority"})
"""Names that stand in a fact's origin for somebody else: the lead, what changed it, or what it was derived from."""


class EnrichedField(StrEnum):
    """The facts about a lead's company that a provider may know (R43)."""

    NAME = "company.name"
    DOMAIN = "company.domain"
    EMPLOYEES = "company.employees"
    INDUSTRY = "company.industry"
    COUNTRY = "company.country"
    CITY = "company.city"
    TECH = "company.tech"


class ProviderKind(StrEnum):
    """How a provider is asked: built in, over HTTP, or in a CSV file."""

    DIRECTORY = "directory"
    HTTP = "http"
    CSV = "csv"


class Breaker(Outside):
    """After so many failures in a row a provider is not asked for `rest`; then one question tries it again."""

    after: int = Field(5, ge=1, le=1000)
    rest: Duration = Field(timedelta(minutes=1), gt=timedelta(0))


class Provider(Outside):
    """One provider.

    `fields`: our field to the place in its answer (a dotted path, or a column of the CSV). `budget`: how long it may
    take within a lead's response; one that is slower is waited for `patience` beside the lead, whose score follows.
    """

    name: ProviderName
    kind: ProviderKind
    url: str | None = Field(None, max_length=2000, description="of http: the address, with {domain} in it")
    token: str | None = Field(
        None, max_length=64, description="of http: the name under which `secrets` keeps its token"
    )
    file: str | None = Field(None, max_length=1000, description="of csv: the file, beside the providers' file")
    fields: dict[str, str] = Field(default_factory=dict, max_length=50)
    budget: Duration = Field(timedelta(seconds=2), gt=timedelta(0), le=timedelta(minutes=1))
    patience: Duration = Field(timedelta(seconds=30), le=timedelta(minutes=5), description="0s: it is not waited for")
    attempts: int = Field(3, ge=1, le=10)
    fresh_for: Duration = Field(timedelta(days=30), gt=timedelta(0), description="how long its answers are believed")
    nothing_for: Duration = Field(timedelta(days=1), gt=timedelta(0), description="how long its `nothing known` is")
    cost: float = Field(0, ge=0, le=1e6, description="of one question that it answers")
    most_per_day: int | None = Field(None, ge=1, description="questions a day; left out: as many as there are")
    breaker: Breaker = Field(default_factory=Breaker)

    @model_validator(mode="after")
    def _fitting(self) -> "Provider":
        if self.name in RESERVED:
            raise ValueError(f"name: {self.name!r} says of a fact that no provider told it; take another name")
        needs = {ProviderKind.HTTP: ("url",), ProviderKind.CSV: ("file",), ProviderKind.DIRECTORY: ()}[self.kind]
        for name in needs:
            if getattr(self, name) is None:
                raise ValueError(f"{name}: {self.kind} needs it")
        if self.nothing_for > self.fresh_for:
            raise ValueError("nothing_for: is longer than fresh_for")
        return self


class Providers(Outside):
    """All of them, in the order they are asked, and who is believed where several know a field.

    `precedence`: per field, whose word goes before whose; `lead` stands for what came with the lead. Left out: the
    lead's own word, then the providers in their order.
    """

    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$")
    providers: list[Provider] = Field(min_length=1, max_length=50)
    precedence: dict[str, list[str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _no_twins(self) -> "Providers":
        names = [provider.name for provider in self.providers]
        if twins := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"providers: {twins[0]!r} is there twice; facts are told by their provider's name")
        return self
