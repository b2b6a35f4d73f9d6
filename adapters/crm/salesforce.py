"""Tell Salesforce: a Lead per lead, tasks upon it (REST API, with a token by the client credentials flow).

Records are upserted by external ids, `Baton_Lead_Id__c` and `Baton_Task_Id__c`; an unconverted Lead of the same e-mail
that has no such id becomes ours. What its people wrote stays: only empty fields of the person are filled. Once a Lead
is converted its contact hears of it, and has the owner that conversion gave it. Status is never written.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import httpx2

from adapters.channels.posting import Reply
from adapters.crm.base import Crm, CrmAway, CrmRefused, CrmTask, LeadState, PersonField, Taken, Todo
from adapters.crm.calling import Caller, Vendor, Wrong, away_by_status, content_of, said, written
from models.crm import CrmField

VERSION = "v60.0"
OURS: Mapping[CrmField, str] = {field: f"Baton_{field.title()}__c" for field in CrmField}
PERSON: Mapping[PersonField, str] = {
    PersonField.EMAIL: "Email",
    PersonField.PHONE: "Phone",
    PersonField.FIRST_NAME: "FirstName",
    PersonField.LAST_NAME: "LastName",
    PersonField.TITLE: "Title",
    PersonField.COMPANY: "Company",
    PersonField.WEBSITE: "Website",
    PersonField.COUNTRY: "Country",
    PersonField.CITY: "City",
    PersonField.INDUSTRY: "Industry",
}
NEEDED = {"LastName": "(unknown)", "Company": "(unknown)"}
"""What no Lead can be without."""

_STATUS = {Todo.OPEN: "Not Started", Todo.DONE: "Completed", Todo.DROPPED: "Deferred"}
_LIMITED = timedelta(minutes=15)
"""How long to leave Salesforce alone that has no request left; it counts them over 24 hours."""
_AWAY = frozenset({"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "API_CURRENTLY_DISABLED", "API_DISABLED_FOR_ORG"})
_OWNER = frozenset(
    {
        *("INACTIVE_OWNER_OR_USER", "INVALID_CROSS_REFERENCE_KEY", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"),
        *("OP_WITH_INVALID_USER_TYPE_EXCEPTION", "TRANSFER_REQUIRES_READ"),
    }
)
"""What is said of an owner who left, or may not have it, often without a word of the field."""

_LONGEST = {"FirstName": 40, "LastName": 80, "Company": 255}
"""Characters that names may have: without them there is no Lead, or nobody's."""

_CONVERTED = "CANNOT_UPDATE_CONVERTED_LEAD"
_COLUMN = re.compile(r"No such column '(\w+)'")
_CODE = re.compile(r"[A-Z_]{1,60}")


@dataclass(frozen=True, slots=True)
class _Record:
    """A record that is there: of which kind, and what is known of its person."""

    kind: str
    record_id: str
    known: Mapping[str, Any]
    ours: bool = True


