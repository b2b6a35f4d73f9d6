"""The built-in company directory: large public companies, from a data file that ships with Baton.

It answers without any network, knows listed companies only, and is as old as its data (`data/NOTICE`). It
refuses to guess: a name that could be two companies, or that comes with somebody else's domain, is "nothing
known" (R46).
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from adapters.enrichers.base import Enricher
from adapters.enrichers.findings import EnrichedField, Finding, Findings, Found, NothingKnown, Query, Value
from policy.cleaning.companies import CompanyName, telling

COMPANIES = Path(__file__).parent / "data" / "companies.csv"

_COLUMNS = {
    EnrichedField.NAME: "name",
    EnrichedField.DOMAIN: "domain",
    EnrichedField.EMPLOYEES: "employees",
    EnrichedField.INDUSTRY: "industry",
    EnrichedField.COUNTRY: "country",
    EnrichedField.CITY: "city",
}


class _Entry(NamedTuple):
    row: Mapping[str, str]
    name: CompanyName
    domains: tuple[str, ...]

    def facts(self) -> Iterator[tuple[EnrichedField, Value]]:
        for field, column in _COLUMNS.items():
            text = self.row[column]
            if text:
                yield field, int(text) if field is EnrichedField.EMPLOYEES else text

    def goes_by(self, domain: str) -> bool:
        """Tell whether a domain that is not listed still carries the company's name (`siemens.de`)."""
        labels = {label.replace("-", "") for label in domain.split(".")[:-1]}
        own = {known.split(".")[0].replace("-", "") for known in self.domains}
        return bool(labels & (own | {self.name.stem.replace(" ", ""), self.name.root.replace(" ", "")}))


class _Index(NamedTuple):
    by_domain: Mapping[str, _Entry]
    by_stem: Mapping[str, list[_Entry]]
    by_root: Mapping[str, list[_Entry]]


class CompanyDirectory(Enricher):
    """Look companies up by domain, else by exact name, in the file that ships with Baton.

    The file is read at the first question and kept by the instance. A file that is not a directory raises
    (KeyError, ValueError, OSError): it is part of Baton, not a stranger.
    """

    tells = frozenset(_COLUMNS)
    local = True
    knows_aliases = True  # it has its own way to tell whose a domain is

    def __init__(self, path: Path = COMPANIES, name: str = "directory") -> None:
        self.name = name
        self._path = path

    @cached_property
    def _index(self) -> _Index:
        index = _Index({}, defaultdict(list), defaultdict(list))
        by_domain = dict(index.by_domain)
        with self._path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                aliases = [alias for alias in row["aliases"].split(";") if alias]
                entry = _Entry(row, telling(row["name"]), (row["domain"], *aliases))
                by_domain.update(dict.fromkeys(entry.domains, entry))
                for stem in entry.name.spellings:
                    index.by_stem[stem].append(entry)
                index.by_root[entry.name.root].append(entry)
        return index._replace(by_domain=by_domain)

    async def _look_up(self, query: Query, now: datetime, _budget: timedelta, /) -> Findings:
        answer = self._entry_for(query)
        if isinstance(answer, str):
            return NothingKnown(because=answer)
        return Found(
            findings=tuple(
                Finding(field=field, value=value, source=self.name, fetched_at=now) for field, value in answer.facts()
            )
        )

    def _entry_for(self, query: Query) -> _Entry | str:
        """Pick the one company meant, or say why there is none."""
        domain = query.domain or query.email_domain
        if domain:
            parts = domain.split(".")
            # Listed domains are registrable ones, so a parent that is listed is the registrable parent.
            for at in range(len(parts) - 1):
                entry = self._index.by_domain.get(".".join(parts[at:]))
                if entry:
                    return entry
        if not query.company_name:
            return "no such domain"
        return self._entry_named(telling(query.company_name), domain)

    def _entry_named(self, name: CompanyName, domain: str | None) -> _Entry | str:
        if not name.stem:
            return "the name says nothing but a legal form"
        spelt = {id(entry): entry for stem in name.spellings for entry in self._index.by_stem.get(stem, ())}
        entries = [entry for entry in spelt.values() if entry.name.may_be(name)]
        if not entries:
            return "no such domain and no such name" if domain else "no such name"
        alike = self._index.by_root[entries[0].name.root]
        if len(entries) > 1 or (not name.forms and name.stem == name.root and len(alike) > 1):
            return "the name could be more than one company"
        if domain and not entries[0].goes_by(domain):
            return "the name is known, but with another domain"
        return entries[0]
