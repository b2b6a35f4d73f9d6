"""Enrichment providers from a file (`BATON_PROVIDERS`): read, checked, and wrong ones explained line by line.

It refuses to ask anybody, and to read the tables that it names further than their headers.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from config.model_errors import spots_of
from config.opening import read_file
from config.reading import read_as
from config.values import check_enrich_url
from config.yaml_marks import FileError, Marked, Spot
from models.base import Problem
from models.provider import EnrichedField, Provider, ProviderKind, Providers
from policy.believing import LEAD
from policy.spelling import did_you_mean

_PATH = re.compile(r"[^.\s]{1,100}(\.[^.\s]{1,100}){0,19}")


def read_providers(path: Path) -> Providers:
    """Read the providers' file; tables that it names are beside it. Raises FileError with a line for each mistake."""
    marked = read_file(path)
    providers = read_as(Providers, marked)
    places = [
        one.model_copy(update={"file": str(path.parent / one.file)}) if one.file else one for one in providers.providers
    ]
    providers = providers.model_copy(update={"providers": places})
    spots = [
        *(_field_spot(marked, place, *wrong) for place, one in enumerate(places) for wrong in _wrong_fields(one)),
        *spots_of(marked, [problem for place, one in enumerate(places) for problem in _problems(place, one)]),
        *_precedence(marked, providers),
    ]
    if spots:
        raise FileError(str(path), tuple(sorted(spots)))
    return providers


def _wrong_fields(one: Provider) -> Iterator[tuple[str, str]]:
    known = list(EnrichedField)
    header = _header(one)
    for field, at in one.fields.items():
        if field not in known:
            yield field, f"is no field that providers tell{did_you_mean(field, known) or ': ' + ', '.join(known)}"
        elif header is not None and at not in header:
            yield field, f"{one.name}'s file has no column {at!r}{did_you_mean(at, header)}"
        elif one.kind is ProviderKind.HTTP and not _PATH.fullmatch(at):
            yield field, "is not a path into its answer: give one like data.metrics.employees or offices.0.city"


def _problems(place: int, one: Provider) -> Iterator[Problem]:
    at = f"providers[{place}]"
    if one.kind is ProviderKind.DIRECTORY:
        for name in ("url", "token", "file", "fields"):
            if getattr(one, name):
                yield Problem(field=f"{at}.{name}", what="is nothing that the built-in directory has")
        return
    if not one.fields:
        yield Problem(field=f"{at}.name", what="tells nothing: it needs fields (company.employees: data.employees)")
    if one.kind is ProviderKind.HTTP:
        yield from _address(at, one)
    elif not {EnrichedField.NAME, EnrichedField.DOMAIN} & one.fields.keys():
        what = f"needs {EnrichedField.DOMAIN} or {EnrichedField.NAME}: rows are found by one of them"
        yield Problem(field=f"{at}.name", what=what)
    if one.kind is ProviderKind.CSV and _header(one) is None:
        yield Problem(field=f"{at}.file", what="cannot be read as a CSV file with a header")


def _address(at: str, one: Provider) -> Iterator[Problem]:
    try:
        check_enrich_url(one.url or "")
    except ValueError as error:
        yield Problem(field=f"{at}.url", what=str(error))


def _precedence(marked: Marked, providers: Providers) -> Iterator[Spot]:
    names = [one.name for one in providers.providers] + [LEAD]
    for field, order in providers.precedence.items():
        path = ("precedence", field)
        if field not in list(EnrichedField):
            what = f"is no field that providers tell{did_you_mean(field, list(EnrichedField))}"
            yield Spot(marked.key_line(path), f"precedence.{field}", what)
        for name in order:
            if name not in names:
                what = f"{name!r} is no provider{did_you_mean(name, names) or '; there are ' + ', '.join(names)}"
                yield Spot(marked.line(path), f"precedence.{field}", what)
        if len(set(order)) != len(order):
            yield Spot(marked.line(path), f"precedence.{field}", "names somebody twice")


def _field_spot(marked: Marked, place: int, field: str, what: str) -> Spot:
    # A field's name has dots of its own, which are no steps into the file.
    return Spot(marked.key_line(("providers", place, "fields", field)), f"providers[{place}].fields.{field}", what)


def _header(one: Provider) -> list[str] | None:
    """Give the columns of a provider's table; None for one without, or that cannot be read."""
    if one.file is None:
        return None
    try:
        with Path(one.file).open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), None)
    except (OSError, UnicodeDecodeError, csv.Error):
        return None