class Salesforce(Vendor, Crm):
    """One Salesforce organisation at `url`, its own address (My Domain). `fields`: as `HubSpot`'s.

    `clock` returns the aware instant, `timeout` bounds each request, `transport` replaces the network.
    """

    name = "salesforce"
    one_per_person = False

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        *,
        fields: Mapping[CrmField, str | None] | None = None,
        clock: Callable[[], datetime],
        timeout: timedelta = timedelta(seconds=10),
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(Caller(url, clock=clock, timeout=timeout, transport=transport), clock)
        self._app = {"client_id": client_id, "client_secret": client_secret}
        self._names = {**OURS, **(fields or {})}
        self._lead_id, self._task_id = str(self._names[CrmField.LEAD_ID]), str(self._names[CrmField.TASK_ID])
        self._token: str | None = None
        self._fetching = asyncio.Lock()

    async def tell(self, state: LeadState) -> Taken:
        """Bring the Lead, or the contact it became, and its tasks to this state. Raises CrmAway and CrmRefused."""
        record = await self._find(state)
        try:
            record_id, left_out = await self._write(state, record)
        except _ChangedMeanwhile:
            record = await self._find(state)
            record_id, left_out = await self._write(state, record)
        return await self._with_tasks(state, record_id, left_out)

    async def _find(self, state: LeadState) -> _Record | None:
        reply = await self._ask("GET", self._by_lead(state))
        if reply.taken:
            found = reply.document
            if found.get("IsConverted") and isinstance(contact := found.get("ConvertedContactId"), str):
                return _Record("Contact", contact, {})
            return _Record("Lead", _id_of(found), found)
        if reply.status == HTTPStatus.MULTIPLE_CHOICES:
            raise CrmRefused(f"several Leads have the same {self._lead_id}")
        if reply.status != HTTPStatus.NOT_FOUND:
            raise CrmRefused(_says(reply))
        return await self._unclaimed(state)

    async def _unclaimed(self, state: LeadState) -> _Record | None:
        """Find a Lead of the same person that is nobody's of ours; where one may not ask, there is none."""
        email = state.person.get(PersonField.EMAIL)
        if email is None:
            return None
        quoted = email.replace("\\", "\\\\").replace("'", "\\'")
        query = (
            f"SELECT Id FROM Lead WHERE Email = '{quoted}' AND IsConverted = false"  # noqa: S608 quoted above
            f" AND {self._lead_id} = null ORDER BY CreatedDate DESC LIMIT 1"
        )
        reply = await self._ask("GET", f"/services/data/{VERSION}/query?{urlencode({'q': query})}")
        records = reply.document.get("records") if reply.taken else None
        if not isinstance(records, list) or not records:
            return None
        record_id = _id_of(records[0] if isinstance(records[0], dict) else {})
        # Whole, by its id: a query that names a field which this user may not see is answered with nothing at all.
        whole = await self._ask("GET", f"/services/data/{VERSION}/sobjects/Lead/{quote(record_id, safe='')}")
        return _Record("Lead", record_id, whole.document, ours=False) if whole.taken else None

    def _by_lead(self, state: LeadState) -> str:
        return f"/services/data/{VERSION}/sobjects/Lead/{self._lead_id}/{quote(state.lead_id, safe='')}"

    def _values(self, state: LeadState, record: _Record | None) -> dict[str, Any]:
        """Lay out what is written: all of ours, and of the person what is not known there."""
        known: Mapping[str, Any] = record.known if record else {}
        values: dict[str, Any] = {}
        for field, value in state.fields.items():
            if (name := self._names[field]) is not None:
                values[name] = said(value)
        if record is None or record.kind == "Lead":
            named = {PERSON[one]: value for one, value in state.person.items()}
            person = {name: value[: _LONGEST.get(name)] for name, value in named.items()}
            if record is None:
                person = {**NEEDED, **person}
            values |= {name: value for name, value in person.items() if known.get(name) in (None, "", NEEDED.get(name))}
            if state.owner is not None:
                values["OwnerId"] = state.owner
        if record is not None and not record.ours:
            values[self._lead_id] = state.lead_id
        return values

    async def _write(self, state: LeadState, record: _Record | None) -> tuple[str, list[str]]:
        kind = record.kind if record else "Lead"
        fields = self._missing.without(kind, self._values(state, record), (*NEEDED, self._lead_id))
        path = (
            self._by_lead(state)
            if record is None or (record.ours and kind == "Lead")
            else f"/services/data/{VERSION}/sobjects/{kind}/{record.record_id}"
        )

        async def send(body: dict[str, Any]) -> str | Wrong:
            reply = await self._ask("PATCH", path, body)
            if reply.status == HTTPStatus.NOT_FOUND and kind != "Lead":
                return Wrong(says="the contact that it became is gone")
            if reply.status == HTTPStatus.NOT_FOUND and record is not None and not record.ours:
                raise _ChangedMeanwhile
            if reply.status == HTTPStatus.NOT_FOUND:
                raise CrmAway(f"{_says(reply)}: is there an external id {self._lead_id} of Lead?", misset=True)
            if _CONVERTED in _codes(reply) and kind == "Lead":
                raise _ChangedMeanwhile
            return _outcome(reply, record.record_id if record else None)

        return await written(fields, self._missing, kind, send), fields.left_out

    async def _task(self, task: CrmTask, record_id: str) -> tuple[str, list[str]]:
        values: dict[str, Any] = {
            "Subject": task.what[:255],
            "Status": _STATUS[task.state],
            "ActivityDate": task.due_at.date().isoformat() if task.due_at else None,
            "WhoId": record_id,
        }
        if task.due_at is not None:
            values |= {"IsReminderSet": task.state is Todo.OPEN, "ReminderDateTime": said(task.due_at)}
        if task.owner is not None:
            values["OwnerId"] = task.owner
        fields = self._missing.without("Task", values, ("WhoId",))
        path = f"/services/data/{VERSION}/sobjects/Task/{self._task_id}/{quote(task.key, safe='')}"

        async def send(body: dict[str, Any]) -> str | Wrong:
            reply = await self._ask("PATCH", path, body)
            if reply.status == HTTPStatus.NOT_FOUND:
                return Wrong(says=f"there is no external id {self._task_id} of Task")
            return _outcome(reply, task.key)

        return await written(fields, self._missing, "Task", send), [f"{one} of a task" for one in fields.left_out]

    async def _ask(self, method: str, path: str, body: Any = None) -> Reply:
        token = await self._valid_token()
        reply = await self._send(token, method, path, body)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            if self._token == token:  # else somebody who asked beside us has fetched the next one already
                self._token = None
            reply = await self._send(await self._valid_token(), method, path, body)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            raise CrmAway(f"{_says(reply)}: the token is not taken", misset=True)
        codes = _codes(reply)
        if "REQUEST_LIMIT_EXCEEDED" in codes:
            raise CrmAway(f"{_says(reply)}: no requests are left", reply.retry_after or _LIMITED)
        if codes & _AWAY:
            raise CrmAway(_says(reply), reply.retry_after)
        if (away := away_by_status(reply)) is not None:
            raise away
        return reply

    async def _valid_token(self) -> str:
        async with self._fetching:
            self._token = self._token or await self._fetch()
            return self._token

    async def _send(self, token: str, method: str, path: str, body: Any) -> Reply:
        headers = {"Authorization": f"Bearer {token}", "Sforce-Duplicate-Rule-Header": "allowSave=true"}
        return await self._caller.ask(method, path, body, headers)

    async def _fetch(self) -> str:
        form = urlencode({"grant_type": "client_credentials", **self._app})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = await self._caller.ask("POST", "/services/oauth2/token", form, headers)
        if (away := away_by_status(reply)) is not None:
            raise away
        token = reply.document.get("access_token")
        if not reply.taken or not isinstance(token, str):
            raise CrmAway(f"answered {reply.status}: the app is given no token", misset=True)
        return token


