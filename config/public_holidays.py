"""Whose public holidays are when: asked of a library once, when a file is read, and kept as plain dates from then on.

Only holidays on which people are off by law count, not school days, bank days or customs. The library is loaded when
the first calendar asks. This room refuses to say which holidays a company keeps (its calendar does, with `without`),
and to answer for a calendar whose dates were looked up before: those stay what they were.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from models.base import Problem, Refused
from policy.spelling import did_you_mean

if TYPE_CHECKING:
    from holidays import HolidayBase

YEARS = range(2024, 2036)
"""The years that are looked up. They are fixed, so that a file has the same version on whatever day it is read."""

_ENGLISH = "en_US"
_AND = "; "
_SHOWN = 12
_CODE = 3

_Days = Mapping[date, tuple[str, ...]]
"""Each holiday with its names; mostly one."""


def public_holidays(
    country: str, subdivision: str | None, without: Sequence[str] = (), years: range = YEARS
) -> dict[date, str]:
    """Give the public holidays of a country, or of a part of it, with their names, but those in `without`.

    Names are English, where the library has them; `without` may say them in the country's own language, too. Raises
    Refused naming `country`, `subdivision` or `without[1]`: unknown, or no holiday there.
    """
    known = _known(country, subdivision, years)
    worked: set[tuple[date, str]] = set()
    problems = []
    for place, entry in enumerate(without):
        meant = set(_meant_by(entry, known)) or set(_meant_locally(entry, known, country, subdivision, years))
        if not meant:
            where = country if subdivision is None else f"{country}-{subdivision}"
            problems.append(Problem(field=f"without[{place}]", what=_not_there(entry, where, known, years)))
        worked |= meant
    if problems:
        raise Refused(tuple(problems))
    kept = {day: tuple(name for name in names if (day, name) not in worked) for day, names in known.items()}
    return {day: _AND.join(names) for day, names in kept.items() if names}


def _meant_by(entry: str, known: _Days) -> Iterator[tuple[date, str]]:
    """Find what a date or a name stands for; "Christmas Day" stands for "Christmas Day (observed)", too."""
    day, wanted = _date(entry), _plain(entry)
    for other, names in known.items():
        for name in names:
            if day == other or wanted in (_plain(name), _plain(_bare(name))):
                yield other, name


def _meant_locally(
    entry: str, known: _Days, country: str, subdivision: str | None, years: range
) -> Iterator[tuple[date, str]]:
    """Find the days that go by a name in the country's own language."""
    for day, _ in _meant_by(entry, _known(country, subdivision, years, local=True)):
        yield from ((day, name) for name in known.get(day, ()))


def _bare(name: str) -> str:
    return name.partition(" (")[0]


def _plain(name: str) -> str:
    return " ".join(name.replace("\u2019", "'").split()).casefold()


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _not_there(entry: str, where: str, known: _Days, years: range) -> str:
    day = _date(entry)
    if day is None:
        names = sorted({_bare(name) for names in known.values() for name in names})
        # "Juneteenth" is meant by whoever writes the beginning of a long name, or nearly.
        begun = {_plain(name)[: len(entry) + 1]: name for name in names} | {_plain(name): name for name in names}
        meant = did_you_mean(_plain(entry), begun).removeprefix("; did you mean ").removesuffix("?")
        hint = f"did you mean {begun[meant]}?" if meant else f"there are {_some(names)}"
        return f'"{entry}" is no public holiday of {where}; {hint}'
    if day.year not in years:
        return f"{day} lies outside the years that are looked up ({years[0]} to {years[-1]})"
    nearest = min(known, key=lambda other: abs(other - day))
    return f"{day} is no public holiday of {where}; the nearest is {nearest} ({_AND.join(known[nearest])})"


@lru_cache(maxsize=256)
def _known(country: str, subdivision: str | None, years: range, *, local: bool = False) -> _Days:
    """Ask the library, for names in English or in the country's own language. Raises Refused."""
    import holidays  # noqa: PLC0415 - most files ask for none, and loading it takes longer than reading them

    codes = holidays.list_supported_countries(include_aliases=False)
    if country not in codes:
        raise _refused("country", f"no public holidays of {country} are known{did_you_mean(country, codes)}")
    base = holidays.country_holidays(country)
    if subdivision is not None and subdivision not in base.subdivisions:
        raise _refused("subdivision", _no_part(country, subdivision, base))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it knows fewer years than asked for: a trace beyond them says so
        found = holidays.country_holidays(
            country,
            subdiv=subdivision,
            years=years,
            expand=False,
            # Said outright: left out, it would be the language of whoever runs this.
            language=base.default_language if local or _ENGLISH not in base.supported_languages else _ENGLISH,
            categories=holidays.PUBLIC,
        )
    if not found:
        told = f"no public holidays of {country} from {years[0]} to {years[-1]} are known"
        raise _refused("country", f"{told}; list them in `holidays`")
    return MappingProxyType({day: tuple(name.split(_AND)) for day, name in sorted(found.items())})


def _no_part(country: str, subdivision: str, base: "HolidayBase") -> str:
    parts = base.subdivisions
    if not parts:
        return f"{country} is known as a whole only; leave it out"
    bare = subdivision.removeprefix(f"{country}-")
    names: Mapping[str, str] = getattr(base, "subdivisions_aliases", {})
    codes = {part.casefold(): part for part in parts} | {name.casefold(): code for name, code in names.items()}
    meant = bare.casefold() if bare.casefold() in codes else ""
    if not meant and len(bare) > _CODE:  # of short codes, each is near to many
        meant = did_you_mean(bare.casefold(), codes).removeprefix("; did you mean ").removesuffix("?")
    hint = f"write {codes[meant]}" if meant else f"there are {_some(parts)}"
    return f"{country} has no part {subdivision} whose holidays are known; {hint}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _refused(field: str, what: str) -> Refused:
    return Refused((Problem(field=field, what=what),))
