"""Telling people of accounts, alike at every door; and files of them, read line by line (R45).

`people_of` goes into what everybody may read of a lead, so nobody's name or address is in it. `contact_document` is for
doors whose keys may see people. This room refuses to rank: `policy/authority` does.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TextIO

from db.holding import UnknownLead
from db.next_contact import Group
from models.base import Problem, Refused, parse
from models.contact import ContactEntry, KnownContact, Standing
from policy.spelling import did_you_mean
from runtime.store import Store

Document = dict[str, Any]

COLUMNS = tuple(ContactEntry.model_fields)
"""The columns that a file of people may have."""

_DELIMITERS = (",", ";", "\t")


class NoFileOfPeople(ValueError):
    """A file cannot be read as people: `line` and what is wrong there."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


@dataclass(slots=True)
class Loaded:
    """What became of a file: how many are new, how many were known, and what is wrong with which line."""

    new: int = 0
    known: int = 0
    wrong: list[tuple[int, Problem]] = field(default_factory=list)


async def people_of(store: Store, lead_id: str, now: datetime) -> Document | None:
    """Say of one lead how many others of its company are known, who is next, and which parts nobody has.

    None for a lead that is not admitted. Raises `DatabaseUnreachable`.
    """
    try:
        group = await store.contacts.of_lead(lead_id, now)
    except UnknownLead:
        return None
    return {
        "account_id": group.account_id,
        "others": len(group.others),
        "next_best": None if group.next_best is None else group.next_best.model_dump(mode="json"),
        "coverage": group.coverage.model_dump(mode="json"),
    }


def contact_document(contact: KnownContact, standing: Standing | None = None) -> Document:
    """Lay out a person, with how much say they have where that is known."""
    known = contact.model_dump(mode="json", exclude={"role", "state"})
    return known | _standing(contact, standing)


def group_document(group: Group) -> Document:
    """Lay out the people of one company: whoever asked, the others in the order to try them, who is next."""
    people = {one.id: one for one in group.people}
    best = group.next_best
    return {
        "account_id": group.account_id,
        "company": group.company,
        "asked": None if group.asked is None else contact_document(group.asked),
        "others": [contact_document(people[one.contact_id], one) for one in group.others],
        "next_best": None if best is None else contact_document(people[best.contact_id], best),
        "coverage": group.coverage.model_dump(mode="json"),
    }


def read_contacts(file: TextIO) -> Iterator[tuple[int, ContactEntry | Refused]]:
    """Read a CSV's people as they are asked for, each with the line it begins on. Raises `NoFileOfPeople`.

    A header that cannot be used stops all of it: then no line means what its sender meant.
    """
    lines = iter(file)
    header = next(lines, "")
    delimiter = max(_DELIMITERS, key=header.count)
    columns = _header(next(csv.reader([header], delimiter=delimiter), []))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 2
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, _refused("", f"is not CSV: {error}")
            continue
        if any(cell.strip() for cell in cells):
            yield line, _entry(columns, cells)


async def load(store: Store, file: TextIO, *, now: datetime) -> Loaded:
    """Take in a file of people: good lines are kept, bad ones are told. Raises `NoFileOfPeople`."""
    done = Loaded()
    for line, entry in read_contacts(file):
        try:
            if isinstance(entry, Refused):
                raise entry
            _, new = await store.contacts.add(entry, source="import", at=now)
        except Refused as refused:
            done.wrong += [(line, problem) for problem in refused.problems]
        else:
            done.new, done.known = done.new + new, done.known + (not new)
    return done


def _standing(contact: KnownContact, standing: Standing | None) -> Document:
    said: Document = {"state": contact.state.value}
    if standing is None:
        role = contact.role.value if contact.role else None
        return said | {"role": role, "role_said": role is not None, "points": None, "because": [], "not_now": None}
    told = standing.model_dump(mode="json", include={"role", "role_said", "points", "because", "not_now"})
    return said | told


def _header(names: list[str]) -> list[str]:
    found: list[str] = []
    for place, name in enumerate((name.strip().removeprefix("\ufeff") for name in names), start=1):
        if name not in COLUMNS:
            hint = did_you_mean(name, COLUMNS) or f" ({', '.join(COLUMNS)})"
            raise NoFileOfPeople(1, f"column {place}: {name[:60]!r} is not a known column{hint}")
        if name in found:
            raise NoFileOfPeople(1, f"{name}: is there twice")
        found.append(name)
    if not found:
        raise NoFileOfPeople(1, f"has no header; the columns are {', '.join(COLUMNS)}")
    return found


def _entry(columns: list[str], cells: list[str]) -> ContactEntry | Refused:
    if len(cells) != len(columns):
        return _refused("", f"has {len(cells)} cells where the header has {len(columns)}")
    given = {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell.strip()}
    for word in ("role", "state"):
        if word in given:
            given[word] = given[word].lower().replace(" ", "_")
    if "domain" in given:
        given["domain"] = given["domain"].lower().removeprefix("www.")
    try:
        return parse(ContactEntry, given)
    except Refused as refused:
        return refused


def _refused(field_: str, what: str) -> Refused:
    return Refused((Problem(field=field_, what=what),))
