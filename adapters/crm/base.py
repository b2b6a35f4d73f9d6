"""The seam every CRM stands behind: what it is told of a lead, what it makes of it, the failures, the port.

Told twice, it is as told once: records and tasks are found again by Baton's own ids. Refuses to know any vendor, to
retry, and to read a clock.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from models.crm import CrmField

Value = str | float | datetime | None


class PersonField(StrEnum):
    """What a CRM is told of a person that it does not know, or does not know enough of."""

    EMAIL = "email"
    PHONE = "phone"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    TITLE = "title"
    COMPANY = "company"
    WEBSITE = "website"
    COUNTRY = "country"
    CITY = "city"
    INDUSTRY = "industry"


class Todo(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmTask:
    """One task of a rep (R54): by `key` it is found again; `due_at` is aware, in the zone its owner works in."""

    key: str
    what: str = field(repr=False)
    state: Todo
    made_at: datetime
    due_at: datetime | None
    owner: str | None

    @property
    def digest(self) -> str:
        """Tell one look of the task from another."""
        return _digest([self.what, self.state, str(self.due_at), self.owner])


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadState:
    """One lead as it is now, as a CRM is told of it.

    `person` fills what the CRM does not know yet; `fields` are Baton's own, None empties one. `owner`: the CRM's id of
    a user; None leaves whoever has it there. `known_as`: the CRM's id of the record, once that is known. `tasks`: those
    to tell of.
    """

    lead_id: str
    person: Mapping[PersonField, str] = field(repr=False)
    fields: Mapping[CrmField, Value] = field(repr=False)
    owner: str | None = None
    known_as: str | None = None
    tasks: tuple[CrmTask, ...] = field(default=(), repr=False)

    @property
    def digest(self) -> str:
        """Tell one state of the lead from another, its tasks apart."""
        fields = {name.value: str(value) for name, value in self.fields.items()}
        return _digest([{name.value: value for name, value in self.person.items()}, fields, self.owner])


@dataclass(frozen=True, slots=True)
class Taken:
    """What a CRM made of it: its id of the record, its ids of tasks by our key, and what it would not take."""

    external_id: str
    tasks: Mapping[str, str]
    left_out: tuple[str, ...] = ()


class CrmError(Exception):
    """Say that the CRM is not known to have taken it; `detail` holds nothing personal."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class CrmAway(CrmError):
    """Say that the CRM takes nothing now, whatever lead it is about; `retry_after` is its own wish, if any.

    `misset`: somebody has to change something there or here first: a token, a permission, a field.
    """

    def __init__(self, detail: str, retry_after: timedelta | None = None, *, misset: bool = False) -> None:
        super().__init__(detail)
        self.retry_after, self.misset = retry_after, misset


class CrmRefused(CrmError):
    """Say that the CRM does not take this lead as it is: repeating is useless until it changes."""


class Crm(ABC):
    """Tell one CRM of leads.

    `one_per_person`: it keeps one record of a person, whatever number of leads they are; else one per lead.
    """

    name: str
    one_per_person: bool

    @abstractmethod
    async def tell(self, state: LeadState) -> Taken:
        """Bring the lead's record and tasks to this state. Raises CrmAway and CrmRefused."""

    async def aclose(self) -> None:
        """Give back connections; one without any has nothing to do."""
        return


def _digest(of: object) -> str:
    return hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()[:16]