class _ChangedMeanwhile(Exception):
    """The Lead was converted, or deleted, between looking at it and writing to it."""


def _id_of(record: Mapping[str, Any]) -> str:
    if not isinstance(record_id := record.get("Id"), str):
        raise CrmAway("answered with something that is no record")
    return record_id


def _outcome(reply: Reply, known_id: str | None) -> str | Wrong:
    """Read what became of one record: its id, which an update need not say, or what was wrong with it."""
    record_id = reply.document.get("id") or (known_id if reply.status == HTTPStatus.NO_CONTENT else None)
    if reply.taken and record_id:
        return str(record_id)
    errors = _errors(reply)
    fields = {str(name) for one in errors for name in one.get("fields") or ()}
    if not fields and _codes(reply) & _OWNER:
        fields = {"OwnerId"}
    columns = {found for one in errors for found in _COLUMN.findall(str(one.get("message", "")))}
    return Wrong(frozenset(fields | columns), bool(columns) and not fields - columns, ", ".join(sorted(_codes(reply))))


def _errors(reply: Reply) -> list[Mapping[str, Any]]:
    content = content_of(reply)
    return [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []


def _codes(reply: Reply) -> frozenset[str]:
    codes = (one.get("errorCode") for one in _errors(reply))
    return frozenset(code for code in codes if isinstance(code, str) and _CODE.fullmatch(code))


def _says(reply: Reply) -> str:
    """Say what was answered without the words of it: they may be about a person."""
    return " ".join([f"answered {reply.status}", *sorted(_codes(reply))])
